"""Mutation testing of a module: change one thing in it, and see whether its tests go red.

    nice .venv/bin/python -m bench.mutation reconciler/core/ownership.py tests/core

A copy of the package is changed, never the package. The unchanged module runs first, and has to
survive. It prints each survivor, and at the end how many mutants were killed. CONTRIBUTING.md says
what a mutant is, and what was judged of those that survive.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import importlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[1]
COPIED = ("reconciler", "tests", ".github", "manifests", "docs", "pyproject.toml", "README.md")
TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Lt: ast.LtE, ast.LtE: ast.Lt,
    ast.Gt: ast.GtE, ast.GtE: ast.Gt,
}  # fmt: skip
WARM = "foreign-modules"
MINUTES = 5  # after which a mutant that has not ended counts as killed


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
        if ast.unparse(node.value) == "None":
            return
        yield ast.Return(ast.Constant(None))
    elif isinstance(node, ast.Call):
        for place, keyword in enumerate(node.keywords):
            if keyword.arg is not None:
                without = copy.deepcopy(node)
                del without.keywords[place]
                yield without
        if isinstance(node.func, ast.Name) and node.func.id == "sorted":
            yield ast.Call(ast.Name("list", ast.Load()), copy.deepcopy(node.args[:1]), [])


def mutants(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Line, what was there and what is there instead, and the module's text; but for docstrings,
    annotations, and what only mypy reads."""
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
                    yield line, what, ast.unparse(tree)
                    _put(parent, name, held, place, node)


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


def survives(folder: Path, tests: list[str], warm: Collection[str] = ()) -> bool:
    """Whether no test goes red, in a child that has ``warm`` imported already: what these tests
    take is mostly the start."""
    for name in warm:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        _run(folder, tests)
    for _ in range(MINUTES * 60 * 20):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status == 0
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def _run(folder: Path, tests: list[str]) -> NoReturn:
    """Run the tests in this process, which ends with them; it leaves the names of all foreign
    modules that they took."""
    try:
        import pytest

        os.environ |= {"PYTHONDONTWRITEBYTECODE": "1", "CI": "true"}
        sys.dont_write_bytecode = True
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        code = pytest.main(["-xq", "-n0", "-p", "no:cacheprovider", *tests])
        own = ("reconciler", "tests", "conftest", "__main__")
        foreign = [name for name in sys.modules if name.split(".")[0] not in own]
        (folder / WARM).write_text("\n".join(foreign))
        os._exit(int(code))
    except BaseException:
        os._exit(70)


def main(module: str, *tests: str) -> None:
    """Try every mutant of one module on these tests."""
    tree = ast.parse((ROOT / module).read_text())
    with tempfile.TemporaryDirectory(prefix="mutation-") as made:
        folder = Path(made)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name)
            else:
                shutil.copy(source, folder / name)
        target = folder / module
        target.write_text(ast.unparse(tree))
        if not survives(folder, list(tests)):
            sys.exit(f"{module}: the tests are red without a mutant")
        warm = (folder / WARM).read_text().splitlines()
        tried = killed = 0
        for line, what, text in mutants(tree):
            target.write_text(text)
            tried += 1
            if survives(folder, list(tests), warm):
                print(f"{module}:{line}: {what}", flush=True)
            else:
                killed += 1
        print(f"{module}: {tried} mutants, {killed} killed", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
