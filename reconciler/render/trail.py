"""What audit logs say of a plan, in sentences."""

from __future__ import annotations

from reconciler.core.model import Plan
from reconciler.core.trail import Trail
from reconciler.render import names
from reconciler.render.escape import terminal


def lines(found: Trail, plan: Plan) -> list[str]:
    """Whether all of it was written, when and by whom; then what was not, and what else was."""
    environment = terminal(plan.scope.environment)
    of = len(found.wanted)
    when = "" if found.last is None else f", the last at {found.last:%Y-%m-%d %H:%M} UTC"
    who = f", by {terminal(', '.join(found.by))}" if found.by else ""
    if not of:
        told = [f"{environment}: this plan writes nothing"]
    elif found.missing:
        done = len(found.written)
        told = [f"{environment}: {done} of {of} changes of this plan are written{when}{who}"]
    else:
        every, are = ("the change", "is") if of == 1 else (f"all {of} changes", "are")
        told = [f"{environment}: {every} of this plan {are} written{when}{who}"]
    told += [
        f"  not written: {names.with_kind(change.key, plan.scope)}" for change in found.missing
    ]
    told += [f"  written too, and not of this plan: {terminal(other)}" for other in found.others]
    return told
