"""A creation rule more, or another recipient in one, in the text of ``.sops.yaml``: all else of it
stays as people wrote it."""

from __future__ import annotations

import re

from ruamel.yaml import YAML
from ruamel.yaml.events import (
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from reconciler.manifest.rules import ENCRYPTED_REGEX

_LIST = "creation_rules"
_ITEM = re.compile(r" *- (path_regex|encrypted_regex|mac_only_encrypted|age|kms)\b")


def rule(environment: str, type_: str, recipient: str) -> list[str]:
    """The lines of a rule for an environment's files, without indentation but its own."""
    return [
        f"- path_regex: ^{environment.replace('.', '[.]')}/.*\\.sops\\.yaml$",
        f"  encrypted_regex: {ENCRYPTED_REGEX}",
        "  mac_only_encrypted: true",
        f"  {type_}: {recipient}",
    ]


def with_rule(text: str, lines: list[str]) -> str | None:
    """The text with a rule after the others; None where the rules are not a list in lines of its
    own, one a line, that can be told from what follows."""
    end, indent, depth, key = None, 0, 0, ""
    # Without a line end the parser says that the list ends on its last line, not behind it.
    text = text if not text or text.endswith("\n") else f"{text}\n"
    for event in YAML(typ="safe", pure=True).parse(text):
        kind = type(event)
        if kind is ScalarEvent and depth == 1:
            key = event.value
        if kind is SequenceStartEvent and depth == 1 and key == _LIST:
            if event.flow_style:
                return None
            indent = event.start_mark.column
        if kind in (MappingStartEvent, SequenceStartEvent):
            depth += 1
        elif kind in (MappingEndEvent, SequenceEndEvent):
            depth -= 1
            if kind is SequenceEndEvent and depth == 1 and key == _LIST:
                end = event.start_mark.line
    if end is None:
        return None
    there = text.splitlines(keepends=True)
    # The parser ends a list where the next thing begins: what lies between is that thing's.
    while end > 0 and (not there[end - 1].strip() or there[end - 1].lstrip().startswith("#")):
        end -= 1
    added = [f"{' ' * indent}{line}\n" for line in lines]
    return "".join([*there[:end], *added, *there[end:]])


def with_recipients(text: str, index: int, type_: str, recipients: list[str]) -> str | None:
    """The text with these keys of one type in a rule, in one line; None where the rule is not one
    field a line. Whoever calls it reads the rules again: a text may be laid out in any way."""
    lines = text.splitlines(keepends=True)
    starts = [n for n, line in enumerate(lines) if _ITEM.match(line)]
    if index >= len(starts) or (lines and not lines[-1].endswith("\n")):
        return None
    indent = len(lines[starts[index]]) - len(lines[starts[index]].lstrip())
    end = starts[index] + 1
    while end < len(lines) and lines[end][: indent + 1].isspace() and lines[end].strip():
        end += 1
    lead = " " * (indent + 2)
    made = f"{type_}: {','.join(recipients)}\n"
    for number in range(starts[index], end):
        start, field = lines[number][: indent + 2], lines[number][indent + 2 :]
        if field.startswith(f"{type_}:"):
            if recipients:
                return "".join([*lines[:number], start + made, *lines[number + 1 :]])
            if start != lead:
                return None
            return "".join([*lines[:number], *lines[number + 1 :]])
    return "".join([*lines[:end], lead + made, *lines[end:]])
