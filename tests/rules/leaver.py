"""A repository whose files were encrypted for somebody who has left since."""

from __future__ import annotations

import subprocess
from pathlib import Path

from reconciler.manifest.gitfiles import Repository
from reconciler.rules.rule import Rule
from reconciler.values.sops import find
from tests.age_key import new_age_key
from tests.cli.run import cli
from tests.manifest.branch.build import Branch
from tests.rules.look import AGED, look, of
from tests.trees import Tree, creation_rules, make_tree

MAIN = "production/main.sops.yaml"
ENVIRONMENT = "production/environment.sops.yaml"
HERE = "arn:aws:lambda:us-west-2:123456789012:function:rotate"


class Leaver:
    """A repository whose files were encrypted for somebody who has left since."""

    def __init__(self, folder: Path, *, above: bool = False) -> None:
        secrets = {
            "db": {"value": {"user": "u", "password": "p"}, **AGED},
            "text": {"value": "one", **AGED},
            "rotated": {"value": "s", "rotation": {"lambda": HERE, "schedule": "rate(7 days)"}},
            "shared": {
                "value": {"host": "h", "password": "seed"},
                "rotation": {"lambda": HERE, "schedule": "rate(7 days)"},
                "git_keys": ["host"],
            },
        }
        self.who = new_age_key().recipient
        self.tree = make_tree(folder, {"production": {"secrets": secrets}})
        self.branch = Branch(self.tree, folder if above else self.tree.manifests)
        self.branch.git("init", "-q", "-b", "main")
        self.branch.commit("before")
        self.encrypt_for(self.who)
        self.with_leaver = self.branch.commit("with the leaver")

    def encrypt_for(self, *others: str) -> None:
        """Name recipients in `.sops.yaml`, and let `sops updatekeys` follow."""
        rules = creation_rules(self.tree.key.recipient, *others)
        self.tree.write(".sops.yaml", rules, encrypt=False)
        for name in (MAIN, "production/environment.sops.yaml"):
            subprocess.run(
                [str(find()), "--disable-version-check", "updatekeys", "-y", name],
                cwd=self.tree.manifests, env={"PATH": "/usr/bin:/bin", **self.tree.environ},
                capture_output=True, check=True,
            )  # fmt: skip

    def sops(self, *arguments: str) -> None:
        subprocess.run(
            [str(find()), "--disable-version-check", *arguments],
            cwd=self.tree.manifests, env={"PATH": "/usr/bin:/bin", **self.tree.environ},
            capture_output=True, check=True,
        )  # fmt: skip

    def found(self, rule: Rule) -> list[str]:
        repository = Repository(self.tree.manifests)
        return of(look(self.tree, rule, key=False, repository=repository), self.tree)


def lock(tree: Tree) -> None:
    """Write the lock, with the key."""
    done = cli("lock", "production", "-C", str(tree.manifests), environment=tree.environ)
    assert done.returncode == 0, done.stderr
