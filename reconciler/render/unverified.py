"""What of a saved plan is shown and is in no digest: whoever kept the file may have edited it."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.core.model import Action, Plan


def unverified(plan: Plan) -> str | None:
    """One sentence that names it; None where all that is shown is covered by the digest."""
    named = list(_named(plan))
    return f"The digest does not cover: {', '.join(named)}." if named else None


def _named(plan: Plan) -> Iterator[str]:
    if plan.revision is not None or plan.uncommitted:
        yield "the commit"
    if plan.opened:
        yield "what the branch opens"
    if any(change.action is Action.REFUSE and change.place for change in plan.changes):
        yield "where something is declared"
    if any(change.value is not None and change.value.keys for change in plan.changes):
        yield "the names of changed keys"
    if any(change.why is not None and change.why.on for change in plan.changes):
        yield "dates"
    if any(note.code.beside for note in plan.notes):
        yield "what was deleted outside"
    if any(not note.code.beside for note in plan.notes):
        yield "what is not changed"
