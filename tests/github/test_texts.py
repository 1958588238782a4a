"""Markers and annotations, whatever names others have chosen."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.model import Place
from reconciler.github.annotation import Annotation, Level, commands
from reconciler.github.marker import is_ours, marker
from reconciler.render.escape import terminal
from tests.render import hostile

BOT = "github-actions[bot]"
NAMES = st.one_of(hostile.text, st.text('-!<>%"& =', max_size=8))


@given(NAMES, NAMES)
def test_a_marker_is_one_line_of_html_that_ends_where_it_ends(one: str, other: str) -> None:
    mark = marker("plan", one, other)
    assert re.fullmatch(r"<!-- [^<>\n]* -->", mark)
    assert "--" not in mark[4:-3]
    assert mark.isascii()


@given(st.tuples(NAMES, NAMES), st.tuples(NAMES, NAMES))
def test_two_markers_are_the_same_only_for_the_same_names(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    assert (marker("plan", *one) == marker("plan", *other)) == (one == other)
    assert marker("plan", *one) != marker("drift", *one)


@given(NAMES, NAMES, hostile.text)
def test_a_text_is_known_by_its_first_line(one: str, other: str, body: str) -> None:
    mark = marker("plan", one, other)
    user = {"login": BOT}
    assert is_ours({"user": user, "body": f"{mark}\r\n{body}"}, mark, BOT)
    assert not is_ours({"user": user, "body": f"x{mark}\n{body}"}, mark, BOT)
    assert not is_ours({"user": {"login": "github-actions"}, "body": mark}, mark, BOT)


# As the runner reads a command: github.com/actions/runner, ActionCommand.cs.
COMMAND = re.compile(r"::(?P<name>\w+) (?P<properties>.*?)::(?P<data>.*)")
UNESCAPED = (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%"))


def read_back(text: str) -> str:
    for escape, character in UNESCAPED:
        text = text.replace(escape, character)
    return text


@given(hostile.text, st.lists(hostile.text, max_size=5), hostile.text)
def test_an_annotation_is_one_command_and_is_read_back_as_it_was_meant(
    title: str, lines: list[str], path: str
) -> None:
    found = Annotation(Level.ERROR, title, tuple(lines), Place(path, 3))
    (command,) = commands([found], Path("/nowhere"))
    assert len(command.splitlines()) == 1
    assert "##[" not in command
    parts = COMMAND.fullmatch(command)
    assert parts is not None
    assert parts["name"] == "error"
    properties = dict(part.split("=", 1) for part in parts["properties"].split(","))
    assert properties.keys() == {"file", "line", "title"}
    assert read_back(properties["title"]) == terminal(title)
    assert read_back(properties["file"]) == terminal(path)
    assert read_back(parts["data"]) == "\n".join(terminal(line)[:400] for line in lines)
