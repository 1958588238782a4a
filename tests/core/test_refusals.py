"""Every refusal has a reason that `explain` tells."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from reconciler import rules
from reconciler.cli.main import run
from reconciler.core import ends, fixes
from reconciler.core.model import Key, Note
from reconciler.core.reasons import Loss, Lost, Notable, Reason, Why
from reconciler.core.refusals import REASONS
from reconciler.manifest import fixes as manifest_fixes
from reconciler.manifest.codes import CODES
from reconciler.operations import report
from reconciler.render import reasons
from reconciler.rules import fixes as rule_fixes

PACKAGE = Path(__file__).parents[2] / "reconciler"


def codes() -> set[str]:
    """The codes of all refusals in the sources."""
    found = set()
    for source in PACKAGE.rglob("*.py"):
        if "sandbox" in source.parts:  # those are AWS's
            continue
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refusal":
                code = node.args[0]
                assert isinstance(code, ast.Constant), source
                found.add(str(code.value))
    return found


def test_each_has_a_reason_and_none_is_left_over() -> None:
    made = {
        Reason.ANEW,
        Reason.FIXED,
        Reason.GIT_KEYS,
        Reason.MARK,
        Reason.UNMARKED,
        Reason.WRITTEN_OUTSIDE,
    }  # nothing is refused
    assert codes() | (set(Reason) - made) == set(REASONS)


def test_every_code_of_an_error_is_explained() -> None:
    """Whatever stands in brackets in a message can be asked for."""
    explained = {*CODES, *REASONS, *ends.ENDS, *rules.REASONS, *report.REASONS}
    for source in PACKAGE.rglob("*.py"):
        if "sandbox" in source.parts:
            continue
        for node in ast.walk(ast.parse(source.read_text())):
            for code in _codes(node):
                assert code in explained | {"error", "manifest"}, source  # shown in no brackets


def _codes(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call):
        given = [k.value for k in node.keywords if k.arg == "code"]
    elif isinstance(node, ast.ClassDef) and node.name.endswith(("Error", "Edit", "Content")):
        given = [
            line.value for line in node.body
            if isinstance(line, ast.Assign) and getattr(line.targets[0], "id", "") == "code"
        ]  # fmt: skip
    else:
        given = []
    return (value.value for value in given if isinstance(value, ast.Constant))


def test_reasons_are_one_line() -> None:
    assert all(reason and "\n" not in reason for reason in REASONS.values())


def test_explain_tells_them(capsys) -> None:
    assert run(["explain", "not-managed"]) == 0
    assert capsys.readouterr().out.startswith(
        "not-managed: it exists and this environment does not own it"
    )
    assert run(["explain", "unreadable"]) == 0  # of a file, and of a value
    told = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0].strip() for line in told] == [
        "unreadable", "for example", "to do",
    ] * 2  # fmt: skip


def test_every_reason_loss_and_note_has_its_words() -> None:
    key = Key("secret", "/app/production/db")
    for reason in Reason:
        assert reasons.reason(Why(reason, "who", ("a", "b")))
    assert all(reasons.loss(Lost(loss, "eu-west-1", 7)) for loss in Loss)
    assert all(reasons.note(Note(key, code)) for code in Notable)


def test_every_code_has_an_example_and_what_to_do() -> None:
    for causes, ways in (
        (CODES, manifest_fixes.FIXES), (REASONS, fixes.FIXES), (ends.REASONS, ends.FIXES),
        (rules.REASONS, rule_fixes.FIXES), (report.REASONS, report.FIXES),
    ):  # fmt: skip
        assert set(causes) == set(ways)
        assert all(part and "\n" not in part for way in ways.values() for part in way)
