"""What a branch says in manifests of who gets at values stands first: in diff, plan and comment.

No change in AWS shows it: whom a file is encrypted for, what is included, which findings nobody is
told any more.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from typing import Any

import pytest

from reconciler import kinds
from reconciler.core import planfile
from reconciler.core.digest import plan_digest
from reconciler.core.model import Place, Plan
from reconciler.github import planned
from reconciler.github.annotation import Level
from tests.age_key import new_age_key
from tests.attacks.p3_only_what_was_reviewed.test_access_is_seen_first import (
    DB,
    FOREIGN_KEY,
    POOL,
    access,
    policy,
    rotated,
)
from tests.manifest.lock.test_commands import NO_KEY, locked
from tests.world import World

TAKES_TURNS = {
    "lambda": "builtin:postgres", "schedule": "rate(7 days)",
    "settings": {"superuser": "database/admin"},
}  # fmt: skip


@pytest.fixture
def repository(world: World) -> World:
    world.declare({"db": DB}, {"pool": POOL}, schedules={"weekly": TAKES_TURNS})
    folder = world.tree.manifests.parent
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    for command in (("init", "-qb", "main"), ("add", "manifests"), ("commit", "-qm", "x")):
        subprocess.run(["git", *identity, *command], cwd=folder, check=True)
    return world


BRANCH: dict[str, tuple[str, str, str, str]] = {
    "a policy": ("main", "db:", f"db:\n        resource_policy: {json.dumps(policy('*'))}",
                 "secret db: changed"),
    "a name": ("main", "db:", "db:\n        name: elsewhere", "secret db: changed"),
    "a finding that nobody is told": (
        "main", "db:", "db:\n        ignore: {foreign-key: x}", "secret db: changed"),
    "a rotation function": (
        "main", "db:", f"db:\n        rotation: {json.dumps(rotated('f')['rotation'])}",
        "secret db: changed"),
    "a type": ("main", "pool:", "pool:\n        type: String", "parameter pool: changed"),
    "the environment's key": ("environment", "environment:",
                              "kms_key: alias/x\nenvironment:", "production: kms_key:"),
    "the function of a named schedule": (
        "environment", "builtin:postgres", rotated("f")["rotation"]["lambda"],
        "production: schedules:"),
    "the login that a function uses": (
        "environment", "database/admin", "database/owner", "production: schedules:"),
    "what is included": ("environment", "environment:",
                         'include: ["../common/*.yaml"]\nenvironment:',
                         "production: include:"),
    "what is ignored": ("environment", "environment:",
                        "ignore: {foreign-key: x}\nenvironment:", "production: ignore:"),
}  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "said"), BRANCH.values(), ids=BRANCH)
def test_diff_begins_with_it(repository: World, file: str, old: str, new: str, said: str) -> None:
    repository.tree.edit(f"production/{file}.sops.yaml", old, new)
    shown = repository.cli("diff", "--base", "HEAD").stdout
    title, _, rest = shown.partition("\n\n")[2].partition("\n")
    assert title.startswith("Access: "), shown
    assert said in rest.partition("\n\n")[0]
    found = json.loads(repository.cli("diff", "--base", "HEAD", "-o", "json").stdout)
    assert found["summary"]["access"] == 1


def test_and_so_does_a_recipient(repository: World) -> None:
    other = new_age_key().recipient
    repository.tree.edit(".sops.yaml", "age: ", f"age: {other},")
    shown = repository.cli("diff", "--base", "HEAD").stdout
    first = shown.partition("\n\n")[2].partition("\n\n")[0]
    assert f"recipient added, who can decrypt: age {other}" in first


# --- the same in a plan, and in its comment -------------------------------------------------------

MAIN, SETTINGS = "production/main.sops.yaml", "production/environment.sops.yaml"
OPENED: dict[str, tuple[list[tuple[str, str, str]], list[str]]] = {
    "a finding that nobody is told": (
        [(MAIN, "db:", "db:\n        ignore: {foreign-key: x}")],
        ["secret db: findings of the rule foreign-key are ignored"],
    ),
    "the same for all of the environment": (
        [(SETTINGS, "environment:", "ignore: {foreign-key: x}\nenvironment:")],
        ["production: findings of the rule foreign-key are ignored"],
    ),
    "what a rule finds, ignored in the same branch": (
        [(SETTINGS, "environment:", f"kms_key: {FOREIGN_KEY}\nenvironment:"),
         (SETTINGS, "environment:", "ignore: {foreign-key: ours}\nenvironment:")],
        ["production: findings of the rule foreign-key are ignored",
         "production: foreign-key: the environment's KMS key is of account 210987654321"],
    ),
    "the variable that it is handed out as": (
        [(MAIN, "db:", "db:\n        env: DATABASE")],
        ["secret db: exec and export hand it out as DATABASE"],
    ),
    "what stands before all variables": (
        [(SETTINGS, "environment:", "env_prefix: APP_\nenvironment:")],
        ["production: exec and export put APP_ before the names of variables"],
    ),
    "an application that may read": (
        [(SETTINGS, "environment:", "readers: {web: [db]}\nenvironment:")],
        ["secret db: web may read it"],
    ),
    "the login that a rotation function uses": (
        [(SETTINGS, "database/admin", "database/owner")],
        ["schedule weekly: its rotation function reads the secret database/owner, and logs in"
         " with it"],
    ),
    "where it takes that login to": (
        [(SETTINGS, "superuser: ", f"host: db.example.com\n{' ' * 12}superuser: ")],
        ["schedule weekly: its rotation function takes the login of another secret to"
         " db.example.com"],
    ),
    "what is included": (
        [(SETTINGS, "environment:", 'include: ["../common/*.yaml"]\nenvironment:')],
        ["production: includes ../common/*.yaml"],
    ),
}  # fmt: skip


@pytest.fixture
def live(repository: World) -> World:
    """As git declares it, with a lock."""
    common = repository.tree.manifests / "common"
    common.mkdir()
    (common / "notes.yaml").write_text("secrets: {db: {description: Login}}\n")
    repository.converge()
    locked(repository)
    return repository


def edit(world: World, edits: list[tuple[str, str, str]]) -> None:
    for file, old, new in edits:
        world.tree.edit(file, old, new)


def planned_as(world: World, *more: str, **options: Any) -> tuple[Plan, dict[str, Any], str]:
    """A plan since the commit, as data, as JSON and as text."""
    done = world.cli("plan", "production", "--out", "p.json", *more, **options)
    assert done.returncode == 0, done.stderr
    text = (world.tree.manifests.parent / "p.json").read_text()
    (plan,) = planfile.loads(text, kinds.names())
    return plan, json.loads(text), done.stdout


@pytest.mark.parametrize("key", [True, False], ids=["with the key", "without"])
@pytest.mark.parametrize(("edits", "lines"), OPENED.values(), ids=OPENED)
def test_a_plan_says_it_first(
    live: World, edits: list[tuple[str, str, str]], lines: list[str], key: bool
) -> None:
    edit(live, edits)
    how: dict[str, Any] = {} if key else {"environment": NO_KEY}
    more = ("--base", "HEAD") if key else ("--base", "HEAD", "--keyless")
    plan, data, text = planned_as(live, *more, **how)
    assert access(text)[: len(lines)] == lines
    assert [one["opened"]["opening"] for one in data["opened"]]
    assert data["base"]
    comment = planned.comment(plan, 60_000)
    at = comment.index("### Access")
    assert all(line in comment[at:] for line in lines)
    (warned,) = [a for a in planned.annotate(plan, Place("x")) if a.title == "production: Access"]
    assert warned.level is Level.WARNING
    assert list(warned.lines) == lines


def test_a_recipient_stands_there_and_who_is_named_by_a_rule_for_others_does_not(
    live: World,
) -> None:
    other, elsewhere = new_age_key().recipient, new_age_key().recipient
    live.tree.edit(".sops.yaml", "age: ", f"age: {other},")
    rules = live.tree.path(".sops.yaml")
    rules.write_text(rules.read_text() + rule("^staging/", elsewhere))
    shown = access(planned_as(live, "--base", "HEAD")[2])
    assert f"recipient added, who can decrypt: age {other}" in shown[0]
    assert any(line.startswith("production: keys-differ: ") for line in shown)
    assert elsewhere not in "".join(shown)


def rule(pattern: str, recipient: str) -> str:
    return (
        f"  - path_regex: {pattern}\n    encrypted_regex: ^(value|fingerprint_keys)$\n"
        f"    mac_only_encrypted: true\n    age: {recipient}\n"
    )


@pytest.mark.parametrize("edits", [edits for edits, _ in OPENED.values()], ids=OPENED)
def test_it_is_in_the_digest_whatever_the_plan_is_compared_with(
    live: World, edits: list[tuple[str, str, str]]
) -> None:
    """What was reviewed before is not applied by its digest after it."""
    before = planned_as(live)[0]
    edit(live, edits)
    plain, compared = planned_as(live)[0], planned_as(live, "--base", "HEAD")[0]
    keyless = planned_as(live, "--keyless", environment=NO_KEY)[0]
    digests = {plan_digest(plan) for plan in (plain, compared, keyless)}
    assert len(digests) == 1
    assert plan_digest(before) not in digests
    bare = replace(plain, admitted=before.admitted, changes=())
    assert plan_digest(bare) != plan_digest(replace(plain, changes=()))


def test_a_recipient_is_in_the_digest(live: World) -> None:
    before = planned_as(live)[0]
    live.tree.edit(".sops.yaml", "age: ", f"age: {new_age_key().recipient},")
    assert plan_digest(planned_as(live)[0]) != plan_digest(before)


def test_what_was_reviewed_for_fewer_readers_is_not_applied_by_its_digest(live: World) -> None:
    live.declare({"db": {"value": "another"}}, {"pool": POOL})
    digest = plan_digest(planned_as(live)[0])
    live.tree.edit(MAIN, "db:", "db:\n        ignore: {foreign-key: x}")
    done = live.cli("apply", "production", "--digest", digest)
    assert done.returncode == 3, done.stderr
    assert live.secret_value("db") == DB["value"]


def test_a_branch_that_opens_nothing_says_nothing(live: World) -> None:
    live.declare({"db": {"value": "another"}}, {"pool": POOL})
    plan, data, text = planned_as(live, "--base", "HEAD")
    assert (plan.opened, data["opened"]) == ((), [])
    assert "Access" not in text


def test_a_file_that_was_edited_is_said_to_be_unverified(live: World) -> None:
    live.tree.edit(MAIN, "db:", "db:\n        ignore: {foreign-key: x}")
    planned_as(live, "--base", "HEAD")
    shown = live.cli("show", "p.json").stdout
    assert "The digest does not cover: " in shown
    assert "what the branch opens" in shown
