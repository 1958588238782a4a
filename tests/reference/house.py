"""The house: which package imports which, from the sources."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.pages import ROOT

PACKAGE = ROOT / "reconciler"


def imports() -> dict[str, set[str]]:
    """The packages that each package imports, but itself."""
    found: dict[str, set[str]] = {}
    for folder in sorted(path for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()):
        found[folder.name] = {name for file in folder.rglob("*.py") for name in _imported(file)} - {
            folder.name
        }
    return found


def _imported(file: Path) -> set[str]:
    packages = {path.name for path in PACKAGE.iterdir() if path.is_dir()}
    found = set()
    tree = ast.parse(file.read_text())
    typing = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in typing:
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "reconciler" and len(parts) > 1 and parts[1] in packages:
                found.add(parts[1])
    return found


def picture() -> str:
    """Each package with those that it imports, but for what these import; GitHub draws it."""
    found = imports()
    lines = ["```mermaid", "flowchart TD"]
    for name, used in found.items():
        # Packages that import each other are drawn as they are.
        strictly = [one for one in used if name not in _below(one, found)]
        direct = {
            one
            for one in used
            if not any(
                one in _below(other, found) and other not in _below(one, found)
                for other in strictly
            )
        }
        lines += [f"  {name} --> {one}" for one in sorted(direct)]
    return "\n".join([*lines, "```"])


def _below(name: str, found: dict[str, set[str]]) -> set[str]:
    seen, todo = set[str](), list(found[name])
    while todo:
        if (one := todo.pop()) not in seen:
            seen.add(one)
            todo += found[one]
    return seen


def table() -> str:
    """Each package, with the first sentence of its docstring and how many files it has."""
    rows = ["| package | is | files |", "|---|---|---|"]
    for name in imports():
        told = ast.get_docstring(ast.parse((PACKAGE / name / "__init__.py").read_text())) or ""
        first = " ".join(told.split("\n\n")[0].split())
        rows.append(f"| `{name}/` | {first} | {len(list((PACKAGE / name).rglob('*.py')))} |")
    return "\n".join(rows)
