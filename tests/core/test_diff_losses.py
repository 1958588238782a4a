"""What each change takes away: by what kinds say that losing it costs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.core.model import Action, Policy, Recorded
from reconciler.core.reasons import Loss, Lost, Reason, Why
from tests.core.build import (
    PRUNING,
    change,
    foreign,
    held,
    live,
    made,
    parameter,
    recorded,
    schedule,
    secret,
    value,
)

EU, US = {"region": "eu-west-1"}, {"region": "us-east-1"}
POLICY = {"Version": "2012-10-17"}


def copied(*replicas: dict[str, str]) -> Recorded:
    """Replicas that a confirming read has shown."""
    return replace(recorded("before"), content=list(replicas), known=True)


FIELDS = {
    "a replica goes": ("replicas", copied(EU, US), [EU], [Lost(Loss.REPLICA, "us-east-1")]),
    "all replicas go": (
        "replicas",
        copied(US, EU),
        [],
        [Lost(Loss.REPLICA, "eu-west-1"), Lost(Loss.REPLICA, "us-east-1")],
    ),
    "a replica comes": ("replicas", copied(EU), [EU, US], []),
    "replicas that nobody recorded": (
        "replicas", Recorded(None), [EU], [Lost(Loss.UNKNOWN_REPLICAS)],
    ),
    "a policy that nobody recorded is removed": (
        "resource_policy", Recorded("0f"), None, [Lost(Loss.POLICY_REMOVED)],
    ),
    "a policy that nobody recorded is written over": (
        "resource_policy", Recorded(None), POLICY, [Lost(Loss.UNKNOWN_POLICY_OVERWRITTEN)],
    ),
    "a policy is removed that may not be there": (
        "resource_policy", Recorded(None), None, [Lost(Loss.UNKNOWN_POLICY_REMOVED)],
    ),
    "a policy changes": (
        "resource_policy", Recorded("0f"), POLICY,
        [Lost(Loss.UNSEEN_POLICY_OVERWRITTEN), Lost(Loss.POLICY_READERS)],
    ),
    "a key changes": ("kms_key", "alias/a", "alias/b", [Lost(Loss.KEY_READERS)]),
    "tags go": ("tags", {"a": "b"}, {}, []),
}  # fmt: skip


@pytest.mark.parametrize(("name", "before", "after", "losses"), FIELDS.values(), ids=FIELDS)
def test_a_changed_field_of_a_secret(name, before, after, losses):
    found = change(secret(**{name: after}), live(foreign(), **{name: before}))
    assert found.action is Action.UPDATE
    assert list(found.losses) == losses


def test_a_parameter_s_key_concerns_its_readers():
    found = change(
        parameter(value=value(), kms_key="alias/b"),
        live(held(), kind="parameter", kms_key="alias/a"),
    )
    assert found.losses == (Lost(Loss.KEY_READERS),)


def test_a_refused_change_takes_nothing_away():
    refused = live(foreign(), replicas=copied(EU), rotation=replace(live().rotation, pending=True))
    found = change(secret(value=value(), replicas=[]), replace(refused, value=None))
    assert (found.action, found.losses) == (Action.REFUSE, ())


@pytest.mark.parametrize(("own", "days"), [(30, 30), (7, 7), (None, 14), (6, 14), (31, 14)])
def test_a_pruned_secret_can_be_restored_for_the_days_of_its_window(own, days):
    policy = Policy(prune=True, recovery_window=14)
    found = change(live(held(), recovery_window=own), policy=policy)
    assert found.losses == (Lost(Loss.RECOVERABLE, days=days), Lost(Loss.REPLICAS))


def test_a_pruned_parameter_is_gone_with_its_history():
    found = change(live(held(), kind="parameter"), policy=PRUNING)
    assert found.losses == (Lost(Loss.DELETED_WITH_HISTORY),)


def test_a_kind_that_says_nothing_is_deleted_all_the_same():
    assert change(live(held(), kind="toy"), policy=PRUNING).losses == (Lost(Loss.DELETED),)


OUTSIDE = {
    "secret": (secret, Loss.OVERWRITTEN_PREVIOUS),
    "parameter": (parameter, Loss.OVERWRITTEN_HISTORY),
}


@pytest.mark.parametrize(("declare", "loss"), OUTSIDE.values(), ids=OUTSIDE)
def test_a_value_of_somebody_else_is_lost_and_one_of_ours_is_not(declare, loss):
    want = declare(value=value("fp-a"))
    theirs = change(want, live(foreign(), kind=want.key.kind, changed_by="ops"))
    assert theirs.losses == (Lost(loss),)
    assert theirs.why == Why(Reason.WRITTEN_OUTSIDE, "ops")
    for ours in (held("fp-b"), made()):
        assert change(want, live(ours, kind=want.key.kind)).losses == ()


def test_a_value_written_outside_is_lost_by_a_restore_too():
    found = change(secret(value=value()), live(foreign(), deleted=True))
    assert found.action is Action.RESTORE
    assert found.why == Why(Reason.WRITTEN_OUTSIDE)
    assert found.losses == (Lost(Loss.OVERWRITTEN_PREVIOUS),)


def test_a_replace_keeps_no_version_of_what_was_written_outside():
    found = change(
        parameter(value=value(), replace=True, type="SecureString"),
        live(foreign(), kind="parameter", type="String", fixed=("type",)),
    )
    assert found.action is Action.REPLACE
    assert found.losses == (Lost(Loss.REPLACED_HISTORY), Lost(Loss.OVERWRITTEN))


@pytest.mark.parametrize("replaced", [False, True])
def test_cleartext_stays_in_the_history_unless_that_goes_too(replaced):
    found = change(
        parameter(value=value(), replace=replaced, type="SecureString"),
        replace(live(held(), kind="parameter", type="String"), anew=("type",)),
    )
    lost = Loss.REPLACED_HISTORY if replaced else Loss.CLEARTEXT_STAYS
    assert [one.loss for one in found.losses] == [lost]


def test_what_is_lost_comes_before_who_is_concerned():
    found = change(
        secret(kms_key="alias/b", replicas=[]),
        live(foreign(), kms_key="alias/a", replicas=copied(EU)),
    )
    assert [lost.loss for lost in found.losses] == [Loss.REPLICA, Loss.KEY_READERS]


@pytest.mark.parametrize("after", [False, True])
def test_rotation_that_is_turned_off_ends(after):
    found = change(schedule(enabled=after), live(kind="rotation", enabled=not after))
    assert found.losses == (() if after else (Lost(Loss.ROTATION_ENDS),))


def test_a_rotation_of_a_rate_that_is_no_more_may_still_come():
    old = live(kind="rotation", enabled=True, schedule="rate(30 days)")
    found = change(schedule(schedule="rate(9 days)"), old).losses
    assert found == (Lost(Loss.ONE_MORE_ROTATION),)
    assert not found[0].loss.destroys


def test_what_each_write_of_a_resource_costs_is_said_with_each():
    costs = (Lost(Loss.ROTATED_AT_ONCE),)
    rule = replace(schedule(schedule="rate(9 days)"), costs=costs)
    old = live(kind="rotation", enabled=True, schedule="cron(0 4 1 * ? *)")
    assert change(rule).losses == costs
    assert change(rule, old).losses == costs
