"""The page that leads to those of all environments: first what needs somebody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.etree.ElementTree import Element

from reconciler.render.report import words
from reconciler.render.report.element import element, text
from reconciler.render.report.frame import framed, minute

if TYPE_CHECKING:
    from reconciler.operations.report import Report

FOLDER = "environments"
_DRIFTED = ("outside", "stuck", "refused", "unknown")
_HEADS = ("Drifted", "Overdue", "Unmanaged", "Unused")


@dataclass(frozen=True)
class Entry:
    """What the index says of an environment. ``counts`` are in the order of the columns; ``failed``
    is why there is no report."""

    environment: str
    counts: tuple[int, ...] = (0, 0, 0, 0)
    acts: bool = True
    account: str = ""
    region: str = ""
    applied: datetime | None = None
    told: str = ""
    failed: bool = False


def entry(report: Report) -> Entry:
    """Of a report all that the index needs."""
    stands = [item.status.value for item in report.items]
    return Entry(
        report.scope.environment,
        (
            sum(status in _DRIFTED for status in stands),
            stands.count("overdue"),
            stands.count("unmanaged"),
            sum(finding.code == "unused" for finding in report.findings),
        ),
        report.acts,
        report.scope.account,
        report.scope.region,
        report.applied.at,
        words.verdict(report),
    )


def file(environment: str) -> str:
    """Where an environment's page is, beside the index."""
    return f"{FOLDER}/{quote(environment, safe='')}.html"


def index(entries: Iterable[Entry], made: datetime) -> str:
    """The whole page; ``made`` is in UTC."""
    ordered = sorted(entries, key=_needs)
    acting = sum(one.acts for one in ordered)
    verdict = "Every environment is as git declares it"
    if acting:
        some = "1 environment needs" if acting == 1 else f"{acting} environments need"
        verdict = f"{some} somebody to act"
    header = element(
        "header",
        "",
        [
            text("p", "Secrets and parameters of", "kicker"),
            text("h1", f"{len(ordered)} environments"),
            element("dl", "", [element("div", "", [text("dt", "Made"), text("dd", minute(made))])]),
            text("p", verdict, f"verdict {'bad' if acting else 'good'}", role="status"),
        ],
    )
    head = element(
        "tr",
        "",
        [text("th", name, scope="col") for name in ("Environment", *_HEADS, "Applied", "Stands")],
    )
    rows = [_row(one) for one in ordered]
    table = element("table", "", [element("thead", "", [head]), element("tbody", "", rows)])
    footer = text("p", "Made from git and from what AWS lists. No value was read; none is here.")
    return framed(
        f"{len(ordered)} environments: {verdict}",
        [
            header,
            element("main", "", [element("section", "", [table])]),
            element("footer", "", [footer]),
        ],
    )


def _needs(one: Entry) -> tuple[bool, bool, Sequence[int], str]:
    return not one.failed, not one.acts, [-count for count in one.counts], one.environment


def _row(one: Entry) -> Element:
    place = f"{one.account}, {one.region}" if one.account else ""
    name = text("p", one.environment, "name")
    if not one.failed:
        name = element("p", "name", [text("a", one.environment, href=quote(file(one.environment)))])
    called = element("td", "", [name, text("p", place, "soft small")])
    counts = [
        text(
            "td",
            "–" if one.failed else str(count),
            "fixed" if count else "fixed none",
            data_label=label,
        )
        for label, count in zip(_HEADS, one.counts, strict=True)
    ]
    applied = words.minute(one.applied)
    tone = "bad" if one.acts else "good"
    badge = text(
        "span", "not read" if one.failed else "act" if one.acts else "good", f"badge {tone}"
    )
    stands = element("td", "", [badge, text("p", one.told, "soft small break")])
    return element(
        "tr", "", [called, *counts, text("td", applied, "fixed", data_label="Applied"), stands]
    )
