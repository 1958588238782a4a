"""The members of a JSON object as they stand in its text, so that all but some stay as they are.

Nothing here raises: a traceback's frames would hold values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from reconciler.core.digest import canonical
from reconciler.values.sensitive import Sensitive

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class _Member:
    """One member: what it says, and where in the text its content stands."""

    content: Any
    start: int
    end: int


def names(text: Sensitive[str]) -> Collection[str] | None:
    """The names at the top of a JSON object; None where the text is no object, or has a name
    twice, of which readers keep either."""
    found = _members(text.reveal())
    return None if found is None else found.keys()


def select(text: Sensitive[str], wanted: Iterable[str]) -> Sensitive[str] | None:
    """Those members of a JSON object that it has, as canonical JSON; None as in :func:`names`."""
    found = _members(text.reveal())
    if found is None:
        return None
    return Sensitive(canonical({name: found[name].content for name in wanted if name in found}))


def merge(text: Sensitive[str], declared: Sensitive[str]) -> Sensitive[str] | None:
    """A JSON object with the members of another in place of its own of the same names.

    Everything else stays byte for byte. ``text`` itself where nothing differs; None as in
    :func:`names`.
    """
    raw = text.reveal()
    live, wanted = _members(raw), _members(declared.reveal())
    if live is None or wanted is None:
        return None
    pieces, at = [], 0
    differs = False
    for name, member in live.items():
        if name not in wanted or canonical(member.content) == canonical(wanted[name].content):
            continue
        pieces += [raw[at : member.start], canonical(wanted[name].content)]
        at, differs = member.end, True
    new = [name for name in wanted if name not in live]
    if new:
        close = raw.rindex("}")
        added = [f"{canonical(name)}:{canonical(wanted[name].content)}" for name in new]
        # What stands before the brace stays: a line end there is part of how it was written.
        until = close if not live else max(member.end for member in live.values())
        pieces += [raw[at:until], "," if live else "", ",".join(added)]
        at, differs = until, True
    return Sensitive("".join([*pieces, raw[at:]])) if differs else text


def _members(raw: str) -> dict[str, _Member] | None:
    found: dict[str, _Member] = {}
    try:
        # The whole first: what follows may then rely on its being well formed.
        if not isinstance(json.loads(raw), dict):
            return None
        for name, member in _scan(raw):
            if name in found:
                return None
            canonical(member.content).encode()
            found[name] = member
    except (ValueError, RecursionError):
        return None
    return found


def _scan(raw: str) -> Iterator[tuple[str, _Member]]:
    """The members of a well-formed object."""
    at = _after_space(raw, raw.index("{") + 1)
    while raw[at] != "}":
        name, at = _DECODER.raw_decode(raw, at)
        start = _after_space(raw, _after_space(raw, at) + 1)  # past the colon
        content, end = _DECODER.raw_decode(raw, start)
        yield name, _Member(content, start, end)
        at = _after_space(raw, end)
        if raw[at] == ",":
            at = _after_space(raw, at + 1)


def _after_space(raw: str, at: int) -> int:
    match = _SPACE.match(raw, at)
    return at if match is None else match.end()
