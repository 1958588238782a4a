"""`reconciler github unmoved`: whether a branch has gone on in what a plan was made of."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.github.job import SHA, Job

UNMOVED = ("unmoved", "production", "--sha", SHA)
INCLUDES = "include: ['../common/*.yaml', '../shared/??.yaml']\n"


@pytest.fixture(autouse=True)
def tree(job: Job) -> Path:
    """Two environments in a repository of git."""
    for name in ("production", "staging"):
        folder = job.folder / "manifests" / name
        folder.mkdir()
        (folder / "environment.sops.yaml").write_text(INCLUDES if name == "production" else "a: b")
    git(job.folder, "init", "-q", "-b", "main")
    return job.folder


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def compared(
    job: Job, *files: str | dict[str, str], status: str = "ahead", to: str = "main"
) -> None:
    listed: list[Any] = [f if isinstance(f, dict) else {"filename": f} for f in files]
    job.state["compare"] = {f"{SHA}...refs/heads/{to}": {"status": status, "files": listed}}


def test_nothing_was_merged_since(job: Job) -> None:
    compared(job, status="identical")
    done = job.run(*UNMOVED)
    assert done.out == ""
    assert "main has changed nothing of it since 444444444444" in done.err


UNRELATED = (
    "README.md",
    "manifests/staging/db.sops.yaml",
    "manifests/production-old/db.sops.yaml",
    "manifests/shared/long.yaml",  # ?? are two characters
    "manifests/README.md",
    "app/reconciler/x.py",
    "other/manifests/production/db.sops.yaml",
    "pyproject.toml.orig",
)


def test_an_unrelated_merge_strands_nothing(job: Job) -> None:
    compared(job, *UNRELATED)
    job.run(*UNMOVED)


@pytest.mark.parametrize(
    "path",
    [
        "manifests/production/db.sops.yaml",
        "manifests/production/environment.sops.yaml",
        "manifests/production/deep/er/x.sops.yaml",
        "manifests/production/fingerprints.lock",
        "manifests/common/jwt.yaml",
        "manifests/shared/ab.yaml",
        "manifests/.sops.yaml",
        ".github/workflows/secrets-apply.yml",
        ".github/actions/reconcile/action.yml",
        "reconciler/apply.py",
        "requirements/runtime.txt",
        "pyproject.toml",
    ],
)
def test_what_the_plan_was_made_of_has_changed(job: Job, path: str) -> None:
    compared(job, "README.md", path)
    done = job.run(*UNMOVED, code=3)
    said = f"main has since changed what production is planned from: {path}"
    assert done.err.splitlines()[0] == f"error[branch-moved]: {said}"
    assert done.out.startswith(f"::error title=production%3A nothing was written::{said}%0A")
    assert "approve the run of the newest commit" in done.out


def test_common_counts_where_nothing_includes_it(job: Job) -> None:
    compared(job, "manifests/common/new.yaml")
    job.run("unmoved", "staging", "--sha", SHA, code=3)


def test_a_file_that_was_moved_away_counts(job: Job) -> None:
    old = "manifests/production/db.sops.yaml"
    compared(job, {"filename": "old/db.yaml", "status": "renamed", "previous_filename": old})
    assert old in job.run(*UNMOVED, code=3).err


@pytest.mark.parametrize("status", ["behind", "diverged"])
def test_a_branch_that_does_not_contain_the_commit(job: Job, status: str) -> None:
    compared(job, status=status)
    assert "main does not contain 444444444444" in job.run(*UNMOVED, code=3).err


def test_more_files_than_github_lists(job: Job) -> None:
    compared(job, *(f"docs/{n}.md" for n in range(299)))
    job.run(*UNMOVED)
    compared(job, *(f"docs/{n}.md" for n in range(400)))
    assert "has changed 300 files or more" in job.run(*UNMOVED, code=3).err


def test_another_branch_and_other_code(job: Job) -> None:
    compared(job, "reconciler/apply.py", "tools/plan.py", to="release/1 #x")
    branch = ("--branch", "release/1 #x")
    job.run(*UNMOVED, *branch, "--code", "other", "--code", "tools/plan")
    assert ": tools/plan.py\n" in job.run(*UNMOVED, *branch, "--code", "tools", code=3).err


def test_many_are_counted(job: Job) -> None:
    compared(job, *(f"manifests/production/{n}.sops.yaml" for n in range(9)))
    assert "4.sops.yaml and 4 more\n" in job.run(*UNMOVED, code=3).err


def test_names_that_others_chose_are_obeyed_by_nothing(job: Job) -> None:
    compared(job, "manifests/production/x\n::error::y\x1b[2J\u202e.sops.yaml")
    done = job.run(*UNMOVED, code=3)
    assert len(done.out.splitlines()) == 1
    for text in (done.out, done.err):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert not [line for line in text.splitlines()[1:] if line.lstrip().startswith("::")]


def test_json(job: Job) -> None:
    compared(job, "README.md")
    told = json.loads(job.run(*UNMOVED, "-o", "json").out)
    assert told == {"environment": "production", "moved": False, "reason": None}
    compared(job, "pyproject.toml")
    told = json.loads(job.run(*UNMOVED, "-o", "json", code=3).out)
    assert told["moved"] is True
    assert "pyproject.toml" in told["reason"]


def test_the_repository_may_be_in_a_folder_of_the_workspace(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What GitHub calls manifests/ is workspace/checkout/manifests here."""
    moved = job.folder / "checkout"
    moved.mkdir()
    for name in ("manifests", ".git"):
        (job.folder / name).rename(moved / name)
    monkeypatch.chdir(moved)
    compared(job, "manifests/production/db.sops.yaml")
    job.run(*UNMOVED, code=3)
    # And the manifests may be the repository.
    (moved / ".git").rename(moved / "manifests" / ".git")
    compared(job, *UNRELATED)
    job.run(*UNMOVED)
    for path in ("production/db.sops.yaml", "common/a.yaml", ".sops.yaml", "shared/ab.yaml"):
        compared(job, path)
        job.run(*UNMOVED, code=3)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("unmoved", "production", "--sha", "main"), "--sha is not the full id of a commit"),
        (("unmoved", "production", "--sha", "4444444"), "--sha is not the full id of a commit"),
        (("unmoved", "../production", "--sha", SHA), "there is no environment ../production"),
        (("unmoved", "none", "--sha", SHA), "there is no environment none"),
        ((*UNMOVED, "--branch", "a..b"), "'a..b' is no branch"),
        ((*UNMOVED, "--branch", ""), "'' is no branch"),
        (("unmoved", "production"), "Missing option '--sha'"),
    ],
)
def test_what_cannot_be_asked(job: Job, arguments: tuple[str, ...], said: str) -> None:
    assert said in job.run(*arguments, code=64).err
    assert job.state["requests"] == []


