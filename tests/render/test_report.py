"""A report as text and as a page: every date at its place, and nothing from outside acts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import kinds
from reconciler.core.drift import Drift, DriftClass
from reconciler.core.model import Key
from reconciler.core.reasons import Reason, Why
from reconciler.core.rows import Rows
from reconciler.operations.report import Finding, Item, Report, Status, Writer
from reconciler.render import report as rendering
from reconciler.render.reasons import hint, reason
from reconciler.render.report.timeline import Timeline, over, when
from tests.render import hostile
from tests.render.plans import SCOPE
from tests.render.test_escape import assert_harmless, is_visible

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


class Page(HTMLParser):
    """What a browser would make of a page: its elements, their attributes, and their text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.policy = self.style = ""
        self.words: list[str] = []
        self.addresses: list[str] = []
        self._inside: list[str] = []
        self.feed(source)
        self.close()
        assert self._inside == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given_ = dict(attrs)
        self.tags.add(tag)
        self.attributes |= set(given_)
        self.addresses += [v or "" for k, v in attrs if k in ("src", "href", "action", "data")]
        if given_.get("http-equiv") == "Content-Security-Policy":
            self.policy = given_["content"] or ""
        if tag != "meta":
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._inside.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._inside[-1:] == ["style"]:
            self.style += data
        else:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


ROWS = tuple(
    Rows(name, kinds.titles()[name], kind.COLUMNS, kind.TALLY)
    for name, kind in kinds.wholes().items()
)


def secret(name: str, **more: object) -> Item:
    basic = Item(
        Key("secret", f"{SCOPE.under}{name}"), True, SCOPE.owner_id, Writer.GIT,
        Status.AS_DECLARED, changed=NOW - 10 * DAY,
    )  # fmt: skip
    return replace(basic, **more)  # type: ignore[arg-type]


def report(
    *items: Item, drift: tuple[Drift, ...] = (), findings: tuple[Finding, ...] = ()
) -> Report:
    return Report(
        SCOPE, NOW, "3f5a6c1e0b9d8a7f", (), "arn:aws:iam::1:role/r", items, drift, findings, ROWS
    )


# What a page may consist of, whatever anybody calls a secret.
TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "div",
    "p", "span", "b", "h1", "h2", "h3", "dl", "dt", "dd", "ul", "li", "table", "thead", "tbody",
    "tr", "th", "td", "svg", "line", "circle", "text",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "class", "scope", "role", "data-label",
    "aria-label", "aria-hidden", "viewbox", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r",
}  # fmt: skip

dates = st.none() | st.integers(-100_000, 100_000).map(lambda hours: NOW + hours * DAY / 24)
items = st.builds(
    Item,
    key=st.builds(Key, st.sampled_from(["secret", "parameter"]), hostile.names),
    declared=st.booleans(),
    owner=st.none() | hostile.text,
    writer=st.sampled_from(Writer),
    status=st.sampled_from(Status),
    description=st.none() | hostile.text,
    type=st.none() | hostile.text,
    changed=dates,
    changed_by=st.none() | hostile.text,
    rotates=st.booleans(),
    schedule=st.none() | hostile.text,
    window=st.none() | hostile.text,
    max_age=st.none() | st.integers(1, 1000),
    rotated=dates,
    due=dates,
    readers=st.lists(hostile.text, max_size=2).map(tuple),
    allowed=st.lists(hostile.text | st.just("*"), max_size=2).map(tuple),
    tells_reads=st.booleans(),
    read=dates,
)
findings = st.builds(
    Finding, hostile.text, hostile.text, st.none() | hostile.text, st.none() | hostile.keys,
    st.none() | hostile.places,
)  # fmt: skip
reports = st.builds(
    Report,
    scope=hostile.scopes,
    made=st.just(NOW),
    revision=st.none() | hostile.text,
    principal=hostile.text,
    items=st.lists(items, max_size=3).map(tuple),
    drift=hostile.drifts.map(tuple),
    findings=st.lists(findings, max_size=2).map(tuple),
    rows=st.just(ROWS),
)


@given(reports)
@hostile.patient
def test_nothing_from_outside_becomes_a_part_of_the_page(made: Report) -> None:
    page = Page(rendering.page(made))
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES
    assert page.addresses == []
    assert all(map(is_visible, page.text)), ascii(page.text)


@given(reports)
@hostile.patient
def test_nothing_from_outside_acts_on_a_terminal(made: Report) -> None:
    assert_harmless(rendering.text(made))
    shown = rendering.as_json(made)
    assert_harmless(shown)
    assert len(json.loads(shown)["inventory"]) == len(made.items)


def test_a_name_that_looks_like_markup_is_text() -> None:
    name = '</td><script src="https://example.com/x.js">alert(1)</script>'
    source = rendering.page(report(secret(name, description="</style><img src=x onerror=y>")))
    page = Page(source)
    assert name in page.text
    assert "script" not in page.tags
    assert "img" not in page.tags


