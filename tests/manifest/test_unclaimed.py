"""A file below the manifests' folder that no environment reads is an error of `validate`, and so is
each value in it that is in clear text."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest

from tests.canary import CANARY
from tests.inprocess import reconciler
from tests.trees import Tree

SECRET = {"secrets": {"db": {"value": {"password": CANARY}}}}


def validate(tree: Tree, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **tree.environ}
    done = reconciler(["validate", *arguments], environment=environment)
    assert CANARY not in done.stdout + done.stderr
    return done


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        # Whoever makes a second environment begins so.
        ("staging/main.sops.yaml", "write manifests/staging/environment.sops.yaml"),
        ("staging/enviroment.sops.yaml", "write manifests/staging/environment.sops.yaml"),
        ("common/db.yaml", "name it in an environment's `include`"),
        ("db.json", "name it in an environment's `include`"),
        ("team/production/main.sops.yaml", "move it into an environment's folder"),
    ],
)
def test_a_file_of_no_environment(name: str, hint: str, tree: Tree) -> None:
    tree.write(name, SECRET, encrypt=False)
    done = validate(tree)
    assert done.returncode == 1
    assert f"manifests/{name}:1:1: error[unclaimed]: no environment reads this file" in done.stderr
    assert hint in done.stderr
    assert f"manifests/{name}:5:9: error[not-encrypted]: the value is not encrypted" in done.stderr
    # Of one environment only what is its own is told.
    assert validate(tree, "production").returncode == 0
    (first, second) = json.loads(validate(tree, "-o", "json").stdout)["unclaimed"]
    assert (first["code"], second["code"]) == ("unclaimed", "not-encrypted")
    assert first["path"] == f"manifests/{name}"


@pytest.mark.parametrize(
    "content",
    [
        {"value": CANARY},
        {"secrets": {"a": {"value": {"b": {"c": [CANARY]}}}}},
        {"parameters": {"a": {"more": {"value": CANARY}}}},
        {"fingerprint_keys": [CANARY]},
    ],
)
def test_clear_text_wherever_it_stands(content: Mapping[str, Any], tree: Tree) -> None:
    for name in ("staging/main.sops.yaml", "production/notes.yaml"):
        tree.write(name, content, encrypt=False)
    said = validate(tree).stderr
    assert said.count("error[not-encrypted]") == 2
    assert "error[unclaimed]" in said
    assert "error[not-read]" in said


def test_a_file_of_no_environment_that_is_no_yaml(tree: Tree) -> None:
    tree.write("notes.yaml", f"a: [{CANARY}", encrypt=False)
    said = validate(tree).stderr
    assert re.search(r"manifests/notes.yaml:\d+:\d+: error\[yaml\]", said)


def test_a_file_of_no_environment_behind_a_symlink(tree: Tree) -> None:
    tree.write("../outside.yaml", SECRET, encrypt=False)
    tree.path("linked.yaml").symlink_to(tree.path("../outside.yaml"))
    assert "manifests/linked.yaml: error[symlink]" in validate(tree).stderr


def test_what_is_included_or_hidden_is_claimed(tree: Tree) -> None:
    tree.write("common/db.yaml", {"secrets": {"db": {"description": "d"}}}, encrypt=False)
    tree.write(".draft/x.yaml", SECRET, encrypt=False)
    tree.write("notes.txt", "text", encrypt=False)
    assert "error[unclaimed]" in validate(tree).stderr
    line = "owner: test"
    tree.edit("production/environment.sops.yaml", line, f"{line}\ninclude: ['../common/*.yaml']")
    done = validate(tree)
    assert (done.returncode, "unclaimed" in done.stderr) == (0, False), done.stderr
