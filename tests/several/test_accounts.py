"""A run over many accounts: each environment with its own credentials, and no failure stops it."""

from __future__ import annotations

import gc
import json
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler import manifest
from tests.several.conftest import ACCOUNTS, NAMES, REGIONS, Fleet


def table(text: str) -> dict[str, tuple[int, str]]:
    """The rows of the table at the end of what was printed, in their order."""
    lines = text.rstrip("\n").split("\n")
    start = max(n for n, line in enumerate(lines) if line.startswith("environment "))
    rows = [line.split(None, 2) for line in lines[start + 1 :]]
    return {name: (int(code), told) for name, code, told in rows}


def concerned(call: Mapping[str, Any]) -> str | None:
    """The environment that a call names."""
    text = json.dumps(call["body"])
    return next((name for name in NAMES if f"/test/{name}/" in text), None)


def test_each_environment_is_asked_with_its_own_credentials_and_no_others(fleet: Fleet) -> None:
    planned = fleet.run("plan")
    assert planned.returncode == 0, planned.stderr
    assert set(table(planned.stdout)) == set(NAMES)
    calls = fleet.calls()
    assert {name for call in calls if (name := concerned(call))} == set(NAMES)
    for call in calls:
        assert call["key"] != "AKIASTRANGER"
        if call["operation"] == "AssumeRole":
            account = call["body"]["RoleArn"].split(":")[4]
            (name,) = (name for name, number in ACCOUNTS.items() if number == account)
            assert call["key"] == f"AKIA{name.upper()}"
        elif name := concerned(call):
            account, region, _ = name.split("-")
            assert call["role"] == f"arn:aws:iam::{ACCOUNTS[account]}:role/plan-{name}"
            assert (call["account"], call["region"]) == (ACCOUNTS[account], REGIONS[region])
    # The account is asked for before anything else is, with each environment's own key.
    first: dict[str, str] = {}
    for call in calls:
        if call["role"]:
            first.setdefault(call["role"], call["operation"])
    assert len(first) == len(NAMES)
    assert set(first.values()) == {"GetCallerIdentity"}


def test_one_file_of_plans_is_applied_to_all_that_it_names(fleet: Fleet) -> None:
    file = str(fleet.home / "blue.plan.json")
    assert fleet.run("plan", "blue-*", "--out", file).returncode == 0
    one = fleet.run("apply", "blue-us-1", "--plan", file)
    assert one.stdout.endswith("Applied: 1 done.\n"), one.stderr
    rest = fleet.run("apply", "blue-*", "--plan", file, "-o", "json")
    assert rest.returncode == 0, rest.stderr
    found = {one["environment"]: one for one in map(json.loads, rest.stdout.splitlines())}
    assert len(found) == 10
    assert found["blue-us-1"]["summary"].startswith("Nothing to do")
    outcomes = [one["status"] for o in found.values() for one in o["result"]["outcomes"]]
    assert outcomes == ["done"] * 9
    for call in fleet.calls():
        if name := concerned(call):
            assert call["role"].endswith(f":role/plan-{name}")
    everything = fleet.run("apply", "--plan", file)
    assert everything.returncode == 0
    assert all(told.startswith("Nothing to do") for _, told in table(everything.stdout).values())
    none = fleet.run("apply", "red-*", "--plan", file)
    assert (none.returncode, none.stdout) == (64, "")


def test_what_changed_is_first_and_the_exit_code_is_the_worst(fleet: Fleet) -> None:
    fleet.client("ssm", "blue-eu-3").put_parameter(
        Name="/test/blue-eu-3/host", Value="other", Overwrite=True
    )
    done = fleet.run("drift", "blue-*")
    assert done.returncode == 2
    rows = table(done.stdout)
    others = [name for name in NAMES if name.startswith("blue") and name != "blue-eu-3"]
    assert list(rows) == ["blue-eu-3", *sorted(others)]
    assert rows["blue-eu-3"][0] == 2
    # Where nothing differs the row says all.
    assert done.stdout.split("  exit\n")[0].count("names below") == 1


def test_patterns_choose_and_json_is_a_line_each(fleet: Fleet) -> None:
    done = fleet.run("drift", "blue-eu-*", "red-us-1", "-o", "json", "-j", "3")
    found = {one["environment"]: one for one in map(json.loads, done.stdout.splitlines())}
    assert set(found) == {*(n for n in NAMES if n.startswith("blue-eu")), "red-us-1"}
    assert found["blue-eu-3"]["exit_code"] == 2
    assert found["blue-eu-3"]["result"]["summary"]["outside"] == 1
    assert found["red-us-1"]["exit_code"] == 0
    none = fleet.run("drift", "prod-*")
    assert (none.returncode, none.stdout) == (64, "")
    assert "no environment is called like prod-*" in none.stderr


