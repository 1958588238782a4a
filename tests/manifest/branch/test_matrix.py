"""Which environments a branch changes, as a workflow is told."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import pytest

import reconciler.cli.commands.matrix
from reconciler.cli.main import run
from reconciler.core import planfile
from tests.cli.run import cli
from tests.core import build
from tests.manifest.branch.build import ENVIRONMENT, MAIN, Branch, make_branch
from tests.trees import ACCOUNT, REGION, Tree

PRODUCTION = {"environment": "production", "account": ACCOUNT, "region": REGION}
STAGING = {"environment": "staging", "account": ACCOUNT, "region": REGION}


@pytest.fixture
def branch(tmp_path: Path) -> Branch:
    folder = tmp_path / "repository"
    folder.mkdir()
    return make_branch(folder)


@dataclass(frozen=True)
class Done:
    """What a run printed."""

    stdout: str
    stderr: str


def matrix(branch: Branch, *arguments: str, code: int = 0) -> Done:
    """Run it with nothing in the environment but PATH, in this process."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(branch.folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.dict(os.environ, {"PATH": os.environ["PATH"]}, clear=True),
    ):
        ended = run(("matrix", *arguments))
    assert ended == code, out.getvalue() + err.getvalue()
    return Done(out.getvalue(), err.getvalue())


def names(branch: Branch, *arguments: str) -> list[str]:
    return matrix(branch, "-o", "names", *arguments).stdout.split()


def test_without_a_base_it_is_all_of_them(branch: Branch) -> None:
    done = matrix(branch)
    assert done.stdout.count("\n") == 1
    assert json.loads(done.stdout) == {"include": [PRODUCTION, STAGING]}
    assert names(branch, "--head", "base") == ["production", "staging"]


def test_no_git_is_needed_without_a_base(branch: Branch) -> None:
    done = cli("matrix", cwd=branch.folder, environment={"PATH": "/nowhere"})
    assert json.loads(done.stdout)["include"] == [PRODUCTION, STAGING]


def test_nothing_has_changed(branch: Branch) -> None:
    assert matrix(branch, "--base", "base").stdout == '{"include":[]}\n'
    assert names(branch, "--base", "base") == []


def write(name: str, text: str = "# \n") -> Callable[[Branch], None]:
    def change(branch: Branch) -> None:
        path = branch.tree.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((path.read_text() if path.exists() else "") + text)

    return change


def remove(name: str) -> Callable[[Branch], None]:
    return lambda branch: branch.tree.path(name).unlink()


def link(branch: Branch) -> None:
    branch.tree.path("staging/other.sops.yaml").symlink_to("main.sops.yaml")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (write(MAIN), ["production"]),
        (write("staging/deep/er/more.sops.yaml"), ["staging"]),
        (write("staging/fingerprints.lock"), ["staging"]),
        (remove(MAIN), ["production"]),
        (link, ["staging"]),
        (write("common/shared.yaml"), ["production", "staging"]),
        (write("common/new.yaml"), ["production", "staging"]),
        (remove("common/shared.yaml"), ["production", "staging"]),
        (write("common/README.md"), []),
        (write("elsewhere/shared.yaml"), []),
        (write(".sops.yaml"), ["production", "staging"]),
        (write("../README.md"), []),
    ],
)
def test_what_an_environment_reads_counts_and_nothing_else(
    branch: Branch, change: Callable[[Branch], None], expected: list[str]
) -> None:
    change(branch)
    assert names(branch, "--base", "base") == expected  # as the files are
    branch.commit()
    assert names(branch, "--base", "base") == expected
    assert names(branch, "--base", "base", "--head", "HEAD") == expected


def test_an_include_counts_only_where_it_is_included(branch: Branch) -> None:
    write("staging/clear/only.yaml", "parameters: {}\n")(branch)
    branch.tree.edit(ENVIRONMENT, "- ../common/*.yaml", "- ../staging/clear/*.yaml")
    branch.commit()
    branch.git("tag", "next")
    write("staging/clear/only.yaml")(branch)
    assert names(branch, "--base", "next") == ["production", "staging"]
    branch.git("checkout", "-q", ".")
    write("common/shared.yaml")(branch)
    assert names(branch, "--base", "next") == ["staging"]


