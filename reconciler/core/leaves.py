"""What nested mappings and lists hold: each leaf, with the path to it.

A leaf has nothing inside: a scalar, or an empty mapping or list. Nothing here recurses, so no depth
of nesting raises.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Path = tuple[str | int, ...]  # names of fields, and places in lists from 0

# In this order: abstract types take several times as long to ask for.
_SCALARS = (str, bool, int, float, bytes, type(None))
_MAPPING = (dict, Mapping)
_STRUCTURED = (dict, list, Mapping, Sequence)


def leaves(node: Any) -> Iterator[tuple[Path, Any]]:
    """All leaves in the order in which they stand; what is a leaf itself has the path ``()``."""
    return _walk(node, into_lists=True)


def fields(node: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """As ``leaves``, but a list is a leaf, whatever it holds."""
    return _walk(node, into_lists=False)


def is_structured(node: Any) -> bool:
    """Whether this is a mapping or a list."""
    return not isinstance(node, _SCALARS) and isinstance(node, _STRUCTURED)


def dotted(path: Path) -> str:
    """A path as text: ``replicas[0].region``; of the path ``()``, nothing."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def _walk(node: Any, *, into_lists: bool) -> Iterator[tuple[tuple[Any, ...], Any]]:
    ahead: list[tuple[tuple[Any, ...], Any]] = [((), node)]  # the next one last
    while ahead:
        path, node = ahead.pop()
        if not is_structured(node) or not node:
            yield path, node
        elif isinstance(node, _MAPPING):
            ahead += [((*path, name), inner) for name, inner in node.items()][::-1]
        elif into_lists:
            ahead += [((*path, place), inner) for place, inner in enumerate(node)][::-1]
        else:
            yield path, node
