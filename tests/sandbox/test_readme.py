"""The README's table of corrections names every test of one, and no other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
README = HERE.parents[1] / "reconciler" / "sandbox" / "README.md"
NOT_CORRECTIONS = {"test_imports.py", "test_server.py", "test_readme.py"}


def corrections(path: Path) -> set[str]:
    """The tests of a file that are not marked as what moto has right."""
    return {
        node.name
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and not any(ast.unparse(mark) == "pytest.mark.moto_too" for mark in node.decorator_list)
    }


@pytest.mark.moto_too
def test_the_table_is_complete() -> None:
    for path in sorted(HERE.glob("test_*.py")):
        if path.name in NOT_CORRECTIONS:
            continue
        _, _, section = README.read_text().partition(f"`tests/sandbox/{path.name}`")
        section = section.partition("\n### ")[0]
        named = set(re.findall(r"`(test_\w+)` \|$", section, re.MULTILINE))
        assert named == corrections(path), path.name
