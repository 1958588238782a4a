"""Every fault over a whole plan and apply of 120 resources: done, or a true report, and the next
run ends with nothing to do. No fault may cost a value or make a version too many."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from reconciler.core.errors import AwsError, CredentialsError, Exit
from reconciler.core.model import Key
from reconciler.operations.attempt import Status
from reconciler.sandbox.http import Answer
from reconciler.sandbox.server import Drop
from tests.faults.account import Account, assert_ends, assert_true_report, exit_code
from tests.faults.direct import SCOPE
from tests.faults.photo import take
from tests.kept import Kept, keep

HALF = 30  # of each kind are there already and are updated; as many are created


def declared(value: str, count: int) -> dict[str, dict[str, Any]]:
    return {
        "secrets": {f"s{n:03}": {"value": f"{value}{n}"} for n in range(count)},
        "parameters": {
            f"p{n:03}": {"value": f"{value}{n}"} if n % 2 else {"plaintext": f"{value}{n}"}
            for n in range(count)
        },
    }


_old: list[Kept] = []


@pytest.fixture
def fleet(account: Account) -> Account:
    """60 resources that are to be updated, and 60 that are to be created."""
    if _old:
        _old[0].restore(account.aws)
    else:
        account.declare(declared("old", HALF))
        assert_ends(account)
        _old.append(keep(account.aws))
    account.declare(declared("new", 2 * HALF))
    return account


def assert_whole(account: Account) -> None:
    """Every value is the declared one, in the version that one run would have made."""
    live = take(account.aws)
    assert len(live) == 4 * HALF
    for n in range(2 * HALF):
        secret = live[Key("secret", f"{SCOPE.under}s{n:03}")]
        assert len(secret.versions) == (2 if n < HALF else 1), n
        assert secret.value == f"new{n}"
        if n < HALF:
            assert secret.versions[secret.labels["AWSPREVIOUS"]] == f"old{n}"
        parameter = live[Key("parameter", f"{SCOPE.under}p{n:03}")]
        assert parameter.value == f"new{n}"
        assert parameter.current == ("2" if n < HALF else "1"), n


def survive(account: Account) -> Exit:
    """A run under the fault, then runs without it; the exit code of the first."""
    outcomes = account.apply()
    account.calm()
    assert len(outcomes) == 4 * HALF
    assert_true_report(account, outcomes)
    assert_ends(account)
    assert_whole(account)
    return exit_code(outcomes)


def test_half_of_the_calls_throttled(fleet: Account) -> None:
    fleet.refuse("ThrottlingException", 0.5)
    assert survive(fleet) is Exit.OK


def test_a_fifth_of_the_calls_fail_with_500(fleet: Account) -> None:
    fleet.refuse("InternalServiceError", 0.2, status=500)
    assert survive(fleet) is Exit.OK


def test_a_fifth_of_the_calls_are_done_and_answered_with_500(fleet: Account) -> None:
    body = b'{"__type": "InternalServiceError", "message": "no"}'
    fleet.spoil(0.2, lambda _: Answer(500, {"Content-Type": "application/x-amz-json-1.1"}, body))
    assert survive(fleet) is Exit.OK


def test_a_fifth_of_the_answers_dropped_after_the_commit(fleet: Account) -> None:
    def drop(_: Answer) -> None:
        raise Drop

    fleet.spoil(0.2, drop)
    assert survive(fleet) is Exit.OK


def test_a_fifth_of_the_answers_cut_short(fleet: Account) -> None:
    def cut(answer: Answer) -> Answer:
        answer.sent = len(answer.body) // 2
        return answer

    fleet.spoil(0.2, cut)
    survive(fleet)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"Na'], ids=["nothing", "empty", "half"])
def test_a_twentieth_of_the_bodies_truncated(fleet: Account, body: bytes) -> None:
    """Which no length betrays: an empty body is ``{}`` in boto3, with no error."""

    def truncate(answer: Answer) -> Answer:
        answer.body = body
        return answer

    fleet.spoil(0.05, truncate)
    survive(fleet)


def test_a_truncated_list_is_never_an_absence(fleet: Account) -> None:
    def hook(operation: str, _body: Any, answer: Answer) -> Answer | None:
        if operation in ("ListSecrets", "DescribeParameters"):
            answer.body = b"{}"
            return answer
        return None

    fleet.aws.after.append(hook)
    with pytest.raises(AwsError) as caught:
        fleet.apply()
    assert caught.value.aws_code == "TruncatedAnswer"
    fleet.calm()
    assert len(fleet.changes()) == 4 * HALF


@pytest.mark.usefixtures("over_http")
def test_hung_connections(fleet: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.aws.connection.READ_TIMEOUT", 1.0)
    release = threading.Event()

    def hang(_: Answer) -> None:
        release.wait(300)

    fleet.parallelism = 16
    fleet.spoil(0.03, hang)
    try:
        outcomes = fleet.apply()
    finally:
        release.set()
    fleet.calm()
    assert exit_code(outcomes) is Exit.OK
    assert_true_report(fleet, outcomes)
    assert_ends(fleet)
    assert_whole(fleet)


def test_a_list_five_minutes_stale(fleet: Account) -> None:
    fleet.aws.list_staleness = 300.0
    assert exit_code(fleet.apply()) is Exit.OK
    again = fleet.apply()
    assert again == {}
    fleet.calm()
    assert fleet.changes() == {}
    assert_whole(fleet)


def test_credentials_that_expire_half_way(fleet: Account) -> None:
    writes: list[str] = []

    def hook(operation: str, _: Any) -> tuple[int, str, str] | None:
        if operation.startswith(("Create", "Put", "Update")):
            writes.append(operation)
        return (400, "ExpiredTokenException", "expired") if len(writes) > 2 * HALF else None

    fleet.aws.hooks.append(hook)
    outcomes = fleet.apply()
    failed = [o for o in outcomes.values() if o.status is not Status.DONE]
    assert 0 < len(failed) < 4 * HALF
    assert all(isinstance(outcome.error, CredentialsError) for outcome in failed)
    assert exit_code(outcomes) is Exit.PARTIAL
    fleet.calm()
    assert_true_report(fleet, outcomes)
    assert_ends(fleet)
    assert_whole(fleet)


def test_access_denied_on_one_resource(fleet: Account) -> None:
    denied = f"{SCOPE.under}s007"

    def hook(operation: str, body: Any) -> tuple[int, str, str] | None:
        due = operation == "PutSecretValue" and (body or {}).get("SecretId") == denied
        return (400, "AccessDeniedException", "not authorized") if due else None

    fleet.aws.hooks.append(hook)
    outcomes = fleet.apply()
    failed = [o for o in outcomes.values() if o.status is not Status.DONE]
    assert [o.change.key for o in failed] == [Key("secret", denied)]
    error = failed[0].error
    assert isinstance(error, AwsError)
    assert (error.aws_code, error.hint) == (
        "AccessDeniedException",
        "the role needs the permission for PutSecretValue",
    )
    fleet.calm()
    assert_true_report(fleet, outcomes)
    assert_ends(fleet)
    assert_whole(fleet)


def test_too_many_updates(fleet: Account) -> None:
    fleet.refuse("TooManyUpdates", 0.3, "PutParameter")
    assert survive(fleet) is Exit.OK


def test_an_expired_page_token(account: Account) -> None:
    """120 of each are two pages of secrets and three of parameters; the last ten of each change."""
    content, new = declared("old", 120), declared("new", 120)
    account.declare(content)
    assert_ends(account)
    for section, entries in content.items():
        entries |= dict(list(new[section].items())[-10:])
    account.declare(content)
    expired: list[str] = []

    def hook(operation: str, body: Any) -> None:
        if "NextToken" in (body or {}) and operation not in expired:
            expired.append(operation)
            account.aws.expire_tokens()

    account.aws.hooks.append(hook)
    outcomes = account.apply()
    assert sorted(expired) == ["DescribeParameters", "ListSecrets"]
    assert len(outcomes) == 20
    assert exit_code(outcomes) is Exit.OK
    assert account.changes() == {}
