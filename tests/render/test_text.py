"""What a reader of the text has to be able to rely on."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from reconciler.core.digest import plan_digest
from reconciler.core.model import (
    Action,
    Change,
    FieldChange,
    Key,
    Plan,
    Policy,
    Scope,
    ValueChange,
    Write,
)
from reconciler.core.reasons import Loss, Lost, Reason, Why
from reconciler.render import json, markdown, structure, text
from reconciler.render.describe import ALARMING
from tests.render.plans import (
    EMPTY,
    EVERYTHING,
    SCOPE,
    large,
    large_nested,
    parameter,
    plan_of,
    secret,
)
from tests.steps import steps


def lines(plan: Plan) -> list[str]:
    return text.plan(plan).splitlines()


def test_names_are_never_cut_or_wrapped() -> None:
    name = "/".join(["level" * 10] * 10)
    assert f"  + create {name}" in lines(plan_of(secret(name, Action.CREATE)))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("/app/production/db", "db"),
        ("/app/production", "/app/production"),
        ("/app/production//db", "/app/production//db"),
        ("/app/productionx/db", "/app/productionx/db"),
        ("/other/db", "/other/db"),
        ("prod-db", "prod-db (outside the prefix)"),
    ],
)
def test_names_are_relative_where_that_is_unambiguous(name: str, shown: str) -> None:
    plan = Plan(SCOPE, Policy(), (Change(Key("secret", name), Action.CREATE),))
    assert f"  + create {shown}" in lines(plan)


def test_the_summary_always_tells_the_three_and_the_others_where_there_are_any() -> None:
    one = plan_of(secret("a", Action.CREATE), secret("b", Action.CREATE))
    assert "Plan: 2 to create, 0 to update, 0 to prune." in lines(one)
    assert (
        "Plan: 6 to create, 12 to update, 2 to prune, 1 to replace, 1 to adopt, 1 to restore,"
        " 2 refused." in lines(EVERYTHING)
    )
    assert "Nothing to do: production is as git declares it." in lines(EMPTY)


def test_the_digest_is_the_last_line() -> None:
    assert lines(EVERYTHING)[-1] == f"Digest: {plan_digest(EVERYTHING)}"


def test_of_a_saved_plan_what_no_digest_covers_is_named() -> None:
    told = text.plan(EVERYTHING, saved=True).splitlines()[-1]
    assert told == (
        "The digest does not cover: the commit, what the branch opens, where something is"
        " declared, the names of changed keys, dates, what was deleted outside, what"
        " is not changed."
    )
    assert f"\n{told}\n" in markdown.plan([EVERYTHING], saved=True)
    assert text.plan(EMPTY, saved=True) == text.plan(EMPTY)
    assert "does not cover" not in text.plan(EVERYTHING) + markdown.plan([EVERYTHING])


def test_what_destroys_comes_first_then_what_is_refused() -> None:
    titles = [
        line
        for line in lines(EVERYTHING)
        if line in (*ALARMING, "Secrets", "Parameters", "Rotation schedules")
    ]
    assert titles == [*ALARMING, "Secrets", "Parameters", "Rotation schedules"]


def test_what_is_lost_stands_under_destructive_and_who_is_concerned_does_not() -> None:
    gone = secret("db", Action.UPDATE, losses=(Lost(Loss.REPLICA, "us-east-1"),))
    shown = lines(plan_of(gone))
    assert "Destructive" in shown
    assert "      lost: its replica in us-east-1 is deleted" in shown
    told = lines(plan_of(secret("db", Action.UPDATE, losses=(Lost(Loss.KEY_READERS),))))
    assert "Destructive" not in told
    assert "      note: who reads it has to be allowed to use the new key" in told


@pytest.mark.parametrize("loss", Loss)
def test_each_loss_is_a_line(loss: Loss) -> None:
    shown = lines(plan_of(secret("db", Action.UPDATE, losses=(Lost(loss, "eu-west-1", 7),))))
    assert ("Destructive" in shown) is loss.destroys
    assert sum(line.strip().startswith(("lost: ", "note: ")) for line in shown) == 1


def test_a_refused_change_destroys_nothing() -> None:
    refused = secret("db", Action.REFUSE, why=Why(Reason.NOT_MANAGED))
    assert "Destructive" not in lines(plan_of(refused))


def test_what_nobody_could_compare_has_its_own_place() -> None:
    unknown = ValueChange(Write.UNKNOWN, ciphertext="c" * 64)
    shown = lines(plan_of(secret("db", Action.UPDATE, value=unknown)))
    assert "Unknown values" in shown
    assert "  ~ update secret db" in shown


def test_what_is_unknown_is_said_to_be() -> None:
    shown = lines(plan_of(secret("db", Action.UPDATE, FieldChange("a", "0f", "b", known=False))))
    assert '      a: (unknown) -> "b"' in shown
    assert not any("0f" in line for line in shown[3:-2])


def test_structured_differences_are_told_by_name() -> None:
    before = {
        "Statement": [
            {"Sid": "One", "Action": ["a", "b"]},
            {"Effect": "Deny", "Principal": "*"},
        ]
    }
    after = {
        "Statement": [
            {"Effect": "Allow", "Principal": "*"},
            {"Sid": "One", "Action": ["b", "c"]},
        ]
    }
    shown = lines(plan_of(secret("db", Action.UPDATE, FieldChange("x", before, after))))
    body = [line.strip() for line in shown if line.startswith("        ")]
    assert body
    assert "(only the order differs)" not in body


def test_an_order_that_differs_is_told() -> None:
    field = FieldChange("x", {"l": ["a", "b"]}, {"l": ["b", "a"]})
    assert "        (only the order differs)" in lines(plan_of(secret("db", Action.UPDATE, field)))


def test_true_and_one_are_different_things() -> None:
    field = FieldChange("x", {"a": True, "b": {"c": 1}}, {"a": 1, "b": {"c": True}})
    shown = lines(plan_of(secret("db", Action.UPDATE, field)))
    assert "        ~ a: true -> 1" in shown
    assert "        ~ b.c: 1 -> true" in shown


def test_private_looking_keys_are_not_skipped() -> None:
    field = FieldChange("x", {"__a": {"b": 1}}, {"__a": {"b": 2}})
    assert "        ~ __a.b: 1 -> 2" in lines(plan_of(secret("db", Action.UPDATE, field)))


def test_keys_are_named_and_their_content_is_not() -> None:
    keys = (FieldChange("user", "alice-content", "bob-content"),)
    shown = text.plan(
        plan_of(secret("db", Action.UPDATE, value=ValueChange(Write.CHANGED, keys=keys)))
    )
    assert "        ~ user\n" in shown
    assert "content" not in shown


def test_plaintext_is_shown() -> None:
    value = ValueChange(Write.CHANGED, plaintext="new.internal")
    assert '      value: (value changed) -> "new.internal"' in lines(
        plan_of(parameter("host", Action.UPDATE, value=value))
    )


def test_colour_changes_nothing_but_colour() -> None:
    coloured = text.plan(EVERYTHING, colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == text.plan(EVERYTHING)


def test_another_scope_is_named_in_the_first_line() -> None:
    scope = Scope("staging", "210987654321", "eu-west-1", "/x", "o")
    assert lines(Plan(scope, Policy()))[0] == (
        "environment staging: account 210987654321, eu-west-1, names below /x"
    )


@pytest.mark.parametrize(
    "render",
    [
        text.plan,
        lambda plan: text.plan(plan, colour=True),
        lambda plan: markdown.plan([plan]),
        lambda plan: json.plan([plan]),
    ],
    ids=["text", "colour", "markdown", "json"],
)
@pytest.mark.parametrize(
    ("make", "count"), [(large, 300), (large_nested, 60)], ids=["tags", "policies"]
)
def test_twice_as_many_changes_are_twice_the_work(
    render: Callable[[Plan], str], make: Callable[[int], Plan], count: int
) -> None:
    """No time is asserted: only that it grows no faster than their number."""
    few, many = make(count), make(2 * count)
    render(few)  # what is made once is made

    def taken(plan: Plan) -> int:
        structure._deep.cache_clear()
        return steps(lambda: render(plan))

    assert taken(many) < 2.1 * taken(few)


def test_how_a_change_is_shown_does_not_depend_on_how_many_others_there_are() -> None:
    def shown(count: int) -> list[str]:
        found = lines(large_nested(count))
        start = next(i for i, line in enumerate(found) if "service-00000/credentials" in line)
        return found[start : start + 8]

    assert shown(1000)[:4] == shown(1)[:4]
    assert any("role/service-1" in line for line in shown(1))
