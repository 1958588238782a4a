"""What a branch changes, as text, as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.core.leaves import is_structured
from reconciler.core.model import JSON
from reconciler.render import escape, structure
from reconciler.render.escape import code, compact, fence, quoted, terminal, word
from reconciler.render.palette import palette

if TYPE_CHECKING:
    from reconciler.manifest.branch import Difference

FORMAT_VERSION = "1.0"
LIMIT = 60_000  # characters; GitHub refuses a comment of more than 65,536
NONE = "(none)"
NOTHING = "No manifest differs."

_TITLES = {
    "access": "Access: who can decrypt or read, and what nobody is told of",
    "destructive": "Look at these first: who can decrypt, what is owned, guarded and rotated",
    "setting": "Other settings",
    "resource": "Resources",
    "file": "Files",
}
_FIRST = ("access", "destructive")
_SAID = {
    "environment-added": "a new environment",
    "environment-removed": "the whole environment is removed",
    "fingerprint-keys-changed": "the fingerprint keys changed",
    "file-added": "added",
    "file-changed": "its bytes differ, in nothing that is told here: read it",
    "file-removed": "removed",
    "file-re-encrypted": "encrypted again: only the key can tell which of its values differ",
    "mac-changed": "its MAC changed and none of its values: sops will refuse it",
    "mac-kept": "its values changed and its MAC did not: sops will refuse it",
    "mac-removed": "its MAC is gone: sops will refuse it",
    "key-groups-changed": "its key groups or their threshold changed",
    "not-a-file": "a symlink or submodule, which is not read",
    "other-rules": "rules for sops in another place: sops run there encrypts by them, not by these",
    "not-encrypted": "the file is not encrypted",
    "recipients-unreadable": "its recipients are malformed",
    "resource-added": "added",
    "resource-changed": "changed",
    "resource-removed": "removed",
    "rule-added": "a new rule",
    "rule-removed": "the rule is removed",
    "rule-unreadable": "its recipients are malformed",
    "rules-reordered": "the order changed",
    "value-in-clear": "a value in clear text: everybody who can read the repository can read it",
    "unreadable": "this YAML cannot be read",
}
_VALUE = {"+": "value added", "-": "value removed", "~": "value changed"}


@dataclass(frozen=True)
class Sides:
    """What was compared: the base as it was asked for, the commit that it is, and the head's."""

    asked: str
    base: str
    head: str | None  # None: the files as they are in the working tree


def text(found: Sequence[Difference], sides: Sides, *, colour: bool = False) -> str:
    """Everything that differs, in the order in which it is looked at."""
    colours = palette(colour=colour)
    lines = [colours.heading(_about(sides)), ""]
    for group, title in _TITLES.items():
        entries = [finding for finding in found if finding.group.value == group]
        if entries:
            lines.append((colours.alarming if group in _FIRST else colours.heading)(title))
            for entry in entries:
                head, *rest = _lines(entry)
                lines += [f"  {entry.symbol} {head}", *(f"      {line}" for line in rest)]
            lines.append("")
    lines.append(colours.heading(_summary(found)))
    return "\n".join(lines) + "\n"


def markdown(found: Sequence[Difference], sides: Sides, *, limit: int = LIMIT) -> str:
    """The same for a comment on a pull request, of at most ``limit`` characters: what there is no
    room for is counted."""
    out = ["## Manifests", "", f"**{_summary(found)}**", "", code(_about(sides))]
    room = limit - sum(len(line) + 1 for line in out) - 400
    left_out = 0
    for group, title in _TITLES.items():
        lines: list[str] = []
        for entry in (finding for finding in found if finding.group.value == group):
            head, *rest = _lines(entry)
            whole = [f"{entry.symbol} {head}", *(f"    {line}" for line in rest)]
            size = sum(len(line) + 1 for line in whole)
            if size + len(title) + 100 > room:
                left_out += 1
                continue
            room -= size
            lines += whole
        if lines:
            block = fence(lines, "diff")
            room -= len(title) + len(block) - sum(len(line) + 1 for line in lines) + 30
            folded = group in ("setting", "file")
            begin = f"<details><summary>{title}</summary>" if folded else f"### {title}"
            out += ["", begin, "", block, *(["", "</details>"] if folded else [])]
    if left_out:
        how = code("reconciler diff --base …")
        out += ["", f"**Not all fits here: {left_out} left out.** To see the whole: {how}"]
    return "\n".join(out) + "\n"


def as_json(found: Sequence[Difference], sides: Sides) -> str:
    """The same as one object, ASCII only."""
    content = {
        "format_version": FORMAT_VERSION,
        "base": sides.base,
        "head": sides.head,
        "summary": _counts(found),
        "findings": [
            {
                "group": finding.group.value,
                "code": finding.code,
                "environment": finding.environment,
                "subject": finding.subject,
                "path": finding.path,
                "mark": finding.symbol,
                "before": finding.before,
                "after": finding.after,
                "keys": [{"mark": key.symbol, "name": key.name} for key in finding.keys],
            }
            for finding in found
        ],
    }
    return escape.as_json(content, indent=2)


