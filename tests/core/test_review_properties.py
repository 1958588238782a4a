"""A reviewed plan goes on from wherever a run of it stopped, whatever it holds."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.diff import diff
from reconciler.core.errors import StalePlanError
from reconciler.core.model import Action
from reconciler.core.review import by_plan
from tests.core.build import SCOPE
from tests.core.situations import apply, policies, situations


@given(situations(), policies)
def test_where_nothing_moved_all_of_it_is_due(situation, policy):
    desired, live = situation
    plan = diff(desired, live, SCOPE, policy)
    selected = by_plan(plan, plan, live)
    assert {c.key for c in selected.todo} == {c.key for c in plan.changes}
    assert (selected.done, selected.unreviewed) == ((), ())


@given(situations(), policies, st.data())
def test_after_a_part_was_done_the_rest_is_due(situation, policy, data):
    desired, live = situation
    plan = diff(desired, live, SCOPE, policy)
    writes = [c for c in plan.changes if c.action is not Action.REFUSE]
    first = (
        data.draw(st.lists(st.sampled_from(writes), unique_by=lambda c: c.key)) if writes else []
    )
    half = apply(replace(plan, changes=tuple(first)), desired, live)
    selected = by_plan(plan, diff(desired, half, SCOPE, policy), half)
    assert {c.key for c in selected.done} == {c.key for c in first}
    assert {c.key for c in selected.todo} == {c.key for c in plan.changes} - {c.key for c in first}
    assert selected.unreviewed == ()


@given(situations(), situations(), policies)
def test_only_what_was_reviewed_is_ever_due(then, now, policy):
    reviewed = diff(*then, SCOPE, policy)
    fresh = diff(*now, SCOPE, policy)
    try:
        selected = by_plan(reviewed, fresh, now[1])
    except StalePlanError:
        return
    was = {c.key: c for c in reviewed.changes}
    for change in selected.todo:
        if change.action is not Action.REFUSE:
            assert change.key in was
            after = {f.name: f.after for f in was[change.key].fields}
            assert {f.name: f.after for f in change.fields}.items() <= after.items()
            assert change.settings == was[change.key].settings
