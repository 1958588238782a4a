"""What holds of every plan, whatever is declared and whatever is live."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.diff import diff
from reconciler.core.digest import plan_digest
from reconciler.core.model import Action, Key, Ownership, Policy, Write
from tests.core.build import SCOPE
from tests.core.situations import apply, lives, policies, resources, situations
from tests.together import Together

every_situation = Together(situations(), policies)
KEYS = st.sampled_from([Key(kind, "/app/production/a") for kind in ("secret", "parameter")])


@every_situation
def what_was_applied_gives_nothing_more_to_do(situation, policy):
    desired, live = situation
    first = diff(desired, live, SCOPE, policy)
    again = diff(desired, apply(first, desired, live), SCOPE, policy)
    refused = {c.key for c in first.changes if c.action is Action.REFUSE}
    assert [c for c in again.changes if c.key not in refused] == []
    assert all(c.action is Action.REFUSE for c in again.changes)


@given(st.data(), KEYS)
def test_what_is_live_just_as_declared_gives_no_change(data, key):
    resource = data.draw(resources(key))
    created = diff({key: resource}, {}, SCOPE, Policy())
    live = apply(created, {key: resource}, {})
    if key in live:
        assert diff({key: resource}, live, SCOPE, Policy()).changes == ()


@given(situations(), policies, st.randoms(use_true_random=False))
def test_the_order_of_declared_and_live_does_not_matter(situation, policy, random):
    desired, live = situation
    plan = diff(desired, live, SCOPE, policy)
    other = diff(_shuffled(desired, random), _shuffled(live, random), SCOPE, policy)
    assert other == plan
    assert (other.notes, other.owned) == (plan.notes, plan.owned)
    assert plan_digest(other) == plan_digest(plan)


def _shuffled(things: Mapping, random) -> dict:
    items = list(things.items())
    random.shuffle(items)
    return dict(items)


@every_situation
def what_is_live_and_not_ours_is_only_ever_refused(situation, policy):
    desired, live = situation
    for change in diff(desired, live, SCOPE, policy).changes:
        current = live.get(change.key)
        if current is not None and current.ownership is not Ownership.OURS:
            assert change.action is Action.REFUSE
            assert change.value is None


@every_situation
def no_change_writes_over_a_value_while_rotation_is_on(situation, policy):
    desired, live = situation
    for change in diff(desired, live, SCOPE, policy).changes:
        current = live.get(change.key)
        if current is not None and current.rotation.enabled and current.value is not None:
            assert change.value is None


@every_situation
def every_written_value_is_bound_to_the_version_that_it_replaces(situation, policy):
    desired, live = situation
    for change in diff(desired, live, SCOPE, policy).changes:
        if change.value is None:
            continue
        current = live.get(change.key)
        if current is None:
            assert change.precondition == {"exists": False}
        else:
            version = None if current.value is None else current.value.version
            assert change.precondition["version"] == version


@every_situation
def a_resource_has_at_most_one_change(situation, policy):
    desired, live = situation
    keys = [change.key for change in diff(desired, live, SCOPE, policy).changes]
    assert keys == sorted(set(keys))


@every_situation
def nothing_is_pruned_unless_the_policy_says_so(situation, _policy):
    desired, live = situation
    actions = {c.action for c in diff(desired, live, SCOPE, Policy(prune=False)).changes}
    assert Action.PRUNE not in actions


@every_situation
def only_what_is_ours_undeclared_and_under_the_prefix_is_pruned(situation, _policy):
    desired, live = situation
    for change in diff(desired, live, SCOPE, Policy(prune=True)).changes:
        if change.action is Action.PRUNE:
            assert change.key not in desired
            assert live[change.key].ownership is Ownership.OURS
            assert change.key.name.startswith("/app/production/")


@every_situation
def fields_that_are_not_declared_are_never_written(situation, policy):
    desired, live = situation
    for change in diff(desired, live, SCOPE, policy).changes:
        if change.action is not Action.PRUNE:
            declared = desired[change.key].fields
            assert {f.name: f.after for f in change.fields}.items() <= declared.items()


test_every_situation = every_situation.test()


@given(st.data(), KEYS, policies)
def test_a_change_of_one_resource_does_not_depend_on_another(data, key, policy):
    desired, live = data.draw(situations())
    alone = diff(
        {k: r for k, r in desired.items() if k == key},
        {k: c for k, c in live.items() if k == key},
        SCOPE,
        policy,
    )
    together = diff(desired, live, SCOPE, policy)
    assert [c for c in together.changes if c.key == key] == list(alone.changes)


@given(st.data(), KEYS)
def test_a_value_is_called_the_same_only_where_it_is(data, key):
    resource, current = data.draw(resources(key)), data.draw(lives(key))
    for change in diff({key: resource}, {key: current}, SCOPE, Policy()).changes:
        if change.value is not None and change.value.write is Write.SAME:
            assert current.value is not None
            assert current.value.fingerprint in resource.value.fingerprints or (
                resource.value.source == "generated"
            )
