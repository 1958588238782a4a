"""The rules as `validate`, `plan` and `explain` tell them: some of them, which are enough."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.rules import (
    REASONS,
    missing_elsewhere,
    never_rotated,
    old_ciphertext,
    same_value,
    same_value_elsewhere,
)
from tests.command import command
from tests.leaks.search import Canaries, search
from tests.rules.look import AGED
from tests.trees import default_settings
from tests.world import World

EQUAL = "one-value-in-two-places"
SOME = (same_value, same_value_elsewhere, never_rotated, missing_elsewhere, old_ciphertext)


@pytest.fixture(autouse=True)
def _some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.cli.findings.RULES", SOME)


def test_validate_warns_and_strict_fails(world: World) -> None:
    world.declare(
        {"a": {"value": EQUAL, **AGED}, "b": {"value": EQUAL, **AGED}, "c": {"value": "v"}}
    )
    done = command(world, "validate")
    assert done.out == "production: 3 resources, no error, 2 warnings\n"
    assert "main.sops.yaml:3:9: warning[same-value]: the value of a is the same as" in done.err
    assert "main.sops.yaml:8:5: warning[never-rotated]: nothing rotates c" in done.err
    assert done.calls == {}
    strict = command(world, "validate", "--strict", "-q", code=1)
    assert "error[same-value]" in strict.err
    assert strict.out == ""


def test_strict_has_nothing_against_what_is_in_order(world: World) -> None:
    world.declare({"a": {"value": EQUAL, **AGED}})
    assert command(world, "validate", "--strict").out == "production: 1 resource, no error\n"


def test_validate_as_json(world: World) -> None:
    world.declare({"a": {"value": "v"}})
    done = command(world, "validate", "-o", "json")
    assert done.err == ""
    (shown,) = json.loads(done.out)["environments"]
    (problem,) = shown.pop("problems")
    assert shown == {"environment": "production", "resources": 1}
    assert problem.pop("path").endswith("manifests/production/main.sops.yaml")
    assert problem == {
        "severity": "warning",
        "code": "never-rotated",
        "message": "nothing rotates a: it has neither a rotation nor a `max_age`",
        "hint": "give it a `rotation`, or a `max_age` to be reminded of it",
        "line": 2,
        "column": 5,
    }
    strict = json.loads(command(world, "validate", "-o", "json", "--strict", code=1).out)
    assert strict["environments"][0]["problems"][0]["severity"] == "error"
    world.declare({"a": {"valu": "v"}})
    wrong = json.loads(command(world, "validate", "-o", "json", code=1).out)["environments"][0]
    assert wrong["resources"] is None
    assert [problem["severity"] for problem in wrong["problems"]] == ["error"]


def test_without_the_key_validate_tells_what_is_in_clear(world: World) -> None:
    world.declare({"a": {"value": EQUAL}, "b": {"value": EQUAL, **AGED}})
    nowhere = {"SOPS_AGE_KEY_FILE": "", "HOME": "/nonexistent"}
    world.tree.key_file.unlink()
    done = command(world, "validate", variables=nowhere)
    assert "warning[never-rotated]" in done.err
    assert "same-value" not in done.err


def test_validate_of_one_environment_compares_it_with_the_others(world: World) -> None:
    from tests.trees import default_settings

    world.declare({"a": {"value": EQUAL, **AGED}, "both": {"generate": {}}})
    world.tree.write("staging/environment.sops.yaml", default_settings("staging"))
    there = {"b": {"value": EQUAL, **AGED}, "c": {"value": "x"}, "both": {"generate": {}}}
    world.tree.write("staging/main.sops.yaml", {"secrets": there})
    done = command(world, "validate", "production")
    assert "the value of a is the same as the value of b in staging" in done.err
    assert "a is declared here and not in staging" in done.err
    assert "c is declared" not in done.err  # of staging, that nobody asked for
    both = command(world, "plan")
    assert "production/main.sops.yaml:3:9: warning[same-value-elsewhere]" in both.err
    assert both.err.count("warning[same-value-elsewhere]") == 1  # a pair is told once
    assert "same-value-elsewhere" not in command(world, "plan", "production").err


def test_changes_are_the_same_with_and_without_findings(world: World) -> None:
    world.declare({"a": {"value": EQUAL}, "b": {"value": EQUAL}})
    found = command(world, "plan", "-o", "json", "--detailed-exitcode", code=2)
    assert "warning[same-value]" in found.err
    assert "same-value" not in found.out
    reason = {"same-value": "a pair", "never-rotated": "a pair"}
    world.declare(
        {"a": {"value": EQUAL, "ignore": reason}, "b": {"value": EQUAL, "ignore": reason}}
    )
    ignored = command(world, "plan", "-o", "json", "--detailed-exitcode", code=2)
    assert "warning" not in ignored.err
    shown, unheard = json.loads(found.out), json.loads(ignored.out)
    assert [c["digest"] for c in shown["changes"]] == [c["digest"] for c in unheard["changes"]]
    # What nobody is told of is part of what was reviewed.
    assert shown["digest"] != unheard["digest"]
    assert "warning" not in command(world, "plan", "-q").err


def test_a_plan_of_one_resource_tells_of_that_one(world: World) -> None:
    world.declare({"a": {"value": "v"}, "b": {"value": "w"}})
    done = command(world, "plan", "--only", "b")
    assert "nothing rotates b" in done.err
    assert "nothing rotates a" not in done.err


def test_what_a_rule_finds_is_one_line_with_a_count_and_three_names(world: World) -> None:
    world.declare({f"s{n:02}": {"value": f"v{n}"} for n in range(30)})
    for name in ("plan", "validate"):
        said = command(world, name).err
        assert said.count("warning[never-rotated]") == 1
        assert (
            "nothing rotates s00: it has neither a rotation nor a `max_age` (30 findings:"
            " s00, s01, s02 and 27 more)" in said
        )
        assert "all of them: reconciler validate production --all" in said
    every = command(world, "validate", "production", "--all")
    assert every.err.count("warning[never-rotated]") == 30
    assert "30 warnings" in every.out


def test_an_error_is_never_below_warnings(world: World) -> None:
    world.declare({f"s{n:02}": {"value": f"v{n}"} for n in range(30)})
    world.tree.write("staging/environment.sops.yaml", default_settings("staging"))
    world.tree.write("staging/main.sops.yaml", {"secrets": {"a": {"generate": {}, "tgs": {}}}})
    for more in ((), ("--all",)):
        said = command(world, "validate", *more, code=1).err
        assert said.index("error[unknown-field]") < said.index("warning[")


def test_lines_that_a_lock_lacks_are_one(world: World) -> None:
    world.declare({"a": {"value": "v"}})
    command(world, "lock")
    world.declare({"a": {"value": "v"}, **{f"s{n:02}": {"value": f"v{n}"} for n in range(9)}})
    for arguments in (
        ("validate",),
        ("plan", "--keyless"),
        ("apply", "production", "--auto-approve"),
    ):
        said = command(world, *arguments, code=1).err
        assert said.count("error[lock-missing]") == 1
        assert "9 findings: secret /test/production/s00, " in said
        assert "reconciler lock production; all of them: reconciler validate" in said


def test_every_rule_is_explained(world: World) -> None:
    for code, reason in REASONS.items():
        first, *rest = command(world, "explain", code).out.splitlines()
        assert first == f"{code}: {reason}"
        assert [line.strip().partition(": ")[0] for line in rest] == ["for example", "to do"]


def test_a_list_of_codes_is_refused_in_one_clear_line(world: World) -> None:
    world.declare({"a": {"value": "v", "ignore": ["never-rotated"]}})
    done = command(world, "validate", code=1)
    assert "error[wrong-type]: `ignore` has to be a mapping" in done.err


def test_nothing_of_it_leaks(world: World, tmp_path: Path) -> None:
    canaries = Canaries()
    value = canaries.plant()
    world.declare(
        {"a": {"value": {"password": value}}, "b": {"value": value}, "c": {"value": value}}
    )
    world.converge()
    commands = (("validate", "-vv"), ("validate", "--strict"), ("plan", "-vv"))
    assert search(world, canaries, tmp_path, commands) == []


def test_the_past_is_looked_at_by_validate_and_not_by_plan(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.rules.leaver import Leaver

    (tmp_path / "other").mkdir()
    leaver = Leaver(tmp_path / "other")
    leaver.encrypt_for()
    monkeypatch.chdir(tmp_path / "other")
    key = leaver.tree.environ
    done = command(world, "validate", variables=key)
    assert f"decrypted by age {leaver.who}" in done.err
    assert "old-ciphertext" not in command(world, "plan", variables=key).err
