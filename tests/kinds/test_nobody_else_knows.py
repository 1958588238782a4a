"""Nothing outside ``kinds/`` and ``sandbox/`` knows a kind.

It compares with no kind's name, holds no table by kinds' names, makes no key of one, and imports no
kind's folder.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler import kinds

ROOT = Path(kinds.__file__).parent.parent
NAMES = set(kinds.titles())
# These are also other words (a JSON property, a field of a manifest): alone they make no table.
WHOLES = set(kinds.wholes())


def _is_name(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and node.value in NAMES


def found(source: str) -> Iterator[int]:
    """The lines on which a source knows a kind."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Compare():
                sides = [node.left, *node.comparators]
                parts = [e for s in sides for e in getattr(s, "elts", [s])]
                kinds_named = any(map(_is_name, parts))
            case ast.Dict():
                kinds_named = _is_table(node.keys)
            case ast.Set() | ast.Tuple() | ast.List():
                kinds_named = _is_table(node.elts)
            case ast.MatchValue():
                kinds_named = _is_name(node.value)
            case ast.Call(func=ast.Name(id="Key")):
                kinds_named = bool(node.args) and _is_name(node.args[0])
            case ast.ImportFrom():
                module = node.module or ""
                whole = [module, *(f"{module}.{alias.name}" for alias in node.names)]
                kinds_named = any(map(_is_folder, whole))
            case ast.Import():
                kinds_named = any(_is_folder(alias.name) for alias in node.names)
            case _:
                continue
        if kinds_named:
            yield node.lineno if not isinstance(node, ast.MatchValue) else node.value.lineno


def _is_table(members: list[ast.expr | None] | list[ast.expr]) -> bool:
    named = {m.value for m in members if isinstance(m, ast.Constant) and _is_name(m)}
    return len(named) > 1 or bool(named & WHOLES)


def _is_folder(module: str) -> bool:
    parts = module.split(".")
    return parts[:2] == ["reconciler", "kinds"] and len(parts) > 2 and parts[2] in NAMES


@pytest.mark.parametrize(
    "source",
    [
        'key.kind == "secret"',
        'key.kind in ("keys", "rotation")',
        'WORDS = {"parameter": 1}',
        'ORDER = ("secret", "keys")',
        'Key("rotation", name)',
        "from reconciler.kinds.secret import observe",
        "from reconciler.kinds import parameter",
        "import reconciler.kinds.keys.members",
        'match kind:\n    case "secret":\n        pass',
    ],
)
def test_what_knows_a_kind_is_seen(source: str) -> None:
    assert list(found(source))


@pytest.mark.parametrize(
    "source",
    ['{"keys": 1}', 'fields["rotation"]', '"a secret"', "from reconciler.kinds import tags"],
)
def test_what_knows_none_is_not(source: str) -> None:
    assert not list(found(source))


def test_nothing_else_knows_a_kind() -> None:
    knowing = {}
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(("kinds/", "sandbox/")):
            lines = list(found(path.read_text()))
            if lines:
                knowing[name] = lines
    assert knowing == {}
