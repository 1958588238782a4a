"""Each assumption is noticed where it does not hold: a contract that the sandbox defines would
prove nothing.
"""

from __future__ import annotations

import inspect

import pytest
from botocore.exceptions import ClientError

from tests.contract import test_parameters, test_roles, test_rotation, test_secrets
from tests.contract.account import Account
from tests.contract.assumption import ALL, Assumption
from tests.contract.test_roles import emulator, roles
from tests.embedded import Embedded

__all__ = ["emulator", "roles"]  # fixtures

FILES = (test_parameters, test_roles, test_rotation, test_secrets)


@pytest.mark.parametrize("assumption", ALL, ids=lambda one: one.test.__name__)
def test_it_is_noticed(
    account: Account, request: pytest.FixtureRequest, assumption: Assumption
) -> None:
    if account.is_real:
        pytest.skip("AWS cannot be switched off")
    aws: Embedded = request.getfixturevalue("embedded_aws")
    wanted = inspect.signature(assumption.test).parameters
    given = {name: request.getfixturevalue(name) for name in wanted}
    with (
        assumption.off(aws),
        pytest.raises((AssertionError, ClientError, KeyError, pytest.fail.Exception)),
    ):
        assumption.test(**given)


def test_every_test_of_the_contract_says_what_it_assumes() -> None:
    tests = {
        (module.__name__, name)
        for module in FILES
        for name, found in vars(module).items()
        if name.startswith("test_") and inspect.isfunction(found)
    }
    assert tests == {(one.test.__module__, one.test.__name__) for one in ALL}
    for one in ALL:
        assert set(one.promise.split(", ")) <= {"P1", "P2", "P3", "P4", "P5"}
        assert len(one.says) > 20
