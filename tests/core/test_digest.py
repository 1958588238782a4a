"""The same situation has the same digest; whatever acts or is shown and differs gives another."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.access import Opened, Opening
from reconciler.core.diff import diff
from reconciler.core.digest import (
    canonical,
    change_digest,
    content_digest,
    digest_of,
    plan_digest,
    short_digest,
)
from reconciler.core.model import (
    Action,
    Change,
    FieldChange,
    Key,
    Note,
    Place,
    Plan,
    Policy,
    Scope,
    ValueChange,
    Write,
)
from reconciler.core.reasons import Loss, Lost, Notable, Reason, Why
from tests.core.build import NAME, POLICY, SCOPE
from tests.core.situations import contents, policies, situations

CHANGE = Change(
    Key("secret", NAME),
    Action.UPDATE,
    (FieldChange("description", "old", "new"), FieldChange("tags", "0f", {"a": "b"}, known=False)),
    ValueChange(Write.CHANGED, "fp-a"),
    settings={"rotate_immediately": False},
    precondition={"version": "v1"},
    why=Why(Reason.WRITTEN_OUTSIDE, "ops", on=date(2025, 3, 1)),
    losses=(Lost(Loss.REPLICA, "eu-west-1"), Lost(Loss.OVERWRITTEN)),
)
PLAN = Plan(SCOPE, POLICY, (CHANGE, replace(CHANGE, key=Key("parameter", NAME))))
OTHER = {  # for every field of Scope and Policy
    "environment": "staging",
    "account": "210987654321",
    "region": "eu-west-1",
    "prefix": "/other",
    "owner": "others",
    "prune": True,
    "recovery_window": 7,
    "max_prunes": 1,
    "max_change_ratio": 0.25,
}


def digest(change: Change = CHANGE, scope: Scope = SCOPE, policy: Policy = POLICY) -> str:
    return change_digest(change, scope, policy)


# --- the same -------------------------------------------------------------------------------------


def test_a_digest_is_the_same_in_every_release():
    # Whoever changes these makes every plan that is under review stale.
    assert digest() == "d32735f33324882191ef74a18703c335876547aa80170867f763344bfc93c46a"
    assert plan_digest(PLAN) == "20d44491f59cb302850e0e776ad9760e2909a1b80c7f2ed5296cd3ee5c35ba7e"
    assert content_digest({"b": "é", "a": [1, None]}) == "e03c3c1ebb5fccd7"
    assert short_digest(["a"]) == "DrW41vg"


def test_what_only_some_plans_have_is_in_a_digest_the_same_in_every_release():
    change = replace(
        CHANGE,
        value=ValueChange(Write.UNKNOWN, ciphertext="ct"),
        losses=(Lost(Loss.RECOVERABLE, days=7),),
        access=(Opened(Opening.ALLOWED, "role/a", "210987654321"),),
    )
    assert digest(change) == "a3390dc4e382e528ceb918b8659bc61c01408b118a2503526f12a73017ab499b"
    stopped = Plan(SCOPE, Policy(max_change_ratio=0.0), (change,), owned=10, admitted="ad")
    assert plan_digest(stopped) == (
        "94060f0c7da335955972a6519480224e8a0c3ab5ee89a8701a5c6a210e66e421"
    )


@given(situations(), policies, st.randoms(use_true_random=False))
def test_order_does_not_matter(situation, policy, random):
    plan = diff(*situation, SCOPE, policy)
    shuffled = list(plan.changes)
    random.shuffle(shuffled)
    assert plan_digest(replace(plan, changes=tuple(shuffled))) == plan_digest(plan)


def test_the_order_of_fields_settings_and_preconditions_does_not_matter():
    settings = {"a": 1, "b": {"c": 2, "d": 3}}
    one = replace(CHANGE, settings=settings, precondition={"version": "v1", "deleted": True})
    two = replace(
        one,
        fields=one.fields[::-1],
        settings={"b": {"d": 3, "c": 2}, "a": 1},
        precondition={"deleted": True, "version": "v1"},
    )
    assert digest(one) == digest(two)


@pytest.mark.parametrize(
    "explained",
    [
        {"why": Why(Reason.WRITTEN_OUTSIDE, "ops", on=date(2025, 3, 2))},
        {"place": Place("a.yaml", 1, 1)},
        {"value": replace(CHANGE.value, keys=(FieldChange("password", None, None),))},
    ],
    ids=lambda explained: next(iter(explained)),
)
def test_what_only_explains_is_in_no_digest(explained):
    assert digest(replace(CHANGE, **explained)) == digest()


def test_notes_counts_and_revision_are_in_no_digest():
    note = Note(CHANGE.key, Notable.KEPT)
    other = replace(PLAN, notes=(note,), owned=9, revision="abc")
    assert plan_digest(other) == plan_digest(PLAN)


def test_what_others_create_gives_a_plan_that_no_guard_stops_no_other_digest():
    assert plan_digest(replace(PLAN, owned=100)) == plan_digest(replace(PLAN, owned=200))


def test_a_guard_that_stops_a_plan_is_in_its_digest_with_what_it_counts():
    stopped = replace(PLAN, policy=replace(POLICY, max_change_ratio=0.01))
    digests = {plan_digest(replace(stopped, owned=owned)) for owned in (10, 20, 1_000)}
    assert len(digests) == 3


def test_the_same_change_twice_is_one_of_a_set():
    twice = replace(PLAN, changes=PLAN.changes * 2)
    assert plan_digest(twice) == plan_digest(PLAN)


def test_a_plan_s_digest_is_made_of_those_of_its_changes():
    digests = [digest(change) for change in PLAN.changes]
    assert digest_of(PLAN, reversed(digests)) == plan_digest(PLAN)


# --- another --------------------------------------------------------------------------------------

ANOTHER = {
    "kind": replace(CHANGE, key=Key("parameter", NAME)),
    "name": replace(CHANGE, key=Key("secret", NAME + "x")),
    "action": replace(CHANGE, action=Action.RESTORE),
    "no fields": replace(CHANGE, fields=()),
    "field name": replace(CHANGE, fields=(replace(CHANGE.fields[0], name="x"), CHANGE.fields[1])),
    "before": replace(CHANGE, fields=(replace(CHANGE.fields[0], before="x"), CHANGE.fields[1])),
    "after": replace(CHANGE, fields=(replace(CHANGE.fields[0], after="x"), CHANGE.fields[1])),
    "known": replace(CHANGE, fields=(replace(CHANGE.fields[0], known=False), CHANGE.fields[1])),
    "no value": replace(CHANGE, value=None),
    "write": replace(CHANGE, value=ValueChange(Write.RETURNED, "fp-a")),
    "fingerprint": replace(CHANGE, value=ValueChange(Write.CHANGED, "fp-b")),
    "no fingerprint": replace(CHANGE, value=ValueChange(Write.CHANGED)),
    "plaintext": replace(CHANGE, value=ValueChange(Write.CHANGED, "fp-a", "shown")),
    "ciphertext": replace(CHANGE, value=ValueChange(Write.CHANGED, "fp-a", ciphertext="ct")),
    "no settings": replace(CHANGE, settings={}),
    "settings": replace(CHANGE, settings={"rotate_immediately": True}),
    "no precondition": replace(CHANGE, precondition={}),
    "precondition": replace(CHANGE, precondition={"version": "v2"}),
    "no reason": replace(CHANGE, why=None),
    "reason": replace(CHANGE, why=replace(CHANGE.why, reason=Reason.FIXED)),
    "who": replace(CHANGE, why=replace(CHANGE.why, who="dev")),
    "names": replace(CHANGE, why=replace(CHANGE.why, names=("a",))),
    "no loss": replace(CHANGE, losses=()),
    "a loss less": replace(CHANGE, losses=CHANGE.losses[1:]),
    "loss": replace(CHANGE, losses=(CHANGE.losses[0], Lost(Loss.DELETED))),
    "what is lost": replace(CHANGE, losses=(Lost(Loss.REPLICA, "b"), CHANGE.losses[1])),
    "access": replace(CHANGE, access=(Opened(Opening.ALLOWED, "role/a"),)),
    "how access": replace(CHANGE, access=(Opened(Opening.REPLICA, "role/a"),)),
    "whose access": replace(CHANGE, access=(Opened(Opening.ALLOWED, "role/b"),)),
    "account": replace(CHANGE, access=(Opened(Opening.ALLOWED, "role/a", "210987654321"),)),
    "for how long": replace(CHANGE, losses=(Lost(Loss.REPLICA, "eu-west-1", 7), CHANGE.losses[1])),
}


@pytest.mark.parametrize("changed", ANOTHER.values(), ids=ANOTHER)
def test_whatever_acts_or_is_shown_is_in_the_digest(changed):
    assert digest(changed) != digest()
    other = replace(PLAN, changes=(changed, PLAN.changes[1]))
    assert plan_digest(other) != plan_digest(PLAN)


def test_no_two_of_these_changes_have_the_same_digest():
    assert len({digest(), *map(digest, ANOTHER.values())}) == len(ANOTHER) + 1


@pytest.mark.parametrize("name", [field.name for field in fields(Scope)])
def test_the_scope_is_in_every_digest(name):
    scope = replace(SCOPE, **{name: OTHER[name]})
    assert digest(scope=scope) != digest()
    assert plan_digest(replace(PLAN, scope=scope)) != plan_digest(PLAN)
    assert digest_of(Plan(scope, POLICY), []) != digest_of(Plan(SCOPE, POLICY), [])


@pytest.mark.parametrize("name", [field.name for field in fields(Policy)])
def test_the_policy_is_in_every_digest(name):
    policy = replace(POLICY, **{name: OTHER[name]})
    assert digest(policy=policy) != digest()
    assert plan_digest(replace(PLAN, policy=policy)) != plan_digest(PLAN)
    assert digest_of(Plan(SCOPE, policy), []) != digest_of(Plan(SCOPE, POLICY), [])


def test_who_gets_at_values_by_what_manifests_say_is_in_the_digest_of_a_plan():
    digests = {plan_digest(replace(PLAN, admitted=admitted)) for admitted in (None, "0a", "0b")}
    assert len(digests) == 3


def test_one_change_less_gives_another_plan():
    assert plan_digest(replace(PLAN, changes=PLAN.changes[:1])) != plan_digest(PLAN)


@given(situations(), policies)
def test_changes_that_differ_have_different_digests(situation, policy):
    plan = diff(*situation, SCOPE, policy)
    assert len({digest(change, policy=policy) for change in plan.changes}) == len(plan.changes)


@given(contents, contents)
def test_contents_that_differ_have_different_digests(one, other):
    assert (content_digest(one) == content_digest(other)) == (canonical(one) == canonical(other))


def test_text_is_not_taken_for_what_it_spells():
    spelled = ["null", "true", "1", "[]", "{}"]
    real = [None, True, 1, [], {}]
    assert len({content_digest(content) for content in [*spelled, *real]}) == 10


# --- the form -------------------------------------------------------------------------------------


def test_canonical_json_is_sorted_compact_and_not_escaped():
    assert (
        canonical({"b": "é", "a": [1, {"d": 1, "c": None}]}) == '{"a":[1,{"c":null,"d":1}],"b":"é"}'
    )


def test_a_digest_is_a_whole_sha256_and_a_mark_s_is_16_digits():
    assert len(digest()) == len(plan_digest(PLAN)) == 64
    assert len(content_digest(None)) == 16


@given(contents, contents)
def test_a_short_digest_is_7_characters_and_tells_what_is_there_from_what_is_not(one, other):
    """Of 42 bits, so that two of a test's contents never meet."""
    same = canonical(one or None) == canonical(other or None)
    assert (short_digest(one) == short_digest(other)) == same
    assert len(short_digest(one)) == 7
