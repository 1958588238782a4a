"""A `.sops.yaml` in another place widens for whom files are encrypted, and nobody looks there.

sops takes the nearest one from the folder where it is run upward: at the top of the repository, or
in an environment's folder, it decides for whom `sops updatekeys` encrypts.
"""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

from reconciler.values.sops import find
from tests.age_key import new_age_key
from tests.cli.run import cli
from tests.manifest.branch.build import MAIN, Branch, make_branch
from tests.trees import Tree, clean_environ, creation_rules

ROOT = Path(__file__).parents[3]
PLACES = ["../.sops.yaml", "production/.sops.yaml", "production/inner/.sops.yaml",
          "common/.sops.yaml", "../.SOPS.yaml"]  # fmt: skip
CREATES_FOR = re.compile(r"\bsops (updatekeys|encrypt|edit|rotate)\b")


@pytest.fixture
def branch(tmp_path: Path) -> Branch:
    folder = tmp_path / "repository"
    folder.mkdir()
    return make_branch(folder)


def plant(branch: Branch, place: str) -> str:
    """Rules of the attacker's in another place; for whom they encrypt."""
    recipient = new_age_key().recipient
    path = branch.tree.path(place)
    path.parent.mkdir(exist_ok=True)
    path.write_text(creation_rules(recipient))
    return recipient


@pytest.mark.parametrize("place", PLACES)
def test_rules_in_another_place_are_an_error_of_every_environment(
    branch: Branch, place: str
) -> None:
    plant(branch, place)
    done = cli("validate", "-o", "json", cwd=branch.folder)
    assert done.returncode == 1
    assert done.stdout.count('"code": "other-rules"') == 2  # production and staging
    done = cli("plan", "staging", "--keyless", cwd=branch.folder)
    assert "error[other-rules]: sops run from here takes its rules from this file" in done.stderr
    shown = (branch.tree.manifests / place).resolve().relative_to(branch.folder)
    assert f"{shown}: error[other-rules]" in done.stderr


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("committed", [False, True])
def test_diff_names_them_first(branch: Branch, place: str, committed: bool) -> None:
    plant(branch, place)
    added = new_age_key().recipient
    rules = creation_rules(branch.tree.key.recipient, added)
    branch.tree.path(".sops.yaml").write_text(rules)
    if committed:
        branch.commit()
    first = branch.findings(*(["--head", "HEAD"] if committed else []))[0]
    assert first["code"] == "other-rules"
    assert first["mark"] == "+"
    assert first["path"] == place
    lines = branch.diff().splitlines()
    assert lines[3].startswith(f"  + file {place}: rules for sops in another place")


def test_diff_names_them_where_nothing_else_differs_and_where_they_change_or_go(
    branch: Branch,
) -> None:
    plant(branch, "../.sops.yaml")
    assert "No manifest differs" not in branch.diff()
    assert [f["code"] for f in branch.findings()] == ["other-rules"]
    branch.git("tag", "-d", "base")
    branch.commit()
    branch.git("tag", "base")
    assert branch.findings() == []
    plant(branch, "../.sops.yaml")
    assert [(f["code"], f["mark"]) for f in branch.findings()] == [("other-rules", "~")]
    branch.tree.path("../.sops.yaml").unlink()
    assert [(f["code"], f["mark"]) for f in branch.findings()] == [("other-rules", "-")]


@pytest.mark.parametrize("place", PLACES)
def test_they_concern_every_environment(branch: Branch, place: str) -> None:
    """So that the workflow of a pull request looks at all of them."""
    plant(branch, place)
    branch.commit()
    done = cli("matrix", "--base", "base", "--format", "names", cwd=branch.folder)
    assert done.stdout.split() == ["production", "staging"], done.stderr


@pytest.mark.parametrize("place", ["../../.sops.yaml", ".hidden/.sops.yaml"])
def test_rules_that_no_run_in_the_repository_reads_are_left_alone(
    branch: Branch, place: str
) -> None:
    plant(branch, place)
    done = cli("validate", cwd=branch.folder)
    assert done.returncode == 0, done.stderr


def test_the_hint_encrypts_for_nobody_whom_the_rules_here_do_not_name(branch: Branch) -> None:
    """The command of the hint, run where it was shown, with rules planted there meanwhile."""
    later = new_age_key().recipient
    rules = creation_rules(branch.tree.key.recipient, later)
    branch.tree.path(".sops.yaml").write_text(rules)
    done = cli("validate", "production", cwd=branch.folder)
    assert "[keys-differ]" in done.stderr
    hint = next(line for line in done.stderr.splitlines() if "updatekeys" in line)
    theirs = plant(branch, "../.sops.yaml")
    command = hint[hint.index("sops ") :].partition(";")[0]  # behind it: how to see them all
    ran = subprocess.run(
        ["sh", "-c", command.replace("updatekeys", "updatekeys --yes")],
        cwd=branch.folder, text=True, check=False, capture_output=True,
        env={**clean_environ(), **branch.tree.environ, "PATH": f"{find().parent}:/usr/bin:/bin"},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    named = sum(later in branch.tree.read(f"production/{name}.sops.yaml")
                for name in ("environment", "main"))  # fmt: skip
    assert named == 1
    assert theirs not in branch.tree.read(MAIN)


def test_no_hint_leaves_it_to_sops_which_rules_it_takes() -> None:
    found = []
    for source in sorted((ROOT / "reconciler").rglob("*.py")):
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.JoinedStr):
                parts = (p.value if isinstance(p, ast.Constant) else "X" for p in node.values)
                text = "".join(map(str, parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
            else:
                continue
            found += [f"{source.name}: {m[0]}" for m in CREATES_FOR.finditer(text)]
    assert found == []


def test_a_repository_inside_another_looks_no_further_than_its_own_top(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".sops.yaml").write_text(creation_rules(new_age_key().recipient))
    folder = tmp_path / "inner"
    folder.mkdir()
    made = make_branch(folder)
    assert isinstance(made.tree, Tree)
    assert cli("validate", cwd=folder).returncode == 0
