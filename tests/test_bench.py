"""What the benchmark promises, decides and counts; what it measures is its own affair."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import boto3
import pytest

from bench import declared, fit, promised, report, rows, server
from bench.account import Account
from bench.clock import Clock, Limits
from bench.fleet import Fleet
from bench.process import Run
from bench.run import Bench
from reconciler.sandbox import http
from tests.embedded import Embedded

DOCS = (Path(__file__).parent.parent / "docs/reference/calls.md").read_text()


@pytest.mark.parametrize("what", promised.PROMISED)
def test_what_it_holds_us_to_is_what_the_documentation_promises(what: str) -> None:
    assert promised.row(what) in DOCS


@pytest.mark.parametrize(("count", "lists", "pages"), [(1, 1, 1), (100, 1, 2), (101, 2, 3)])
def test_a_started_page_is_a_call(count: int, lists: int, pages: int) -> None:
    made = {"GetCallerIdentity": 1, "ListSecrets": lists, "DescribeParameters": pages}
    assert promised.calls(promised.UNCHANGED, count) == made


@pytest.mark.parametrize(("count", "asks"), [(49, 0), (50, 1)])
def test_the_quota_is_asked_for_where_many_are_written(count: int, asks: int) -> None:
    assert promised.calls(promised.CREATE, count, paced=True)["GetServiceSetting"] == asks
    assert promised.calls(promised.UNCHANGED, count, paced=True)["GetServiceSetting"] == 0
    assert promised.calls(promised.CREATE, count)["GetServiceSetting"] == 0


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

    def perform(_: Embedded, request: http.Request, __: http.Handler) -> http.Answer:
        made.append(request.operation)
        return http.Answer(200, body=str(len(made)).encode())

    monkeypatch.setattr(Embedded, "_perform", perform)
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


def test_the_report_tells_what_was_measured_and_what_was_left_out() -> None:
    bench = Bench(quick=False)
    bench.start = (Run(0.07, 0.06, 20), Run(0.01, 0.01, 10))
    for what in promised.PROMISED:
        for count in (100, 1000, 10_000):
            for link in (0.0, 0.02):
                calls = promised.calls(what, count)
                run = Run(0.5 + count / 1000, count / 2000, 70 + count / 100)
                bench.free.rows.append(rows.Row((what, count, link), run, 3, calls, 0))
    left_out = rows.Row((promised.CREATE, 10_000, 0.08), None, 0, Counter(), 0, 300.0)
    bench.free.rows.append(left_out)
    unchanged = promised.calls(promised.UNCHANGED, 10_000)
    paced = rows.Row((promised.UNCHANGED, 10_000, 0.02), Run(19.8, 6, 170), 1, unchanged, 3)
    bench.paced.rows.append(paced)
    bench.chains[10_000, 0.02] = Run(4, 2, 60)
    bench.naive_start = 0.5
    bench.naive[0.02] = (Run(5, 1, 50), Counter(DescribeSecret=50, GetSecretValue=50))
    bench.against += [
        ("reconciler", Run(0.5, 0.5, 70), Counter(ListSecrets=1)),
        ("Ansible 12", Run(42, 40, 70), Counter(DescribeSecret=100)),
    ]
    text = report.render(bench)
    assert "| apply, create | 10,000 | 80 ms | 0 | left out, about 300 |" in text
    assert "| plan, unchanged | 10,000 | 20 ms | 19.80 | 18.0 | 1.10 | 6.00 | 3 |" in text
    assert "| 10,000 | 20 ms | yes | 19.80 | 4.00 | 18.00 | 1.10 |" in text
    assert "| 10,000 | 20 ms | 900.5 | 20,000 | 10.50 | 301 | 86 |" in text
    assert "Ansible takes 84 times as long and 100 times as many calls" in text
    assert "170 MiB for 10,000 + 10,000; 10.0 MiB for each further 1,000 + 1,000." in text
    assert "they did not." in text
    assert "Left out: there was no time." in text.partition("## Many environments")[2]
    bench.fleet = Fleet({10: Run(1, 1, 71), 200: Run(10, 8, 80)}, Run(0.6, 0.4, 70), 10)
    many = report.with_many(text, bench)
    assert many.count("## Many environments") == 1
    assert "| 200 | 10.00 | 8.00 | 80 | 120.0 | 12.0 | 80.0 | 10.0 |" in many
    assert report.with_many(many, bench) == many
    bench.free.wrong.append("one too many")
    assert "**they did**: one too many." in report.render(bench)
