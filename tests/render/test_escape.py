"""Nothing that others chose acts on a terminal, a workflow's log or Markdown."""

from __future__ import annotations

import json as plain_json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.checked import Checked
from reconciler.core.drift import Drift
from reconciler.core.model import Plan, Scope
from reconciler.manifest.branch import Difference
from reconciler.render import branch, difference, drift, json, markdown, outcome, text
from reconciler.render.branch import Sides
from reconciler.render.escape import code, fence, quoted, terminal, word, wrapping
from tests.render import hostile
from tests.together import Together


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
        ("a.yaml:3:5: error[b]: c", r"a.yaml:3:5: error\x5bb]: c"),
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


# As the problem matcher of the action has it.
MATCHED = re.compile(r"[^\s:][^:]*:\d+:\d+: (error|warning)\[")


def assert_harmless(shown: str) -> None:
    """Every line can be written to a terminal, and to the log of a workflow."""
    for line in shown.split("\n"):
        assert all(map(is_visible, line)), ascii(line)
        assert not line.strip().startswith("::"), line
        assert "##[" not in line, line
        assert not MATCHED.match(line), line


@given(hostile.text)
def test_terminal_leaves_nothing_that_acts(given_: str) -> None:
    assert_harmless(terminal(given_))
    assert "\n" not in terminal(given_)


@pytest.mark.parametrize("given_", [":", "  :"])
def test_a_colon_and_one_of_ours_are_no_command(given_: str) -> None:
    assert_harmless(f"{terminal(given_)}: said")


@pytest.mark.parametrize(
    ("text_", "shown"),
    [
        ("secret jwt/secret", "`secret jwt/secret`"),
        ("jwt-signing/token", "<code>jwt-<wbr>signing/<wbr>token</code>"),
        ("resource_policy", "<code>resource&#95;<wbr>policy</code>"),
        ("www.example.com", "<code>www&#46;<wbr>example&#46;<wbr>com</code>"),
        ("a@example.com|`b", "<code>a&#64;<wbr>example&#46;<wbr>com&#124;&#96;b</code>"),
        ("<b>*x*</code>~[a](b)", "<code>&#60;b&#62;&#42;x&#42;&#60;/<wbr>code&#62;&#126;&#91;a&#93;"
         "&#40;b&#41;</code>"),
    ],
)  # fmt: skip
def test_a_long_name_breaks_on_a_phone_and_is_code_all_the_same(text_: str, shown: str) -> None:
    assert wrapping(text_) == shown


every_plan = Together(hostile.plans)
HEAD = re.compile(r"(  [+~>^!-]|-/\+) (create|update|replace|adopt|restore|prune|refuse) ")


@every_plan
def text_shows_each_change_once_and_nothing_that_looks_like_one(plan: Plan) -> None:
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


WRAPPING = r"<code>(?:[\w /-]|&#\d+;|<wbr>)*</code>"
OURS = re.compile(
    rf"{WRAPPING}|<summary><code>[^<>`]*</code></summary>|</?details>|</?summary>|<br>|\*\*"
    r"|#{2,4} (Destructive|Refused|Unknown values|)|The whole is in \."
)
CELLS = re.compile(r"^\|([^|]*)\|([^|]*)\|([^|]*)\|$", re.MULTILINE)


@every_plan
def markdown_has_nothing_from_outside_but_in_code(plan: Plan) -> None:
    shown = markdown.plan([plan], where="p.json")
    assert_harmless(shown)
    rest = CELLS.sub(r"\1\2\3", OURS.sub("", outside_code(shown)))
    assert not re.search(r"[`|<>@#\[\]$\\_~&]|http|www", rest), rest


@every_plan
def markdown_shows_each_change_once(plan: Plan) -> None:
    shown = markdown.plan([plan])
    heads = [line for line in shown.split("\n") if HEAD.match(line.rjust(len(line) + 2))]
    heads += [line for line in shown.split("\n") if line.startswith("-/+ replace ")]
    assert len(heads) == len(plan.changes)


@every_plan
def json_is_plain_ascii_and_the_same_plan(plan: Plan) -> None:
    shown = json.plan([plan])
    assert_harmless(shown)
    assert shown.isascii()
    held = plain_json.loads(shown)
    assert held["environment"] == plan.scope.environment
    assert [change["key"]["name"] for change in held["changes"]] == [
        change.key.name for change in plan.changes
    ]


COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@every_plan
def colour_adds_our_own_codes_and_nothing_else(plan: Plan) -> None:
    shown = text.plan(plan, colour=True)
    assert COLOURS.sub("", shown) == text.plan(plan)
    assert set(COLOURS.findall(shown)) <= {
        "\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[36m",
        "\x1b[1;31m",
    }  # fmt: skip


test_every_plan = every_plan.test()


@given(hostile.drifts, hostile.scopes)
@hostile.patient
def test_drift_shows_each_entry_once_and_nothing_that_acts(
    found: list[Drift], scope: Scope
) -> None:
    shown = drift.text(Checked(scope, tuple(found)))
    assert_harmless(shown)
    assert len(re.findall(r"^  (?:secret|parameter|rotation) ", shown, re.MULTILINE)) == len(found)
    assert COLOURS.sub("", drift.text(Checked(scope, tuple(found)), colour=True)) == shown
    written = drift.markdown(Checked(scope, tuple(found)), limit=10**6)
    assert_harmless(written)
    rest = re.sub(r"</?details>|</?summary>|\*\*|#{2,3} ", "", outside_code(written))
    # The table counts, and names nothing that others wrote.
    rest = re.sub(r"(?m)^\|(?: [a-z]+ \| [a-z0-9 ]+ \| [a-z ,']+ |---\|---\|---)\|$", "", rest)
    assert not re.search(r"[`|<>@#\[\]$\\_~&]|http|www", rest), rest
    assert len(re.findall(r"^(?:secret|parameter|rotation) ", written, re.MULTILINE)) == len(found)
    held = drift.as_json(Checked(scope, tuple(found)))
    assert_harmless(held)
    assert held.isascii()
    texts = [entry["text"] for entry in plain_json.loads(held)["drift"]]
    assert texts == [difference.sentence(entry) for entry in found]


@given(hostile.text, hostile.text, hostile.text, st.none() | hostile.text, st.none() | hostile.text)
@hostile.patient
def test_an_outcome_is_one_line_and_one_for_its_hint(
    kind: str, name: str, status: str, message: str | None, hint: str | None
) -> None:
    shown = outcome.line("~", kind, name, status, message, hint)
    assert_harmless(shown)
    assert shown.count("\n") == (1 if hint else 0)
    coloured = outcome.line("~", kind, name, status, message, hint, colour=True)
    assert COLOURS.sub("", coloured) == shown
    assert_harmless(outcome.summary({status: 1}))


@given(hostile.branches, hostile.text)
@hostile.patient
def test_what_a_branch_changes_has_nothing_that_acts(found: list[Difference], asked: str) -> None:
    sides = Sides(asked, "a" * 40, None)
    shown = branch.text(found, sides)
    assert_harmless(shown)
    assert COLOURS.sub("", branch.text(found, sides, colour=True)) == shown
    assert_harmless(branch.as_json(found, sides))
    comment = branch.markdown(found, sides)
    assert_harmless(comment)
    rest = re.sub(r"</?details>|</?summary>|\*\*|^#{2,3} ", "", outside_code(comment), flags=re.M)
    assert not re.search(r"[`|<>@#\[\]$\\_~&]|http|www", rest), rest
