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
    "bad": 1,
    "error": 1,
    "problem": 0,
}


def codes(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            position = POSITION.get(name)
            given = [k.value for k in node.keywords if k.arg == "code"]
            if position is not None and len(node.args) > position:
                given.append(node.args[position])
            for argument in given:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value.replace("_", "-")


def test_the_table_is_complete() -> None:
    used = {code for source in SOURCES for code in codes(source)}
    used.add("invalid-field")  # chosen by what pydantic reports
    assert used == set(CODES)


def test_reasons_are_one_line() -> None:
    assert all(reason and "\n" not in reason for reason in CODES.values())
