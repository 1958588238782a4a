"""A comment on a pull request: complete or saying what is missing, and never too long."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from reconciler.core.model import Action, FieldChange, Place, Plan, Policy, Scope
from reconciler.core.reasons import Reason, Why
from reconciler.render import markdown
from tests.render.plans import EMPTY, EVERYTHING, large, plan_of, secret

LIMIT = 60_000


def test_the_limit_is_that_of_the_design() -> None:
    assert markdown.LIMIT == LIMIT


@pytest.mark.parametrize("count", [100, 250, 300, 1_000, 10_000])
def test_never_too_long_and_says_how_much_is_left_out(count: int) -> None:
    shown = markdown.plan([large(count)], where="big.plan.json")
    assert len(shown) <= LIMIT
    heads = len(re.findall(r"^~ update ", shown, re.MULTILINE))
    missing = re.search(r"(\d+) changes? left out", shown)
    assert heads + (int(missing[1]) if missing else 0) == count
    if missing:
        assert "The whole is in `big.plan.json`." in shown
        assert len(shown) > LIMIT * 0.9


def test_without_a_file_it_says_how_to_see_the_whole() -> None:
    assert "`reconciler plan production`" in markdown.plan([large(1_000)])


def test_what_is_destructive_has_its_place_first() -> None:
    prune = secret("aaa", Action.PRUNE)
    shown = markdown.plan([plan_of(*large(2_000).changes, prune)])
    assert "- prune secret aaa" in shown
    assert shown.index("### Destructive") < shown.index("<details>")


def test_a_change_too_large_for_it_is_shown_without_its_details() -> None:
    huge = secret("huge", Action.CREATE, FieldChange("description", None, "x" * 70_000))
    shown = markdown.plan([plan_of(huge, secret("small", Action.CREATE))], where="p.json")
    assert len(shown) <= LIMIT
    assert "+ create huge (its details are left out)" in shown
    assert "+ create small" in shown
    assert "1 shown without details" in shown


def test_several_environments_share_the_room() -> None:
    plans = [
        replace(large(1_000), scope=replace(EVERYTHING.scope, environment=name))
        for name in ("a", "b", "c")
    ]
    shown = markdown.plan([EMPTY, *plans])
    assert len(shown) <= LIMIT
    assert shown.count("## `") == 4
    assert len(re.findall(r"^~ update ", shown, re.MULTILINE)) > 100


@pytest.mark.parametrize("name", ["env", "x" * 5_000])
def test_more_environments_than_there_is_room_for(name: str) -> None:
    plans = [
        Plan(Scope(f"{name}-{index}", "1" * 12, "us-west-2", "/x", "o"), Policy())
        for index in range(400)
    ]
    shown = markdown.plan(plans)
    assert len(shown) <= LIMIT
    assert "Left out, because there is no room" in shown


def test_long_strings_everywhere_do_not_make_it_too_long() -> None:
    scope = Scope("e" * 9_000, "a" * 9_000, "r" * 9_000, "/p" * 9_000, "o" * 9_000)
    plan = Plan(scope, Policy(), EVERYTHING.changes, EVERYTHING.notes, 20, "f" * 9_000)
    assert len(markdown.plan([plan] * 3, where="w" * 9_000)) <= LIMIT


def test_the_symbol_stands_at_the_beginning_of_the_line() -> None:
    shown = markdown.plan([EVERYTHING]).split("\n")
    for head in ("+ create database/host", "- prune secret legacy/token", "! refuse parameter"):
        assert any(line.startswith(head) for line in shown)


def test_no_plan_is_said_to_be_none() -> None:
    assert markdown.plan([]).startswith("No plan could be made")


def test_the_first_line_says_what_happens_and_the_last_what_an_approval_lets_happen() -> None:
    shown = markdown.plan([EVERYTHING])
    first = shown.split("\n")[2]
    assert first.startswith("**Plan: ")
    assert "**9 changes take something away.**" in first
    assert "Nothing is written: the guard `max-prunes` stops it." in shown
    assert "No value is shown. Digest" in shown
    assert "apply writes exactly this" not in shown
    harmless = plan_of(secret("a", Action.CREATE), policy=Policy())
    assert "apply writes exactly this" in markdown.plan([harmless])


def test_each_change_is_a_row_and_its_details_are_folded_by_themselves() -> None:
    shown = markdown.plan([EVERYTHING])
    rows = [line for line in shown.split("\n") if re.match(r"\| `[^`]+` [a-z]+ \|", line)]
    assert len(rows) == len(EVERYTHING.changes)
    for action in Action:
        assert any(row.startswith(f"| `{action.symbol}` {action.value} | ") for row in rows)
    assert all(row.count("|") == 4 for row in rows)
    assert "| `-` prune | `secret legacy/token` | **takes something away**" in shown
    details = re.findall("<details><summary><code>(.*)</code></summary>", shown)
    assert "+ create parameter database/host" in details
    assert shown.count("<details>") == shown.count("</details>")


def test_a_resource_leads_to_its_line_and_no_name_leads_out_of_its_cell() -> None:
    odd = secret("a|b`<b>@x", Action.CREATE)
    placed = replace(odd, place=Place("manifests/a.yaml", 3, 1))
    shown = markdown.plan([plan_of(placed)], link=lambda place: f"https://x/{place.line}")
    assert r"| [`secret a\x7cb\x60<b>@x`](https://x/3) |" in shown
    assert "<code>+ create secret a|b&#96;&lt;b&gt;@x</code>" in shown
    assert "](https" not in markdown.plan([plan_of(placed)])


def test_what_does_not_occur_is_not_explained() -> None:
    shown = markdown.plan([plan_of(secret("a", Action.CREATE))])
    for absent in (
        "`-` prune",
        "refuse",
        "take something away",
        "takes something away",
        "No value",
    ):
        assert absent not in shown
    assert "apply writes" not in markdown.plan([EMPTY])
    assert "apply writes" not in markdown.plan(
        [plan_of(secret("a", Action.REFUSE, why=Why(Reason.NOT_MANAGED)))]
    )
