"""`lambda: builtin:NAME` in manifests: what it becomes, and what is wrong with one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler import manifest
from tests.inprocess import reconciler
from tests.trees import clean_environ, make_tree

LOGIN = {"host": "h", "username": "u", "password": "p"}


def told(folder: Path, schedules: dict[str, Any], secrets: dict[str, Any]) -> str:
    """What validate says."""
    full = {name: {"schedule": "rate(30 days)", **one} for name, one in schedules.items()}
    entry = {"secrets": secrets, "settings": {"schedules": full}}
    tree = make_tree(folder, {"production": entry})
    done = reconciler(("validate", "production"), cwd=folder, environment=clean_environ())
    if done.returncode == 0:
        manifest.read(tree.manifests, "production")
    return "" if done.returncode == 0 else done.stderr + done.stdout


def test_it_becomes_a_function_of_the_account(tmp_path: Path) -> None:
    schedules = {"db": {"lambda": "builtin:postgres"}}
    assert told(tmp_path, schedules, {"db": {"value": LOGIN, "rotation": "db"}}) == ""
    declared = manifest.read(tmp_path / "manifests", "production")
    (schedule,) = [r for k, r in declared.resources().items() if k.kind == "rotation"]
    assert schedule.fields == {
        "enabled": True, "schedule": "rate(30 days)",
        "lambda": "arn:aws:lambda:us-west-2:123456789012:function:secrets-production-rotate-db",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("schedule", "says"),
    [
        ({"lambda": "builtin:mysql"}, "there is no builtin:mysql"),
        ({"lambda": "builtin:random", "settings": {"lenght": 9}}, "has no setting lenght"),
        ({"lambda": "builtin:random", "settings": {"length": 4}}, "`length`: Input should be"),
        ({"lambda": "builtin:random", "settings": {"length": "9"}}, "`length`: Input should be"),
        ({"lambda": "builtin:random", "settings": {"length": 8, "alphabet": "01"}}, "be guessed"),
        ({"lambda": "builtin:random", "settings": {"alphabet": "aaaa"}}, "be guessed"),
        ({"lambda": "builtin:random", "settings": {"alphabet": "ä-ö"}}, "`alphabet`: String"),
        ({"lambda": "builtin:jwt", "settings": {"alg": "none"}}, "`alg`: Input should be"),
        ({"lambda": "builtin:postgres", "settings": {"superuser": ""}}, "`superuser`: String"),
        (
            {"lambda": "builtin:postgres", "settings": {"superuser": "rds!db-1"}},
            "rds!db-1 has no host",
        ),
        ({"settings": {"length": 9}}, "`settings` are those of a `builtin:` function"),
    ],
)
def test_one_line_for_a_schedule(tmp_path: Path, schedule: dict[str, Any], says: str) -> None:
    found = told(tmp_path, {"one": schedule}, {"db": {"value": "v"}})
    (line,) = [line for line in found.splitlines() if "error[function]" in line]
    assert says in line
    assert "environment.sops.yaml" in line


@pytest.mark.parametrize(
    ("function", "secret", "says"),
    [
        ("builtin:postgres", {"value": "v"}, "needs the keys host, password, username"),
        ("builtin:postgres", {"value": {"host": "h"}}, "needs the keys password, username"),
        ("builtin:postgres", {"generate": {"length": 32}}, "needs the keys host"),
        ("builtin:jwt", {"value": "v"}, "needs the keys key in the value"),
        (
            "builtin:postgres",
            {"value": LOGIN, "git_keys": ["host", "password"]},
            "builtin:postgres writes password",
        ),
    ],
)
def test_one_line_for_a_secret(
    tmp_path: Path, function: str, secret: dict[str, Any], says: str
) -> None:
    found = told(tmp_path, {"one": {"lambda": function}}, {"db": {**secret, "rotation": "one"}})
    (line,) = [line for line in found.splitlines() if "error[function]" in line]
    assert says in line


def test_what_needs_no_key_takes_any_value(tmp_path: Path) -> None:
    secrets = {"a": {"value": "v", "rotation": "one"}, "b": {"generate": {}, "rotation": "one"}}
    assert told(tmp_path, {"one": {"lambda": "builtin:random"}}, secrets) == ""


def test_an_inline_schedule_has_no_name_to_call_it_by(tmp_path: Path) -> None:
    rotation = {"lambda": "builtin:random", "schedule": "rate(30 days)"}
    found = told(tmp_path, {}, {"db": {"value": "v", "rotation": rotation}})
    assert "builtin:random is called after its schedule, and this one has no name" in found


def test_two_functions_of_one_name(tmp_path: Path) -> None:
    schedules = {name: {"lambda": "builtin:random"} for name in ("a.b", "a-b")}
    assert "rename one of the schedules" in told(tmp_path, schedules, {"db": {"value": "v"}})


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    found = told(tmp_path, {"s" * 50: {"lambda": "builtin:random"}}, {"db": {"value": "v"}})
    assert "Lambda takes 64 characters" in found
