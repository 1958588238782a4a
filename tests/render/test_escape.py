"""Nothing that others chose acts on a terminal, a workflow's log or Markdown."""

from __future__ import annotations

import json as plain_json
import re
import unicodedata

import pytest
from hypothesis import given

from reconciler.model import Plan
from reconciler.render import json, markdown, text
from reconciler.render.escape import code, fence, quoted, terminal, word
from tests.render import hostile


@pytest.mark.parametrize(
    ("given_", "shown"),
    [
        ("plain name-1/x", "plain name-1/x"),
        ("Ünïcode 日本", "Ünïcode 日本"),
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("\x9b31m", r"\x9b31m"),
        ("a\nb\rc\td", r"a\nb\rc\td"),
        ("\x7f\x00", r"\x7f\x00"),
        ("user\u202etxt", r"user\u202etxt"),
        ("a\u200bb\ufeff", r"a\u200bb\ufeff"),
        ("a\u2028b\u2029c\x85d", r"a\u2028b\u2029c\x85d"),
        ("no\u00a0break\u3164", r"no\xa0break\u3164"),
        ("tag\U000e0041", r"tag\U000e0041"),
        ("\ue000", r"\ue000"),
        ("filled\u3164", r"filled\u3164"),
        ("\u115f\u2800\ufe0f\u034f", r"\u115f\u2800\ufe0f\u034f"),
        ("\U000e0101", r"\U000e0101"),
        ("::error::x", r"\x3a:error::x"),
        ("  ::error::x", r"  \x3a:error::x"),
        ("a::b", "a::b"),
        ("x ##[error]y", r"x #\x23[error]y"),
    ],
)
def test_terminal(given_: str, shown: str) -> None:
    assert terminal(given_) == shown


def test_quoted_tells_where_a_string_ends() -> None:
    assert quoted('a" -> "b') == r'"a\" -> \"b"'
    assert quoted("C:\\n") == r'"C:\\n"'
    assert quoted("\n") == r'"\n"'


@pytest.mark.parametrize("name", ["kms_key", "reconciler:owner", "aws/x", "a-b", "@x", "+"])
def test_an_ordinary_key_is_told_as_it_is(name: str) -> None:
    assert word(name) == name


@pytest.mark.parametrize("name", ["", ":", "::x", 'a: "b', "a.b", "[0]", "a b", "#1", "\x1b", "é"])
def test_a_key_that_could_be_taken_for_more_is_quoted(name: str) -> None:
    assert word(name) == quoted(name)


def test_code_spans_hold_backticks_and_pipes() -> None:
    assert code("a`b|c") == r"`a\x60b\x7cc`"
    assert code("") == "` `"


def test_a_fence_is_longer_than_any_inside() -> None:
    assert fence(["a", "````"], "diff").split("\n") == ["`````diff", "a", "````", "`````"]


BLANK = "\u034f\u115f\u1160\u2800\u3164\ufe0f\uffa0\U000e0101"


def is_visible(character: str) -> bool:
    return character == " " or (
        unicodedata.category(character)[0] in "LMNPS" and character not in BLANK
    )


def assert_harmless(shown: str) -> None:
    """Every line can be written to a terminal, and to the log of a workflow."""
    for line in shown.split("\n"):
        assert all(map(is_visible, line)), ascii(line)
        assert not line.strip().startswith("::"), line
        assert "##[" not in line, line


@given(hostile.text)
def test_terminal_leaves_nothing_that_acts(given_: str) -> None:
    assert_harmless(terminal(given_))
    assert "\n" not in terminal(given_)


HEAD = re.compile(r"(  [+~>^!-]|-/\+) (create|update|replace|adopt|restore|prune|refuse) ")


@given(hostile.plans)
def test_text_shows_each_change_once_and_nothing_that_looks_like_one(plan: Plan) -> None:
    shown = text.plan(plan)
    assert_harmless(shown)
    assert len([line for line in shown.split("\n") if HEAD.match(line)]) == len(plan.changes)


def outside_code(shown: str) -> str:
    """What Markdown acts on: everything but code blocks and code spans."""
    kept: list[str] = []
    mark = ""
    for line in shown.split("\n"):
        run = re.match(r" {0,3}(`{3,})", line)
        if not mark and run:
            mark = run[1]
        elif mark and re.fullmatch(rf" {{0,3}}`{{{len(mark)},}} *", line):
            mark = ""
        elif not mark:
            kept.append(line)
    assert not mark, "a fence is left open"
    return re.sub(r"`[^`]+`", "", "\n".join(kept))


OURS = re.compile(
    r"</?details>|</?summary>|<br>|\*\*|#{2,4} (Destructive|Refused|Secrets|Parameters"
    r"|Rotation schedules|Not changed|)|The whole is in \."
)


@given(hostile.plans)
def test_markdown_has_nothing_from_outside_but_in_code(plan: Plan) -> None:
    shown = markdown.plan([plan], where="p.json")
    assert_harmless(shown)
    rest = OURS.sub("", outside_code(shown))
    assert not re.search(r"[`|<>@#\[\]$\\_~&]|http|www", rest), rest


@given(hostile.plans)
def test_markdown_shows_each_change_once(plan: Plan) -> None:
    shown = markdown.plan([plan])
    heads = [line for line in shown.split("\n") if HEAD.match(line.rjust(len(line) + 2))]
    heads += [line for line in shown.split("\n") if line.startswith("-/+ replace ")]
    assert len(heads) == len(plan.changes)


@given(hostile.plans)
def test_json_is_plain_ascii_and_the_same_plan(plan: Plan) -> None:
    shown = json.plan([plan])
    assert_harmless(shown)
    assert shown.isascii()
    held = plain_json.loads(shown)
    assert held["environment"] == plan.scope.environment
    assert [change["key"]["name"] for change in held["changes"]] == [
        change.key.name for change in plan.changes
    ]
