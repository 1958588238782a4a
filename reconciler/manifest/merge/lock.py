"""Locks merged entry by entry, in today's form or that of one line for each."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.manifest.lock.names import manifest_of
from reconciler.manifest.merge.macs import Sides
from reconciler.manifest.merge.text import Unmerged

_FORMAT = b"\nformat: 3\n"
_END = b"# end"
_OWN = b"file"  # the entry of a file's MAC

Entries = dict[bytes, bytes]  # the digests of each entry, by its name


def merge(
    base: bytes,
    ours: bytes,
    theirs: bytes,
    path: str,
    again: str,
    merged_mac: Callable[[Sides], str | None],
) -> tuple[bytes, list[str]]:
    """A lock with what either side changed, and the files whose MAC it lacks: both changed it, and
    ``merged_mac`` does not know that of the merged file. Needs no key. ``again`` is the command
    that writes the lock.

    Raises Unmerged where both changed the same entry, each in its own way.
    """
    hint = f"merge the manifests first, then update the lock: {again}"
    texts = [_taken_apart(text) for text in (base, ours, theirs)]
    if len({_FORMAT in head + b"\n" for head, _ in texts[1:] if head}) > 1:
        raise Unmerged(f"{path}: one side has the lock in its earlier form", hint=hint)
    head = _choose(texts[0][0], texts[1][0], texts[2][0])
    if head is None:
        raise Unmerged(f"{path}: both sides changed the header of the lock", hint=hint)
    before, mine, other = (entries for _, entries in texts)
    merged: Entries = {}
    undecided, lacking = [], []
    for name in before.keys() | mine.keys() | other.keys():
        sides = tuple(entries.get(name, b"") for entries in (before, mine, other))
        said = _choose(*sides)
        if said is None and name.split(b" ")[0] == _OWN:
            known = merged_mac(_macs(*sides)) if all(sides) else None
            if known is None:
                lacking.append(name.partition(b" ")[2].decode() or manifest_of(path))
                continue
            said = b"mac:" + known.encode()
        if said is None:
            undecided.append(name.decode(errors="replace"))
        elif said:
            merged[name] = said
    if undecided:
        names = ", ".join(sorted(undecided))
        raise Unmerged(f"{path}: both sides changed {names}", hint=hint)
    return _text(head, merged), sorted(lacking)


def _macs(*sides: bytes) -> Sides:
    base, ours, theirs = (side.removeprefix(b"mac:").decode(errors="replace") for side in sides)
    return base, ours, theirs


def _taken_apart(text: bytes) -> tuple[bytes, Entries]:
    """The head with the empty line after it, and each entry."""
    head, empty, rest = text.partition(b"\n\n")
    lines = [line for line in rest.splitlines() if line and line != _END]
    if _FORMAT in head + b"\n":
        return head + empty, dict(zip(lines[::2], lines[1::2], strict=False))
    parts = (line.split(b" ", 2) for line in lines)
    return head + empty, {b" ".join(part[:2]): b"".join(part[2:]) for part in parts}


def _text(head: bytes, entries: Entries) -> bytes:
    names = sorted(entries, key=lambda name: name.partition(b" ")[::2])
    if _FORMAT not in head:
        return head + b"".join(name + b" " + entries[name] + b"\n" for name in names)
    return head + b"".join(name + b"\n" + entries[name] + b"\n\n" for name in names) + _END + b"\n"


def _choose(was: bytes, one: bytes, two: bytes) -> bytes | None:
    """What a three-way merge takes; None where it cannot know."""
    if one == two or two == was:
        return one
    return two if one == was else None
