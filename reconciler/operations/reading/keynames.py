"""The keys in which two JSON values differ: their names, never their content.

Nothing here raises: a traceback's frames would hold values.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from reconciler.core.model import Change, FieldChange, Key, Plan, Write
from reconciler.kinds.keys import NAME as KEYS
from reconciler.kinds.keys import members
from reconciler.values.sensitive import Sealed, Sensitive

Content = Sensitive[str] | Sensitive[bytes]
_Path = tuple[str, ...]

_COMPARED = frozenset({Write.CHANGED, Write.RETURNED})


def differing(before: Content, after: Content) -> tuple[FieldChange, ...] | None:
    """The keys that were added, removed or changed; None where one of the two is no JSON object.

    ``before`` and ``after`` of each say only whether the key is there.
    """
    was, now = _object(before), _object(after)
    if was is None or now is None:
        return None
    old, new = dict(_leaves((), was)), dict(_leaves((), now))
    return tuple(
        FieldChange(_name(path), True if path in old else None, True if path in new else None)
        for path in sorted(old.keys() | new.keys())
        if path not in old or path not in new or not _same(old[path], new[path])
    )


def named(plan: Plan, values: Mapping[Key, Sealed], earlier: Mapping[Key, Content]) -> Plan:
    """The plan with the names of the keys in which its values differ from earlier ones."""
    return replace(plan, changes=tuple(_named(c, values, earlier) for c in plan.changes))


def holder(key: Key) -> Key:
    """The resource that a manifest gives a value to: keys that git owns are in their secret's."""
    return Key("secret", key.name) if key.kind == KEYS else key


def _part(whole: Content, owned: Content) -> Sensitive[str] | None:
    """Of an earlier value what git owns of the present one."""
    if not isinstance(whole.reveal(), str) or not isinstance(owned.reveal(), str):
        return None
    text: Sensitive[str] = whole  # type: ignore[assignment]
    now: Sensitive[str] = owned  # type: ignore[assignment]
    return members.select(text, members.names(now) or ())


def _named(change: Change, values: Mapping[Key, Sealed], earlier: Mapping[Key, Content]) -> Change:
    before, sealed = earlier.get(holder(change.key)), values.get(change.key)
    if change.value is None or change.value.write not in _COMPARED:
        return change
    if before is None or sealed is None or sealed.content is None:
        return change
    if change.key.kind == KEYS:
        before = _part(before, sealed.content)
    keys = None if before is None else differing(before, sealed.content)
    return replace(change, value=replace(change.value, keys=keys or None))


def _object(content: Content) -> dict[str, Any] | None:
    text = content.reveal()
    if not isinstance(text, str):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _leaves(path: _Path, node: Any) -> Iterator[tuple[_Path, Any]]:
    if isinstance(node, dict) and (node or not path):
        for name, inner in node.items():
            yield from _leaves((*path, name), inner)
    else:
        yield path, node


def _name(path: _Path) -> str:
    """Parts joined by dots; one that is empty or has a dot of its own stands in quotes."""
    return ".".join(json.dumps(p, ensure_ascii=False) if not p or "." in p else p for p in path)


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)