def test_the_page_forbids_everything_but_its_own_style() -> None:
    page = Page(rendering.page(report(secret("a"))))
    assert "default-src 'none'" in page.policy
    assert "script-src" not in page.policy
    assert "unsafe" not in page.policy
    assert "url(" not in page.style
    assert "@import" not in page.style
    assert "prefers-color-scheme: dark" in page.style


def test_the_time_line_holds_all_dates_and_today() -> None:
    line = over([NOW - 20 * DAY, NOW + 60 * DAY, None], NOW)
    places = [line.at(NOW + days * DAY) for days in (-20, 0, 60)]
    assert places == sorted(places)
    assert 0 < places[0] < places[1] < places[2] < 1


def test_an_ancient_secret_does_not_flatten_the_others() -> None:
    line = over([NOW - 4000 * DAY, NOW + 7 * DAY], NOW)
    assert line.at(NOW - 4000 * DAY) == 0
    assert line.at(NOW + 7 * DAY) - line.at(NOW) > 0.01


@pytest.mark.parametrize("days", [1, 8, 40, 200, 800])
def test_the_scale_has_a_handful_of_days_whatever_the_stretch(days: int) -> None:
    line = Timeline(NOW - days * DAY / 2, NOW, NOW + days * DAY / 2)
    ticks = list(line.ticks())
    assert len(ticks) <= 10
    assert all(0 <= place <= 1 for place, _ in ticks)
    assert sorted(ticks) == ticks
    assert bool(ticks) == (days > 1)


@pytest.mark.parametrize(
    ("days", "told"),
    [(0, "today"), (1, "in 1 day"), (30, "in 30 days"), (-1, "1 day ago"), (-9, "9 days ago")],
)
def test_how_far_away(days: int, told: str) -> None:
    assert when(NOW + days * DAY, NOW) == told


def drawn(item: Item) -> str:
    shown = rendering.text(report(item, secret("z", max_age=90, due=NOW + 80 * DAY)))
    return next(line.split()[1] for line in shown.splitlines() if line.startswith("  a "))


def test_a_lane_shows_last_today_next_and_what_was_missed() -> None:
    rotating = secret("a", rotates=True, rotated=NOW - 30 * DAY, due=NOW + 40 * DAY)
    marks = drawn(rotating)
    assert marks.index("●") < marks.index("│") < marks.index("○")
    missed = drawn(replace(rotating, due=NOW - 9 * DAY))
    assert missed.index("●") < missed.index("!") < missed.index("│")
    page = rendering.page(report(replace(rotating, due=NOW - 9 * DAY)))
    assert "9 days late" in page
    assert 'class="missed"' in page
    assert 'class="missed"' not in rendering.page(report(rotating)).split('<svg class="lane"')[1]


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        ((Status.AS_DECLARED, Status.UNMANAGED), "production is as git declares it"),
        ((Status.AS_DECLARED, Status.PENDING), "1 to apply: git is ahead of production"),
        ((Status.PENDING, Status.OVERDUE), "1 thing needs somebody to act"),
        ((Status.OUTSIDE, Status.REFUSED), "2 things need somebody to act"),
    ],
)
def test_the_verdict(statuses: tuple[Status, ...], verdict: str) -> None:
    made = report(*(secret(f"s{n}", status=s) for n, s in enumerate(statuses)))
    assert verdict in rendering.text(made)
    assert verdict in Page(rendering.page(made)).text


def test_what_is_refused_is_told_once() -> None:
    key = Key("secret", f"{SCOPE.under}a")
    why = Why(Reason("not-managed"))
    made = report(
        secret("a", status=Status.REFUSED),
        drift=(Drift(key, DriftClass.REFUSED, reason(why)),),
        findings=(Finding("not-managed", "", key=key, because=why),),
    )
    for shown in (rendering.text(made), Page(rendering.page(made)).text):
        assert shown.count(reason(why)) == 1
        assert str(hint(why)) in shown


def test_an_empty_environment() -> None:
    page = Page(rendering.page(report()))
    assert "Nothing here rotates" in page.text
    assert "0 secrets, 0 parameters" in rendering.text(report())


def test_a_reader_sees_which_of_two_came_first_on_one_day() -> None:
    """Whether somebody rotated before or after another left is asked of a report."""
    minutes = timedelta(minutes=41)
    rotated = secret(
        "db", rotates=True, schedule="rate(30 days)", changed=NOW - DAY,
        rotated=NOW - 3 * DAY + minutes, due=NOW + 27 * DAY + minutes,
    )  # fmt: skip
    parameter = replace(
        secret("host", changed=NOW - 5 * DAY - minutes), key=Key("parameter", f"{SCOPE.under}host")
    )
    made = report(rotated, parameter)
    told = rendering.text(made)
    (row,) = [line for line in told.splitlines() if line.endswith("as declared") and "db" in line]
    for shown in (row, Page(rendering.page(made)).text):
        for moment in ("2026-11-23 12:00", "2026-11-21 12:41", "2026-12-21 12:41"):
            assert moment in shown
    assert "2026-11-19 11:19" in told
    assert "2026-12-21 12:41 (in 27 days)" in told
    assert "at 2026-11-24 12:00 UTC, as all times here are" in told
