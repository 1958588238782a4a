"""What the doctor found: a line each, or one JSON object."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from reconciler.access.doctor.check import Check, State
from reconciler.render.escape import terminal
from reconciler.render.palette import palette

FORMAT_VERSION = "1.0"


def text(found: Mapping[str | None, Sequence[Check]], *, colour: bool) -> str:
    """By environment; None for what is of none: what is not well says what to do."""
    colours = palette(colour=colour)
    lines = []
    for environment, checks in found.items():
        lines.append(colours.heading(terminal(environment or "this machine")))
        for check in checks:
            state = f"{check.state:<7}"
            if check.state is State.FAILS:
                state = colours.alarming(state)
            lines.append(f"  {state}  {terminal(check.subject)}: {terminal(check.message)}")
            if check.hint:
                lines.append(f"           {terminal(check.hint)}")
    return "\n".join(lines)


def as_json(found: Mapping[str | None, Sequence[Check]]) -> str:
    """The same as data."""
    return json.dumps(
        {
            "format_version": FORMAT_VERSION,
            "checks": [
                {
                    "environment": environment,
                    "subject": check.subject,
                    "state": check.state,
                    "message": check.message,
                    "hint": check.hint,
                }
                for environment, checks in found.items()
                for check in checks
            ],
        },
        indent=2,
    )
