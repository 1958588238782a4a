"""No module of the sandbox needs another that needs it, not even for a type.

The contract of imports in pyproject.toml looks away from what only type checkers import.
"""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import reconciler.sandbox

FOLDER = Path(reconciler.sandbox.__file__).parent


def imported(source: str) -> set[str]:
    """The modules beside it that a module imports, for types too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            found |= {node.module} if node.module else {name.name for name in node.names}
    return found


def order(sources: dict[str, str]) -> list[str]:
    return list(
        TopologicalSorter({n: imported(text) for n, text in sources.items()}).static_order()
    )


def test_the_sandbox_has_no_circle() -> None:
    sources = {file.stem: file.read_text() for file in FOLDER.glob("*.py")}
    assert set(order(sources)) == set(sources)


def test_a_circle_of_types_is_one() -> None:
    for_types = "if TYPE_CHECKING:\n    from .b import B"
    with pytest.raises(CycleError):
        order({"a": for_types, "b": "from . import a"})
