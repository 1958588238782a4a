"""Somebody who may push a tag calls it like the branch with which others compare theirs.

git takes the tag before the branch, and whoever clones or fetches gets it: compared with it, their
branch differs in nothing.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.run import cli
from tests.manifest.branch.build import ENVIRONMENT, Branch, make_branch
from tests.trees import Tree


@pytest.fixture
def clone(tmp_path: Path) -> Branch:
    """A clone with the branch `theirs`, in which the owner is another."""
    (tmp_path / "origin").mkdir()
    origin = make_branch(tmp_path / "origin")
    origin.git("switch", "-q", "-c", "theirs")
    origin.tree.edit(ENVIRONMENT, "owner: test", "owner: mallory")
    origin.commit()
    folder = tmp_path / "clone"
    return Branch(Tree(folder / "manifests", origin.tree.key, origin.tree.key_file), folder)


def cloned(clone: Branch, tag: str) -> None:
    """Once the tag is there, somebody clones, and looks at the branch."""
    origin = clone.folder.with_name("origin")
    at = Branch(clone.tree, origin)
    at.git("tag", tag)
    at.git("switch", "-q", "main")
    at.git("clone", "-q", str(origin), str(clone.folder))
    clone.git("switch", "-q", "-c", "theirs", "refs/remotes/origin/theirs")


@pytest.mark.parametrize("base", ["main", "origin/main", "main~0", "origin/main^{commit}"])
@pytest.mark.parametrize("command", ["diff", "matrix"])
def test_a_tag_is_not_taken_for_the_branch_of_its_name(
    clone: Branch, command: str, base: str
) -> None:
    cloned(clone, base.partition("~")[0].partition("^")[0])
    done = cli(command, "--base", base, cwd=clone.folder)
    assert done.returncode == 64
    assert "can mean several things here: refs/" in done.stderr
    done = cli("diff", "--base", "refs/remotes/origin/main", cwd=clone.folder)
    assert "mallory" in done.stdout


@pytest.mark.parametrize(
    ("base", "lacks"),
    [("main", "refs/heads/main"), ("origin/main", "refs/remotes/origin/main")],
)
def test_nor_where_the_clone_lacks_that_branch(clone: Branch, base: str, lacks: str) -> None:
    """A job that fetched one branch alone, and the tags."""
    cloned(clone, base)
    clone.git("update-ref", "-d", lacks)
    done = cli("diff", "--base", base, cwd=clone.folder)
    assert done.returncode == 64
    assert f"{base} can mean several things here: refs/tags/{base}, refs/remotes/" in done.stderr


def test_nor_for_a_commit_by_the_beginning_of_its_id(clone: Branch) -> None:
    origin = Branch(clone.tree, clone.folder.with_name("origin"))
    short = origin.git("rev-parse", "--short=7", "main").strip()
    cloned(clone, short)
    done = cli("diff", "--base", short, cwd=clone.folder)
    assert done.returncode == 64
    assert f"{short} can mean several things here: refs/tags/{short}, " in done.stderr


def test_a_tag_that_nothing_else_is_called_like_is_one(clone: Branch) -> None:
    cloned(clone, "v1")
    done = cli("diff", "--base", "v1", cwd=clone.folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "No manifest differs" in done.stdout
