"""Three texts of one YAML file merged by path: a field that one side changed is taken from it,
wherever it stands, with the comments above it.

The text is put together of whole lines of either side, and is then read: what it says has to be
what a merge of the three contents says, field by field. Lists are fields as a whole.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.manifest.document import Document, parse
from reconciler.manifest.merge.text import Unmerged
from reconciler.manifest.metadata import BLOCK

Route = tuple[str, ...]
SEAL = ((BLOCK, "mac"), (BLOCK, "lastmodified"))  # what sops says of a file as a whole


@dataclass(frozen=True)
class Merged:
    """A merged text. One whose values are not those of either side is ``unsealed``: it has the MAC
    of one of them."""

    raw: bytes
    unsealed: bool


def _hint(path: str) -> str:
    file = shlex.quote(path)
    # One side's file as a whole has a MAC that is right, and sops can write to it.
    return (
        f"take the file of one side: git checkout --ours {file}, or git checkout --theirs {file};"
        " change in it again what only the other side changed, values with: reconciler set ENV"
        " NAME; then: reconciler lock ENV"
    )


def merge(base: bytes, ours: bytes, theirs: bytes, path: str) -> Merged:
    """What either side changed. Raises Unmerged where both changed a field, each in its own way."""
    documents = [parse(Path(path), path, raw) for raw in (base, ours, theirs)]
    for document in documents:
        wrong = [problem for problem in document.problems if not problem.warning]
        if wrong or not isinstance(document.data, dict):
            message = wrong[0].message if wrong else "it is not a mapping"
            raise Unmerged(f"{path}: one side is not in order: {message}", hint=_hint(path))
    was, one, two = (dict(_lines(document)) for document in documents)
    chosen: dict[Route, tuple[bytes, ...]] = {}
    undecided = []
    for route in [*one, *(r for r in two if r not in one), *(r for r in was if r not in one)]:
        line = _choose(was.get(route), one.get(route), two.get(route))
        if line is _NEITHER:
            undecided.append(route)
            line = one.get(route) or two.get(route)
        if line is not None:
            chosen[route] = line
    wrong_ones = [route for route in undecided if route not in SEAL]
    if wrong_ones:
        raise Unmerged(f"{path}: both sides changed {_told(wrong_ones)}", hint=_hint(path))
    order = _order(list(one), list(two))
    raw = b"".join(line for route in order for line in chosen.get(route, ()))
    _check(raw, path, [document.data for document in documents])
    return Merged(raw, unsealed=SEAL[0] in undecided)


_NEITHER: Any = object()


def _choose(was: Any, one: Any, two: Any) -> Any:
    """What a three-way merge takes."""
    if one == two or two == was:
        return one
    return two if one == was else _NEITHER


def _told(routes: list[Route]) -> str:
    """Fields, without those that another of them is in."""
    inner = [r for r in routes if not any(r != o and o[: len(r)] == r for o in routes)]
    return ", ".join(": ".join(route) or "what stands before the first field" for route in inner)


def _lines(document: Document) -> Iterator[tuple[Route, tuple[bytes, ...]]]:
    """The lines of each field, without those of the fields in it; first those before all fields."""
    lines = document.raw.splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n"):
        lines[-1] += b"\n"
    starts: dict[int, Route] = {}
    for route in _routes(document.data):
        place = document.find(route)
        if place is not None:
            starts.setdefault(place.line - 1, route)
    before, route = 0, ()
    for start in [*sorted(starts), len(lines)]:
        end, least = start, before + 1 if route else 0
        while start < len(lines) and end > least and _is_comment(lines[end - 1]):
            end -= 1  # it is of the field below
        yield route, tuple(lines[before:end])
        before, route = end, starts.get(start, ())


def _is_comment(line: bytes) -> bool:
    text = line.strip()
    return not text or text.startswith(b"#")


def _routes(data: Any, above: Route = ()) -> Iterator[Route]:
    if isinstance(data, dict):
        for name, inner in data.items():
            yield (*above, name)
            yield from _routes(inner, (*above, name))


def _order(one: list[Route], two: list[Route]) -> list[Route]:
    """Our order; what is only theirs stands after the field that it follows there."""
    order = list(one)
    for number, route in enumerate(two):
        if route in order:
            continue
        beside = [r for r in two[:number] if r and r[:-1] == route[:-1] and r in order]
        near = beside[-1] if beside else route[:-1]
        ends = [at for at, r in enumerate(order) if r[: len(near)] == near]
        if not beside and near in order:
            ends = [order.index(near)]
        order.insert(ends[-1] + 1 if ends else len(order), route)
    return order


def _check(raw: bytes, path: str, contents: list[Any]) -> None:
    """Raises Unmerged where a merged text says something else than a merge of what the three
    say."""
    was, one, two = (_leaves(content) for content in contents)
    wanted = {}
    for route in was.keys() | one.keys() | two.keys():
        leaf = _choose(was.get(route), one.get(route), two.get(route))
        if leaf is _NEITHER and route in SEAL:
            leaf = one.get(route)
        if leaf is not None:
            wanted[route] = leaf
    merged = parse(Path(path), path, raw)
    if merged.problems or _leaves(merged.data) != wanted:
        raise Unmerged(f"{path}: what both sides changed does not fit together", hint=_hint(path))


def _leaves(data: Any) -> Mapping[Route, tuple[Any]]:
    """Each field that is no mapping; an empty mapping is one."""
    return {
        route: (inner,) for route, inner in _fields(data) if not (isinstance(inner, dict) and inner)
    }


def _fields(data: Any, above: Route = ()) -> Iterator[tuple[Route, Any]]:
    if isinstance(data, dict):
        for name, inner in data.items():
            yield (*above, name), inner
            yield from _fields(inner, (*above, name))
