"""What the benchmark promises, decides and counts; what it measures is its own affair."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import boto3
import pytest

from bench import declared, fit, promised, rows, server
from bench.account import Account
from bench.clock import Clock, Limits
from reconciler.sandbox import http
from reconciler.sandbox.server import Sandbox

README = (Path(__file__).parent.parent / "README.md").read_text()


@pytest.mark.parametrize("what", promised.PROMISED)
def test_what_it_holds_us_to_is_what_readme_promises(what: str) -> None:
    assert promised.row(what) in README


@pytest.mark.parametrize(("count", "lists", "pages"), [(1, 1, 1), (100, 1, 2), (101, 2, 3)])
def test_a_started_page_is_a_call(count: int, lists: int, pages: int) -> None:
    made = {"GetCallerIdentity": 1, "ListSecrets": lists, "DescribeParameters": pages}
    assert promised.calls(promised.UNCHANGED, count) == made


def test_other_calls_than_promised_are_told() -> None:
    table = rows.Table()
    case = ("plan, unchanged", 100, 0.02)
    table.check(case, Counter(ListSecrets=1), Counter(ListSecrets=1))
    assert table.wrong == []
    table.check(case, Counter(ListSecrets=1, GetSecretValue=2), Counter(ListSecrets=1))
    assert table.wrong == ["plan, unchanged, 100 of each, 20 ms: 2 GetSecretValue instead of 0"]


@pytest.mark.parametrize(
    ("exponent", "said"),
    [(0, "hardly grows"), (0.5, "slower than N"), (1, "grows as N"), (2, "faster than N")],
)
def test_the_exponent_of_a_power_is_found_and_said(exponent: float, said: str) -> None:
    slope = fit.slope([(n, 3 * n**exponent) for n in (100, 1000, 10_000)])
    assert slope == pytest.approx(exponent)
    assert said in fit.words(exponent)


def test_quotas_ask_for_a_third_of_a_second_for_each_parameter() -> None:
    calls = promised.calls(promised.CREATE, 1000)
    secrets, parameters = (1000 - 25) / 50, (1000 - 1.5) / 3
    assert rows.floor(calls, writes=True) == pytest.approx(secrets + parameters)
    assert rows.floor({"DescribeParameters": 200}, writes=False) == pytest.approx(18)


def test_what_would_take_too_long_is_left_out_and_so_is_ten_times_as_much() -> None:
    clock = Clock(Limits(total=1000, longest=60, spent=1, runs=1))
    clock.expected["plan", 100, 0.0] = 5.0
    assert clock.allows(("plan", 1000, 0.0))
    clock.expected["plan", 100, 0.0] = 7.0
    assert not clock.allows(("plan", 1000, 0.0))
    assert not clock.allows(("plan", 10_000, 0.0))
    assert clock.expected["plan", 10_000, 0.0] == 700
    assert clock.allows(("apply", 100, 0.0))
    clock.began -= 1000
    assert not clock.allows(("apply", 100, 0.0))


def test_a_page_is_made_once_until_something_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def perform(_: Sandbox, request: http.Request, __: http.Handler) -> http.Answer:
        made.append(request.operation)
        return http.Answer(200, body=str(len(made)).encode())

    monkeypatch.setattr(Sandbox, "_perform", perform)
    aws = server.Canned()

    def ask(operation: str, body: bytes = b"{}") -> bytes:
        target = {"x-amz-target": f"secretsmanager.{operation}"}
        request = http.parse("POST", "/", target, body)
        return aws._perform(request, None).body  # type: ignore[arg-type]

    first = ask("ListSecrets")
    assert ask("ListSecrets") == first
    assert ask("ListSecrets", b'{"NextToken":"x"}') != first
    ask("DescribeSecret")
    assert ask("ListSecrets") == first
    ask("CreateSecret")
    assert ask("ListSecrets") != first
    assert made.count("ListSecrets") == 3


def test_what_others_made_is_what_the_manifests_declare() -> None:
    with Account() as account:
        account.tell("foreign 3")
        account.declare(3, 0)
        account.counted()
        account.run("adopt", "production", "--format", "text")
        assert account.counted().calls == promised.calls(promised.ADOPTION, 3)
        client = boto3.client(
            "secretsmanager",
            endpoint_url=account.url,
            region_name=declared.REGION,
            aws_access_key_id="bench",
            aws_secret_access_key="bench",
        )
        value = client.get_secret_value(SecretId=declared.secret(2))["SecretString"]
        assert value == declared.secret_value(2, 0)
        account.run("adopt", "production", "--auto-approve")
        account.counted()
        account.run("plan", "production", "--detailed-exitcode")  # 2 where anything were left
        assert account.counted().calls == promised.calls(promised.UNCHANGED, 3)