def test_what_the_base_has_done_since_does_not_count(branch: Branch) -> None:
    branch.git("checkout", "-q", "-b", "topic")
    write(MAIN)(branch)
    branch.commit()
    branch.git("checkout", "-q", "main")
    write("staging/main.sops.yaml")(branch)
    branch.commit()
    assert names(branch, "--base", "main", "--head", "topic") == ["production"]


def test_an_environment_more_and_one_less(branch: Branch) -> None:
    branch.git("mv", "manifests/staging", "manifests/preview")
    branch.tree.edit("preview/environment.sops.yaml", "environment: staging",
                     "environment: preview")  # fmt: skip
    branch.commit()
    done = matrix(branch, "--base", "base", "-o", "names")
    assert done.stdout == "preview\n"
    assert "staging is no longer declared: what it owns in AWS stays there" in done.stderr


def test_a_first_push_has_no_commit_before_it(branch: Branch) -> None:
    done = matrix(branch, "--base", "0" * 40, "-o", "names")
    assert done.stdout.split() == ["production", "staging"]
    assert "there is no commit before: all environments" in done.stderr


def test_a_force_push_took_the_commit_before_away(branch: Branch) -> None:
    """GitHub names it all the same, and nothing fetches it. A shallow clone may only lack it."""
    done = matrix(branch, "--base", "c" * 40, "-o", "names")
    assert done.stdout.split() == ["production", "staging"]
    assert "git has no commit cccccccccccc, as after a force push: all environ" in done.stderr
    branch.git("clone", "-q", "--depth", "1", f"file://{branch.folder}", "shallow")
    shallow = Branch(Tree(branch.folder / "shallow/manifests", branch.tree.key,
                          branch.tree.key_file), branch.folder / "shallow")  # fmt: skip
    assert "git knows no commit" in matrix(shallow, "--base", "c" * 40, code=64).stderr


