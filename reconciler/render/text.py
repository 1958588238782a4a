"""A plan as text, for a terminal and for a log."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.core import guards
from reconciler.core.digest import plan_digest
from reconciler.core.model import Note, Plan, Scope
from reconciler.render import access, names, reasons
from reconciler.render.commit import made_of
from reconciler.render.describe import Block, sections
from reconciler.render.escape import terminal
from reconciler.render.palette import Palette, palette
from reconciler.render.summary import summary
from reconciler.render.unverified import unverified

_BELOW = " " * 6  # what stands under the name of a resource


def plan(plan: Plan, *, colour: bool = False, saved: bool = False) -> str:
    """The whole plan, nothing cut and nothing wrapped. It ends with a line end.

    First what destroys something, then what is refused, then the rest by kind; then what is told
    and changes nothing, guards that stop it, the summary and the digest, where a terminal stops.
    Of a ``saved`` plan, what the digest does not cover is named after it.
    """
    return "".join(f"{line}\n" for line in _lines(plan, palette(colour=colour), saved=saved))


def _lines(plan: Plan, colours: Palette, *, saved: bool) -> Iterator[str]:
    yield colours.heading(names.scope_line(plan.scope))
    if (of := made_of(plan.revision, plan.uncommitted)) is not None:
        yield (colours.alarming if plan.uncommitted else colours.faint)(terminal(of))
    if opened := access.lines(plan):
        yield ""
        yield colours.alarming(access.TITLE)
        yield from (_BELOW[:-2] + line for line in opened)
    for section in sections(plan):
        yield ""
        paint = colours.alarming if section.alarming else colours.heading
        yield paint(section.title)
        for block in section.blocks:
            yield from _block(block, colours)
    if unchanged := [entry for entry in plan.notes if not entry.code.beside]:
        yield ""
        yield colours.heading("Not changed")
        yield from (note(entry, plan.scope, _BELOW[:-2]) for entry in unchanged)
    for guard in guards.broken(plan):
        yield ""
        yield colours.alarming(f"Stopped by the guard {guard.code}: {terminal(guard.message)}")
        if guard.hint:
            yield f"  hint: {terminal(guard.hint)}"
    yield ""
    yield colours.heading(summary(plan))
    yield f"Digest: {plan_digest(plan)}"
    if saved and (told := unverified(plan)) is not None:
        yield told


def _block(block: Block, colours: Palette) -> Iterator[str]:
    action = block.change.action
    yield colours.action(action, f"{action.symbol:>3} {block.head}")
    yield from (_BELOW + line for line in block.lines)


def note(entry: Note, scope: Scope, indent: str = "") -> str:
    """One thing to know that changes nothing."""
    return f"{indent}{names.with_kind(entry.key, scope)}: {reasons.note(entry)}"
