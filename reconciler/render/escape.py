"""Strings from outside, made harmless for the medium that they are shown in.

Names, descriptions, tags, paths, policies and principals are chosen by others. What a reader cannot
see, or what a terminal, a workflow's log or Markdown would act on, becomes a visible escape.
"""

from __future__ import annotations

import html
import json
import re

# Printable to Python and yet nothing to see: fillers, variation selectors, joiners.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}

# A workflow's runner obeys `::command::` at the start of a line, spaces before it or not, and
# `##[command]` anywhere in one. After a colon alone, a colon that is added would make it one.
_COMMAND_AT_START = re.compile(r"\s*:(?::|$)")
_COMMAND = "##["
# The action's problem matcher makes an annotation of a line with a place: nobody else's text
# may look like one.
_PROBLEM = re.compile(r"(:\d+:\d+: (?:error|warning))\[")

_NARROW = 12  # characters of a word that need no break on a phone
_BREAKS = "/-_.:@"
_MEANS = re.compile(r"[^\w ]|_", re.ASCII)
_WORD = re.compile(r"[\w/+=@-][\w/:+=@-]*", re.ASCII)


def terminal(text: str) -> str:
    """One line of text without anything that a terminal or a workflow's log acts on, or takes for a
    message of the reconciler that names a place.

    Control characters (C0, C1, ESC, DEL), line separators, bidirectional controls and whatever has
    no width become escapes like ``\\x1b`` and ``\\u202e``; nothing is cut.
    """
    text = message(text)
    return _PROBLEM.sub(r"\1\\x5b", text) if "[" in text else text


def message(text: str) -> str:
    """A line of our own, whose parts from outside were escaped before: what terminals and logs act
    on, and no more."""
    if not text.isprintable() or (not text.isascii() and _INVISIBLE.search(text)):
        text = "".join(map(_visible, text))
    if ":" in text and _COMMAND_AT_START.match(text):
        text = text.replace(":", r"\x3a", 1)
    if _COMMAND in text:
        text = text.replace(_COMMAND, r"#\x23[")
    return text


def quoted(text: str) -> str:
    """A string in quotes, so that its beginning, its end and every character of it are certain."""
    return '"' + terminal(text.replace("\\", "\\\\").replace('"', '\\"')) + '"'


def word(text: str) -> str:
    """The name of a field or of a key in one: in quotes where it could be taken for more."""
    return text if _WORD.fullmatch(text) else quoted(text)


def code(text: str) -> str:
    """A Markdown code span: no HTML, mention, reference, link or table column begins in it."""
    return "`" + (terminal(text).replace("`", r"\x60").replace("|", r"\x7c") or " ") + "`"


def wrapping(text: str) -> str:
    """A code span that breaks within a long name, where a phone has no room for it in one line.

    Markdown has no break within a span, so it is an element ``<code>`` with ``<wbr>`` in it. What
    is around the elements is read as Markdown: all that means anything there is a reference to a
    character, which is only ever that character.
    """
    if max(map(len, text.split(" "))) <= _NARROW:
        return code(text)
    return f"<code>{_MEANS.sub(_referenced, terminal(text))}</code>"


def _referenced(found: re.Match[str]) -> str:
    character = found[0]
    shown = character if character in "/-" else f"&#{ord(character)};"
    return f"{shown}<wbr>" if character in _BREAKS else shown


def as_html(text: str) -> str:
    """The content of an element ``<code>`` within Markdown, where GitHub takes nothing for a
    mention, and no span begins."""
    return html.escape(terminal(text)).replace("`", "&#96;")


def fence(lines: list[str], language: str = "") -> str:
    """A Markdown code block. Its fence is longer than any that the lines hold."""
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    mark = "`" * max(3, longest + 1)
    return "\n".join([f"{mark}{language}", *lines, mark])


def compact(content: object) -> str:
    """A value that is neither a string nor a mapping, as JSON in one line."""
    return terminal(json.dumps(content, ensure_ascii=False, sort_keys=True))


def as_json(content: object, *, indent: int | None = None) -> str:
    """JSON, ASCII only, that a terminal and a workflow's log show and do not obey."""
    return no_command(json.dumps(content, indent=indent, allow_nan=False))


def no_command(text: str) -> str:
    """JSON without anything that a log obeys; such a thing can only be inside a string."""
    return text.replace(_COMMAND, r"\u0023\u0023[")


def _visible(character: str) -> str:
    if character.isprintable() and not _INVISIBLE.match(character):
        return character
    number = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
