"""What the workflows' action runs, with what in its environment, and what inputs cannot do."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.trees import clean_environ
from tests.workflows.test_install import ACTION, install, installed

WORKFLOWS = ACTION.parents[1] / "workflows"
SECRETS = {
    "SOPS_AGE_KEY": "the-age-key", "SOPS_AGE_KEY_FILE": "/the/age/key",
    "AWS_ACCESS_KEY_ID": "the-id", "AWS_SECRET_ACCESS_KEY": "the-key",
    "AWS_SESSION_TOKEN": "the-session", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "the-token",
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://the.example/token",
}  # fmt: skip

# A Python that installs nothing, and writes down with what it was called. Whatever a package runs
# while it is installed is a child of it.
SPY = """#!/bin/sh
{ echo "CALL $*"; env; } >>"$RUNNER_TEMP/seen"
if [ "$1 $2 $3" = "-I -m venv" ]; then
  mkdir -p "$4/bin"
  cp "$0" "$4/bin/python"
  cp "$0" "$4/bin/reconciler"
fi
"""


def spied(folder: Path, command: str) -> str:
    """All that the installer calls, and the variables of each call."""
    spy = folder / "spy"
    spy.write_text(SPY)
    spy.chmod(0o755)
    done = install(folder, command, KEYLESS="true", PYTHON=str(spy), **SECRETS)
    assert done.returncode == 0, done.stdout + done.stderr
    return (folder / "runner" / "seen").read_text()


@pytest.mark.parametrize("command", ["install", "plan"])
def test_nothing_that_is_installed_sees_a_key_or_a_credential(tmp_path: Path, command: str) -> None:
    seen = spied(tmp_path, command)
    assert seen.count("CALL ") >= 6
    assert [name for name, value in SECRETS.items() if name in seen or value in seen] == []


def test_no_package_runs_code_of_its_own_while_it_is_installed(tmp_path: Path) -> None:
    calls = [line for line in spied(tmp_path, "install").splitlines() if "pip" in line]
    packages = [line for line in calls if "--requirement" in line]
    assert len(packages) == 2
    for line in packages:
        assert "--only-binary :all: --require-hashes" in line


def test_no_module_of_a_branch_is_imported_while_it_is_installed(tmp_path: Path) -> None:
    """Python would look for `venv` and `pip` in the folder that it is started in first."""
    (tmp_path / "venv.py").write_text("import sys; sys.exit('of the branch')\n")
    calls = [line for line in spied(tmp_path, "install").splitlines() if line.startswith("CALL ")]
    started = [line.split()[1:] for line in calls if line != "CALL --version"]
    assert len(started) == 5
    for options in started:
        done = subprocess.run(
            [sys.executable, *options[: options.index("-m")], "-m", "venv", "--help"],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        ) if "-m" in options else None  # fmt: skip
        assert options[0] == "-I"
        assert done is None or done.returncode == 0, done.stderr


def test_a_job_installs_before_it_has_anything_to_take() -> None:
    jobs: dict[str, list[dict[str, Any]]] = {}
    for file in sorted(WORKFLOWS.glob("secrets-*.yml")):
        for name, job in YAML(typ="safe").load(file.read_text())["jobs"].items():
            jobs[f"{file.stem} {name}"] = job.get("steps", [])
    having = ("credentials@", "secrets.")
    armed = {name for name, steps in jobs.items() if any(one in str(steps) for one in having)}
    assert len(armed) == 7
    for name in armed:
        steps = jobs[name]
        first = next(
            i for i, s in enumerate(steps)
            if "credentials@" in s.get("uses", "") or "secrets." in str(s.get("env"))
        )  # fmt: skip
        with_ = [s.get("with", {}) for s in steps[:first] if "actions/reconcile" in s["uses"]]
        assert {"command": "install"}.items() <= with_[-1].items(), name
        # And sops, where the job decrypts.
        decrypts = "secrets." in str(steps)
        assert (with_[-1].get("keyless") is True) is not decrypts, name


def test_a_sops_on_the_path_that_is_not_the_release_is_said(tmp_path: Path) -> None:
    """It sees the key and every value, so that whoever runs it should know."""
    installed(tmp_path)
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    other = bin_ / "sops"
    other.write_text("#!/bin/sh\necho sops 3.11.0\n")
    other.chmod(0o755)
    paths = [p for p in os.environ["PATH"].split(os.pathsep) if not (Path(p) / "sops").exists()]
    done = install(tmp_path, "apply", PATH=os.pathsep.join([str(bin_), *paths]))
    assert done.returncode == 0, done.stdout + done.stderr
    sum_ = hashlib.sha256(other.read_bytes()).hexdigest()
    assert (
        "::warning title=reconcile::the sops on the PATH is not the sops project's" in done.stdout
    )
    assert f"{other} has the SHA-256 {sum_}" in done.stdout


# --- inputs --------------------------------------------------------------------------------------

INPUTS = (
    "ENVIRONMENT", "MANIFESTS", "BASE", "PLANS", "CHANGED", "PLAN_ROLE", "APPLY_ROLE", "KEYLESS",
    "DEEP", "COMMENT", "ISSUE", "CONFIGURATION", "PLAN_FILE", "DIGEST", "NAMES", "TAKE", "REVIEWED",
    "BRANCH", "AUDIT", "NUMBER", "RESULT", "SELECTED",
)  # fmt: skip


def run(folder: Path, command: str, *, says: str = "", **inputs: str) -> tuple[int, str, list[str]]:
    """The action's second step: its exit code, what it prints, and how it called the reconciler,
    which says that."""
    bin_ = folder / "bin"
    bin_.mkdir(exist_ok=True)
    spy, calls = bin_ / "reconciler", folder / "calls"
    spy.write_text(f'#!/bin/sh\necho "$*" >>"{calls}"\nprintf %s "{says}"\n')
    spy.chmod(0o755)
    environment = clean_environ() | {
        **dict.fromkeys(INPUTS, ""), "PATH": f"{bin_}{os.pathsep}{os.environ['PATH']}",
        "MANIFESTS": "manifests", "BRANCH": "main", "COMMAND": command, "GITHUB_SHA": "0" * 40,
        "ACTION_PATH": str(ACTION), "RUNNER_TEMP": str(folder), "GITHUB_OUTPUT": str(folder / "o"),
        "GITHUB_STEP_SUMMARY": str(folder / "s"), **inputs,
    }  # fmt: skip
    done = subprocess.run(
        ["bash", str(ACTION / "run.sh")], env=environment, cwd=folder, capture_output=True,
        text=True, check=False, timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout, calls.read_text().splitlines() if calls.exists() else []


COMMANDS = ("matrix", "validate", "plan", "apply", "adopt", "drift", "applied", "conflicts")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "name",
    ["--head=evil", "-C", "../production", "a b", "a;id", "$(id)", ".hidden", "a\nb", "a" * 65],
)
def test_an_environment_is_a_name_and_no_option(tmp_path: Path, command: str, name: str) -> None:
    code, said, calls = run(tmp_path, command, ENVIRONMENT=name, DIGEST="0" * 64)
    assert (code, calls) == (64, [])
    assert "::error title=reconcile::the input environment is no name" in said
    assert name not in said


@pytest.mark.parametrize("given", [
    "BASE", "PLANS", "MANIFESTS", "PLAN_ROLE", "APPLY_ROLE", "CONFIGURATION", "PLAN_FILE", "DIGEST",
    "TAKE", "REVIEWED", "BRANCH", "AUDIT", "CHANGED", "RESULT",
])  # fmt: skip
def test_no_input_is_an_option(tmp_path: Path, given: str) -> None:
    for command in COMMANDS:
        code, _, calls = run(tmp_path, command, **{"ENVIRONMENT": "production", given: "--sops=/x"})
        assert (code, calls) == (64, [])


@pytest.mark.parametrize("names", ["db --take git", "-v", "db $(id)", "db;id"])
def test_what_is_adopted_is_names(tmp_path: Path, names: str) -> None:
    code, _, calls = run(tmp_path, "adopt", ENVIRONMENT="production", NAMES=names)
    assert (code, calls) == (64, [])


@pytest.mark.parametrize("names", ["--head=evil", "production -C", "a;id", "$(id)", "../x"])
def test_what_a_caller_looks_after_is_names(tmp_path: Path, names: str) -> None:
    code, _, calls = run(tmp_path, "matrix", SELECTED=names)
    assert (code, calls) == (64, [])


def test_a_caller_looks_after_its_own_environments_alone(tmp_path: Path) -> None:
    among = "--among=production --among=staging"
    code, said, calls = run(tmp_path, "matrix", SELECTED="production staging", BASE="b")
    assert (code, calls[0].partition("matrix ")[2]) == (0, f"--base=b {among}"), said
    (tmp_path / "calls").unlink()
    calls = run(tmp_path, "unchanged", SELECTED="production staging")[2]
    assert calls[0].endswith(f"matrix --format=names {among}"), "others' comments are not ours"


def test_what_came_of_it_is_told_of_what_was_to_be_applied(tmp_path: Path) -> None:
    given = {"PLANS": "kept", "CHANGED": "production,staging"}
    ours = "github outcome --artifacts=kept"
    assert run(tmp_path, "outcome")[0] == 64
    for result, ended in (("success", " --ended"), ("failure", ""), ("cancelled", "")):
        code, _, calls = run(tmp_path, "outcome", RESULT=result, **given)
        assert code == 0
        assert calls[-1].endswith(f"{ours}{ended} -- production staging")


@pytest.mark.parametrize("part", ["-1/2", "1", "1/2 --head=x", "$(id)/2"])
def test_a_part_is_two_numbers(tmp_path: Path, part: str) -> None:
    code, _, calls = run(tmp_path, "matrix", PART=part)
    assert (code, calls) == (64, [])


def test_a_part_is_planned_and_what_other_parts_plan_is_changed_too(tmp_path: Path) -> None:
    """And what is done once is done by the first part."""
    code, said, calls = run(tmp_path, "matrix", PART="2/3", BASE="b", GITHUB_EVENT_NAME="push")
    assert code == 0, said
    matrix = "--manifests=manifests --color=never matrix"
    assert calls == [f"{matrix} --base=b --direct --part=2/3",
                     f"{matrix} --format=names --base=b --direct"]  # fmt: skip
    (tmp_path / "calls").unlink()
    assert run(tmp_path, "unchanged", PART="2/3")[2] == []
    assert len(run(tmp_path, "unchanged", PART="1/3")[2]) == 2


@pytest.mark.parametrize(
    "number", ["", "-1", "0", "7;id", "$(id)", "7 --branch=x", "7\nx=y", "7" * 11]
)
@pytest.mark.parametrize("command", ["conflicts", "merge"])
def test_a_pull_request_is_a_number(tmp_path: Path, command: str, number: str) -> None:
    code, said, calls = run(tmp_path, command, NUMBER=number)
    assert (code, calls) == (64, [])
    assert "the input number is not the number of a pull request" in said


def test_conflicts_of_several_environments_take_one_that_has_all_keys(tmp_path: Path) -> None:
    two = "production\nstaging\n"
    code, said, calls = run(tmp_path, "conflicts", NUMBER="7", says=two)
    assert (code, len(calls)) == (64, 1)
    assert "set the variable SECRETS_MERGE_ENVIRONMENT" in said
    code, _, calls = run(tmp_path, "conflicts", NUMBER="7", says=two, ENVIRONMENT="all-keys")
    assert code == 0
    assert calls[-1].endswith("github protected -- all-keys"), "GitHub would make it, unprotected"
    assert "environment=all-keys" in (tmp_path / "o").read_text().splitlines()


def test_what_is_right_is_passed_on(tmp_path: Path) -> None:
    code, said, calls = run(tmp_path, "validate", ENVIRONMENT="eu.production-2_b")
    assert code == 0, said
    assert calls == ["--manifests=manifests --color=never validate -- eu.production-2_b"]


GIVEN = {
    "BASE": "b" * 40, "CHANGED": "staging", "PLAN_ROLE": "arn:plan", "APPLY_ROLE": "arn:apply",
    "CONFIGURATION": "conf", "NAMES": "one two", "TAKE": "git", "REVIEWED": "w.yml",
    "AUDIT": "audit.jsonl", "DIGEST": "d" * 64, "PLAN_FILE": "plan.json", "NUMBER": "77",
}  # fmt: skip


@pytest.mark.parametrize("command", [*COMMANDS, "diff", "check", "unchanged", "merge"])
@pytest.mark.parametrize("without", ["", "DIGEST", "PLAN_FILE"])
def test_every_input_stands_after_an_equals_sign_or_after_two_hyphens(
    tmp_path: Path, command: str, without: str
) -> None:
    """So that none is an option, whatever the checks above let through."""
    given = {name: value for name, value in GIVEN.items() if name != without}
    _, said, calls = run(tmp_path, command, ENVIRONMENT="production", **given)
    assert calls, said
    inputs = [value for text in given.values() for value in text.split()]
    for call in calls:
        words = call.split()
        names = words.index("--") if "--" in words else len(words)
        for word in words[:names]:
            assert word not in (*inputs, "production"), call
        assert not [word for word in words[names + 1 :] if word.startswith("-")], call
