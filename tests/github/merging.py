"""A repository on the small GitHub, and a job on its main that merges into a pull request."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from reconciler import manifest
from reconciler.manifest import lock
from tests.github.job import Done, Job
from tests.manifest.branch.build import Branch, make_branch
from tests.trees import Tree, tree_key

LOCK = "production/main.fingerprints.lock"
PASSWORD = '["secrets"]["db"]["value"]["password"]'
USER = '["secrets"]["db"]["value"]["user"]'
JWT = '["secrets"]["jwt"]["value"]'


class Scene(Branch):
    """What is pushed to GitHub is committed here; the job works in a clone, made when it runs."""

    job: Job
    clone: Path

    def lock(self, environment: str = "production") -> None:
        """Write the locks of what is declared now."""
        declared = manifest.read(self.tree.manifests, environment)
        made = lock.make(declared, declared.decrypt(self.tree.sops))
        lock.renew(self.tree.manifests, made, declared).write()

    def branch(self, name: str = "change") -> None:
        """Begin a branch at the base."""
        self.git("switch", "-q", "-c", name, "base")

    def main_has(self, *values: tuple[str, str], locked: bool = True) -> None:
        """Let main change values, and the branch go on."""
        self.git("switch", "-q", "main")
        self.values(*values, locked=locked)

    def values(self, *values: tuple[str, str], locked: bool = True) -> None:
        """Change values where this is, and commit."""
        for path, value in values:
            self.set(path, value)
        if locked:
            self.lock()
        self.commit()

    def conflicting(self) -> None:
        """Two keys of one secret, one on each side: the branch is number 7."""
        self.git("branch", "change", "prepared")
        self.git("reset", "-q", "--hard", "prepared-main")

    def opened(self, name: str = "change", **more: Any) -> None:
        """Let the branch have a pull request, number 7."""
        head = self.git("rev-parse", f"refs/heads/{name}").strip()
        pull = {"number": 7, "state": "open", "head": {"ref": name, "sha": head},
                "base": {"ref": "main", "sha": "b" * 40}}  # fmt: skip
        self.job.state["pulls"] = [pull | more]

    def ready(self, name: str = "change", **more: Any) -> None:
        """Open the pull request, and check main out as a job does, with all of the history."""
        self.opened(name, **more)
        self.fetched()

    def fetched(self) -> None:
        """Check main out, with all branches."""
        subprocess.run(["rm", "-rf", str(self.clone)], check=True)
        subprocess.run(
            ["git", "clone", "-q", "--branch", "main", str(self.folder), str(self.clone)],
            check=True, capture_output=True,
        )  # fmt: skip

    def merge(self, *options: str, code: int = 0, **variables: str | None) -> Done:
        """Run the command in the clone."""
        given = {"GITHUB_SHA": self.git("rev-parse", "main").strip(), **self.tree.environ}
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.clone)
            return self.job.run("merge", "7", *options, code=code, **(given | variables))

    def head(self, name: str = "change") -> str:
        """What the branch is now."""
        return self.git("rev-parse", f"refs/heads/{name}").strip()

    def at(self, file: str, name: str = "change") -> str:
        """A manifest's text on the branch."""
        return self.git("show", f"refs/heads/{name}:manifests/{file}")

    def decrypted(self, file: str, name: str = "change") -> Mapping[str, Any]:
        """A manifest's content on the branch, its MAC checked."""
        plain = self.tree.sops.decrypt(self.at(file, name).encode())
        found: Mapping[str, Any] = json.loads(plain.reveal())
        return found

    @property
    def comment(self) -> str:
        """The only comment on the pull request."""
        (found,) = self.job.state["comments"]
        return str(found["body"])


def make_scene(folder: Path, job: Job) -> Scene:
    """A tree with locks on main, tagged ``base``."""
    kept = Path(_kept().name)
    for name in ("repository", "repository.key"):
        copy = shutil.copy if name.endswith(".key") else shutil.copytree
        copy(kept / name, folder / name)
    repository = folder / "repository"
    tree = Tree(repository / "manifests", tree_key(), folder / "repository.key")
    scene = Scene(tree, repository)
    scene.job, scene.clone = job, folder / "clone"
    job.state["git"] = str(repository)
    job.state["permissions"] = {"contents": "write", "pull-requests": "write"}
    return scene


@cache
def _kept() -> tempfile.TemporaryDirectory[str]:
    """What each begins with, made once in this process: what is decrypted of it is known then."""
    kept = tempfile.TemporaryDirectory(prefix="merging-")
    repository = Path(kept.name) / "repository"
    repository.mkdir()
    made = make_branch(repository)
    scene = Scene(made.tree, made.folder)
    scene.lock()
    scene.commit("locked")
    scene.git("tag", "-f", "base")
    scene.branch("prepared")
    scene.values((USER, "from the branch"))
    scene.git("switch", "-q", "-c", "prepared-main", "base")
    scene.values((PASSWORD, "from main"))
    scene.git("switch", "-q", "main")
    return kept
