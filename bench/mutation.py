"""Mutation testing of modules: change one thing in one, and see whether its tests go red.

    nice .venv/bin/python -m bench.mutation reconciler/core/ownership.py tests/core
    nice .venv/bin/python -m bench.mutation MODULE… TESTS… --then TESTS…
    nice .venv/bin/python -m bench.mutation MODULE:LINE,LINE TESTS…

What survives the first tests is tried on those after ``--then``. With lines, only what begins on
them is changed: that is for a new test against what survived. A copy of the package is changed,
never the package. The unchanged modules run first, and have to survive. It prints each survivor,
and at the end how many mutants of each module were killed. CONTRIBUTING.md says what a mutant is,
and what was judged of those that survive.

What takes the time is to start, to collect, and to run what cannot fail. So the first run notes
which tests run which statements. The tests are collected once; for each mutant of a function a
child is forked, where the function gets the mutant's code, and runs what reaches the statement,
the fastest first. A mutant of what runs at import has a session of its own, with all tests, and so
has one that survives where its statement has run before the tests.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NoReturn

from bench.mutants import SEEN, Mutant, Where, changed_functions, instrumented, mutants, where

ROOT = Path(__file__).parents[1]
COPIED = ("reconciler", "tests", ".github", "manifests", "docs", "pyproject.toml", "README.md")
OWN = ("reconciler", "tests", "conftest", "__main__", "bench")
FOUND = "found.json"
KILLER = "killer"
WARMING = 3  # tests that run before children are forked, so that these have less to make
FOR_ALL, FOREVER = 1800, 10**6  # seconds for all tests without a mutant, and for all mutants
TIMES, MORE = 5, 30  # times what the tests took without it, and seconds, for a mutant

Number = tuple[str, int]  # a module, and which of its mutants


@dataclass
class Recorded:
    """What the tests did without a mutant. ``early`` is what ran before the first test."""

    seconds: dict[str, float] = field(default_factory=dict)
    setup: dict[str, float] = field(default_factory=dict)
    reached: dict[str, list[str]] = field(default_factory=dict)
    early: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    killers: list[str] = field(default_factory=list)

    def reaching(self, statement: str) -> list[str]:
        """The tests that run a statement."""
        return [test for test, reached in self.reached.items() if statement in reached]

    def rank(self, test: str) -> tuple[int, float]:
        """What killed lately runs first, then the fastest."""
        late = self.killers.index(test) if test in self.killers else len(self.killers)
        return late, self.seconds.get(test, 0.0)

    def killed(self, test: str) -> None:
        """Remember the last few tests that killed a mutant."""
        if test:
            self.killers = [test, *(k for k in self.killers if k != test)][:5]


# --- in a child: pytest, and what it is told ------------------------------------------------------


class Recording:
    """A session that notes which statements each test runs."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.noted = folder, Recorded()

    def pytest_collection_finish(self) -> None:
        self.noted.early = sorted(_seen())

    def pytest_runtest_protocol(self, item: Any) -> None:
        _seen().clear()

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            (self.folder / KILLER).write_text(f"{report.nodeid}\n{report.longrepr}")
        taken = self.noted.seconds.get(report.nodeid, 0.0) + report.duration
        self.noted.seconds[report.nodeid] = taken
        if report.when == "setup":
            self.noted.setup[report.nodeid] = report.duration
        if report.when == "teardown":
            self.noted.reached[report.nodeid] = sorted(_seen())

    def pytest_sessionfinish(self) -> None:
        foreign = {name for name in sys.modules if name.split(".")[0] not in OWN}
        self.noted.foreign = sorted(foreign)
        (self.folder / FOUND).write_text(json.dumps(vars(self.noted)))


class Ordered:
    """A session that runs the tests in the order of their rank, and names the one that failed."""

    def __init__(self, folder: Path, recorded: Recorded) -> None:
        self.folder, self.recorded = folder, recorded

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            (self.folder / KILLER).write_text(report.nodeid)

    def pytest_runtestloop(self, session: Any) -> object:
        session.items.sort(key=lambda item: self.recorded.rank(item.nodeid))
        return None


