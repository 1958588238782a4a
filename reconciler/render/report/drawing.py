"""The time line as drawings: one lane for each secret, today at the same place in all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from reconciler.render.report import words
from reconciler.render.report.element import element, text
from reconciler.render.report.timeline import Timeline, when

if TYPE_CHECKING:
    from reconciler.operations.report import Item

_MIDDLE = "50%"


def axis(line: Timeline) -> Element:
    """What the places mean, in days from today."""
    now = line.at(line.now)
    marks: list[Element] = []
    for number, (place, label) in enumerate(line.ticks()):
        if abs(place - now) < 0.06 or not 0.03 < place < 0.97:
            continue
        # A narrow page has room for every second, and for none beside today.
        style = "rare" if number % 2 or abs(place - now) < 0.17 else ""
        marks.append(text("text", label, style, x=_at(place), y="16"))
    marks.append(text("text", "today", "now-text", x=_at(now), y="16"))
    return element("svg", "axis", marks, aria_hidden="true")


def lane(item: Item, line: Timeline) -> Element:
    """One secret: its last rotation, its next, and how much of the way is gone."""
    return element("svg", "lane", _marks(item, line), role="img", aria_label=_told(item, line))


def legend() -> Element:
    """What the marks mean."""
    return element(
        "div",
        "legend",
        [
            element("span", "", [_sample("last"), "last"]),
            element("span", "", [_sample("next"), "next"]),
            element("span", "", [_sample("missed"), "missed"]),
        ],
    )


def _marks(item: Item, line: Timeline) -> Iterator[Element]:
    now = line.at(line.now)
    for place, _ in line.ticks():
        yield _vertical(place, "tick")
    since = None if item.since is None else line.at(item.since)
    due = None if item.due is None else line.at(item.due)
    if since is not None:
        yield _along(since, now if due is None else min(now, due), "past")
    if due is not None:
        yield _along(min(now, due), due, "ahead") if due >= now else _along(due, now, "late")
    yield _vertical(now, "now")
    if since is not None:
        yield _dot(since, "last")
    if due is not None:
        yield _dot(due, "next" if due >= now else "missed")


def _told(item: Item, line: Timeline) -> str:
    last = "never" if item.since is None else words.minute(item.since)
    if item.due is None:
        return f"last {last}, no next date"
    return f"last {last}, next {words.minute(item.due)}, {when(item.due, line.now)}"


def _along(begin: float, end: float, style: str) -> Element:
    return element("line", style, x1=_at(begin), x2=_at(end), y1=_MIDDLE, y2=_MIDDLE)


def _vertical(place: float, style: str) -> Element:
    return element("line", style, x1=_at(place), x2=_at(place), y1="0", y2="100%")


def _dot(place: float, style: str) -> Element:
    return element("circle", style, cx=_at(place), cy=_MIDDLE, r="6")


def _sample(style: str) -> Element:
    dot = element("circle", style, cx="7", cy="7", r="5")
    return element("svg", "", [dot], viewBox="0 0 14 14", aria_hidden="true")


def _at(place: float) -> str:
    return f"{place * 100:.2f}%"
