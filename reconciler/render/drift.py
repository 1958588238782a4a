"""Drift as text, as JSON, and as Markdown for an issue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from reconciler.core.checked import Checked
from reconciler.core.drift import Drift, Moved
from reconciler.core.model import Scope
from reconciler.render import difference, escape, names, record, repair
from reconciler.render.escape import code, fence, terminal
from reconciler.render.palette import Palette, palette

FORMAT_VERSION = "1.0"
_FRAME = 2_000  # characters kept for headings, <details> and what is left out

CLASSES = {
    "outside": "Changed outside: action needed",
    "refused": "Refused: apply does not write it, action needed",
    "stuck": "Stuck rotations: action needed",
    "overdue": "Overdue: action needed",
    "unknown": "Nobody can tell who changed it: action needed",
    "pending": "Pending: git is ahead, apply writes it",
    "kept": "Kept: owned, no longer declared, not pruned",
    "rotated": "Rotated: rotation owns the value",
    "unmanaged": "Unmanaged: not declared, and not owned",
}


def text(checked: Checked, *, colour: bool = False) -> str:
    """Everything that differs, by class: first what somebody has to act on."""
    return "".join(f"{line}\n" for line in _lines(checked, palette(colour=colour)))


def _lines(checked: Checked, colours: Palette) -> Iterator[str]:
    found, scope = checked.drift, checked.scope
    yield colours.heading(names.scope_line(scope))
    if (told := record.line(checked.applied)) is not None:
        yield (colours.alarming if checked.applied.acts else colours.faint)(told)
    for name, title in CLASSES.items():
        entries = [entry for entry in found if entry.kind_of.value == name]
        if not entries:
            continue
        yield ""
        acts = any(entry.acts for entry in entries)
        yield (colours.alarming if acts else colours.heading)(title)
        for entry in entries:
            yield f"  {names.with_kind(entry.key, scope)}: {terminal(difference.sentence(entry))}"
            for line in _more(entry, scope):
                yield colours.faint(f"      {line}")
    yield ""
    yield colours.heading(summary(checked))


def summary(checked: Checked) -> str:
    """How much there is of each class, in one line."""
    if not checked.drift and not checked.acts:
        return f"No drift: {terminal(checked.scope.environment)} is as git declares it."
    return _told(checked)


def markdown(checked: Checked, *, limit: int) -> str:
    """Everything that differs, in at most ``limit`` characters: first what somebody has to act
    on, then, folded, the rest. What has no room is counted."""
    found, scope = checked.drift, checked.scope
    head = [f"## {code(scope.environment)}", "", f"**{_told(checked)}**", ""]
    head += [
        f"Account {code(scope.account)}, {code(scope.region)}, names below {code(scope.prefix)}"
    ]
    if (told := record.line(checked.applied)) is not None:
        head += ["", f"Record: {code(told)}"]
    head += _table(found)
    room = limit - sum(len(line) + 1 for line in head) - _FRAME
    body: list[str] = []
    folded: list[str] = []
    left_out = 0
    for name, title in CLASSES.items():
        lines: list[str] = []
        acts = False
        for entry in (entry for entry in found if entry.kind_of.value == name):
            shown = list(_entry(entry, scope))
            size = sum(len(line) + 1 for line in shown)
            if size > room:
                left_out += 1
                continue
            room -= size
            lines += shown
            acts = acts or entry.acts
        if lines:
            section = ["", f"### {title}", "", fence(lines, "text")]
            room -= sum(len(line) + 1 for line in section) - sum(len(line) + 1 for line in lines)
            (body if acts else folded).extend(section)
    if folded:
        body += ["", "<details><summary>No action needed on the rest</summary>", *folded]
        body += ["", "</details>"]
    if left_out:
        told = f"Not all fits here: {left_out} left out."
        body += [
            "",
            f"**{told}** To see the whole: {code(f'reconciler drift {scope.environment}')}.",
        ]
    return "\n".join([*head, *body, ""])


def _table(found: Sequence[Drift]) -> Iterator[str]:
    """How many there are of each class, and what that means."""
    counts = Counter(entry.kind_of.value for entry in found)
    if counts:
        yield from ("", "| class | how many | means |", "|---|---|---|")
    for name, title in CLASSES.items():
        if counts[name]:
            yield f"| {name} | {counts[name]} | {title.partition(': ')[2] or title} |"


def _entry(entry: Drift, scope: Scope) -> Iterator[str]:
    yield f"{names.with_kind(entry.key, scope)}: {terminal(difference.sentence(entry))}"
    yield from (f"    {line}" for line in _more(entry, scope))


def _more(entry: Drift, scope: Scope) -> Iterator[str]:
    """Of what somebody has to act on: where it is declared, and what puts it right."""
    if not entry.acts:
        return
    if entry.place is not None:
        yield f"declared at {terminal(str(entry.place))}"
    advice = difference.advice(entry, scope)
    if advice is not None:
        yield f"to put it right: {terminal(advice)}"


def _told(checked: Checked) -> str:
    counts = Counter(entry.kind_of.value for entry in checked.drift)
    told = [f"{counts[name]} {name}" for name in CLASSES if counts[name]]
    if checked.applied.acts:
        told.insert(0, "the applied record is not what was written")
    if not told:
        return "No drift: everything is as git declares it."
    return f"{'Drift' if checked.acts else 'No drift'}: {', '.join(told)}."


def as_json(checked: Checked) -> str:
    """The drift of one environment as an object, ASCII only."""
    return escape.as_json(as_object(checked), indent=2)


def as_object(checked: Checked) -> dict[str, Any]:
    """The drift of one environment as plain data."""
    scope = checked.scope
    counts = Counter(entry.kind_of.value for entry in checked.drift)
    return {
        "format_version": FORMAT_VERSION,
        "environment": scope.environment,
        "account": scope.account,
        "region": scope.region,
        "prefix": scope.prefix,
        "summary": {name: counts[name] for name in CLASSES},
        "acts": checked.acts,
        "applied": record.as_object(checked.applied),
        "repair": None if checked.plan is None else repair.as_object(checked.plan),
        "drift": entries(checked.drift, scope),
    }


def entries(found: Sequence[Drift], scope: Scope) -> list[dict[str, Any]]:
    """Differences as plain data."""
    return [
        {
            "key": {"kind": entry.key.kind, "name": entry.key.name},
            "class": entry.kind_of.value,
            "what": difference.code(entry),
            "acts": entry.acts,
            "text": difference.sentence(entry),
            "fields": [_field(moved) for moved in entry.fields],
            "since": None if entry.since is None else entry.since.isoformat(),
            "by": entry.by,
            "advice": difference.advice(entry, scope),
            "place": None
            if entry.place is None
            else {
                "path": entry.place.path,
                "line": entry.place.line,
                "column": entry.place.column,
            },
        }
        for entry in found
    ]


def _field(moved: Moved) -> dict[str, Any]:
    return {
        "name": moved.name,
        "was": moved.was,
        "was_known": moved.known,
        "is": moved.now,
        "declared": moved.declared,
    }
