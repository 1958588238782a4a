"""The attacks as data, read from the tests' own sources: promises, files, ways."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Attack:
    """A file: ``who`` tries what, and the ``ways`` that are tried, in the words of the tests."""

    file: Path
    who: str
    ways: tuple[str, ...]


def folders() -> Iterator[tuple[str, Path]]:
    """What each folder's attacks are on, and the folder."""
    for package in sorted(HERE.glob("*/__init__.py")):
        yield _first_lines(package), package.parent


def attacks(folder: Path) -> Iterator[Attack]:
    """The files below a folder."""
    for file in sorted(folder.rglob("test_*.py")):
        yield Attack(
            file, _first_lines(file), tuple(name.replace("_", " ") for name in named(file))
        )


def named(file: Path) -> list[str]:
    """What a file's tests are called, without the prefix."""
    made = (node for node in ast.walk(_parsed(file)) if isinstance(node, ast.FunctionDef))
    return [node.name.removeprefix("test_") for node in made if node.name.startswith("test_")]


def _first_lines(file: Path) -> str:
    said = ast.get_docstring(_parsed(file)) or ""
    return " ".join(said.partition("\n\n")[0].split())


def _parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(), str(file))
