"""One YAML document as plain data, with the place of everything in it.

The data is built in one pass over the parser's events, without positions: they are looked up in a
second pass, and only where there is an error to place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from reconciler.core.errors import Problem
from reconciler.core.model import Place
from reconciler.manifest.recipients import Group
from reconciler.manifest.scalars import Unquoted, resolve

MAX_DEPTH = 32  # mappings and lists inside one another
MAX_EVENTS = 2_000_000  # some 100,000 resources
MAX_ALIASED = 10_000  # what all aliases together stand for

Path_: TypeAlias = "tuple[str | int, ...]"
Data: TypeAlias = "None | bool | int | float | str | list[Data] | dict[str, Data]"

# YAML 1.1, and with it sops, ends lines at these; YAML 1.2 does not.
_DISPUTED = re.compile("[\x85\u2028\u2029]")
_CONFLICT = ("<<<<<<< ", ">>>>>>> ")  # how git marks one
# The parser's own sentences are constants; those that help are said again in plain words.
_SAID: dict[str, str] = {
    "mapping values are not allowed in this context": (
        "a colon where no field can start: indent the line, or quote the text"
    ),
    "found character that cannot start any token": (
        "a character that no text can start with, like a tab, @ or `: quote the text"
    ),
    "could not find expected ':'": "a field without its colon",
    "did not find expected key": "the indentation does not fit, or a quote is missing",
    "did not find expected '-' indicator": "the indentation of the list does not fit",
    "found unexpected end of stream": "the file ends inside a quoted text",
    "found unknown escape character": "an unknown escape after a backslash: use single quotes",
}


@dataclass(eq=False)
class Document:
    """A document, where it stands and what is wrong with it as YAML.

    ``data`` is None where the text is no YAML at all. ``unquoted`` holds the scalars that have to
    be quoted, by path; in ``data`` they are text. ``key_types`` are the types of key that the
    document is encrypted with; an ``included`` one is read in clear by several environments.
    """

    file: Path
    name: str  # the path as errors show it
    raw: bytes = b""
    data: Data = None
    problems: list[Problem] = field(default_factory=list)
    unquoted: dict[Path_, Unquoted] = field(default_factory=dict)
    key_types: frozenset[str] = frozenset()
    recipients: Group = frozenset()  # whose keys it is encrypted with
    any_of: Group | None = None  # the keys each of which alone decrypts it, if there are such
    mac: str = ""  # the digest of its MAC as it stands there, encrypted
    included: bool = False
    declarations: dict[Path_, tuple[int, int]] = field(default_factory=dict)  # where they start
    _places: dict[Path_, tuple[int, int]] | None = None

    def place(self, path: Sequence[str | int] = ()) -> Place:
        """Where the field at ``path`` starts (its name; a list's item itself), or the nearest
        thing around it that exists."""
        at = tuple(path)
        while at:
            found = self.find(at)
            if found is not None:
                return found
            at = at[:-1]
        return Place(self.name, 1, 1)

    def find(self, path: Sequence[str | int]) -> Place | None:
        """Where the field at ``path`` starts, or None if this document does not have it."""
        at = tuple(path)
        position = self.declarations.get(at)
        if position is None:
            if self._places is None:
                self._places = _positions(self.raw)
            position = self._places.get(at)
        return None if position is None else Place(self.name, *position)

    def error(
        self, path: Sequence[str | int], code: str, message: str, hint: str | None = None
    ) -> Problem:
        """A problem at a field of this document."""
        return Problem(self.place(path), code, message, hint)


def parse(file: Path, name: str, raw: bytes, *, anchors: bool = False) -> Document:
    """Read one YAML document.

    Refuses what sops would expand or drop, or what readers disagree about: more than one document,
    anchors and aliases (unless ``anchors``), merge keys, tags, duplicate fields, fields that are
    not text.
    """
    document = Document(file, name, raw)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        document.problems.append(
            Problem(Place(name, line, 1), "not-utf-8", "the text is not UTF-8")
        )
        return document
    disputed = None if text.isascii() else _DISPUTED.search(text)
    if disputed is not None:
        document.problems.append(_disputed(name, text, disputed.start()))
        return document
    try:
        builder = _built(document, text, anchors=anchors)
    except YAMLError as error:
        document.problems.append(_syntax(name, text, error))
        return document
    if not builder.stopped:
        document.data = builder.root
    return document


def _disputed(name: str, text: str, at: int) -> Problem:
    """The refusal of a character that may end a line. What sops reads behind it as a field is part
    of a text to others: so a `sops` block would name a key that nobody sees here."""
    before = text[:at]
    return Problem(
        Place(name, before.count("\n") + 1, at - before.rfind("\n")),
        "sops-differs",
        f"the character U+{ord(text[at]):04X} ends a line for some readers of YAML, for others not",
        f'take it out, or write it in double quotes as "\\u{ord(text[at]):04x}"',
    )


def _built(document: Document, text: str, *, anchors: bool, pure: bool = False) -> _Builder:
    """What the events make. Raises YAMLError."""
    builder = _Builder(document, anchors=anchors)
    try:
        for event in _events(text, pure=pure):
            builder.take(event)
            if builder.stopped:
                break
    except YAMLError as error:
        if pure or not _is_colon_in_flow(error):
            raise
        for found in (document.problems, document.unquoted, document.declarations):
            found.clear()
        return _built(document, text, anchors=anchors, pure=True)
    return builder


def _is_colon_in_flow(error: YAMLError) -> bool:
    """Whether libyaml stopped at `{url: http://…}`, which sops reads, as YAML 1.2 has it."""
    return getattr(error, "problem", None) == "found unexpected ':'"


def _syntax(name: str, text: str, error: YAMLError) -> Problem:
    """A syntax error in our words: a parser may quote the text that it does not understand."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith(_CONFLICT):
            message = "there is an unresolved merge conflict"
            return Problem(Place(name, number, 1), "yaml", message, "choose a side, and git add it")
    mark = getattr(error, "problem_mark", None)
    place = Place(name, mark.line + 1, mark.column + 1) if mark is not None else Place(name, 1, 1)
    if isinstance(error, MarkedYAMLError):
        hint = _SAID.get(str(error.problem))
    else:
        hint = 'control characters have to be written as escapes, like "\\x07"'
        bad = next((i for i, c in enumerate(text) if not _printable(c)), 0)
        at = text.count("\n", 0, bad)
        place = Place(name, at + 1, bad - (text.rfind("\n", 0, bad) + 1) + 1)
    return Problem(place, "yaml", "this is not valid YAML", hint)


def _printable(character: str) -> bool:
    return character in "\t\n\r\x85" or not (
        character < " " or "\x7f" <= character <= "\x9f" or character in "\ufffe\uffff"
    )


def _events(text: str, *, pure: bool = False) -> Iterator[Any]:
    """The parser's events: libyaml's, where ruamel.yaml has it, 1,000 secrets in 20 ms. Without it,
    or ``pure``, ruamel.yaml's own, 20 times slower."""
    events: Iterator[Any] = YAML(typ="safe", pure=pure).parse(text)
    return events


class _Builder:
    """Makes plain data of events, and remembers what has to be refused."""

    def __init__(self, document: Document, *, anchors: bool) -> None:
        self.root: Data = None
        self.stopped = False
        self._document = document
        self._anchors = anchors
        self._named: dict[str, Data] = {}
        self._aliased = 0
        self._stack: list[dict[str, Data] | list[Data]] = []
        self._keys: list[str | None] = []  # the field that is being filled, for each of the stack
        self._documents = 0
        self._count = 0

    def take(self, event: Any) -> None:
        """One event of the parser."""
        self._count += 1
        kind = type(event)
        if kind is ScalarEvent:
            self._scalar(event)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            self._open({} if kind is MappingStartEvent else [], event)
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            self._stack.pop()
            self._keys.pop()
            if self._keys:
                self._keys[-1] = None
        elif kind is AliasEvent:
            if not self._anchors:
                self._refuse(event, "anchor", "anchors and aliases are not read here")
            self._put(self._expanded(event), event)
        elif kind is DocumentStartEvent:
            self._documents += 1
            if self._documents == 2:
                self._refuse(
                    event,
                    "documents",
                    "a second document starts in this file",
                    "sops decrypts only the first; put each in a file of its own",
                )
                self.stopped = True
        if self._count > MAX_EVENTS:
            self._refuse(event, "too-large", "the file holds too much", "split it")
            self.stopped = True

    def _expanded(self, event: Any) -> Data:
        """What an alias stands for. A few in one another stand for millions, or for themselves."""
        content = self._named.get(event.anchor)
        inside = [content]
        while inside:
            node = inside.pop()
            self._aliased += 1
            if self._aliased > MAX_ALIASED or any(node is open_ for open_ in self._stack):
                self._refuse(
                    event, "anchor", "the aliases stand for too much", "write out what they name"
                )
                self.stopped = True
                return None
            if isinstance(node, dict | list):
                inside += node.values() if isinstance(node, dict) else node
        return content

    def _scalar(self, event: Any) -> None:
        text = event.value
        if event.implicit[0] and not event.style:
            if self._awaits_key() and (text == "<<"):
                self._refuse(event, "merge-key", "merge keys (<<) are not read here")
            content = resolve(text)
        else:
            content = text
        self._check(event)
        if self._awaits_key():
            self._name(content, event)
        elif isinstance(content, Unquoted):
            self._document.unquoted[self._path()] = content
            self._put(content.text, event)
        else:
            self._put(content, event)

    def _open(self, container: dict[str, Data] | list[Data], event: Any) -> None:
        self._check(event)
        if self._awaits_key():
            self._refuse(event, "field-name", "a field's name is a text, not a mapping or a list")
            self.stopped = True
            return
        self._put(container, event)  # its field's name stays until it closes: it is in all paths
        self._stack.append(container)
        self._keys.append(None)
        if len(self._stack) > MAX_DEPTH:
            self._refuse(event, "too-deep", f"more than {MAX_DEPTH} levels of nesting")
            self.stopped = True

    def _awaits_key(self) -> bool:
        return bool(self._stack) and type(self._stack[-1]) is dict and self._keys[-1] is None

    def _name(self, content: object, event: Any) -> None:
        if not isinstance(content, str):
            self._refuse(
                event, "field-name", "YAML does not read this field's name as text", "quote it"
            )
            content = event.value
        name = str(content)
        mapping = self._stack[-1]
        if isinstance(mapping, dict) and name in mapping:
            first = self._document.place((*self._path()[:-1], name))
            self._refuse(
                event,
                "duplicate-field",
                f"the field `{name}` appears twice in this mapping",
                f"it first appears in line {first.line}",
            )
        elif len(self._stack) == 2:  # a declaration: every plan names its place
            mark = event.start_mark
            path = (self._keys[0] or "", name)
            self._document.declarations[path] = (mark.line + 1, mark.column + 1)
        self._keys[-1] = name

    def _put(self, content: Data, event: Any) -> None:
        if self._anchors and getattr(event, "anchor", None) and type(event) is not AliasEvent:
            self._named[event.anchor] = content
        if not self._stack:
            if self.root is None:
                self.root = content
            return
        top = self._stack[-1]
        if isinstance(top, list):
            top.append(content)
            return
        key = self._keys[-1]
        if key is not None:
            top.setdefault(key, content)
            if not isinstance(content, dict | list) or type(event) is AliasEvent:
                self._keys[-1] = None

    def _path(self) -> Path_:
        """The path of what comes next."""
        return tuple(
            len(container) if isinstance(container, list) else key or ""
            for container, key in zip(self._stack, self._keys, strict=True)
        )

    def _check(self, event: Any) -> None:
        if event.anchor and not self._anchors:
            self._refuse(event, "anchor", "anchors and aliases are not read here")
        if event.tag:
            self._refuse(
                event,
                "tag-not-read",
                "YAML tags (!…) are not read here",
                "values are strings: quote them",
            )

    def _refuse(self, event: Any, code: str, message: str, hint: str | None = None) -> None:
        mark = event.start_mark
        place = Place(self._document.name, mark.line + 1, mark.column + 1)
        self._document.problems.append(Problem(place, code, message, hint))


def _positions(raw: bytes) -> dict[Path_, tuple[int, int]]:
    """The line and column, from 1, of each field's name and each list's item, by path; of a field
    that stands twice, the first. Ends where the text stops being YAML."""
    found: dict[Path_, tuple[int, int]] = {}
    for pure in (False, True):
        try:
            for path, mark in _walk(raw.decode("utf-8", errors="replace"), pure=pure):
                found.setdefault(path, (mark.line + 1, mark.column + 1))
        except YAMLError as error:
            if _is_colon_in_flow(error):
                continue
        break
    return found


def _walk(text: str, *, pure: bool) -> Iterator[tuple[Path_, Any]]:
    path: list[str | int | None] = []  # None: a field's name comes next
    for event in _events(text, pure=pure):
        kind = type(event)
        if kind is MappingEndEvent or kind is SequenceEndEvent:
            path.pop()
            _step(path)
        elif kind in _STARTS:
            if path and path[-1] is None:
                path[-1] = event.value if kind is ScalarEvent else ""
                yield _known(path), event.start_mark
                continue
            if path and isinstance(path[-1], int):
                yield _known(path), event.start_mark
            if kind is MappingStartEvent:
                path.append(None)
            elif kind is SequenceStartEvent:
                path.append(0)
            else:
                _step(path)


_STARTS = (ScalarEvent, AliasEvent, MappingStartEvent, SequenceStartEvent)


def _known(path: Sequence[str | int | None]) -> Path_:
    return tuple(part for part in path if part is not None)


def _step(path: list[str | int | None]) -> None:
    """On to a list's next item, or to a mapping's next name."""
    if path:
        last = path[-1]
        path[-1] = last + 1 if isinstance(last, int) else None
