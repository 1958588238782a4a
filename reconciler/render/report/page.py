"""A report as one page: no script, nothing fetched, light and dark, wide and narrow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from reconciler.core.rows import Column
from reconciler.render import difference, names, record
from reconciler.render.report import drawing, words
from reconciler.render.report.element import element, text
from reconciler.render.report.frame import framed, minute
from reconciler.render.report.timeline import over, when

if TYPE_CHECKING:
    from reconciler.core.model import Key, Scope
    from reconciler.core.rows import Rows
    from reconciler.operations.report import Finding, Item, Report

_TONES = {
    "outside": "bad",
    "stuck": "bad",
    "overdue": "bad",
    "refused": "bad",
    "pending": "warn",
    "as declared": "good",
}
_HEADS = {
    Column.TYPE: "Type",
    Column.WRITER: "Value by",
    Column.AGE: "Age",
    Column.CHANGED: "Last change",
    Column.ROTATED: "Last rotation",
    Column.DUE: "Next or due",
    Column.OWNER: "Owner",
}
_FIXED = (Column.AGE, Column.CHANGED, Column.ROTATED, Column.DUE)  # never broken over lines


def page(report: Report) -> str:
    """The whole page."""
    title = f"{report.scope.environment}: {words.verdict(report)}"
    return framed(title, [_header(report), element("main", "", _main(report)), _footer(report)])


def _header(report: Report) -> Element:
    scope = report.scope
    facts = [
        ("Account", scope.account),
        ("Region", scope.region),
        ("Names below", scope.prefix),
        ("Owner", scope.owner_id),
        ("Manifests", words.manifests(report) or "not in git"),
        ("Made", minute(report.made)),
    ]
    return element(
        "header",
        "",
        [
            text("p", "Secrets and parameters of", "kicker"),
            text("h1", scope.environment),
            element(
                "dl",
                "",
                [element("div", "", [text("dt", name), text("dd", fact)]) for name, fact in facts],
            ),
            text("p", words.verdict(report), f"verdict {_tone(report)}", role="status"),
        ],
    )


def _tone(report: Report) -> str:
    if report.acts:
        return "bad"
    return "warn" if any(item.status.value == "pending" for item in report.items) else "good"


def _main(report: Report) -> Iterator[Element]:
    yield element("dl", "tiles", _tiles(report))
    yield from _attention(report)
    yield _rotation(report)
    for rows in report.rows:
        yield _inventory([i for i in report.items if i.key.kind == rows.kind], rows, report)
    yield from _reading(report)
    yield from _differences(report)


def _tiles(report: Report) -> Iterator[Element]:
    for rows in report.rows:
        items = [item for item in report.items if item.key.kind == rows.kind]
        tallied = sum(item.tallied for item in items)
        yield _tile(rows.title, str(len(items)), f"{tallied} {rows.tally}")
    upcoming = next((i for i in report.timed if i.due and i.due >= report.made), None)
    if upcoming is None or upcoming.due is None:
        yield _tile("Next rotation", "–", "no date is known")
    else:
        name = names.short(upcoming.key, report.scope)
        yield _tile("Next rotation", when(upcoming.due, report.made), name)
    stands = Counter(item.status.value for item in report.items)
    ahead = f", {stands['pending']} to apply" if stands["pending"] else ""
    yield _tile("As declared", str(stands["as declared"]), f"of {len(report.items)}{ahead}")


def _tile(name: str, figure: str, more: str) -> Element:
    return element("div", "tile", [text("dt", name), text("dd", figure), text("dd", more, "more")])


def _attention(report: Report) -> Iterator[Element]:
    entries = [
        _entry(
            entry.kind_of.value,
            "bad",
            [
                _name(entry.key, report.scope),
                text("p", difference.sentence(entry)),
                *([_soft(f"declared at {entry.place}")] if entry.place else []),
                *([_soft(f"to put it right: {advice}")] if advice else []),
            ],
        )
        for entry in report.acting
        for advice in [difference.advice(entry, report.scope)]
    ]
    refused = [_finding(f, report, "bad") for f in report.findings if f.acts]
    if entries or refused:
        yield _section("Action needed", "", [element("ul", "list", entries + refused)])
    warned = [_finding(f, report, "warn") for f in report.findings if not f.acts]
    if warned:
        yield _section("Findings", "", [element("ul", "list", warned)])


def _finding(finding: Finding, report: Report, tone: str) -> Element:
    said, hint = words.finding(finding)
    shown = [text("p", said)]
    if finding.key is not None:
        shown.insert(0, _name(finding.key, report.scope))
    if hint is not None:
        shown.append(_soft(hint))
    if finding.place is not None:
        shown.append(_soft(str(finding.place)))
    return _entry(words.finding_code(finding, report), tone, shown)


def _entry(badge: str, tone: str, shown: Sequence[Element]) -> Element:
    return element("li", "", [text("span", badge, f"badge {tone}"), element("div", "", shown)])


def _rotation(report: Report) -> Element:
    if not report.timed:
        told = text("p", "Nothing here rotates, and nothing has a max_age.", "empty")
        return _section("Rotation", "", [told])
    line = over((moment for i in report.timed for moment in (i.since, i.due)), report.made)
    scale = element(
        "div",
        "row scale",
        [element("div", "what"), drawing.axis(line), element("div", "due")],
    )
    rows = [
        element("div", "row", [_ruled(item, report), drawing.lane(item, line), _due(item, report)])
        for item in report.timed
    ]
    return _section("Rotation", drawing.legend(), [element("div", "time", [scale, *rows])])


def _ruled(item: Item, report: Report) -> Element:
    rule = text("p", words.rule(item), "soft small break")
    return element("div", "what", [_name(item.key, report.scope), rule])


def _due(item: Item, report: Report) -> Element:
    now = report.made
    late = item.due is not None and item.due < now
    first = "no date" if item.due is None else when(item.due, now).replace(" ago", " late")
    second = "" if item.due is None else words.minute(item.due)
    return element("div", "due bad" if late else "due", [text("b", first), text("span", second)])


def _inventory(items: Sequence[Item], rows: Rows, report: Report) -> Element:
    if not items:
        return _section(rows.title, "", [text("p", "None.", "empty")])
    heads = ["Name", *(_HEADS[column] for column in rows.columns), "Stands"]
    head = element("tr", "", [text("th", name, scope="col") for name in heads])
    body = [_row(item, rows, report) for item in items]
    table = [element("thead", "", [head]), element("tbody", "", body)]
    return _section(rows.title, str(len(items)), [element("table", "", table)])


def _row(item: Item, rows: Rows, report: Report) -> Element:
    cells = [
        _cell(
            _HEADS[column],
            words.cell(item, column, report.made),
            "fixed" if column in _FIXED else "",
        )
        for column in rows.columns
    ]
    return element("tr", "", [_called(item, report.scope), *cells, _stands(item)])


def _reading(report: Report) -> Iterator[Element]:
    """For the review of access: who may read each, and when it was last read."""
    items = [item for item in report.items if item.tells_reads or item.readers or item.allowed]
    if not items:
        return
    heads = ("Name", "Last read", "Who may, as git says")
    head = element("tr", "", [text("th", name, scope="col") for name in heads])
    body = [
        element(
            "tr",
            "",
            [
                element("td", "", [_name(item.key, report.scope)]),
                _cell(heads[1], words.last_read(item), "fixed"),
                _cell(heads[2], words.who(item), "break"),
            ],
        )
        for item in items
    ]
    table = [element("thead", "", [head]), element("tbody", "", body)]
    yield _section("Who may read it", "", [element("table", "", table)])


def _called(item: Item, scope: Scope) -> Element:
    shown = [_name(item.key, scope)]
    if item.description is not None:
        shown.append(text("p", item.description, "soft small"))
    return element("td", "", shown)


def _cell(label: str, content: str, style: str = "") -> Element:
    if content == "–":
        style = f"{style} none".strip()
    return text("td", content, style, data_label=label)


def _stands(item: Item) -> Element:
    status = item.status.value
    badge = text("span", status, f"badge {_TONES.get(status, '')}".strip())
    return element("td", "fixed", [badge])


def _differences(report: Report) -> Iterator[Element]:
    shown: list[Element] = []
    for name, title in words.DRIFT.items():
        entries = [entry for entry in report.told if entry.kind_of.value == name]
        if entries:
            shown.append(text("h3", title))
            tone = "warn" if name == "pending" else ""
            rows = [
                _entry(name, tone, [_name(e.key, report.scope), text("p", difference.sentence(e))])
                for e in entries
            ]
            shown.append(element("ul", "list", rows))
    if shown:
        yield _section("Differences that need no action", "", shown)


def _footer(report: Report) -> Element:
    return element(
        "footer",
        "",
        [
            text("p", "Made from git and from what AWS lists. No value was read; none is here."),
            text(
                "p",
                "Ages are counted from the last rotation, or else from the last change of anything"
                " about a secret or parameter: lists tell no more. All times are UTC.",
            ),
            *([text("p", told)] if (told := record.line(report.applied)) else []),
            *([text("p", f"Read as {report.principal}", "break")] if report.principal else []),
        ],
    )


def _section(title: str, beside: Element | str, children: Sequence[Element]) -> Element:
    aside = beside if isinstance(beside, Element) else text("span", beside, "soft small")
    head = element("div", "head", [text("h2", title), *([aside] if beside != "" else [])])
    return element("section", "", [head, *children])


def _name(key: Key, scope: Scope) -> Element:
    return text("p", names.short(key, scope), "name")


def _soft(content: str) -> Element:
    return text("p", content, "soft small")
