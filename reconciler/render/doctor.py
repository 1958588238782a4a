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


def summary(checks: Sequence[Check]) -> str:
    """What is not well, in one line."""
    wrong = [
        f"{check.subject}: {check.message}"
        for state in (State.FAILS, State.WARNING)
        for check in checks
        if check.state is state
    ]
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    return f"{wrong[0]}{more}" if wrong else f"{len(checks)} checks, all ok"


def as_json(found: Mapping[str | None, Sequence[Check]]) -> str:
    """The same as data."""
    return json.dumps({"format_version": FORMAT_VERSION, "checks": as_objects(found)}, indent=2)


def as_objects(found: Mapping[str | None, Sequence[Check]]) -> list[dict[str, str | None]]:
    """The checks as plain data."""
    return [
        {
            "environment": environment,
            "subject": check.subject,
            "state": check.state,
            "message": check.message,
            "hint": check.hint,
        }
        for environment, checks in found.items()
        for check in checks
    ]
