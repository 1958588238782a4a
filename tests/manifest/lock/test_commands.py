"""lock, plan --keyless, apply and validate as a user runs them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from reconciler.manifest import lock
from tests.world import World

NO_KEY = {"SOPS_AGE_KEY_FILE": "/nonexistent", "HOME": "/nonexistent"}
FILE = "production/main.fingerprints.lock"
HEAD = f"production/{lock.FILE}"


def locked(world: World) -> Path:
    done = world.cli("lock", "production")
    assert done.returncode == 0, done.stderr
    return world.tree.path(FILE)


def ciphertext_changes(world: World, name: str = "production/main.sops.yaml") -> None:
    """Encrypt a file's values anew, as they are: every ciphertext is another."""
    declared = {"secrets": {"db": {"value": "one"}}, "parameters": {"pool": {"value": "5"}}}
    world.tree.write(name, declared)


def one(world: World, value: str = "one", pool: str = "5") -> None:
    world.declare({"db": {"value": value}}, {"pool": {"value": pool}})


def test_lock_writes_and_writes_the_same_again(world: World) -> None:
    path = locked(world)
    before = path.read_bytes()
    done = world.cli("lock")
    assert "up to date" in done.stdout
    assert path.read_bytes() == before
    assert world.cli("lock", "--check").returncode == 0


def test_lock_needs_no_key_where_no_ciphertext_changed(world: World) -> None:
    one(world)
    path = locked(world)
    before = path.read_bytes()
    world.tree.edit("production/main.sops.yaml", "db:", "db:\n        description: by hand")
    done = world.cli("lock", environment=NO_KEY)
    assert done.returncode == 0, done.stderr
    assert path.read_bytes() == before
    one(world, "two")
    done = world.cli("lock", environment=NO_KEY)
    assert done.returncode == 1
    assert "error[no-key]" in done.stderr
    assert path.read_bytes() == before


def test_lock_check_writes_nothing(world: World) -> None:
    one(world)
    before = locked(world).read_bytes()
    one(world, "two")
    done = world.cli("lock", "--check")
    assert done.returncode == 1
    assert "would change" in done.stdout
    assert world.tree.path(FILE).read_bytes() == before


def lie(text: str) -> str:
    """A lock with another fingerprint in its last entry."""
    last = list(re.finditer(r"[0-9a-f]{64}$", text, re.MULTILINE))[-1]
    return text[: last.start()] + "f" * 64 + text[last.end() :]


def test_a_keyless_plan_needs_a_lock(world: World) -> None:
    done = world.cli("plan", "production", "--keyless")
    assert done.returncode == 1
    assert "error[no-lock]" in done.stderr
    assert "reconciler lock production" in done.stderr


def test_a_keyless_plan_is_applied(world: World) -> None:
    one(world)
    locked(world)
    planned = world.cli("plan", "production", "--keyless", "--out", "p.json", environment=NO_KEY)
    assert planned.returncode == 0, planned.stderr
    done = world.cli("apply", "production", "--plan", "p.json")
    assert done.returncode == 0, done.stderr
    assert world.secret_value("db") == "one"
    again = world.cli("plan", "production", "--keyless", "-o", "json", environment=NO_KEY)
    digest = json.loads(again.stdout)["digest"]
    assert world.cli("apply", "production", "--digest", digest).returncode == 0


def test_what_the_lock_does_not_know_is_unknown_until_apply(world: World) -> None:
    one(world)
    world.converge()
    locked(world)
    one(world, "two")
    planned = world.cli("plan", "production", "--keyless", "--out", "p.json", environment=NO_KEY)
    assert planned.returncode == 0, planned.stderr
    assert planned.stdout.count("unknown until apply") == 2
    assert "warning[lock-outdated]" in planned.stderr
    done = world.cli("apply", "production", "--plan", "p.json")
    assert done.returncode == 4
    assert "error[unknown-values]" in done.stderr
    assert world.secret_value("db") == "one"
    done = world.cli("apply", "production", "--plan", "p.json", "--allow-unknown-values")
    assert done.returncode == 0, done.stderr
    assert "warning[lock-outdated]" in done.stderr
    assert world.secret_value("db") == "two"
    # The parameter was encrypted anew and is as it was: there is nothing to write.
    assert world.parameter("pool")["Version"] == 1
    assert "already in effect: update parameter" in done.stderr


def test_an_unknown_first_value_is_written_where_it_is_allowed(world: World) -> None:
    one(world)
    locked(world)
    ciphertext_changes(world)
    world.cli("plan", "production", "--keyless", "--out", "p.json", environment=NO_KEY)
    assert world.cli("apply", "production", "--plan", "p.json").returncode == 4
    done = world.cli("apply", "production", "--plan", "p.json", "--allow-unknown-values")
    assert done.returncode == 0, done.stderr
    assert world.secret_value("db") == "one"


def test_only_some_of_a_plan_asks_only_for_what_of_it_is_unknown(world: World) -> None:
    one(world)
    locked(world)
    text = world.tree.read(FILE)
    outdated = re.sub(r"(parameter \S+\nct:)[0-9a-f]{64}", rf"\g<1>{'0' * 64}", text)
    assert outdated != text
    world.tree.path(FILE).write_text(outdated)
    planned = world.cli("plan", "production", "--keyless", "--out", "p.json", environment=NO_KEY)
    assert planned.stdout.count("unknown until apply") == 1, planned.stderr
    only_db = ("apply", "production", "--plan", "p.json", "--only", "db")
    assert world.cli(*only_db).returncode == 0
    only_pool = ("apply", "production", "--plan", "p.json", "--only", "pool")
    assert world.cli(*only_pool).returncode == 4


