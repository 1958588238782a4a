"""What many environments have in common is looked at once: one more costs what the last one did."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.manifest import environments, files, gitfiles, read
from reconciler.manifest.committed import committed
from reconciler.manifest.surroundings import Others, Surroundings
from reconciler.rules import Examination, missing_elsewhere, same_value_elsewhere, together
from tests.trees import Tree, make_tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return make_tree(tmp_path, {"e0": {"secrets": {"db": {"value": {"user": "u"}}}}})


def spread(tree: Tree, count: int) -> None:
    """So many environments, alike but for their names; an encrypted value does not know them."""
    for name in ("environment.sops.yaml", "main.sops.yaml"):
        text = tree.read(f"e0/{name}")
        for number in range(1, count):
            # Not in a ciphertext or a data key, where these two letters may stand by chance.
            other = re.sub(r"(?m)^((?:environment|prefix): .*)e0$", rf"\g<1>e{number}", text)
            tree.write(f"e{number}/{name}", other, encrypt=False)
    top = tree.manifests.parent
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    for words in (("init", "-q"), ("add", "manifests"), (*identity, "commit", "-qm", "x")):
        subprocess.run(["git", "-C", str(top), *words], check=True)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often files are parsed, git is asked, and values are put side by side."""
    found: Counter[str] = Counter()

    def count(module: Any, name: str) -> None:
        real: Callable[..., Any] = getattr(module, name)

        def counting(*arguments: Any, **more: Any) -> Any:
            found[name] += 1
            return real(*arguments, **more)

        monkeypatch.setattr(module, name, counting)

    count(files, "parse")
    count(gitfiles.Repository, "_git")
    count(together, "by_digest")
    return found


def test_one_more_environment_costs_as_much_as_the_one_before(
    tree: Tree, counted: Counter[str]
) -> None:
    totals = []
    for size in (3, 6, 9):
        spread(tree, size)
        counted.clear()
        around = Surroundings(tree.manifests)
        examined = Examination((missing_elsewhere, same_value_elsewhere), environments(around.root))
        for name in sorted(around.environments):
            declared = read(around, name)
            examined.add(declared, declared.decrypt(tree.sops).values)
            assert committed(around, name).clean is not None
        found = [p for name in around.environments for p in examined.problems(name)]
        assert len(found) == size  # they all have the same value
        totals.append(counted.copy())
    three, six, nine = totals
    assert nine - six == six - three
    assert nine["_git"] == three["_git"]
    assert (nine - six)["parse"] == 3 * 4  # two files, and its own file twice more


@pytest.mark.parametrize(
    ("prefix", "met"),
    [
        ("/a/", ["a", "ab", "abc"]),
        ("/a/b/", ["a", "ab", "abc"]),
        ("/a/b/c/", ["a", "ab", "abc"]),
        ("/a/c/", ["a"]),
        ("/", ["a", "ab", "abc", "a-b", "b"]),
        ("/a/b/c/d/e/", ["a", "ab", "abc"]),
        ("/a-b/", ["a-b"]),
        ("/c/", []),
    ],
)
def test_prefixes_meet_where_one_is_above_another(prefix: str, met: list[str]) -> None:
    place = ("123456789012", "us-west-2")
    names = {"/a/": "a", "/a/b/": "ab", "/a/b/c/": "abc", "/a-b/": "a-b", "/b/": "b"}
    others = Others({}, (), {place: sorted(names.items())})
    assert sorted(others.overlapping(*place, prefix)) == sorted(met)
    assert not list(others.overlapping("999999999999", "us-west-2", prefix))
