"""The changes of a plan as a Markdown table, for somebody who reads many: a row each, and no
detail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from reconciler.core.model import Action, Change, Place, Scope
from reconciler.render import names
from reconciler.render.describe import Section
from reconciler.render.escape import code, wrapping
from reconciler.render.reasons import is_destructive

Link = Callable[[Place], str | None]
"""The address of a manifest's line, where there is one. It comes from us, and needs no escape."""

HEAD = ("| action | resource | what changes |", "|---|---|---|")
_NAMED = 4  # fields of a change that a row names


def nowhere(_place: Place) -> None:
    """Where no address is known."""


def rows(sections: Sequence[Section], scope: Scope, link: Link) -> Iterator[str]:
    """A line for each change, in the order of the sections."""
    for section in sections:
        for block in section.blocks:
            yield _row(block.change, scope, link)


def _row(change: Change, scope: Scope, link: Link) -> str:
    resource = wrapping(names.with_kind(change.key, scope))
    address = None if change.place is None else link(change.place)
    if address is not None:
        resource = f"[{resource}]({address})"
    action = f"{code(change.action.symbol)} {change.action.value}"
    return f"| {action} | {resource} | {_what(change)} |"


def _what(change: Change) -> str:
    if change.action is Action.REFUSE and change.why is not None:
        return f"nothing: {wrapping(change.why.reason.value)}"
    told = [wrapping(field.name) for field in change.fields]
    if change.value is not None:
        told.insert(0, "value")
    more = f" and {len(told) - _NAMED} more" if len(told) > _NAMED else ""
    away = "**takes something away**" if is_destructive(change) else ""
    return ": ".join(part for part in (away, ", ".join(told[:_NAMED]) + more) if part)