def test_apply_refuses_a_lie_and_warns_of_what_is_outdated(world: World) -> None:
    one(world)
    path = locked(world)
    good = path.read_text()
    path.write_text(lie(good))
    done = world.cli("apply", "production", "--auto-approve")
    assert done.returncode == 1
    assert "error[lock-lie]" in done.stderr
    assert world.aws.calls["CreateSecret"] == 0
    path.write_text(good)
    ciphertext_changes(world)
    done = world.cli("apply", "production", "--auto-approve")
    assert done.returncode == 0, done.stderr
    assert "warning[lock-outdated]" in done.stderr


@pytest.mark.parametrize("environment", [{}, NO_KEY])
def test_validate_checks_the_lock(world: World, environment: dict[str, str]) -> None:
    one(world)
    path = locked(world)
    good = path.read_text()
    assert world.cli("validate", environment=environment).returncode == 0
    path.write_text(re.sub(r"secret .*\n.*\n\n", "", good))
    done = world.cli("validate", environment=environment)
    assert done.returncode == 1
    assert "error[lock-missing]" in done.stderr
    path.write_text(lie(good))
    done = world.cli("validate", environment=environment)
    # Whether a fingerprint is true, only the key can tell.
    assert done.returncode == (0 if environment else 1)
    assert ("error[lock-lie]" in done.stderr) is not bool(environment)
    path.write_text("no lock\n")
    done = world.cli("validate", environment=environment)
    assert done.returncode == 1
    assert "error[lock-format]" in done.stderr
    path.write_text(good)
    ciphertext_changes(world)
    done = world.cli("validate", environment=environment)
    assert done.returncode == 0
    assert "warning[lock-outdated]" in done.stderr


def test_validate_tells_with_the_key_what_does_not_decrypt(world: World) -> None:
    one(world)
    locked(world)
    text = world.tree.read("production/main.sops.yaml")
    start = text.index("ENC[AES256_GCM,data:") + 20
    other = "A" if text[start] != "A" else "B"
    world.tree.path("production/main.sops.yaml").write_text(
        text[:start] + other + text[start + 1 :]
    )
    done = world.cli("validate")
    assert done.returncode == 1
    assert "error[tampered]" in done.stderr
    assert world.cli("validate", environment=NO_KEY).returncode == 0


def test_a_lock_is_no_manifest(world: World) -> None:
    locked(world)
    assert lock.FILE not in world.cli("validate", "-v").stderr


def test_the_hooks_run_commands_that_exist(world: World) -> None:
    hooks = YAML(typ="safe").load(Path(__file__).parents[3] / ".pre-commit-hooks.yaml")
    assert [hook["id"] for hook in hooks] == ["reconciler-validate", "reconciler-lock"]
    for hook in hooks:
        program, *arguments = hook["entry"].split()
        assert program == "reconciler"
        assert world.cli(*arguments).returncode == 0
        for changed in ("manifests/production/a.sops.yaml", "manifests/common/a.yaml", FILE):
            assert re.search(hook["files"], changed)
    assert world.tree.path(FILE).is_file()


def test_the_locks_of_this_repository_are_current(world: World) -> None:
    manifests = Path(__file__).parents[3] / "manifests"
    key = {"SOPS_AGE_KEY_FILE": str(manifests / "demo-age-key.txt")}
    done = world.cli("lock", "--check", "-C", str(manifests), environment=key)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("up to date") == 3


def test_a_plan_with_the_key_says_that_the_lock_is_behind(world: World) -> None:
    one(world)
    locked(world)
    assert "lock" not in world.cli("plan", "production").stderr
    one(world, "two", "6")
    done = world.cli("plan", "production")
    assert done.returncode == 0
    assert done.stderr.count("warning[lock-outdated]") == 1
    assert "the lock is out of date for parameter /test/production/pool, secret /" in done.stderr
    assert "write it again: reconciler lock production" in done.stderr


def test_an_edited_plaintext_is_told_as_such_to_whoever_has_no_key(world: World) -> None:
    """As in the check of a fork, which ends before anybody with the key looks."""
    parameters = {"pool": {"plaintext": "10"}, "more": {"value": "5"}}
    world.declare({"db": {"value": "one"}}, parameters)
    world.converge()
    locked(world)
    world.tree.edit("production/main.sops.yaml", 'plaintext: "10"', 'plaintext: "20"')
    checked = world.cli("validate", "production", environment=NO_KEY)
    assert checked.returncode == 0
    said = checked.stdout + checked.stderr
    (told,) = [line for line in said.splitlines() if "lock-plaintext" in line]
    assert "the `plaintext` of parameter /test/production/pool was edited after the lock" in told
    assert "a plan without the key cannot tell whether AWS has it" in told
    assert "was encrypted again" not in said
    assert "with the key run: reconciler lock production" in said
    # And so it is, until the lock is made again.
    before = world.cli("plan", "production", "--keyless", environment=NO_KEY)
    assert "Unknown values" in before.stdout
    assert "lock-plaintext" in before.stderr
    digest = before.stdout.rpartition("Digest: ")[2].strip()
    refused = world.cli("apply", "production", "--digest", digest)
    assert refused.returncode != 0
    locked(world)
    after = world.cli("plan", "production", "--keyless", environment=NO_KEY)
    assert 'value: (value changed) -> "20"' in after.stdout
    assert "lock-plaintext" not in after.stderr
