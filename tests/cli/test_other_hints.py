"""Commands of sops, git and the AWS CLI in messages: each runs as printed, in its situation; of the
AWS CLI, which is in no test's environment, the operation and its options are those of AWS's model.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from functools import cache
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from reconciler.values.sops import find
from tests.command import command
from tests.hints import Told, told_of
from tests.world import World

MAIN = "manifests/production/main.sops.yaml"
# In a message a placeholder stands for a whole argument.
FILES = ("FILE", "X", "X/X/example.sops.yaml")
# Spoken of, and not to be run: what was tried, and a word of prose.
SPOKEN = ("failed in", "add it", "decrypt")
# A command of the AWS CLI alone; options that all commands have.
CLI_ALONE = ("configure list-profiles",)
GLOBAL = {"region", "query", "output", "profile"}
GIT = {
    "config --add reconciler.trusted-key 'kms arn:…'": "config --add reconciler.trusted-key x",
    "config --add X X": "config --add reconciler.trusted-key x",
    "config X origin/BRANCH": "config reconciler.trusted-base origin/main",
    "config X": "config merge.sops.driver",
    # In a conflict: tests/manifest/merge/test_merges.py follows all of what is said.
    "checkout --ours X": f"checkout {MAIN}",
    "checkout --theirs X": f"checkout {MAIN}",
    "restore FILE": f"restore {MAIN}",
    "restore X": f"restore {MAIN}",
    "restore --source COMMIT FILE": f"restore --source HEAD {MAIN}",
    "-C X status": "-C manifests status",
    "log -p -- X": f"log -p -- {MAIN}",
    "add": f"add {MAIN}",
}


@cache
def session() -> botocore.session.Session:
    return botocore.session.Session()


def told_lines(program: str) -> list[str]:
    found = {" ".join(one.words) for one in told_of(program)}
    return sorted(line for line in found if not any(word in line for word in SPOKEN))


@pytest.fixture
def repository(world: World, tmp_path: Path) -> Path:
    """The root of a repository that was cloned, with an encrypted manifest."""
    world.declare({"text": {"value": "one"}})
    folder = world.tree.manifests.parent
    other = tmp_path / "other"
    for line in ("init -q -b main", "add manifests", "commit -q -m before",
                 f"clone -q --bare . {other}", f"remote add origin {other}",
                 "config merge.sops.driver x"):  # fmt: skip
        git(folder, line)
    return folder


def git(folder: Path, line: str) -> None:
    own = ("git", "-c", "user.name=t", "-c", "user.email=t@example.com", *shlex.split(line))
    done = subprocess.run(own, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"git {line}: {done.stderr}"


def run_sops(world: World, folder: Path, line: str) -> None:
    editor = folder / "editor"
    editor.write_text('#!/bin/sh\nsed -i "s/one/two/" "$1"\n')
    editor.chmod(0o755)
    variables = {**world.tree.environ, "EDITOR": str(editor), "PATH": os.environ["PATH"]}
    words = [MAIN if word in FILES else word for word in shlex.split(line)]
    done = subprocess.run(
        [str(find()), "--disable-version-check", *words],
        cwd=folder, env=variables, input="y\n", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"sops {line}: {done.stderr}"


def test_each_of_sops_runs(world: World, repository: Path) -> None:
    lines = told_lines("sops")
    assert len(lines) >= 5
    keep = repository.parent / "keep"
    shutil.copytree(world.tree.manifests, keep)
    other = world.tree.read("production/environment.sops.yaml")
    found = re.search(r"mac: .*", other)
    mac = "" if found is None else found[0]
    for line in lines:
        shutil.rmtree(world.tree.manifests)
        shutil.copytree(keep, world.tree.manifests)
        typed = line.replace("X/.sops.yaml", "manifests/.sops.yaml")
        typed = typed.replace("--config X X X", f"--config manifests/.sops.yaml updatekeys {MAIN}")
        if " encrypt " in typed:
            Path(MAIN).write_text("secrets:\n  text:\n    value: one\n")
        if "--ignore-mac" in typed:
            own = Path(MAIN).read_text()
            Path(MAIN).write_text(re.sub(r"mac: .*", mac, own))
        before = Path(MAIN).read_bytes()
        run_sops(world, repository, typed)
        if "--ignore-mac" in typed:
            command(world, "validate", "production")
        changed = Path(MAIN).read_bytes() != before
        assert changed is ("updatekeys" not in typed), line


def test_none_of_sops_leaves_the_rules_to_chance() -> None:
    """Where it stands in another folder, sops would find other rules, or none."""
    assert [line for line in told_lines("sops") if not line.startswith("--config ")] == []


def test_each_of_git_runs(repository: Path) -> None:
    lines = told_lines("git")
    assert len(lines) >= 5
    for line in lines:
        git(repository, GIT.get(line, line))
    assert GIT.keys() - {"config X"} <= set(lines)


@pytest.mark.parametrize("told", list(told_of("aws")), ids=str)
def test_each_of_the_aws_cli_is_one_that_aws_has(told: Told) -> None:
    if " ".join(told.words) in CLI_ALONE:
        return
    service, operation, *words = told.words
    model = session().get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    assert operation in names, told
    if not words:
        return  # spoken of by its name
    shape = model.operation_model(names[operation]).input_shape
    assert shape is not None
    options = {xform_name(name, "-"): name for name in shape.members}
    given = {word.removeprefix("--").partition("=")[0] for word in words if word[:2] == "--"}
    assert given - GLOBAL <= options.keys(), told
    needed = {xform_name(name, "-") for name in shape.required_members}
    assert needed <= given, told
