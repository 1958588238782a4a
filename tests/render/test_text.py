"""What a reader of the text has to be able to rely on."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from reconciler.core.diff import diff
from reconciler.core.digest import plan_digest
from reconciler.core.model import (
    Action,
    Change,
    FieldChange,
    Key,
    Live,
    LiveValue,
    Origin,
    Ownership,
    Plan,
    Policy,
    Resource,
    Scope,
    Source,
    Value,
    ValueChange,
    Write,
)
from reconciler.render import json, markdown, structure, text
from reconciler.render.describe import ALARMING
from reconciler.render.losses import OUTSIDE
from tests.render.plans import (
    EMPTY,
    EVERYTHING,
    SCOPE,
    large,
    large_nested,
    parameter,
    plan_of,
    rotation,
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
        if line in (*ALARMING, "Secrets", "Parameters", "Rotation schedules")
    ]
    assert titles == [*ALARMING, "Secrets", "Parameters", "Rotation schedules"]


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


def test_a_value_of_somebody_else_is_lost_and_one_of_ours_is_not() -> None:
    changed = ValueChange(Write.CHANGED)
    outside = "the live value was written outside by ops on 2025-03-01, and will be overwritten"
    theirs = secret("db", Action.UPDATE, value=changed, reason=outside)
    shown = lines(plan_of(theirs))
    assert "Destructive" in shown
    assert (
        "      lost: what was written outside; AWS keeps it as AWSPREVIOUS until the next new"
        in (line.removesuffix(" value") for line in shown)
    )
    ours = secret("db", Action.UPDATE, value=changed, reason="returns to the previous value")
    assert "Destructive" not in lines(plan_of(ours))


@pytest.mark.parametrize("write", Write)
def test_an_adoption_takes_away_what_it_writes_over(write: Write) -> None:
    adopted = parameter("host", Action.ADOPT, value=ValueChange(write))
    over = write in (Write.CHANGED, Write.RETURNED)
    assert ("Destructive" in lines(plan_of(adopted))) is over


def test_that_is_how_diff_says_who_wrote_the_live_value() -> None:
    live = Live(Key("secret", "x"), {}, Ownership.OURS, value=LiveValue("v", Origin.OUTSIDE, None))
    want = Resource(Key("secret", "x"), {}, Value(Source.GIT, ("f",)))
    made = diff({want.key: want}, {live.key: live}, SCOPE, Policy())
    assert (made.changes[0].reason or "").startswith(OUTSIDE)


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        (
            rotation("db", Action.UPDATE, settings={"rotate_immediately": True}),
            "the value that is live: rotation makes another as soon as this is applied",
        ),
        (
            rotation("db", Action.UPDATE, FieldChange("enabled", True, False)),
            "it is not rotated any more: its value stays as it is until somebody changes it",
        ),
    ],
)
def test_what_rotation_takes_away_is_said(change: Change, lost: str) -> None:
    shown = lines(plan_of(change))
    assert "Destructive" in shown
    assert f"      lost: {lost}" in shown


def test_a_schedule_that_waits_takes_nothing_away() -> None:
    waits = rotation("db", Action.UPDATE, settings={"rotate_immediately": False})
    begins = rotation("new", Action.CREATE, FieldChange("enabled", None, True))
    assert "Destructive" not in lines(plan_of(waits, begins))


@pytest.mark.parametrize(
    ("field", "told"),
    [
        (
            FieldChange("kms_key", "alias/a", "alias/b"),
            "note: who reads it has to be allowed to use the new key",
        ),
        (
            FieldChange("resource_policy", "ab", {"Version": "1"}, known=False),
            "note: who is let in by the old policy alone cannot read it any more",
        ),
    ],
)
def test_whoever_else_is_concerned_is_named(field: FieldChange, told: str) -> None:
    assert f"      {told}" in lines(plan_of(secret("db", Action.UPDATE, field)))
    assert "note:" not in text.plan(plan_of(secret("db", Action.REFUSE, field)))


def test_what_nobody_could_compare_has_its_own_place() -> None:
    unknown = ValueChange(Write.UNKNOWN, ciphertext="c" * 64)
    shown = lines(plan_of(secret("db", Action.UPDATE, value=unknown)))
    assert "Unknown values" in shown
    assert "  ~ update secret db" in shown


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
def test_twice_as_many_changes_are_twice_the_work(
    render: Callable[[Plan], str], make: Callable[[int], Plan]
) -> None:
    """No time is asserted: only that it grows no faster than their number."""
    few, many = (make(count) for count in (300, 600))
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
