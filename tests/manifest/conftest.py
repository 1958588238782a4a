"""What the manifests' tests share: a small tree, and errors as a user would see them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.core.errors import ManifestError, Problem
from reconciler.manifest import load
from reconciler.values.sensitive import Sensitive
from reconciler.values.sops import Sops
from tests.canary import CANARY, assert_holds_no_canary
from tests.trees import Content, Tree, make_tree


class NeverSops(Sops):
    """A sops that may not be run: for what has to be found before."""

    def decrypt(self, document: bytes, *, key_types: Collection[str] = ()) -> Sensitive[bytes]:
        raise AssertionError("sops was started")


NO_SOPS = NeverSops(Path("/nonexistent"))


@dataclass(frozen=True)
class Refused:
    """All problems of a tree, relative to its folder."""

    problems: tuple[Problem, ...]
    shown: str

    def only(self) -> Problem:
        """The one problem that there is."""
        assert len(self.problems) == 1, self.shown
        return self.problems[0]

    def codes(self) -> list[str]:
        """The codes of all problems, in order."""
        return [problem.code for problem in self.problems]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """One environment with a secret and a parameter; the working directory is its folder."""
    made = make_tree(
        tmp_path,
        {
            "production": {
                "secrets": {"db": {"value": {"user": f"u-{CANARY}", "password": f"p-{CANARY}"}}},
                "parameters": {"port": {"plaintext": "5432"}, "url": {"value": f"x-{CANARY}"}},
            }
        },
    )
    monkeypatch.chdir(tmp_path)
    return made


@pytest.fixture
def refused(tree: Tree) -> Callable[..., Refused]:
    """Loads an environment that has to be refused, and checks that no value shows."""

    def load_refused(environment: str = "production", *, key: bool = True) -> Refused:
        with pytest.raises(ManifestError) as caught:
            load(tree.manifests, environment, tree.sops if key else NO_SOPS)
        problems = caught.value.problems
        lines = [f"{p.place}: error[{p.code}]: {p.message}\n  {p.hint}" for p in problems]
        shown = "\n".join(lines)
        assert CANARY not in shown
        assert_holds_no_canary(caught.value)
        return Refused(problems, shown)

    return load_refused


@pytest.fixture
def add(tree: Tree) -> Callable[..., Path]:
    """Adds a file to production, encrypted."""

    def write(content: Content, name: str = "more.sops.yaml", *, encrypt: bool = True) -> Path:
        return tree.write(f"production/{name}", content, encrypt=encrypt)

    return write