def test_outside_of_git_it_is_refused(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(job.folder.parent))
    (job.folder / ".git").rename(job.folder / "gone")
    compared(job)
    assert "is not in a git repository" in job.run(*UNMOVED, code=64).err


def test_an_environment_whose_includes_cannot_be_read_is_refused(job: Job) -> None:
    compared(job)
    own = job.folder / "manifests" / "production" / "environment.sops.yaml"
    own.write_text("a: [")
    assert "production/environment.sops.yaml cannot be read" in job.run(*UNMOVED, code=64).err


def test_what_github_does_not_say_is_not_taken_for_unmoved(job: Job) -> None:
    assert "HTTP 404" in job.run(*UNMOVED, code=1).err
    job.state["permissions"]["contents"] = "none"
    assert "permissions: {contents: read}" in job.run(*UNMOVED, code=1).err
    for body in ({}, [], {"status": "ahead"}, {"status": "new", "files": []},
                 {"status": "ahead", "files": [{}]}):  # fmt: skip
        job.state["faults"] = [{"status": 200, "body": body}]
        job.run(*UNMOVED, code=1)


def test_a_real_repository_as_github_compares_it(job: Job) -> None:
    """The twin: what the small GitHub says of a real history."""
    git(job.folder, "add", "manifests")
    git(job.folder, "commit", "-q", "-m", "one")
    one = git(job.folder, "rev-parse", "HEAD")
    job.state["git"] = str(job.folder)
    ours = ("unmoved", "production", "--sha", one)
    job.run(*ours)
    (job.folder / "manifests" / "staging" / "x.sops.yaml").write_text("a: b")
    git(job.folder, "add", "manifests")
    git(job.folder, "commit", "-q", "-m", "two")
    job.run(*ours)
    assert "main has since changed" in job.run("unmoved", "staging", "--sha", one, code=3).err
    two = git(job.folder, "rev-parse", "HEAD")
    git(job.folder, "reset", "-q", "--hard", one)
    said = job.run("unmoved", "production", "--sha", two, code=3).err
    assert "does not contain" in said
