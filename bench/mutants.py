"""What mutants a module has: each is the module with one thing changed in its syntax tree."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType

TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Lt: ast.LtE, ast.LtE: ast.Lt,
    ast.Gt: ast.GtE, ast.GtE: ast.Gt,
}  # fmt: skip
SEEN = "mutation_seen"  # where in `sys` an instrumented module notes what it runs


@dataclass(frozen=True)
class Mutant:
    """``statement`` is the place of the innermost statement of a function that holds it, None for
    what runs at import. ``tree`` is the module's, and is right until the next mutant is made."""

    line: int
    what: str
    statement: str | None
    tree: ast.Module


def replacements(node: ast.AST) -> Iterator[ast.AST]:
    """What one node could be instead."""
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            other = copy.deepcopy(node)
            other.ops[place] = TURNED[type(operator)]()
            yield other
    elif isinstance(node, ast.BoolOp):
        other = copy.deepcopy(node)
        other.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        yield other
        for place in range(len(node.values)):
            rest = [copy.deepcopy(v) for n, v in enumerate(node.values) if n != place]
            yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield copy.deepcopy(node.operand)
    elif isinstance(node, ast.If | ast.IfExp):
        for fixed in (True, False):
            if not isinstance(node.test, ast.Constant):
                changed = copy.deepcopy(node)
                changed.test = ast.Constant(fixed)
                yield changed
    elif isinstance(node, ast.comprehension):
        for place in range(len(node.ifs)):
            fewer = copy.deepcopy(node)
            del fewer.ifs[place]
            yield fewer
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield ast.Constant(not node.value)
        elif isinstance(node.value, int):
            yield ast.Constant(node.value + 1)
        elif isinstance(node.value, str):
            yield ast.Constant(f"{node.value}x")
    elif isinstance(node, ast.Return) and node.value is not None:
        if ast.unparse(node.value) in ("None", "False"):
            return  # for False there is True; what takes it for None mypy finds
        yield ast.Return(ast.Constant(None))
    elif isinstance(node, ast.Call):
        for place, keyword in enumerate(node.keywords):
            if keyword.arg is not None:
                without = copy.deepcopy(node)
                del without.keywords[place]
                yield without
        if isinstance(node.func, ast.Name) and node.func.id == "sorted":
            yield ast.Call(ast.Name("list", ast.Load()), copy.deepcopy(node.args[:1]), [])


def mutants(tree: ast.Module) -> Iterator[Mutant]:
    """All of a module, but for docstrings, annotations, and what only mypy reads."""
    within = dict(_statements(tree, None))
    for parent in list(ast.walk(tree)):
        for name, held in list(ast.iter_fields(parent)):
            if name in ("annotation", "returns", "type_params", "bases"):
                continue
            if isinstance(parent, ast.If) and ast.unparse(parent.test) == "TYPE_CHECKING":
                continue
            for place, node in enumerate(held if isinstance(held, list) else [held]):
                if not isinstance(node, ast.AST) or _is_text(parent, node):
                    continue
                for other in replacements(node):
                    _put(parent, name, held, place, other)
                    ast.fix_missing_locations(tree)
                    line = getattr(node, "lineno", None) or getattr(parent, "lineno", 0)
                    what = f"{_short(node)} -> {_short(other)}"
                    yield Mutant(line, what, within.get(node), tree)
                    _put(parent, name, held, place, node)


def _statements(node: ast.AST, place: str | None) -> Iterator[tuple[ast.AST, str | None]]:
    """The place of the statement that each node below belongs to."""
    for name, held in ast.iter_fields(node):
        function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and name == "body"
        for child in held if isinstance(held, list) else [held]:
            if not isinstance(child, ast.AST):
                continue
            inside = place
            if isinstance(child, ast.stmt) and (function or place is not None):
                inside = _place(child)
            yield child, inside
            yield from _statements(child, inside)


def _place(statement: ast.stmt) -> str:
    return f"{statement.lineno}:{statement.col_offset}"


def instrumented(tree: ast.Module, name: str) -> str:
    """A module that notes each statement of a function before it runs it."""
    tree = copy.deepcopy(tree)
    for node in list(ast.walk(tree)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            _note(node, name)
    begin = f"import sys; _seen = sys.__dict__.setdefault({SEEN!r}, set())"
    first = next(
        place
        for place, node in enumerate(tree.body)
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        and not (isinstance(node, ast.ImportFrom) and node.module == "__future__")
    )
    tree.body[first:first] = ast.parse(begin).body
    return ast.unparse(ast.fix_missing_locations(tree))


def _note(node: ast.AST, name: str) -> None:
    """Put a note before each statement of a function, unless an outer function has done it."""
    for field in ("body", "orelse", "finalbody", "handlers", "cases"):
        held = getattr(node, field, None)
        if not isinstance(held, list):
            continue
        noted: list[ast.AST] = []
        for child in held:
            docstring = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            if isinstance(child, ast.stmt) and hasattr(child, "lineno") and not docstring:
                noted += ast.parse(f"_seen.add({f'{name}:{_place(child)}'!r})").body
            noted.append(child)
            if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                _note(child, name)
        setattr(node, field, noted)


# --- in place -----------------------------------------------------------------------------------

Where = tuple[str, int]


def changed_functions(old: CodeType, new: CodeType) -> dict[Where, CodeType] | None:
    """The functions of a module in which a mutant differs from it; None where it differs outside
    of them."""
    if _bare(old) != _bare(new):
        return None
    found: dict[Where, CodeType] = {}
    for before, after in zip(_inner(old), _inner(new), strict=True):
        if before == after:
            continue
        if before.co_flags & 0x2 == 0:  # a class's body has no local variables of a function
            inside = changed_functions(before, after)
            if inside is None:
                return None
            found |= inside
        elif before.co_freevars != after.co_freevars:
            return None
        else:
            found[where(before)] = after
    return found


def where(code: CodeType) -> Where:
    """By what a function is found again."""
    return code.co_qualname, code.co_firstlineno


def _inner(code: CodeType) -> list[CodeType]:
    return [one for one in code.co_consts if isinstance(one, CodeType)]


def _bare(code: CodeType) -> tuple[object, ...]:
    plain = [repr(one) for one in code.co_consts if not isinstance(one, CodeType)]
    return code.co_code, plain, code.co_names, len(_inner(code))


def _is_text(parent: ast.AST, node: ast.AST) -> bool:
    return isinstance(parent, ast.Expr | ast.JoinedStr) and isinstance(node, ast.Constant)


def _put(parent: ast.AST, name: str, held: object, place: int, node: ast.AST) -> None:
    if isinstance(held, list):
        held[place] = node
    else:
        setattr(parent, name, node)


def _short(node: ast.AST) -> str:
    text = ast.unparse(node).split("\n")[0]
    return text if len(text) <= 60 else text[:57] + "..."
