"""Locks merged line by line: git takes changes of neighbouring lines for a conflict."""

from __future__ import annotations

from reconciler.manifest.merge.text import Unmerged


def merge(base: bytes, ours: bytes, theirs: bytes, path: str) -> bytes:
    """A lock with what either side changed. Needs no key.

    Raises Unmerged where both changed the same line, each in its own way.
    """
    texts = [_taken_apart(text) for text in (base, ours, theirs)]
    if any(head != texts[0][0] for head, _ in texts):
        head = _choose(texts[0][0], texts[1][0], texts[2][0])
    else:
        head = texts[0][0]
    if head is None:
        raise Unmerged(f"{path}: both sides changed the header of the lock", hint=_again(path))
    before, mine, other = (lines for _, lines in texts)
    merged: dict[bytes, bytes] = {}
    undecided = []
    for name in sorted(before.keys() | mine.keys() | other.keys()):
        was, one, two = before.get(name, b""), mine.get(name, b""), other.get(name, b"")
        line = _choose(was, one, two)
        if line is None and name.startswith(b"file "):
            continue  # the MAC of the merged file is a third one, which `lock` writes
        if line is None:
            undecided.append(name.decode(errors="replace"))
        elif line:
            merged[name] = line
    if undecided:
        names = ", ".join(undecided)
        raise Unmerged(f"{path}: both sides changed {names}", hint=_again(path))
    return head + b"".join(merged[name] for name in sorted(merged, key=_order))


def _again(path: str) -> str:
    folder = path.replace("\\", "/").split("/")
    environment = folder[-2] if len(folder) > 1 else "ENV"
    return f"merge the manifests first, then update the lock: reconciler lock {environment}"


def _taken_apart(text: bytes) -> tuple[bytes, dict[bytes, bytes]]:
    """The head with the empty line after it, and each line by its kind and name."""
    head, empty, rest = text.partition(b"\n\n")
    lines = {}
    for line in rest.splitlines(keepends=True):
        name = b" ".join(line.split(b" ")[:2])
        lines[name] = line if line.endswith(b"\n") else line + b"\n"
    return head + empty, lines


def _choose(was: bytes, one: bytes, two: bytes) -> bytes | None:
    """What a three-way merge takes; None where it cannot know."""
    if one == two or two == was:
        return one
    return two if one == was else None


def _order(name: bytes) -> tuple[bytes, bytes]:
    kind, _, rest = name.partition(b" ")
    return kind, rest
