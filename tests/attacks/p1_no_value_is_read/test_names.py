"""Names that stand for more, or for something else, than whoever reads them takes them for."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.core.errors import ManifestError
from reconciler.manifest import read
from tests.access.bootstrap.template import bootstrap
from tests.access.iam.declare import iam, tree
from tests.access.iam.test_trust import WHO
from tests.github.conftest import job
from tests.github.job import Job
from tests.github.test_unmoved import INCLUDES, git
from tests.trees import Tree, make_tree

__all__ = ["job"]  # a fixture


@pytest.fixture
def made(tmp_path: Path) -> Tree:
    return tree(tmp_path, {"db": {"value": "v"}})


# IAM replaces `${aws:…}` in a value by what the caller brings, `*` and `?` are patterns elsewhere.
NO_BRANCH = [
    "${aws:PrincipalTag/b}", "main*", "ma?n", "$main", "", "-main", "a b", "a:b", "a..b", "a~1",
    "/main", "main/", "main.lock", "a@{1}", "main\n", "a\\b",
]  # fmt: skip
NO_ENVIRONMENT = [
    "${aws:username}", "prod*", "prod?", "", "-prod", "prod:ref", "prod\n", 'a"b', "{prod}",
]  # fmt: skip
NO_WORKFLOW = [
    "${aws:username}.yml", ".github/workflows/*.yml", "w/?.yml", "", "-w.yml", "/w.yml", "w.yml@x",
    "../w.yml", "w.txt", "w.yml\n",
]  # fmt: skip


@pytest.mark.parametrize(
    ("option", "names"),
    [("--branch", NO_BRANCH), ("--environment-name", NO_ENVIRONMENT), ("--workflow", NO_WORKFLOW)],
)
def test_a_trust_policy_trusts_one_name(made: Tree, option: str, names: list[str]) -> None:
    for name in names:
        given = ("apply", "production", "--trust", *WHO, f"{option}={name}")
        refused = iam(made, *given, code=64)
        assert refused.out == ""
        assert f"{option} is the " in refused.err
        if option != "--workflow":
            assert bootstrap(made, "production", *WHO, f"{option}={name}", code=64).out == ""


def test_names_that_are_right_are_taken(made: Tree) -> None:
    for option, name in (
        ("--branch", "release/2026.11_x"), ("--branch", "dependabot/npm_and_yarn/@types/node-20"),
        ("--environment-name", "Production (EU)"), ("--environment-name", "prod.aws_2"),
        ("--workflow", ".github/workflows/secrets-apply.yaml"),
    ):  # fmt: skip
        assert name in iam(made, "apply", "production", "--trust", *WHO, option, name).out


def test_a_tag_is_not_taken_for_the_branch_of_its_name(job: Job) -> None:
    """git, and with it GitHub, would take the tag: and the branch would seem not to have moved."""
    folder = job.folder / "manifests" / "production"
    folder.mkdir()
    (folder / "environment.sops.yaml").write_text(INCLUDES)
    git(job.folder, "init", "-q", "-b", "main")
    git(job.folder, "add", "manifests")
    git(job.folder, "commit", "-q", "-m", "one")
    reviewed = git(job.folder, "rev-parse", "HEAD")
    git(job.folder, "tag", "main")
    (folder / "x.sops.yaml").write_text("a: b")
    git(job.folder, "add", "manifests")
    git(job.folder, "commit", "-q", "-m", "two")
    job.state["git"] = str(job.folder)
    said = job.run("unmoved", "production", "--sha", reviewed, code=3).err
    assert "main has since changed" in said


@pytest.mark.parametrize("other", ["Production", "PRODUCTION-EU", "production.eu", "production_EU"])
def test_environments_that_others_take_for_one_are_refused(tmp_path: Path, other: str) -> None:
    """One approval, one queue, one stack and one topic would be for both."""
    one = "production" if other == "Production" else "production-eu"
    made = make_tree(tmp_path, {
        name: {"secrets": {"db": {"value": "v"}}, "settings": {"prefix": f"/test/{number}"}}
        for number, name in enumerate((one, other))
    })  # fmt: skip
    for name in (one, other):
        with pytest.raises(ManifestError) as refused:
            read(made.manifests, name)
        [problem] = refused.value.problems
        assert problem.code == "environments-alike"
        assert f"the names {name} and " in problem.message


def test_environments_that_differ_are_taken(tmp_path: Path) -> None:
    names = ("production", "production-2", "productions", "prod")
    made = make_tree(tmp_path, {
        name: {"secrets": {"db": {"value": "v"}}, "settings": {"prefix": f"/test/x{number}"}}
        for number, name in enumerate(names)
    })  # fmt: skip
    for name in names:
        read(made.manifests, name)
