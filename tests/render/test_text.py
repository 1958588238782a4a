"""What a reader of the text has to be able to rely on."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest

from reconciler.digest import plan_digest
from reconciler.model import (
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
from reconciler.render import json, markdown, text
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
        "Plan: 5 to create, 12 to update, 2 to prune, 1 to replace, 1 to adopt, 1 to restore,"
        " 2 refused." in lines(EVERYTHING)
    )
    assert "Nothing to do: production is as git declares it." in lines(EMPTY)


def test_the_digest_is_the_last_line() -> None:
    assert lines(EVERYTHING)[-1] == f"Digest: {plan_digest(EVERYTHING)}"


def test_what_destroys_comes_first_then_what_is_refused() -> None:
    titles = [
        line
        for line in lines(EVERYTHING)
        if line in ("Destructive", "Refused", "Secrets", "Parameters", "Rotation schedules")
    ]
    assert titles == ["Destructive", "Refused", "Secrets", "Parameters", "Rotation schedules"]


@pytest.mark.parametrize(("recovery", "days"), [(30, 30), (None, 14), (3, 14), (365, 14)])
def test_a_pruned_secret_says_for_how_long_it_can_be_restored(
    recovery: int | None, days: int
) -> None:
    fields = [] if recovery is None else [FieldChange("recovery_window", recovery, None)]
    shown = lines(plan_of(secret("old", Action.PRUNE, *fields)))
    assert any(f"restored for {days} days" in line for line in shown)


def test_a_replica_that_goes_is_destructive_and_one_that_comes_is_not() -> None:
    one, two = [{"region": "eu-west-1"}], [{"region": "eu-west-1"}, {"region": "us-east-1"}]
    gone = lines(plan_of(secret("db", Action.UPDATE, FieldChange("replicas", two, one))))
    assert "Destructive" in gone
    assert "      lost: its replica in us-east-1 is deleted" in gone
    come = lines(plan_of(secret("db", Action.UPDATE, FieldChange("replicas", one, two))))
    assert "Destructive" not in come
    assert "        + us-east-1: (default key)" in come


@pytest.mark.parametrize(
    ("field", "lost"),
    [
        (
            FieldChange("resource_policy", None, None, known=False),
            "its resource policy, if it has one, is removed: who relies on it loses access",
        ),
        (
            FieldChange("resource_policy", None, {"Version": "1"}, known=False),
            "the resource policy that it may have is overwritten, and is recorded nowhere",
        ),
        (
            FieldChange("resource_policy", "ab", None, known=False),
            "its resource policy is removed: who relies on it loses access",
        ),
        (
            FieldChange("replicas", None, [{"region": "eu-west-1"}], known=False),
            "its replicas in Regions that are not declared, if it has any, are deleted",
        ),
    ],
)
def test_what_nobody_recorded_may_be_lost(field: FieldChange, lost: str) -> None:
    shown = lines(plan_of(secret("db", Action.UPDATE, field)))
    assert "Destructive" in shown
    assert f"      lost: {lost}" in shown


@pytest.mark.parametrize(
    "field",
    [
        FieldChange("resource_policy", None, {"Version": "1"}),
        FieldChange("resource_policy", "ab", {"Version": "1"}, known=False),
        FieldChange("replicas", None, [{"region": "eu-west-1"}]),
        FieldChange("tags", None, {"a": "b"}, known=False),
    ],
)
def test_what_takes_nothing_from_others_is_not_destructive(field: FieldChange) -> None:
    assert "Destructive" not in lines(plan_of(secret("db", Action.UPDATE, field)))


def test_a_pruned_secret_says_that_its_replicas_go_at_once() -> None:
    shown = lines(plan_of(secret("old", Action.PRUNE)))
    assert "      lost: its replicas, if it has any, are deleted at once" in shown


def test_a_refused_change_destroys_nothing() -> None:
    refused = secret(
        "db",
        Action.REFUSE,
        FieldChange("resource_policy", "ab", None, known=False),
        code="c",
        reason="r",
    )
    assert "Destructive" not in lines(plan_of(refused))


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
@pytest.mark.parametrize("make", [large, large_nested], ids=["tags", "policies"])
def test_10_000_changes_take_a_second_at_most(render: object, make: Callable[[int], Plan]) -> None:
    plan = make(10_000)
    began = time.process_time()
    assert callable(render)
    render(plan)
    assert time.process_time() - began <= 1.0