def test_reports_are_a_page_each_and_an_index_that_begins_with_what_needs_somebody(
    fleet: Fleet,
) -> None:
    target = fleet.home / "pages"
    done = fleet.run("report", "blue-eu-*", "--html", str(target))
    assert done.returncode == 0, done.stderr
    assert "1 thing needs somebody to act" in table(done.stdout)["blue-eu-3"][1]
    index = (target / "index.html").read_text()
    assert "1 environment needs somebody to act" in index
    assert index.index("blue-eu-3") < index.index("blue-eu-1")
    assert "<script" not in index
    assert "default-src 'none'" in index
    for number in range(1, 6):
        page = f"environments/blue-eu-{number}.html"
        assert f'href="{page}"' in index
        assert f"blue-eu-{number}" in (target / page).read_text()
    assert not list(Path(target).rglob("blue-us*"))
    one = fleet.run("report", "blue-eu-1", "--html", str(target))
    assert one.returncode == 64


def test_what_asks_no_account_has_a_table_too(fleet: Fleet) -> None:
    validated = fleet.run("validate", "blue-*", "-o", "json")
    found = [json.loads(line) for line in validated.stdout.splitlines()]
    assert [one["exit_code"] for one in found] == [0] * 10
    assert all(one["result"]["resources"] == 1 for one in found)
    locked = fleet.run("lock", "blue-us-*")
    assert {told for _, told in table(locked.stdout).values()} == {"written"}
    (fleet.tree.manifests / "blue-us-2" / "fingerprints.lock").unlink()
    checked = fleet.run("lock", "--check", "blue-us-*", "-o", "json")
    assert checked.returncode == 1
    said = {
        o["environment"]: o["result"]["lock"]
        for o in map(json.loads, checked.stdout.split("\n")[:-1])
    }
    assert said.pop("blue-us-2") == "would change"
    assert set(said.values()) == {"is up to date"}
    assert not fleet.calls()


def test_nothing_is_kept_of_an_environment_but_its_row(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, alive, most = manifest.read, [], []

    def reading(*arguments: Any, **more: Any) -> manifest.Cleartext:
        gc.collect()
        most.append(sum(one() is not None for one in alive))
        declared = read(*arguments, **more)
        alive.append(weakref.ref(declared))
        return declared

    monkeypatch.setattr(manifest, "read", reading)
    fleet.run("drift", "blue-us-*", "-j", "1")
    assert len(most) == 5
    assert max(most) <= 1  # the one whose row is being told


def test_doctor_looks_at_each_and_tells_what_is_wrong(fleet: Fleet) -> None:
    fleet.tell(f"missing {ACCOUNTS['green']}")
    done = fleet.run("doctor", "green-us-[12]")
    assert done.returncode == 1
    rows = table(done.stdout)
    assert [code for code, _ in rows.values()] == [1, 1]
    assert "identity: arn:aws:iam::222222222222:role/plan-green-us-1" in rows["green-us-1"][1]
    assert done.stdout.startswith("this machine\n")


def test_a_role_that_is_missing_a_profile_that_is_misspelt_and_an_account_that_throttles(
    fleet: Fleet,
) -> None:
    fleet.tell(f"missing {ACCOUNTS['green']}")
    fleet.tell(f"throttle {ACCOUNTS['red']} 12")
    (fleet.home / "reconciler" / "config.toml").write_text(
        '[environments."blue-*"]\nprofile = "amce-{account}"\n'
        '[environments."*"]\nprofile = "acme-{account}"\n'
        'role_arn = "arn:aws:iam::{account}:role/plan-{environment}"\n'
    )
    done = fleet.run("drift")
    assert done.returncode == 1
    rows = table(done.stdout)
    assert list(rows)[20:] == sorted(name for name in NAMES if name.startswith("red"))
    for name, (code, told) in rows.items():
        account, _, _ = name.split("-")
        if account == "red":  # throttled, waited for, and done
            assert (code, told) == (0, "No drift: 1 pending.")
        elif account == "green":
            role = f"arn:aws:iam::{ACCOUNTS['green']}:role/plan-{name}"
            assert (code, told) == (1, f"{role} cannot be assumed (AccessDenied)")
        else:
            assert (code, told) == (1, "the AWS config file has no profile amce-333333333333")
    assert "did you mean acme-333333333333?" in done.stderr
    assert f"green-us-1: error[credentials]: arn:aws:iam::{ACCOUNTS['green']}" in done.stderr
    asked = {(call["account"], call["operation"]) for call in fleet.calls() if call["role"]}
    assert {account for account, _ in asked} == {ACCOUNTS["red"]}
