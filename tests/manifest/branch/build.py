"""A tree of manifests in a git repository, and what a branch of it changes."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cli.run import cli
from tests.trees import Tree, make_tree

LAMBDA = "arn:aws:lambda:us-west-2:123456789012:function:rotate"
SCHEDULES = {"weekly": {"schedule": "rate(7 days)", "lambda": LAMBDA}}
SECRETS: dict[str, Any] = {
    "db": {"description": "Login", "value": {"user": "u", "password": "p", "port": "5432"}},
    "jwt": {"value": "text"},
    "legacy": {"external": True},
}
PARAMETERS: dict[str, Any] = {"host": {"plaintext": "db.internal"}}
MAIN = "production/main.sops.yaml"
ENVIRONMENT = "production/environment.sops.yaml"


@dataclass
class Branch:
    """A repository whose first commit is tagged ``base``."""

    tree: Tree
    folder: Path

    def git(self, *arguments: str) -> str:
        """Run git as somebody."""
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        done = subprocess.run(
            ["git", *identity, *arguments], cwd=self.folder, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def commit(self, message: str = "a change") -> str:
        """Commit everything; the commit's id."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD").strip()

    def main(
        self, secrets: dict[str, Any] | None = None, parameters: dict[str, Any] | None = None
    ) -> None:
        """Let the main file declare this, encrypted under a new data key."""
        content = {"secrets": secrets or SECRETS, "parameters": parameters or PARAMETERS}
        self.tree.write(MAIN, content)

    def set(self, path: str, value: str, file: str = MAIN) -> None:
        """Set one value with the key, as `sops set` does: the rest of the file stays as it is."""
        from reconciler.values.sops import find

        done = subprocess.run(
            [str(find()), "--disable-version-check", "set", "--value-stdin", file, path],
            cwd=self.tree.manifests, env={"PATH": "/usr/bin:/bin", **self.tree.environ},
            input=json.dumps(value), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def diff(self, *arguments: str, base: str = "base") -> str:
        """What ``reconciler diff`` says, without any key or credentials."""
        done = cli("diff", "--base", base, *arguments, cwd=self.folder)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def findings(self, *arguments: str) -> list[dict[str, Any]]:
        """The findings of the JSON form."""
        found: list[dict[str, Any]] = json.loads(self.diff("-o", "json", *arguments))["findings"]
        return found

    def told(self) -> set[tuple[str, str, str]]:
        """Group, code and subject of each finding."""
        return {(f["group"], f["code"], f["subject"]) for f in self.findings()}


def make_branch(folder: Path) -> Branch:
    """A committed tree with everything of SECRETS and PARAMETERS."""
    tree = make_tree(
        folder,
        {"production": {"secrets": SECRETS, "parameters": PARAMETERS,
                        "settings": {"schedules": SCHEDULES}},
         "staging": {"secrets": {"db": {"value": "s"}}}},
        common={"shared.yaml": {"parameters": {"port": {"plaintext": "5432"}}}},
    )  # fmt: skip
    tree.key_file.rename(folder.parent / f"{folder.name}.key")
    branch = Branch(Tree(tree.manifests, tree.key, folder.parent / f"{folder.name}.key"), folder)
    branch.git("init", "-q", "-b", "main")
    branch.commit("base")
    branch.git("tag", "base")
    return branch
