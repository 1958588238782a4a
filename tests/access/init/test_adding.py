"""An environment more, in a repository that has one."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.manifest.rule_text import rule, with_rule
from tests.access.init.run import GIVEN, init
from tests.world import World

STAGING = ("--environment", "staging", "--account", "123456789012", "--region", "eu-west-1",
           "--prefix", "/app/staging", "--no-plan")  # fmt: skip


@pytest.fixture
def repo(world: World, home: Path) -> Path:
    init(world, home, "repo", *GIVEN, "--no-plan")
    return home.parent / "repo"


def photograph(repo: Path) -> dict[str, bytes]:
    return {
        p.relative_to(repo).as_posix(): p.read_bytes()
        for p in repo.rglob("*")
        if p.is_file() and ".git" not in p.relative_to(repo).parts
    }


def keys(home: Path) -> dict[str, str]:
    return {"SOPS_AGE_KEY_FILE": str(home / ".config/sops/age/keys.txt")}


def test_an_environment_is_added_and_nothing_that_exists_touched(
    world: World, home: Path, repo: Path
) -> None:
    before = photograph(repo)
    done = init(world, home, "repo", *STAGING)
    after = photograph(repo)
    new = {
        "manifests/staging/environment.sops.yaml",
        "manifests/staging/example.fingerprints.lock",
        "manifests/staging/example.sops.yaml",
        "manifests/staging/fingerprints.lock",
    }
    assert after.keys() - before.keys() == new
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {"manifests/.sops.yaml"}
    rules = after["manifests/.sops.yaml"].decode()
    assert rules.startswith(before["manifests/.sops.yaml"].decode())
    assert rules.count("age: age1") == 2
    assert len(set(re.findall("age1[0-9a-z]+", rules))) == 2
    assert "GitHub Environment staging" in done.stderr
    assert f"another age key was added to {home / '.config/sops/age/keys.txt'}" in done.stderr
    assert "find staging by its folder" in done.stderr
    said = world.cli("validate", "-C", str(repo / "manifests"), environment=keys(home))
    assert said.returncode == 0, said.stderr
    checked = world.cli("lock", "--check", "-C", str(repo / "manifests"), environment=keys(home))
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (GIVEN, "give --environment"),
        ((*GIVEN, "--environment", "production"), "already there: manifests/production"),
        ((*STAGING, "--like", "prod"), "did you mean `production`?"),
        ((*STAGING, "--generate", "40"), "go with --like"),
        ((*STAGING, "--like", "production"), "There is no value for example/host"),
    ],
)
def test_what_cannot_be_is_one_line_and_nothing_written(
    world: World, home: Path, repo: Path, arguments: tuple[str, ...], said: str
) -> None:
    before = photograph(repo)
    done = init(world, home, "repo", *arguments, code=64)
    assert said in done.stderr
    assert photograph(repo) == before


def test_overlapping_prefixes_write_nothing(world: World, home: Path, repo: Path) -> None:
    before, kept = photograph(repo), (home / ".config/sops/age/keys.txt").read_text()
    done = init(world, home, "repo", *GIVEN, "--environment", "staging", code=64)
    assert "error[prefix-overlap]" in done.stderr
    assert "repo/manifests/staging/environment.sops.yaml" in done.stderr
    assert photograph(repo) == before
    assert (home / ".config/sops/age/keys.txt").read_text() == kept


def test_a_rule_that_is_there_says_for_whom(world: World, home: Path, repo: Path) -> None:
    rules = repo / "manifests/.sops.yaml"
    rules.write_text(rules.read_text().replace("^production/", "^[a-z]+/"))
    before = rules.read_text()
    init(world, home, "repo", *STAGING)
    assert rules.read_text() == before
    other = ("--age", "age1" + "q" * 58, "--environment", "test", *STAGING[2:])
    assert "is for test already" in init(world, home, "repo", *other, code=64).stderr


def test_like_another_environment_with_no_value_of_it(world: World, home: Path, repo: Path) -> None:
    folder = ("-C", str(repo / "manifests"))
    made = world.cli("set", "production", "example/token", *folder, environment=keys(home))
    assert made.returncode == 64  # it is generated, and stays so in the copy
    values = home / "values.json"
    values.write_text(json.dumps({"example/host": "db.staging"}))
    settings = repo / "manifests/production/environment.sops.yaml"
    settings.write_text(f"kms_key: alias/ours\n{settings.read_text()}")
    done = init(world, home, "repo", *STAGING, "--like", "production", "--values", str(values))
    assert "is of production alone: `kms_key` of the environment" in done.stderr
    assert "kms_key" not in (repo / "manifests/staging/environment.sops.yaml").read_text()
    text = (repo / "manifests/staging/example.sops.yaml").read_text()
    assert "length: 40" in text
    assert "plaintext: db.staging" in text
    assert "db.internal" not in text
    assert "max_change_ratio" in (repo / "manifests/staging/environment.sops.yaml").read_text()
    said = world.cli("validate", *folder, environment=keys(home))
    assert said.returncode == 0, said.stderr


@pytest.mark.parametrize(
    "text",
    [
        "creation_rules:\n- path_regex: ^a/\n  age: age1a\n",
        "# head\ncreation_rules:\n    - age: age1a\n      path_regex: ^a/\n\n# tail\n",
        "creation_rules:\n  - age: age1a\n\n# of the next\nstores:\n  yaml:\n    indent: 2\n",
        "creation_rules:\n  - age: age1a",
    ],
)
def test_a_rule_goes_behind_the_others_and_all_else_stays(text: str) -> None:
    from ruamel.yaml import YAML

    made = with_rule(text, rule("b", "age", "age1b"))
    assert made is not None
    there, now = (YAML(typ="safe").load(one) for one in (text, made))
    assert now["creation_rules"][:-1] == there["creation_rules"]
    assert now["creation_rules"][-1]["path_regex"] == "^b/.*\\.sops\\.yaml$"
    assert now.keys() == there.keys()
    kept = [line for line in made.splitlines() if line in text.splitlines()]
    assert kept == text.splitlines()


@pytest.mark.parametrize(
    "text", ["creation_rules: [{age: age1a}]\n", "a: b\n", "creation_rules:\n"]
)
def test_rules_of_another_form_are_left_to_people(text: str) -> None:
    assert with_rule(text, rule("b", "age", "age1b")) is None


def test_a_wrong_answer_is_asked_again(world: World, home: Path) -> None:
    leader, follower = pty.openpty()
    os.write(leader, b"12\n123456789012\nus_west\nus-west-2\napp\n/app/production\n")
    done = init(world, home, "repo", "--no-plan", stdin=follower)
    os.close(follower)
    os.close(leader)
    assert done.stderr.count("AWS account") == 2
    assert done.stderr.count("Region, like") == 2
    assert "it starts with a slash" in done.stderr
    environment = (home.parent / "repo/manifests/production/environment.sops.yaml").read_text()
    assert 'account: "123456789012"' in environment


def test_kms_comes_first(world: World, home: Path) -> None:
    """The stack that makes the key is the one that bootstrap updates."""
    missing = "arn:aws:kms:us-west-2:123456789012:key/00000000-0000-0000-0000-000000000000"
    done = init(world, home, "repo", *GIVEN, "--kms", missing, code=1)
    assert "reconciler bootstrap production --key-only --account 123456789012" in done.stderr
    assert not (home.parent / "repo").exists()
    printed = world.cli("bootstrap", "production", "--key-only", "--account", "123456789012",
                        "--region", "us-west-2")  # fmt: skip
    template = json.loads(printed.stdout)
    assert template["Outputs"].keys() == {"ManifestsKey"}
    assert 'GetAtt": ["Apply' not in printed.stdout
    assert "--stack-name secrets-production" in printed.stderr
    wrong = world.cli("bootstrap", "x", "--key-only", "--account", "1", "--region", "us-west-2")
    assert wrong.returncode == 64
    assert "--account: it does not have the form" in wrong.stderr


def test_no_program_of_age_is_needed(world: World, home: Path) -> None:
    """A path with git and sops alone."""
    git = subprocess.run(["which", "git"], capture_output=True, text=True, check=True)
    (home / "bin" / "git").symlink_to(git.stdout.strip())
    (home / "bin" / "sops").symlink_to(Path(sys.executable).parent / "sops")
    init(world, home, "repo", *GIVEN, "--no-plan", variables={"PATH": str(home / "bin")})
