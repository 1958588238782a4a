"""What is published is what was merged, and nothing of the tests had a hand in it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from reconciler.access.init.workflows import RELEASE_FILE, Source, source
from tests.trees import clean_environ

RELEASE = Path(__file__).parents[3] / ".github" / "workflows" / "release.yml"


@pytest.fixture
def jobs() -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(RELEASE.read_text())["jobs"]
    return found


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def step(job: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in job["steps"] if one["name"] == name)
    return found


def test_only_what_main_contains_is_built(tmp_path: Path, jobs: dict[str, Any]) -> None:
    """Whoever may push may push a tag, on a commit that nobody has reviewed."""
    upstream, clone = tmp_path / "upstream", tmp_path / "clone"
    upstream.mkdir()
    git(upstream, "init", "-q", "-b", "main")
    git(upstream, "commit", "-q", "--allow-empty", "-m", "first")
    older = git(upstream, "rev-parse", "HEAD")
    git(upstream, "commit", "-q", "--allow-empty", "-m", "merged")
    merged = git(upstream, "rev-parse", "HEAD")
    git(upstream, "checkout", "-q", "-b", "theirs")
    git(upstream, "commit", "-q", "--allow-empty", "-m", "not merged")
    theirs = git(upstream, "rev-parse", "HEAD")
    git(upstream, "tag", "v1.2.3")
    git(tmp_path, "clone", "-q", str(upstream), str(clone))
    script = step(jobs["build"], "Main contains the tag")["run"]
    for commit, code in ((theirs, 1), (merged, 0), (older, 0)):
        git(clone, "checkout", "-q", "--detach", commit)
        done = subprocess.run(
            ["bash", "-e", "-c", script], cwd=clone, capture_output=True, text=True, check=False,
            env={**clean_environ(), "PATH": os.environ["PATH"], "GITHUB_SHA": commit},
        )  # fmt: skip
        assert done.returncode == code, done.stdout
        assert ("main does not contain this commit" in done.stdout) is bool(code)


def test_it_is_looked_at_before_anything_is_built(jobs: dict[str, Any]) -> None:
    names = [one["name"] for one in jobs["build"]["steps"]]
    assert names.index("Main contains the tag") < names.index("Set up Python")
    assert step(jobs["build"], "Check out")["with"]["fetch-depth"] == 0


def test_no_package_of_the_tests_is_in_the_job_that_builds(jobs: dict[str, Any]) -> None:
    assert ".ci/run" in str(jobs["test"])
    assert jobs["build"]["needs"] == "test"
    assert not any(word in str(jobs["build"]) for word in (".ci/run", "make ", "dev.txt", ".venv"))
    build = step(jobs["build"], "Build")["run"]
    assert "--only-binary :all: --require-hashes --requirement requirements/build.txt" in build


def test_who_publishes_checks_nothing_out_and_waits_for_the_environment(
    jobs: dict[str, Any],
) -> None:
    publish = jobs["publish"]
    assert (publish["needs"], publish["environment"]) == ("build", "release")
    assert not any("run" in one or "checkout@" in one["uses"] for one in publish["steps"])
    others = [name for name, job in jobs.items() if "id-token" in job["permissions"]]
    assert others == ["publish"]


def test_the_tag_of_the_major_version_goes_forward_only(
    tmp_path: Path, jobs: dict[str, Any]
) -> None:
    upstream, clone = tmp_path / "upstream", tmp_path / "clone"
    git(tmp_path, "init", "-q", "--bare", "-b", "main", str(upstream))
    git(tmp_path, "clone", "-q", str(upstream), str(clone))
    commits = []
    for name in ("1.0.0", "1.1.0"):
        git(clone, "commit", "-q", "--allow-empty", "-m", name)
        commits.append(git(clone, "rev-parse", "HEAD"))
    old, new = commits
    git(clone, "push", "-q", "origin", "HEAD:main")

    def release(tag: str, commit: str) -> str:
        git(clone, "fetch", "-q", "--tags", "--force")
        done = subprocess.run(
            ["bash", "-e", "-c", step(jobs["major"], "Move the tag of the major version")["run"]],
            cwd=clone, capture_output=True, text=True, check=True,
            env={**clean_environ(), "PATH": os.environ["PATH"], "GITHUB_SHA": commit, "TAG": tag,
                 "TOKEN": "t"},
        )  # fmt: skip
        return done.stdout

    release("v1.0.0", old)
    assert git(upstream, "rev-parse", "v1") == old
    release("v1.1.0", new)
    assert git(upstream, "rev-parse", "v1") == new
    assert "v1 stays" in release("v1.0.1", old)
    assert git(upstream, "rev-parse", "v1") == new
    assert jobs["major"]["needs"] == "publish"
    assert jobs["major"]["permissions"] == {"contents": "write"}


def test_a_release_says_what_others_call(jobs: dict[str, Any], tmp_path: Path) -> None:
    """In the package, by the one who builds it: `init --workflows` reads it there."""
    (line,) = re.findall(r"printf .*\n.*release.json", step(jobs["build"], "Build")["run"])
    (tmp_path / "reconciler/access/init").mkdir(parents=True)
    subprocess.run(
        ["bash", "-e", "-c", line], cwd=tmp_path, check=True,
        env={"PATH": os.environ["PATH"], "GITHUB_REPOSITORY": "octo/reconciler",
             "GITHUB_SHA": "1" * 40, "TAG": "v1.2.3"},
    )  # fmt: skip
    told = (tmp_path / "reconciler/access/init" / RELEASE_FILE).read_text()
    assert source(told) == Source(f"octo/reconciler@{'1' * 40}", "v1.2.3")
