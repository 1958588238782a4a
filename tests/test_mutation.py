"""How a mutant is found and tried: as the whole module would do with it."""

from __future__ import annotations

import ast
import sys
from types import CodeType, FunctionType
from typing import Any

from bench.mutants import SEEN, changed_functions, instrumented, mutants, where

SOURCE = '''\
"""What is over a limit."""
from __future__ import annotations

LIMIT = 3

def over(numbers):
    """Those above it."""
    def above(number):
        return number > LIMIT
    if not numbers:
        return None
    return sorted(one for one in numbers if above(one))

class Count:
    start = 1

    def more(self, by=2):
        return self.start + by
'''


def test_a_mutant_in_place_does_what_the_whole_module_does() -> None:
    in_place = 0
    for mutant in mutants(ast.parse(SOURCE)):
        functions = changed_functions(_code(ast.parse(SOURCE)), _code(mutant.tree))
        if functions is None:
            assert mutant.statement is None, "it runs at import"
            continue
        assert functions
        assert mutant.statement is not None
        module = _module(_code(ast.parse(SOURCE)))
        for function in (module["over"], module["Count"].more):
            assert isinstance(function, FunctionType)
            function.__code__ = functions.get(where(function.__code__), function.__code__)
        assert _done(module) == _done(_module(_code(mutant.tree))), mutant.what
        in_place += 1
    assert in_place == 9


def test_most_mutants_of_a_function_are_seen() -> None:
    whole = _done(_module(_code(ast.parse(SOURCE))))
    same = [
        mutant.what
        for mutant in mutants(ast.parse(SOURCE))
        if _done(_module(_code(mutant.tree))) == whole
    ]
    assert same == ["number > LIMIT -> number >= LIMIT"]


def test_an_instrumented_module_notes_what_it_runs_and_does_the_same() -> None:
    tree = ast.parse(SOURCE)
    module = _module(_code(ast.parse(instrumented(tree, "m"))))
    seen: set[str] = vars(sys)[SEEN]
    try:
        seen.clear()
        assert module["over"]([]) is None
        assert seen == {"m:8:4", "m:10:4", "m:11:8"}
        assert _done(module) == _done(_module(_code(tree)))
    finally:
        delattr(sys, SEEN)


def _code(tree: ast.Module) -> CodeType:
    return compile(tree, "m.py", "exec", dont_inherit=True)


def _module(code: CodeType) -> dict[str, Any]:
    module: dict[str, Any] = {"__name__": "m"}
    exec(code, module)
    return module


def _done(module: dict[str, Any]) -> object:
    try:
        return module["over"]([5, 2, 4]), module["over"]([]), module["Count"]().more()
    except TypeError as error:
        return str(error)
