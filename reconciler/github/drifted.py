"""What drift shows on GitHub: its issue, its annotations, its outputs."""

from __future__ import annotations

import shlex
from collections import Counter

from reconciler.core.checked import Checked
from reconciler.core.drift import DriftClass
from reconciler.core.model import Place
from reconciler.github.annotation import Annotation, Level
from reconciler.render import difference, names, repair
from reconciler.render import drift as rendering
from reconciler.render.escape import code, terminal

_LEVELS = {
    DriftClass.OUTSIDE: Level.ERROR,
    DriftClass.REFUSED: Level.ERROR,
    DriftClass.STUCK: Level.ERROR,
    DriftClass.OVERDUE: Level.WARNING,
    DriftClass.UNKNOWN: Level.WARNING,
    DriftClass.PENDING: Level.NOTICE,
    DriftClass.KEPT: Level.NOTICE,
    DriftClass.UNMANAGED: Level.NOTICE,
}
_FOOT = "\n*This issue is kept up to date, and closed when no action is needed any more.*\n"
GONE = "The drift is gone: no action is needed."


def removed(environment: str) -> str:
    """The last line of the issue of an environment that git no longer has."""
    return (
        f"{code(environment)} is no longer in git, and no drift of it is looked for any more. What"
        " it has in AWS stays there as it is. To let go of it, from a checkout that still has it:"
        f" {code(f'reconciler release {shlex.quote(terminal(environment))} --all')}"
    )


def title(environment: str, configuration: str | None) -> str:
    """The title of the issue."""
    of = "" if configuration is None else f" ({terminal(configuration)[:100]})"
    return f"Drift: {terminal(environment)}{of}"


def issue(found: Checked, limit: int, page: str, workflow: str) -> str:
    """The text of the issue, in at most ``limit`` characters: what differs, then how it is put
    right. ``page`` is that of the workflow which applies."""
    room = limit - len(_FOOT)
    repaired = _repair(found, room // 3, page, workflow)
    return rendering.markdown(found, limit=room - len(repaired)) + repaired + _FOOT


def summary(found: Checked, limit: int, page: str, workflow: str) -> str:
    """The text of the job's summary."""
    repaired = _repair(found, limit // 3, page, workflow)
    return rendering.markdown(found, limit=limit - len(repaired)) + repaired


def _repair(found: Checked, limit: int, page: str, workflow: str) -> str:
    if found.plan is None or not found.acts:
        return ""
    pending = sum(entry.kind_of is DriftClass.PENDING for entry in found.drift)
    made = repair.markdown(found.plan, pending=pending, page=page, workflow=workflow, limit=limit)
    return f"\n{made}"


def outputs(found: Checked) -> dict[str, str]:
    """What later steps can ask for: how many somebody has to act on, and how many of each class."""
    counts = Counter(entry.kind_of for entry in found.drift)
    return {
        "drift": str(len(found.acting)),
        **{entry.value: str(counts[entry]) for entry in DriftClass},
    }


def annotate(found: Checked, settings: Place) -> list[Annotation]:
    """One for each difference but what rotation does; ``settings`` is the place of what is
    declared nowhere."""
    return [
        Annotation(
            _LEVELS[entry.kind_of],
            f"{found.scope.environment}: {names.with_kind(entry.key, found.scope)}"
            f" ({entry.kind_of})",
            (difference.sentence(entry),),
            entry.place or settings,
        )
        for entry in found.drift
        if entry.kind_of in _LEVELS
    ]
