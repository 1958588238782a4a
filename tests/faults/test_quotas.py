"""Within AWS's quotas: no call too many, and where others use the account too, slower."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.aws import pacing
from reconciler.core.errors import Exit
from reconciler.sandbox.http import Answer
from tests.faults.account import Account, assert_ends, exit_code
from tests.faults.scenes import SCENES

MANY = {
    "secrets": {f"s{n:03}": {"value": f"v{n}"} for n in range(120)},
    "parameters": {f"p{n}": {"plaintext": "v"} for n in range(8)},
}


@pytest.fixture
def throttled(account: Account) -> list[str]:
    """The operations that AWS refused, because they came too soon."""
    refused: list[str] = []

    def note(operation: str, _body: Any, answer: Answer) -> None:
        if answer.status == 400 and b"ThrottlingException" in answer.body:
            refused.append(operation)

    account.aws.throttle = True
    account.aws.after.append(note)
    return refused


def test_at_aws_s_pace_nothing_is_throttled(account: Account, throttled: list[str]) -> None:
    account.pace = 1.0
    account.declare(MANY)
    outcomes = account.apply()
    account.aws.throttle = False
    assert exit_code(outcomes) is Exit.OK
    assert len(outcomes) == 128
    assert throttled == []


def test_too_fast_a_pace_is_throttled_and_ends_all_the_same(
    account: Account, throttled: list[str]
) -> None:
    account.declare(MANY)
    outcomes = account.apply()
    account.aws.throttle = False
    assert exit_code(outcomes) is Exit.OK
    assert "PutParameter" in throttled
    account.calm()
    assert_ends(account)


def test_every_call_that_a_run_makes_is_paced() -> None:
    paced = {
        operation
        for quotas in pacing._QUOTAS.values()
        for _, _, operations in quotas
        for operation in operations
    }
    made = frozenset().union(*(scene.calls for scene in SCENES.values()))
    assert made - paced == {"GetCallerIdentity"}
