"""Report tells all that can be known without a value, as text, as JSON and as a page."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.command import command
from tests.leaks.search import Canaries, search
from tests.operations.aged import PREFIX, SECRETS, lived_in
from tests.operations.test_counts import READS
from tests.render.test_report import Page
from tests.world import PREFIX as world_prefix
from tests.world import World


@pytest.fixture
def aged(world: World) -> World:
    lived_in(world)
    return world


def test_all_of_it_without_a_value_and_with_the_calls_of_drift(aged: World, tmp_path: Path) -> None:
    drift = command(aged, "drift", "production", code=2)
    page = tmp_path / "report.html"
    done = command(aged, "report", "production", "-o", "json", "--html", str(page))
    assert done.calls == drift.calls
    assert not READS & set(done.calls)
    shown = json.loads(done.out)
    assert (shown["environment"], shown["prefix"], shown["acts"]) == ("production", PREFIX, True)
    found = {
        item["key"]["name"].removeprefix(PREFIX + "/"): (
            item["standing"], item["writer"], item["age_days"], item["owner"],
        )
        for item in shown["inventory"]
    }  # fmt: skip
    ours = "lagomo-secrets/production"
    assert found == {
        "database/connection/host": ("as declared", "git", 40, ours),
        "database/connection/replica-url": ("as declared", "git", 40, ours),
        "database/credentials": ("as declared", "rotation", 23, ours),
        "jwt/secret": ("as declared", "rotation", 5, ours),
        "legacy/analytics": ("unmanaged", "others", 0, None),
        "smtp/config/host": ("pending", "git", 40, ours),
        "smtp/config/port": ("as declared", "git", 40, ours),
        "smtp/credentials": ("overdue", "git", 117, ours),
        "web3/infura": ("as declared", "git", 150, ours),
        "web3/walletconnect": ("outside", "git", 62, ours),
    }
    by_name = {item["key"]["name"]: item for item in shown["inventory"]}
    database = by_name[f"{PREFIX}/database/credentials"]
    assert (database["schedule"], database["window"]) == ("rate(30 days)", "3h")
    assert database["rotated"] < shown["made"] < database["due"]
    assert by_name[f"{PREFIX}/smtp/credentials"]["due"] < shown["made"]
    assert {d["class"] for d in shown["drift"]} == {
        "outside", "overdue", "pending", "rotated", "unmanaged",
    }  # fmt: skip

    told = Page(page.read_text())
    text = command(aged, "report", "production").out
    for name in found:
        assert name in told.text
        assert name in text
    for words in ("2 things need somebody", "by hand, within 90 days", "27 days late", ours):
        assert words in told.text
    assert "2 things need somebody" in text


def test_what_is_refused_is_a_finding(world: World) -> None:
    world.client("secretsmanager").create_secret(Name="/test/production/db", SecretString="theirs")
    world.declare({"db": {"value": "v", "max_age": "90 days"}})
    shown = json.loads(command(world, "report", "production", "-o", "json").out)
    assert [f["code"] for f in shown["findings"]] == ["not-managed"]
    assert shown["inventory"][0]["standing"] == "refused"
    assert shown["acts"] is True
    text = command(world, "report", "production").out
    assert "not-managed: secret db" in text
    assert "1 thing needs somebody to act" in text


def test_what_the_rules_find_is_a_finding_and_said_once(aged: World) -> None:
    both = {"value": "the same value twice"}
    aged.declare({"a": both, "b": both, "smtp/credentials": SECRETS["smtp/credentials"]})
    shown = json.loads(command(aged, "report", "production", "-o", "json").out)
    codes = [finding["code"] for finding in shown["findings"]]
    assert "same-value" in codes
    assert "never-rotated" in codes
    assert "past-max-age" not in codes
    assert "overdue" in {entry["class"] for entry in shown["drift"]}
    assert {"key", "code", "control", "text", "hint", "place"} == set(shown["findings"][0])
    done = command(aged, "report", "production")
    assert "  never-rotated (SecretsManager.1): " in done.out
    assert "never-rotated" not in done.err


def test_without_the_key_it_says_the_same(aged: World, tmp_path: Path) -> None:
    command(aged, "lock", "production")
    whole = json.loads(command(aged, "report", "production", "-o", "json").out)
    nobodys = {"SOPS_AGE_KEY_FILE": str(tmp_path / "nowhere")}
    arguments = ("report", "production", "--keyless", "-o", "json", "--html", "page.html")
    keyless = json.loads(command(aged, *arguments, variables=nobodys).out)
    for shown in (whole, keyless):
        del shown["made"]
    assert whole.pop("principal") is not None
    assert keyless.pop("principal") is None
    assert keyless == whole
    assert "Read as" not in (tmp_path / "page.html").read_text()


def test_without_key_and_lock_it_says_what_to_do(world: World) -> None:
    done = command(world, "report", "production", "--keyless", code=1)
    assert "error[no-lock]: production has no lock" in done.err
    assert done.out == ""


def test_a_page_alone_prints_nothing_and_says_where_it_is(world: World, tmp_path: Path) -> None:
    done = command(world, "report", "production", "--html", "page.html")
    assert done.out == ""
    assert done.err == "written to page.html\n"
    assert "production: 1 to apply: git is ahead" in Page((tmp_path / "page.html").read_text()).text


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("nowhere",), 64, "nowhere"),
        (
            ("production", "--html", "none/page.html"),
            64,
            "none/page.html cannot be written: No such",
        ),
        (("production", "--html", "manifests"), 64, "is a directory"),
        (("production", "-o", "yaml"), 64, "'yaml' is not one of"),
    ],
)
def test_bad_input_is_one_clear_line(
    world: World, arguments: tuple[str, ...], code: int, told: str
) -> None:
    done = command(world, "report", *arguments, code=code)
    assert told in done.err.splitlines()[0] if arguments != ("nowhere",) else told in done.err
    assert done.out == ""


def test_nothing_of_it_leaks(world: World, tmp_path: Path) -> None:
    canaries = Canaries()
    world.declare(
        {"db": {"value": {"password": canaries.plant()}}, "max": {"value": canaries.plant()}},
        {"p": {"value": canaries.plant()}},
    )
    world.converge()
    world.put_secret("db", canaries.plant())
    world.put_parameter("p", canaries.plant(), Type="SecureString")
    commands = (
        ("report", "production", "-vv", "--html", "page.html"),
        ("report", "production", "-vv"),
        ("report", "production", "-o", "json"),
    )
    assert search(world, canaries, tmp_path, commands) == []


def test_a_table_for_a_spreadsheet(world: World) -> None:
    world.declare(
        {
            "=sum": {"value": "v", "description": '=cmd("x"), "quoted", line\none'},
            "db": {"value": "v", "max_age": "90 days"},
        },
        {"host": {"plaintext": "h"}},
    )
    world.converge()
    done = command(world, "report", "production", "-o", "csv")
    assert done.out.count("\r\n") == 4
    rows = list(csv.DictReader(io.StringIO(done.out, newline="")))
    by_name = {row["name"].removeprefix(f"{world_prefix}/"): row for row in rows}
    assert by_name.keys() == {"=sum", "db", "host"}
    # No cell is a formula, and none ends a line.
    described = by_name["=sum"]["description"]
    assert described.startswith("'=cmd(")
    assert "\n" not in described
    db = by_name["db"]
    assert (db["kind"], db["standing"], db["max age in days"]) == ("secret", "as declared", "90")
    assert db["owner"] == "test/production"
    assert db["changed (UTC)"] < db["due (UTC)"]
    assert db["declared at"].startswith("manifests/production/main.sops.yaml:")
    everything = command(world, "report", "-o", "csv", "prod*")
    assert len(everything.out.splitlines()) == 4


def test_many_findings_of_one_rule_are_told_together_and_fit_a_terminal(world: World) -> None:
    names = [f"service-{number:02}/token" for number in range(14)]
    world.declare({name: {"value": f"v{name}"} for name in names}, {"pool": {"value": "p"}})
    world.converge()
    shown = command(world, "report", "production").out
    assert shown.count("never-rotated") == 1
    assert all(shown.count(name) >= 2 for name in names)
    # Whose all of it is, is said once; and parameters can be read too.
    assert shown.count("owner test/production") == 1
    reading = shown.partition("Who may read it")[2]
    assert "  pool " in reading
    long = [line for line in shown.splitlines() if len(line) > 80]
    wraps = (
        "environment ",
        "owner ",
        "the manifests are not in a git",
        "  never-rotated",
    )  # sentences
    assert [line for line in long if not line.startswith(wraps)] == []