def _about(sides: Sides) -> str:
    base = sides.base[:12]
    since = base if sides.base.startswith(sides.asked) else f"{base} ({sides.asked})"
    head = "the working tree" if sides.head is None else sides.head[:12]
    return terminal(f"from {since} to {head}")


def _counts(found: Sequence[Difference]) -> dict[str, int]:
    return {group: sum(1 for f in found if f.group.value == group) for group in _TITLES}


def _summary(found: Sequence[Difference]) -> str:
    if not found:
        return NOTHING
    counts = _counts(found)
    first = sum(counts[group] for group in _FIRST)
    told = [f"{first} to look at first"] if first else []
    for group, one, many in (
        ("setting", "setting", "settings"),
        ("resource", "change of a resource", "changes of resources"),
        ("file", "file", "files"),
    ):
        if counts[group]:
            told.append(f"{counts[group]} {one if counts[group] == 1 else many}")
    return "Branch: " + ", ".join(told) + "."


# --- one finding --------------------------------------------------------------------------------


def _lines(finding: Difference) -> Iterator[str]:
    """A first line, and what stands below it."""
    where = "" if finding.environment is None else f"{terminal(finding.environment)}: "
    yield from _TOLD.get(finding.code, _plain)(finding, f"{where}{terminal(finding.subject)}")


def _plain(finding: Difference, subject: str) -> Iterator[str]:
    yield f"{subject}: {_SAID[finding.code]}"
    yield from _keys(finding)


def _recipient(finding: Difference, subject: str) -> Iterator[str]:
    if finding.symbol == "+":
        yield f"{subject}: recipient added, who can decrypt: {terminal(str(finding.after))}"
    else:
        yield f"{subject}: recipient removed: {terminal(str(finding.before))}"


def _reader(finding: Difference, subject: str) -> Iterator[str]:
    yield f"{subject}: {terminal(str(finding.after))} may read it"


def _setting(finding: Difference, subject: str) -> Iterator[str]:
    yield from _difference(subject, finding.before, finding.after)


def _added(finding: Difference, subject: str) -> Iterator[str]:
    yield f"{subject}: added"
    yield from _fields({}, finding.after)
    yield from _keys(finding)


def _changed(finding: Difference, subject: str) -> Iterator[str]:
    yield f"{subject}: changed"
    yield from _fields(finding.before, finding.after)


def _value(finding: Difference, subject: str) -> Iterator[str]:
    yield f"{subject}: {_VALUE[finding.symbol]}"
    yield from _keys(finding)


def _returns(finding: Difference, subject: str) -> Iterator[str]:
    yield f"{subject}: returns to the value of commit {terminal(str(finding.after)[:12])}"


def _rename(finding: Difference, subject: str) -> Iterator[str]:
    yield f"{subject}: renamed, before {terminal(str(finding.before))}"


def _copied(finding: Difference, subject: str) -> Iterator[str]:
    yield f"{subject}: it is that of another folder, {terminal(str(finding.before))}"


def _options(finding: Difference, subject: str) -> Iterator[str]:
    yield f"{subject}: its options of sops changed"
    yield from _fields(finding.before, finding.after)


_TOLD: Mapping[str, Callable[[Difference, str], Iterator[str]]] = {
    "recipient-added": _recipient,
    "recipient-removed": _recipient,
    "reader-added": _reader,
    "setting-changed": _setting,
    "rule-changed": _setting,
    "resource-added": _added,
    "resource-changed": _changed,
    "value-changed": _value,
    "value-returns": _returns,
    "file-renamed": _rename,
    "file-copied": _copied,
    "sops-changed": _options,
}


def _keys(finding: Difference) -> Iterator[str]:
    for key in finding.keys:
        yield f"{key.symbol} {word(key.name)}"


def _fields(before: JSON, after: JSON) -> Iterator[str]:
    was: Any = before or {}
    now: Any = after or {}
    for name in sorted({*was, *now}):
        if name in was:
            yield from _difference(word(name), was[name], now.get(name))
        elif is_structured(now[name]) and now[name]:
            yield f"{word(name)}:"
            yield from (f"  {part}" for part in structure.parts(now[name]))
        else:
            yield f"{word(name)}: {_show(now[name])}"


def _difference(label: str, before: JSON, after: JSON) -> Iterator[str]:
    if is_structured(before) and is_structured(after):
        yield f"{label}:"
        yield from (f"  {line}" for line in structure.differences(before, after))
    elif is_structured(after) and after:
        yield f"{label}: {_show(before)} ->"
        yield from (f"  {line}" for line in structure.parts(after))
    else:
        yield f"{label}: {_show(before)} -> {_show(after)}"


def _show(content: JSON) -> str:
    if content is None:
        return NONE
    return quoted(content) if isinstance(content, str) else compact(content)