def test_more_environments_than_a_matrix_has_jobs(
    branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ "A job matrix can generate a maximum of 256 jobs per workflow run." (docs.github.com,
    Actions limits) Names can still be listed, some of them be named, and parts be taken."""
    assert reconciler.cli.commands.matrix.MOST == 256
    monkeypatch.setattr("reconciler.cli.commands.matrix.MOST", 1)
    refused = matrix(branch, code=1)
    assert "these are 2 environments, and GitHub runs 1 jobs of a matrix at most" in refused.stderr
    assert "take 2 parts, each in a workflow run of its own: --part 1/2" in refused.stderr
    assert refused.stdout == ""
    assert matrix(branch, "-o", "names").stdout.split() == ["production", "staging"]
    assert json.loads(matrix(branch, "staging").stdout)["include"][0]["environment"] == "staging"
    second = matrix(branch, "--part", "2/2")
    assert json.loads(second.stdout)["include"] == [STAGING]
    assert "part 2 of 2: 1 of 2 environments; the others are in the other parts" in second.stderr


def test_the_parts_are_all_and_no_environment_is_in_two(branch: Branch) -> None:
    for name in ("a", "b", "c", "d", "e"):
        text = f"environment: {name}\naccount: '{ACCOUNT}'\nregion: {REGION}\n"
        write(f"{name}/environment.sops.yaml", text)(branch)
    every = names(branch)
    assert len(every) == 7
    for of in (1, 2, 3, 7, 8):
        parts = [names(branch, "--part", f"{k}/{of}") for k in range(1, of + 1)]
        assert sorted(name for part in parts for name in part) == every
        assert max(map(len, parts)) - min(map(len, parts)) <= 1
    one = [names(branch, "--base", "base", "--part", f"{k}/2") for k in (1, 2)]
    assert one == [["a", "c", "e"], ["b", "d"]]


def test_histories_that_do_not_meet(branch: Branch) -> None:
    branch.git("checkout", "-q", "--orphan", "other")
    write(MAIN)(branch)
    branch.commit()
    done = matrix(branch, "--base", "base", "-o", "names")
    assert done.stdout == "production\n"
    assert "compared with base itself" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--base", "nowhere"), "error[unknown-revision]: git knows no commit nowhere"),
        (("--base", ""), "git knows no commit"),
        (("--base", "--output=x"), "git knows no commit --output=x"),
        (("--base", "base", "--head", "nowhere"), "git knows no commit nowhere"),
    ],
)
def test_commits_that_are_none(branch: Branch, arguments: tuple[str, ...], told: str) -> None:
    assert told in matrix(branch, *arguments, code=64).stderr


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (f'account: "{ACCOUNT}"', "account: $(id)", "error[invalid-field]: `account` has to be 12"),
        (f'account: "{ACCOUNT}"\n', "", "error[missing-field]: `account` has to be 12 digits"),
        (f"region: {REGION}", "region: a b", "error[invalid-field]: `region` has to be a Region"),
        ("environment: production", "environment: staging", "error[environment-name]: an env"),
        ("environment: production", "environment: 'a$b'", "error[invalid-field]: `environment`"),
        ("environment: production", "environment: [", "error[yaml]"),
    ],
)
def test_what_cannot_go_into_a_workflow_is_refused(
    branch: Branch, old: str, new: str, told: str
) -> None:
    branch.tree.edit(ENVIRONMENT, old, new)
    done = matrix(branch, "--base", "base", code=1)
    assert re.match(r"production/environment\.sops\.yaml:\d+:\d+: error", done.stderr)
    assert told in done.stderr
    assert done.stdout == ""


def test_a_folder_whose_name_is_a_command(branch: Branch) -> None:
    branch.git("mv", "manifests/staging", "manifests/$(id)")
    done = matrix(branch, "--base", "base", code=1)
    assert done.stdout == ""
    assert "error[environment-name]: an environment is called like its folder" in done.stderr


def test_an_environment_behind_a_symlink(branch: Branch) -> None:
    path = branch.tree.path("staging/environment.sops.yaml")
    path.unlink()
    path.symlink_to("../production/environment.sops.yaml")
    for arguments in ((), ("--base", "base")):
        done = matrix(branch, *arguments, code=1)
        assert "staging/environment.sops.yaml: error[not-a-file]" in done.stderr
        assert done.stdout == ""


def test_named_environments_and_their_roles(branch: Branch) -> None:
    template = "arn:aws:iam::{account}:role/plan-{environment}"
    done = matrix(branch, "staging", "--role", f"plan_role={template}", "--role", "other=x")
    role = f"arn:aws:iam::{ACCOUNT}:role/plan-staging"
    assert json.loads(done.stdout)["include"] == [{**STAGING, "plan_role": role, "other": "x"}]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("stagin",), "There is no environment stagin. Did you mean staging?"),
        (("staging", "--base", "HEAD"), "need no --base"),
        (("--part", "3/2"), "--part takes K/N, like 1/2"),
        (("--part", "0/2"), "--part takes K/N, like 1/2"),
        (("--part", "1"), "--part takes K/N, like 1/2"),
        (("--role", "arn:aws:iam::1:role/x"), "--role takes NAME=ARN"),
        (("--role", "account=x"), "has account already"),
    ],
)
def test_what_is_asked_wrong(branch: Branch, arguments: tuple[str, ...], told: str) -> None:
    assert told in matrix(branch, *arguments, code=64).stderr


def test_plans_with_nothing_to_do_are_left_out(branch: Branch) -> None:
    busy = build.plan(build.secret(value=build.value("fp-a")))
    idle = replace(busy, scope=replace(busy.scope, environment="staging"), changes=())
    for name, plan in (("one", busy), ("two", idle)):
        (branch.folder / f"{name}.json").write_text(planfile.dumps([plan]))
    found = json.loads(matrix(branch, "--plan", "one.json", "--plan", "two.json").stdout)
    assert [one["environment"] for one in found["include"]] == ["production"]
    none = matrix(branch, "--plan", "two.json").stdout
    assert json.loads(none) == {"include": []}
