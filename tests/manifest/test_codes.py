"""Every code that the sources can give an error is in the table, and none besides."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from reconciler.manifest.codes import CODES

PACKAGE = Path(__file__).parents[2] / "reconciler"
SOURCES = [
    # Reading git itself: its errors end a run and are of no manifest.
    *sorted(set((PACKAGE / "manifest").glob("*.py")) - {PACKAGE / "manifest" / "gitfiles.py"}),
    *sorted((PACKAGE / "kinds").rglob("*.py")),
    *sorted((PACKAGE / "manifest" / "lock").glob("*.py")),
    PACKAGE / "values" / "sops.py",
]
# Which argument of these is a code.
POSITION = {
    "Flaw": 1,
    "Problem": 1,
    "PydanticCustomError": 0,
    "_Failure": 0,
    "_error": 1,
    "_refuse": 1,
    "_said": 1,
    "_bad": 2,
    "bad": 4,
    "error": 1,
    "problem": 0,
}


def codes(source: Path) -> Iterator[str]:
    tree = ast.parse(source.read_text())
    named = {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            defaults = node.args.defaults
            for argument, default in zip(node.args.args[::-1], defaults[::-1], strict=False):
                if argument.arg == "code" and isinstance(default, ast.Constant) and default.value:
                    yield str(default.value)
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            position = POSITION.get(name)
            given = [k.value for k in node.keywords if k.arg == "code"]
            if position is not None and len(node.args) > position:
                given.append(node.args[position])
            for argument in given:
                code = named.get(getattr(argument, "id", ""))
                if isinstance(argument, ast.Constant):
                    code = argument.value
                if isinstance(code, str):
                    yield code.replace("_", "-")


def test_the_table_is_complete() -> None:
    used = {code for source in SOURCES for code in codes(source)}
    used.add("invalid-field")  # chosen by what pydantic reports
    assert used == set(CODES)


def test_reasons_are_one_line() -> None:
    assert all(reason and "\n" not in reason for reason in CODES.values())
