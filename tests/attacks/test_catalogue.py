"""The documents and the attacks agree: each is named, and what is named exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.attacks.catalogue import HERE, attacks, folders, named

ROOT = HERE.parents[1]
DOCUMENTS = ("SECURITY.md", "README.md", "CONTRIBUTING.md", "CHANGELOG.md")
SECURITY = (ROOT / "SECURITY.md").read_text()
NAMED = re.compile(r"`([\w/]*test_\w+\.py)`")
IN_A_ROW = re.compile(rf"{NAMED.pattern}: ([^|;`]+)")


def found(name: str) -> list[Path]:
    """The files that a document means by a path from the root, or by the end of one."""
    if name.startswith("tests/"):
        return [ROOT / name] if (ROOT / name).is_file() else []
    return [file for file in HERE.parent.rglob(Path(name).name) if str(file).endswith(f"/{name}")]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_is_named_exists(document: str) -> None:
    names = set(NAMED.findall((ROOT / document).read_text()))
    assert [name for name in sorted(names) if not found(name)] == []


def test_every_test_that_is_named_exists() -> None:
    """A row names a test by its words, or by some that follow one another."""
    rows = [line for line in SECURITY.splitlines() if line.startswith("|")]
    tests = [match for row in rows for match in IN_A_ROW.findall(row)]
    assert len(tests) >= 7
    for name, words in tests:
        slug = re.sub(r"\W+", "_", words.replace("'", "")).strip("_")
        assert any(slug in test for file in found(name) for test in named(file)), (name, words)


def test_every_attack_is_named() -> None:
    attacked = {file for name in NAMED.findall(SECURITY) for file in found(name)}
    files = {attack.file for _, folder in folders() for attack in attacks(folder)}
    assert len(files) >= 20
    assert sorted(str(file.relative_to(ROOT)) for file in files - attacked) == []


def test_every_promise_has_its_folder() -> None:
    promised = re.findall(r"^\d\. (.+)$", SECURITY, re.MULTILINE)
    attacked = [said for said, folder in folders() if re.match(r"p\d_", folder.name)]
    assert attacked == promised


def test_no_attack_is_outside_of_a_promise_and_each_says_who_tries_what() -> None:
    assert [file.name for file in HERE.glob("test_*.py")] == [Path(__file__).name]
    for said, folder in folders():
        assert said
        assert [attack.file.name for attack in attacks(folder) if not attack.who] == []
        assert [attack.file.name for attack in attacks(folder) if not attack.ways] == []
