"""The permissions of a role are those that its commands ask for: none is missing, none is more."""

from __future__ import annotations

import pytest

from reconciler.access.iam import Role
from tests.access.iam.calls import IDENTITY, Run, allowed, implied
from tests.access.iam.declare import PREFIX
from tests.access.iam.test_permissions import READS


def asked(run: Run) -> set[str]:
    """Every permission that a run's calls take."""
    direct = {call.action for call in run.calls}
    return (direct | {action for call in run.calls for action, _ in implied(call)}) - {IDENTITY}


@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_what_its_commands_do_and_no_more(runs: list[Run], role: Role) -> None:
    mine = [run for run in runs if run.role is role]
    assert mine
    for run in mine:
        assert asked(run) - allowed(run.policy) == set(), run.command
    may = {action for run in mine for action in allowed(run.policy)}
    assert may - {action for run in mine for action in asked(run)} == set()


def test_no_command_of_plan_apply_or_drift_asks_for_a_value(runs: list[Run]) -> None:
    """But for apply, of the one secret of which git owns some keys."""
    reads = []
    for run in runs:
        if run.role in (Role.PLAN, Role.APPLY, Role.DRIFT):
            of_keys = any(s["Sid"] == "GitKeys" for s in run.policy["Statement"])
            one = {"secretsmanager:GetSecretValue"} if of_keys else set()
            assert asked(run) & READS <= one, run.command
            assert allowed(run.policy) & READS == one, run.command
            reads += [(run.role, call) for call in run.calls if call.action in READS]
    assert {(role, call.parameters["SecretId"]) for role, call in reads} == {
        (Role.APPLY, f"{PREFIX}/login")
    }
