"""The command: what goes together, how large a policy may be, and that it holds no value."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.access.iam.declare import iam, tree, words
from tests.access.iam.test_trust import WHO
from tests.leaks.search import Canaries, search
from tests.reference import access
from tests.trees import Tree
from tests.world import World


@pytest.fixture
def made(tmp_path: Path) -> Tree:
    return tree(tmp_path, {"db": {"value": "v"}})


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("owner", "production"), "'owner' is not one of 'plan', 'apply', 'drift', 'adopt'"),
        (("plan", "productio"), "there is no environment productio"),
        (("plan", "production", "--deep"), "--deep is for the permissions of drift."),
        (("drift", "production", "--deep", "--trust"), "--deep is for the permissions of drift."),
        (("plan", "production", "--part", "1", "--trust"), "--part is for permissions"),
        (("plan", "production", "-o", "csv", "--trust"), "--format csv is for all permissions"),
        (("plan", "production", "--part", "2"), "The policy has no part 2: its last is part 1."),
        (("reader", "production", "--trust"), "the role of a reader is the application"),
        (("plan", "production", "--workflow", "w"), "--workflow is for --trust of apply and adopt"),
        (("plan", "production", "--trust", "--environment-name", "e"), "--environment-name is for"),
        (("apply", "production", "--branch", "b"), "--branch is for --trust of"),
        (("plan", "production", "--trust", "--branch", "b"), "--branch is for --trust of"),
        (("plan", "production", "--trust", *WHO[:2]), "needs --repository-id and --owner-id"),
        (("plan", "production", "--trust", *WHO[:4]), "--trust needs --owner-id: a repository's"),
        (("plan", "production", "--trust", *WHO[:2], "--repository-id", "4x", *WHO[4:]),
         "--repository-id is a number, and not '4x'."),
        (("plan", "production", "--trust", *WHO[2:], "--repository", "octo"),
         "--repository is OWNER/NAME, and not 'octo'."),
        (("plan", "production", "--trust", *WHO[2:], "--repository", "octo/a:b"),
         "--repository is OWNER/NAME"),
    ],
)  # fmt: skip
def test_what_is_asked_wrong_is_one_clear_line(
    made: Tree, arguments: tuple[str, ...], told: str
) -> None:
    printed = iam(made, *arguments, code=64)
    assert told in printed.err
    assert printed.out == ""


@pytest.mark.parametrize("role", ["plan", "apply", "drift", "adopt", "reader"])
def test_a_table_has_each_permission_of_the_policy_and_why(tmp_path: Path, role: str) -> None:
    full = access.full(tmp_path)
    policy = iam(full, role, "production").policy
    rows = list(csv.DictReader(io.StringIO(iam(full, role, "production", "-o", "csv").out)))
    assert {(row["effect"], row["action"], row["resource"]) for row in rows} == {
        (one["Effect"].lower(), action, resource)
        for one in policy["Statement"]
        for action in words(one["Action"])
        for resource in words(one.get("Resource", one.get("NotResource")))
    }
    assert all(row["why"] and row["role"] == role for row in rows)
    assert {row["on"] for row in rows} <= {"this", "all but"}


def test_manifests_that_are_wrong_make_no_policy(made: Tree) -> None:
    made.edit("production/environment.sops.yaml", "owner: test", "owner: test\nowned: x")
    printed = iam(made, "apply", "production", code=1)
    assert "error[unknown-field]" in printed.err
    assert printed.out == ""


# --- size ----------------------------------------------------------------------------------------


def many(folder: Path, count: int) -> Tree:
    return tree(folder, {f"service/{number:04}": {"value": "v"} for number in range(count)})


def characters(policy: dict[str, Any]) -> int:
    return len("".join(json.dumps(policy).split()))


def test_one_that_fits_is_told_nothing_of_sizes(tmp_path: Path) -> None:
    assert iam(many(tmp_path, 40), "apply", "production").err == ""


def test_one_that_fits_only_inline_is_printed_and_told(tmp_path: Path) -> None:
    printed = iam(many(tmp_path, 90), "apply", "production")
    assert 6_144 < characters(printed.policy) <= 10_240
    assert f"this has {characters(printed.policy):,} characters, and AWS takes 6,144" in printed.err
    assert "put it inline on the role, or print it with --part 1 to --part 2" in printed.err
    assert printed.err.count("\n") == 1


def test_one_that_is_too_large_is_printed_in_parts(tmp_path: Path) -> None:
    made = many(tmp_path, 250)
    printed = iam(made, "apply", "production", code=1)
    assert printed.out == ""
    assert "error[policy-size]: the policy has 24," in printed.err
    assert "print it with --part 1 to --part 5, each for a managed policy" in printed.err
    parts = [iam(made, "apply", "production", "--part", str(n + 1)) for n in range(5)]
    assert "part 2 of 5" in parts[1].err
    found: dict[str, set[str]] = {}
    for part in parts:
        assert characters(part.policy) <= 6_144
        for statement in part.policy["Statement"]:
            for resource in words(statement["Resource"]):
                assert resource not in found or "*" in resource, "a name twice"
                found.setdefault(resource, set()).update(words(statement["Action"]))
    names = [resource for resource in found if resource.endswith("-??????")]
    assert len(names) == 250
    assert {len(found[name]) for name in names} == {7}
    assert [s["Effect"] for s in parts[0].policy["Statement"]].count("Deny") == 1


def test_more_parts_than_a_role_has_room_for(tmp_path: Path) -> None:
    printed = iam(many(tmp_path, 800), "apply", "production", code=1)
    assert "(AWS takes 10 of them, and more if asked)" in printed.err


def test_a_long_trust_policy_is_told(made: Tree) -> None:
    names = (
        "--environment-name",
        "e" * 255,
        "--branch",
        "b" * 255,
        "--workflow",
        "w" * 200 + ".yml",
    )
    printed = iam(made, "apply", "production", "--trust", *WHO, *names)
    assert characters(printed.policy) > 2_048
    assert "AWS takes 2,048 of a trust policy" in printed.err


# --- values --------------------------------------------------------------------------------------


def test_nothing_of_it_leaks(world: World, tmp_path: Path) -> None:
    canaries = Canaries()
    world.declare(
        {"db": {"value": {"user": canaries.plant(), "password": canaries.plant()}}},
        {"p": {"value": canaries.plant()}},
    )
    commands = [
        ("iam", "apply", "production", "-vv"),
        ("iam", "adopt", "production", "--trust", *WHO, "-vv", "--log-format", "json"),
        ("iam", "apply", "production", "--part", "9"),
        ("iam", "apply", "nowhere"),
    ]
    assert search(world, canaries, tmp_path, commands) == []
    assert not world.aws.calls  # and nobody is asked
