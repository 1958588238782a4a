"""What stops a plan that would do more than its environment allows."""

from __future__ import annotations

import pytest

from reconciler.core.errors import Exit, GuardError, TooManyChangesError, TooManyPrunesError
from reconciler.core.guards import broken, raise_if_unsafe
from reconciler.core.model import (
    Action,
    Change,
    FieldChange,
    Key,
    Plan,
    Policy,
    ValueChange,
    Write,
)
from reconciler.core.reasons import Reason, Why
from tests.core.build import SCOPE


def plan(owned: int, policy: Policy = Policy(max_prunes=99), **counts: int) -> Plan:  # noqa: B008
    changes = [
        Change(Key("secret", f"{action}-{n}"), Action(action))
        for action, count in counts.items()
        for n in range(count)
    ]
    return Plan(SCOPE, policy, tuple(changes), owned=owned)


def codes(plan: Plan) -> list[str]:
    return [guard.code for guard in broken(plan)]


@pytest.mark.parametrize(
    ("limit", "prunes", "found"),
    [(0, 0, []), (0, 1, ["max-prunes"]), (2, 2, []), (2, 3, ["max-prunes"])],
)
def test_no_more_is_pruned_than_allowed(limit, prunes, found):
    assert codes(plan(0, Policy(max_prunes=limit), prune=prunes)) == found


@pytest.mark.parametrize(
    ("owned", "changed", "found"),
    [
        (10, 5, []),  # refused only when greater
        (10, 6, ["max-change-ratio"]),
        (9, 9, []),  # below ten a ratio says nothing
        (11, 6, ["max-change-ratio"]),
        (100, 50, []),
        (100, 51, ["max-change-ratio"]),
        (0, 0, []),
    ],
)
def test_no_greater_part_is_changed_than_allowed(owned, changed, found):
    assert codes(plan(owned, update=changed)) == found


@pytest.mark.parametrize("action", ["update", "replace", "prune"])
def test_what_overwrites_or_deletes_counts(action):
    assert codes(plan(10, **{action: 6})) == ["max-change-ratio"]


@pytest.mark.parametrize("action", ["create", "adopt", "restore", "refuse"])
def test_what_only_adds_does_not_count(action):
    assert codes(plan(10, **{action: 60})) == []


def test_updates_replaces_and_prunes_count_together():
    assert codes(plan(10, update=2, replace=2, prune=2)) == ["max-change-ratio"]


@pytest.mark.parametrize(("ratio", "found"), [(0.0, ["max-change-ratio"]), (1.0, [])])
def test_the_ratio_is_the_environment_s(ratio, found):
    assert codes(plan(10, Policy(max_change_ratio=ratio), update=1)) == found


BOTH = plan(10, Policy(), prune=6)


def test_every_broken_guard_is_found():
    assert codes(BOTH) == ["max-prunes", "max-change-ratio"]


def test_a_broken_guard_says_what_the_limit_is_and_how_to_go_on():
    prunes, ratio = broken(BOTH)
    assert str(prunes) == "6 resources would be pruned, and guards.max_prunes is 0"
    assert str(ratio) == (
        "6 of 10 owned resources would change, and guards.max_change_ratio is 0.5"
    )
    assert "--override max-prunes" in prunes.hint
    assert "--override max-change-ratio" in ratio.hint
    assert prunes.exit_code is ratio.exit_code is Exit.PARTIAL


def test_a_guard_is_overridden_only_by_its_name():
    with pytest.raises(TooManyPrunesError):
        raise_if_unsafe(BOTH, ())
    with pytest.raises(TooManyChangesError):
        raise_if_unsafe(BOTH, {"max-prunes"})
    with pytest.raises(GuardError):
        raise_if_unsafe(BOTH, {"max-change-ratio", "all"})
    raise_if_unsafe(BOTH, {"max-prunes", "max-change-ratio"})


def test_a_safe_plan_passes():
    raise_if_unsafe(plan(10, create=9), ())


def test_marks_alone_do_not_count():
    marked = (FieldChange("fingerprint_key", "000000", "111111"),)
    same, changed = ValueChange(Write.SAME, "f"), ValueChange(Write.CHANGED, "f")
    told = FieldChange("description", "a", "b")

    def of(**fields):
        changes = [Change(Key("secret", f"{n}"), Action.UPDATE, **fields) for n in range(10)]
        return codes(Plan(SCOPE, Policy(), tuple(changes), owned=10))

    assert of(fields=marked) == of(fields=marked, value=same) == []
    assert of(why=Why(Reason.MARK)) == []
    for counted in (
        {"fields": marked, "value": changed},
        {"fields": (*marked, told)},
        {"value": same},
        {"value": same, "why": Why(Reason.UNMARKED)},
        {"why": Why(Reason.MARK), "value": changed},
    ):
        assert of(**counted) == ["max-change-ratio"]


def test_only_an_update_can_be_of_marks_alone():
    marked = (FieldChange("fingerprint_key", "000000", "111111"),)
    changes = [Change(Key("secret", f"{n}"), Action.REPLACE, marked) for n in range(10)]
    assert codes(Plan(SCOPE, Policy(), tuple(changes), owned=10)) == ["max-change-ratio"]