class Forking(Ordered):
    """A session that forks a child for each mutant, and writes down what cannot be tried so."""

    def __init__(
        self, made: Copy, recorded: Recorded, left: set[Number], tell: Callable[[str], None]
    ) -> None:
        super().__init__(made.folder, recorded)
        self.made, self.left, self.tell = made, left, tell

    def pytest_runtestloop(self, session: Any) -> object:
        results: dict[str, list[Number]]
        results = {"killed": [], "survived": [], "import": [], "same": []}
        items = {item.nodeid: item for item in session.items}
        # What set up for longest did so because it was first: models of services, for one.
        for test in sorted(self.recorded.setup, key=self.recorded.setup.__getitem__)[-WARMING:]:
            item = items[test]
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        for module in self.made.originals:
            functions, original = _functions(self.folder / module)
            for number, mutant in self.made.chosen(module, self.left):
                if mutant.statement is None:
                    results["import"].append(number)
                    continue
                code = _compiled(mutant.tree, self.folder / module)
                swaps = None if code is None else changed_functions(original, code)
                if code is None or swaps == {}:
                    results["same"].append(number)  # it is not Python, or the same to Python
                    continue
                if swaps is None or not all(functions.get(one) for one in swaps):
                    results["import"].append(number)
                    continue
                statement = f"{module}:{mutant.statement}"
                tests = sorted(self.recorded.reaching(statement), key=self.recorded.rank)
                (self.folder / module).write_text(ast.unparse(mutant.tree))  # for new processes
                child = _fork() if tests else None
                if child == 0:
                    for one, new in swaps.items():
                        for function in functions[one]:
                            function.__code__ = new
                    session.items = [items[test] for test in tests]
                    return None  # pytest goes on, and ends with these
                seconds = sum(self.recorded.seconds[test] for test in tests)
                if child and _ended(child, TIMES * seconds + MORE, self.tell) != 0:
                    results["killed"].append(number)
                    self.recorded.killed(_killer(self.folder))
                elif statement in self.recorded.early:
                    results["import"].append(number)  # what was made with it is there unchanged
                else:
                    results["survived"].append(number)
                    reached = "" if tests else " (no test reaches it)"
                    self.tell(f"{module}:{mutant.line}: {mutant.what}{reached}")
            self.made.restore()
        (self.folder / FOUND).write_text(json.dumps(results))
        return True


def _seen() -> set[str]:
    found: set[str] = sys.__dict__.setdefault(SEEN, set())
    return found


def _functions(target: Path) -> tuple[dict[Where, list[FunctionType]], CodeType]:
    """The functions of a module that this process has imported, and the module's code."""
    gc.unfreeze()
    found: dict[Where, list[FunctionType]] = {}
    for one in gc.get_objects():
        if isinstance(one, FunctionType) and one.__code__.co_filename == str(target):
            found.setdefault(where(one.__code__), []).append(one)
    gc.freeze()
    code = _compiled(ast.parse(target.read_text()), target)
    assert code is not None
    return found, code


def _compiled(tree: ast.Module, target: Path) -> CodeType | None:
    try:
        return compile(tree, str(target), "exec", dont_inherit=True)
    except (SyntaxError, TypeError, ValueError):
        return None


def _run(folder: Path, tests: list[str], plugin: object) -> NoReturn:
    """Run the tests in this process, which ends with them."""
    code = 70
    try:
        import pytest

        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        os.environ |= {"PYTHONDONTWRITEBYTECODE": "1", "CI": "true", "PATH": path}
        sys.dont_write_bytecode = True
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        given = ["-xq", "-n0", "--tb=no", "--no-summary", "-p", "no:cacheprovider", *tests]
        code = int(pytest.main(given, plugins=[plugin]))
    finally:
        os._exit(code)


# --- here ---------------------------------------------------------------------------------------


def _fork() -> int:
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
    return child


def _ended(child: int, seconds: float, tell: Callable[[str], None]) -> int:
    """How a child ended; one that takes too long is ended, as one whose tests are red."""
    for _ in range(int(seconds * 20)):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    tell(f"(the next was ended after {seconds:.0f} seconds, and counts as killed)")
    return os.waitpid(child, 0)[1]


