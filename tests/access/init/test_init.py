"""A new repository in one command, and what it refuses."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import boto3
import pytest

from reconciler.access.init import key_file
from tests.access.init.run import GIVEN, init, made_key
from tests.age_key import new_age_key
from tests.world import World

ROOT = Path(__file__).parents[3]
FILES = {
    ".gitattributes",
    ".gitignore",
    ".pre-commit-config.yaml",
    "manifests/.schema/environment.json",
    "manifests/.schema/manifest.json",
    "manifests/.sops.yaml",
    "manifests/production/environment.sops.yaml",
    "manifests/production/example.fingerprints.lock",
    "manifests/production/example.sops.yaml",
    "manifests/production/fingerprints.lock",
}


def tree(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def test_a_new_repository_ends_with_a_plan_that_works(world: World, home: Path) -> None:
    done = init(world, home, "repo", *GIVEN)
    key = made_key(home)
    repo = home.parent / "repo"
    assert tree(repo) == FILES
    assert {"built/", "rotation.json"} <= set((repo / ".gitignore").read_text().split("\n"))
    assert "Plan: 2 to create" in done.stdout
    assert "reconciler apply production" in done.stderr
    keys = home / ".config" / "sops" / "age" / "keys.txt"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.parent.stat().st_mode) == 0o700
    assert key.identity in keys.read_text()
    assert f"the age key is in {keys}, and nowhere else" in done.stderr
    assert (
        "fingerprint_keys:\n    - ENC["
        in (repo / "manifests/production/environment.sops.yaml").read_text()
    )
    git = subprocess.run(
        ["git", "-C", str(repo), "config", "merge.reconciler.driver"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert git.stdout.startswith("reconciler merge-driver")
    # What it made is what the other commands take, and applying it leaves nothing to do.
    variables = {"SOPS_AGE_KEY": key.identity}
    folder = ("-C", str(repo / "manifests"))
    for command, ends in (
        (("validate",), 0),
        (("lock", "--check"), 0),
        (("plan", "production", "--keyless"), 0),
        (("apply", "production", "--auto-approve"), 0),
        (("plan", "production", "--detailed-exitcode"), 0),
    ):
        ran = world.cli(*command, *folder, environment=variables)
        assert ran.returncode == ends, ran.stdout + ran.stderr
        assert "warning" not in ran.stderr


def test_json_says_what_was_made(world: World, home: Path) -> None:
    done = json.loads(init(world, home, "repo", *GIVEN, "-o", "json").stdout)
    key = made_key(home)
    assert set(done["files"]) == FILES
    assert done["recipient"] == key.recipient
    assert done["key_file"].endswith("sops/age/keys.txt")
    assert done["plan"]["summary"]["create"] == 2


def test_a_key_is_added_to_those_that_are_there(world: World, home: Path) -> None:
    elsewhere = home / "own" / "keys.txt"
    elsewhere.parent.mkdir()
    elsewhere.write_text("# mine\nAGE-SECRET-KEY-OTHER")
    elsewhere.chmod(0o644)
    refused = init(world, home, "repo", *GIVEN, "--key-file", str(elsewhere), code=1)
    assert f"chmod 600 {elsewhere}" in refused.stderr
    assert not (home.parent / "repo").exists()
    elsewhere.chmod(0o600)
    elsewhere.write_text("# mine")
    done = init(world, home, "repo", *GIVEN, "--key-file", str(elsewhere))
    assert elsewhere.read_text().startswith("# mine\n# public key: age1")
    assert "\nAGE-SECRET-KEY-1" in elsewhere.read_text()
    assert f"export SOPS_AGE_KEY_FILE={elsewhere}" in done.stderr


def test_where_sops_looks_for_keys() -> None:
    assert key_file({"SOPS_AGE_KEY_FILE": "/k", "HOME": "/h"}) == Path("/k")
    assert key_file({"XDG_CONFIG_HOME": "/x", "HOME": "/h"}) == Path("/x/sops/age/keys.txt")
    where = "Library/Application Support" if sys.platform == "darwin" else ".config"
    assert key_file({"HOME": "/h"}) == Path(f"/h/{where}/sops/age/keys.txt")


def test_a_kms_key_needs_no_age(world: World, home: Path) -> None:
    made = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    done = init(world, home, "repo", *GIVEN, "--kms", made, "--action", ACTION)
    assert not any("inherit" in text for text in flows(home).values()), "no secret goes along"
    assert f"kms: {made}\n" in (home.parent / "repo/manifests/.sops.yaml").read_text()
    assert "Plan: 2 to create" in done.stdout
    assert not (home / ".config").exists()
    # The user named it: in a repository with a remote sops may ask it before anything is merged.
    repository = home.parent / "repo"
    git = ["git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for arguments in (["add", "-A"], ["commit", "-qm", "x"], ["remote", "add", "origin", "/none"]):
        subprocess.run([*git, *arguments], check=True)
    said = world.cli("validate", "-C", str(repository / "manifests"))
    assert said.returncode == 0, said.stderr
    subprocess.run([*git, "config", "--unset", "reconciler.trusted-key"], check=True)
    said = world.cli("validate", "-C", str(repository / "manifests"))
    assert "error[untrusted-key]" in said.stderr


def test_a_recipient_whose_key_is_elsewhere(world: World, home: Path) -> None:
    """The repository is made; what takes the key is told, and the exit code says so."""
    key = new_age_key()
    done = init(world, home, "repo", *GIVEN, "--age", key.recipient, code=1)
    assert tree(home.parent / "repo") == {file for file in FILES if not file.endswith(".lock")}
    assert "reconciler lock production" in done.stderr
    shutil.rmtree(home.parent / "repo")
    mine = {"SOPS_AGE_KEY": key.identity}
    init(world, home, "repo", *GIVEN, "--age", key.recipient, variables=mine)


def test_credentials_of_another_account_make_no_plan(world: World, home: Path) -> None:
    other = ("--account", "999999999999", *GIVEN[2:])
    done = init(world, home, "repo", *other, code=1)
    assert "error[account]" in done.stderr
    assert "the repository is made" in done.stderr
    assert tree(home.parent / "repo") == FILES
    shutil.rmtree(home.parent / "repo")
    init(world, home, "repo", *other, "--no-plan")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give --account, --region, --prefix"),
        (("--account", "12", *GIVEN[2:]), "--account: it does not have the form"),
        ((*GIVEN[:4], "--prefix", "app"), "--prefix: it starts with a slash"),
        ((*GIVEN, "--environment", "a/b"), "--environment: it does not have the form"),
        ((*GIVEN, "--owner", "a b"), "--owner: it does not have the form"),
        ((*GIVEN, "--kms", "arn:aws:kms"), "the ARN of a KMS key"),
        ((*GIVEN, "--age", "AGE-SECRET-KEY-1"), "a public age key"),
        ((*GIVEN, "--age", "x", "--kms", "y"), "exclude each other"),
        ((*GIVEN, "--kms", "y", "--key-file", "z"), "--key-file is for a new age key"),
        ((*GIVEN, "--key-file", "repo/keys.txt"), "may not be in the repository"),
    ],
)
def test_what_is_asked_wrong_is_one_clear_line_and_nothing_written(
    world: World, home: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = init(world, home, "repo", *arguments, code=64)
    assert said in done.stderr.splitlines()[0]
    assert "AGE-SECRET-KEY" not in done.stderr
    assert not (home.parent / "repo").exists()
    assert not (home / ".config").exists()


@pytest.mark.parametrize("name", ["manifests", ".gitignore", ".pre-commit-config.yaml"])
def test_nothing_that_exists_is_overwritten(world: World, home: Path, name: str) -> None:
    repo = home.parent / "repo"
    repo.mkdir()
    (repo / name).symlink_to("nowhere")
    done = init(world, home, "repo", *GIVEN, code=64)
    assert f"already there: {name}" in done.stderr
    assert [path.name for path in repo.iterdir()] == [name]
    assert not (home / ".config").exists()


def test_a_repository_that_exists_keeps_what_it_has(world: World, home: Path) -> None:
    repo = home.parent / "repo"
    (repo / "app").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", str(repo)], check=True)
    (repo / ".gitattributes").write_text("*.png binary\n")
    inside = init(world, home, "repo/app", *GIVEN, code=64)
    assert "error[in-repository]" in inside.stderr
    init(world, home, "repo", *GIVEN)
    assert (repo / ".gitattributes").read_text().startswith("*.png binary\n*.sops.yaml merge=")


def test_it_asks_on_a_terminal(world: World, home: Path) -> None:
    leader, follower = pty.openpty()
    os.write(leader, b"123456789012\nus-west-2\n/app/production\n")
    done = init(world, home, "repo", "--no-plan", stdin=follower)
    os.close(follower)
    os.close(leader)
    assert "AWS account" in done.stderr
    environment = (home.parent / "repo/manifests/production/environment.sops.yaml").read_text()
    assert 'account: "123456789012"' in environment
    assert "owner: app" in environment


ACTION = f"octo/reconciler@{'0123456789' * 4}"


def flows(home: Path) -> dict[str, str]:
    folder = home.parent / "repo/.github/workflows"
    return {file.name: file.read_text() for file in folder.iterdir()}


def test_workflows_call_those_of_the_reconciler_at_a_commit(world: World, home: Path) -> None:
    done = init(world, home, "repo", *GIVEN, "--no-plan", "--action", ACTION)
    repository, _, commit = ACTION.partition("@")
    for name, text in flows(home).items():
        assert f"uses: {repository}/.github/workflows/{name}@{commit}\n" in text
    assert "secrets: inherit" in flows(home)["secrets-apply.yml"]
    assert "workflows: which roles and variables they need" in done.stderr


def test_on_enterprise_server_they_are_whole_with_the_action_at_a_commit(
    world: World, home: Path
) -> None:
    init(world, home, "repo", *GIVEN, "--no-plan", "--action", ACTION, "--enterprise-server")
    repository, _, commit = ACTION.partition("@")
    there = f"uses: {repository}/.github/actions/reconcile@{commit}"
    for name, text in flows(home).items():
        ours = (ROOT / ".github/workflows" / name).read_text()
        ours = re.sub(r"(?m)^ +deployment: .*\n", "", ours)
        assert text.replace(there, "uses: $/.github/actions/reconcile") == ours
        assert there in text
        assert "$/" not in text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--workflows",), "This build is not a release"),
        (("--workflows", "--action", ACTION), "exclude each other"),
        (("--enterprise-server",), "goes with --action or --workflows"),
    ],
)
def test_workflows_are_those_of_a_release_or_of_a_commit(
    world: World, home: Path, given: tuple[str, ...], said: str
) -> None:
    assert said in init(world, home, "repo", *GIVEN, *given, code=64).stderr


@pytest.mark.parametrize("action", ["octo/reconciler", "octo/reconciler@main", "octo@" + "0" * 40])
def test_an_action_is_named_at_a_commit(world: World, home: Path, action: str) -> None:
    done = init(world, home, "repo", *GIVEN, "--action", action, code=64)
    assert "a commit in full" in done.stderr


def test_the_package_brings_every_workflow_along() -> None:
    """From the one source: a wheel holds the repository's own files."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    brought = build["targets"]["wheel"]["force-include"]
    names = [file.name for file in (ROOT / ".github/workflows").glob("secrets-*.yml")]
    assert brought == {
        f".github/workflows/{name}": f"reconciler/access/init/workflows/{name}" for name in names
    }


def test_every_repository_has_a_fingerprint_key_of_its_own(world: World, home: Path) -> None:
    ids = set()
    for name in ("one", "two"):
        init(world, home, name, *GIVEN, "--no-plan")
        lock = (home.parent / name / "manifests/production/fingerprints.lock").read_text()
        ids |= {line for line in lock.splitlines() if line.startswith("keys: ")}
    assert len(ids) == 2
