"""A report for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from reconciler.core.rows import Column
from reconciler.render import difference, names, record
from reconciler.render.escape import terminal
from reconciler.render.palette import Palette, palette
from reconciler.render.report import words
from reconciler.render.report.timeline import Timeline, over, when

if TYPE_CHECKING:
    from reconciler.core.rows import Rows
    from reconciler.operations.report import Finding, Item, Report

WIDTH = 80  # columns that everybody has
_WIDTH = 24  # characters of the time line
_HEADS = {
    Column.WRITER: "value by",
    Column.AGE: "age",
    Column.CHANGED: "last change",
    Column.ROTATED: "last rotation",
    Column.DUE: "due",
    Column.OWNER: "owner",
}


def text(report: Report, *, colour: bool = False) -> str:
    """Everything: what needs somebody first, then the time line, then the inventory."""
    return "".join(f"{line}\n" for line in _lines(report, palette(colour=colour)))


def _lines(report: Report, colours: Palette) -> Iterator[str]:
    yield colours.heading(names.scope_line(report.scope))
    of = words.manifests(report)
    at = f"{words.minute(report.made)} UTC, as all times here are"
    yield colours.faint(
        terminal(f"owner {report.scope.owner_id}, at {at}" + (f", manifests: {of}" if of else ""))
    )
    if (told := record.line(report.applied)) is not None:
        yield (colours.alarming if report.applied.acts else colours.faint)(told)
    yield from _attention(report, colours)
    yield from _rotation(report, colours)
    for kind in report.rows:
        items = [item for item in report.items if item.key.kind == kind.kind]
        if items:
            yield ""
            yield colours.heading(kind.title)
            yield from _table(items, kind, report, colours)
    yield from _reading(report, colours)
    for name, title in words.DRIFT.items():
        entries = [entry for entry in report.told if entry.kind_of.value == name]
        if entries:
            yield ""
            yield colours.heading(title)
        for entry in entries:
            named = names.with_kind(entry.key, report.scope)
            yield f"  {named}: {terminal(difference.sentence(entry))}"
    yield ""
    counts = words.kinds(report)
    there = ", ".join(
        f"{counts[rows.kind]} {rows.kind if counts[rows.kind] == 1 else rows.title.lower()}"
        for rows in report.rows
    )
    yield (colours.alarming if report.acts else colours.heading)(
        terminal(f"{words.verdict(report)} ({there}).")
    )


def _attention(report: Report, colours: Palette) -> Iterator[str]:
    if report.acting:
        yield ""
        yield colours.alarming("Action needed")
    for entry in report.acting:
        named = names.with_kind(entry.key, report.scope)
        yield f"  {entry.kind_of.value}: {named}: {terminal(difference.sentence(entry))}"
        if entry.place is not None:
            yield colours.faint(f"      declared at {terminal(str(entry.place))}")
        advice = difference.advice(entry, report.scope)
        if advice is not None:
            yield colours.faint(f"      to put it right: {terminal(advice)}")
    if report.findings:
        yield ""
        yield colours.heading("Findings")
    alike: dict[str, list[Finding]] = {}
    for number, finding in enumerate(report.findings):
        # What a plan refuses is told one by one: each has its own reason.
        alike.setdefault(f"{number}" if finding.acts else finding.code, []).append(finding)
    for first, *others in alike.values():
        yield from _finding(first, report, colours)
        if others:
            told = ", ".join(_subject(other, report) for other in others)
            for line in textwrap.wrap(f"also: {told}", WIDTH - 6, break_on_hyphens=False):
                yield colours.faint(f"      {line}")


def _finding(finding: Finding, report: Report, colours: Palette) -> Iterator[str]:
    named = names.with_kind(finding.key, report.scope) + ": " if finding.key else ""
    said, hint = words.finding(finding)
    yield f"  {terminal(words.finding_code(finding, report))}: {named}{terminal(said)}"
    if hint:
        yield colours.faint(f"      hint: {terminal(hint)}")
    if finding.place is not None:
        yield colours.faint(f"      at {terminal(str(finding.place))}")


def _subject(finding: Finding, report: Report) -> str:
    if finding.key is not None:
        return names.short(finding.key, report.scope)
    return terminal(finding.subject or str(finding.place))


def _rotation(report: Report, colours: Palette) -> Iterator[str]:
    if not report.timed:
        return
    line = over((moment for i in report.timed for moment in (i.since, i.due)), report.made)
    rows = [
        (names.short(item.key, report.scope), _drawn(item, line), _dates(item, report.made))
        for item in report.timed
    ]
    width = max(len(name) for name, _, _ in rows)
    yield ""
    yield colours.heading("Rotation")
    now = round(line.at(line.now) * (_WIDTH - 1))
    yield colours.faint(f"  {'':{width}}  {'today':>{now + 3}}")
    for name, drawn, dates in rows:
        yield f"  {name:{width}}  {drawn}  {terminal(dates)}"
    yield colours.faint("  ● last  ○ next  ! overdue  │ today")


def _reading(report: Report, colours: Palette) -> Iterator[str]:
    items = report.items
    if not items:
        return
    yield ""
    yield colours.heading("Who may read it")
    heads = ["name", "last read", "who, as git says"]
    rows = [
        [
            names.short(item.key, report.scope),
            words.last_read(item),
            terminal(words.who(item)),
        ]
        for item in items
    ]
    widths = [max(len(row[i]) for row in (heads, *rows)) for i in range(len(heads))]
    yield colours.faint("  " + _cells(heads, widths))
    for row in rows:
        yield "  " + _cells(row, widths)
    yield colours.faint("  –: git names nobody; IAM policies of your own may let in more")


def _drawn(item: Item, line: Timeline) -> str:
    def column(moment: datetime) -> int:
        return round(line.at(moment) * (_WIDTH - 1))

    drawn = ["·"] * _WIDTH
    now = column(line.now)
    if item.since is not None and item.due is not None:
        for place in range(column(item.since), column(item.due)):
            drawn[place] = "─"
    drawn[now] = "│"
    if item.since is not None:
        drawn[column(item.since)] = "●"
    if item.due is not None:
        drawn[column(item.due)] = "!" if item.due < line.now else "○"
    return "".join(drawn)


def _dates(item: Item, now: datetime) -> str:
    due = "" if item.due is None else f"{words.minute(item.due)} ({when(item.due, now)})"
    told = words.rule(item)
    return "  ".join(part for part in (due or "no date", told) if part)


def _table(items: Sequence[Item], kind: Rows, report: Report, colours: Palette) -> Iterator[str]:
    columns = [
        column
        for column in kind.columns
        if column in _HEADS and any(words.cell(i, column, report.made) != "–" for i in items)
    ]
    if all(item.owner == report.scope.owner_id for item in items):
        columns.remove(Column.OWNER)  # said above, of all of them
    heads = ["name", *(_HEADS[column] for column in columns), "stands"]
    rows = [
        [
            names.short(item.key, report.scope),
            *(terminal(words.cell(item, column, report.made)) for column in columns),
            item.status.value,
        ]
        for item in items
    ]
    widths = [max(len(row[i]) for row in (heads, *rows)) for i in range(len(heads))]
    yield colours.faint("  " + _cells(heads, widths))
    for item, row in zip(items, rows, strict=True):
        line = "  " + _cells(row, widths)
        yield colours.alarming(line) if item.status.acts else line


def _cells(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(f"{c:{w}}" for c, w in zip(row, widths, strict=True)).rstrip()