def _killer(folder: Path) -> str:
    found = folder / KILLER
    name = found.read_text() if found.exists() else ""
    found.unlink(missing_ok=True)
    return name


def _session(folder: Path, tests: list[str], plugin: object, seconds: float) -> int:
    child = _fork()
    if child == 0:
        _run(folder, tests, plugin)
    return _ended(child, seconds, print)


@dataclass(frozen=True)
class Copy:
    """A copy of the package, and the ``originals`` of the modules that are changed in it."""

    folder: Path
    originals: dict[str, str]

    def restore(self) -> None:
        """Let the copy be without a mutant."""
        for module, text in self.originals.items():
            (self.folder / module).write_text(text)

    def chosen(self, module: str, left: Collection[Number]) -> Iterator[tuple[Number, Mutant]]:
        """Those mutants of a module that are left."""
        for place, mutant in enumerate(mutants(ast.parse(self.originals[module]))):
            if (module, place) in left:
                yield (module, place), mutant


def stage(made: Copy, tests: list[str], left: set[Number]) -> dict[str, set[Number]]:
    """Which of the mutants these tests kill, which survive, and which make no difference."""
    folder = made.folder
    for module, text in made.originals.items():
        (folder / module).write_text(instrumented(ast.parse(text), module))
    if _session(folder, tests, Recording(folder), FOR_ALL) != 0:
        sys.exit(f"the tests are red without a mutant: {_killer(folder)}")
    recorded = Recorded(**json.loads((folder / FOUND).read_text()))
    made.restore()
    for name in recorded.foreign:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    allowed = TIMES * sum(recorded.seconds.values()) + MORE
    if _session(folder, tests, Ordered(folder, recorded), allowed) != 0:
        sys.exit(f"in another order the tests are red without a mutant: {_killer(folder)}")
    with os.fdopen(os.dup(1), "w") as out:
        tell = partial(print, file=out, flush=True)
        if _session(folder, tests, Forking(made, recorded, left, tell), FOREVER) != 0:
            sys.exit("the session with all mutants ended too early")
    results = {
        how: {(module, place) for module, place in numbers}
        for how, numbers in json.loads((folder / FOUND).read_text()).items()
    }
    for module in made.originals:
        for number, mutant in made.chosen(module, results["import"]):
            (folder / module).write_text(ast.unparse(mutant.tree))
            survived = _session(folder, tests, Ordered(folder, recorded), allowed) == 0
            results["survived" if survived else "killed"].add(number)
            recorded.killed(_killer(folder))
            if survived:
                print(f"{module}:{mutant.line}: {mutant.what}", flush=True)
        made.restore()
    return results


def main(*given: str) -> None:
    """Try the mutants of some modules on these tests, and what survives on further ones."""
    stages = [part.split() for part in " ".join(given).split(" --then ")]
    named = [one.partition(":") for one in stages[0] if one.startswith("reconciler/")]
    lines = {module: {int(line) for line in said.split(",") if line} for module, _, said in named}
    modules, stages[0] = list(lines), stages[0][len(named) :]
    with tempfile.TemporaryDirectory(prefix="mutation-") as name:
        made = Copy(Path(name), {module: (ROOT / module).read_text() for module in modules})
        for one in COPIED:
            source, target = ROOT / one, made.folder / one
            if source.is_dir():
                shutil.copytree(source, target)
            else:
                shutil.copy(source, target)
        left = {
            (module, place)
            for module, text in made.originals.items()
            for place, mutant in enumerate(mutants(ast.parse(text)))
            if not lines[module] or mutant.line in lines[module]
        }
        tried = Counter(module for module, _ in left)
        for tests in stages:
            print(f"# {' '.join(tests)}", flush=True)
            results = stage(made, tests, left)
            left = results["survived"]
            tried -= Counter(module for module, _ in results["same"])
    survived = Counter(module for module, _ in left)
    for module in modules:
        killed = tried[module] - survived[module]
        share = f"{killed / tried[module]:.1%}" if tried[module] else "nothing to change"
        print(f"{module}: {tried[module]} mutants, {killed} killed, {share}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
