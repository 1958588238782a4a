"""The lock as a file: a head that says what it is of, then one line for each declared value, and
for each encrypted file.

Lines are sorted and hold no space but between their parts, so that two branches that change
different values merge line by line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote, unquote

from reconciler.core.errors import ManifestError, Problem
from reconciler.core.model import Key, Place, Scope
from reconciler.manifest import files

FILE = "fingerprints.lock"
FORMAT = "2"
WITHOUT_MACS = "1"  # as 0.1 wrote it

_HEAD = ("format", "environment", "account", "region", "prefix", "keys", "keys-ct")
_LINE = re.compile(
    r"(?P<kind>[a-z]+) (?P<name>\S+) ct:(?P<ct>[0-9a-f]{64})(?P<fp>( [0-9a-f]{6}:[0-9a-f]{64})+)\Z"
)
_FILE = re.compile(r"file (?P<name>\S+) mac:[0-9a-f]{64}\Z")
_KID = re.compile(r"[0-9a-f]{6}\Z")
_AGAIN = "write it again: reconciler lock {}"


@dataclass(frozen=True)
class Line:
    """What a lock says of one value: the digest of the ciphertext that it was made of, and the
    value's public fingerprint under each key, in their order."""

    ciphertext: str
    fingerprints: tuple[str, ...]


@dataclass(frozen=True)
class Lock:
    """A lock and what it is of. ``kids`` are the ids of the fingerprint keys, and
    ``keys_ciphertext`` the digest of their ciphertext. ``macs`` holds the digest of each encrypted
    file's MAC, by its path in the environment's folder; None where 0.1 wrote the lock. ``path`` is
    how errors call the file."""

    environment: str
    account: str
    region: str
    prefix: str
    kids: tuple[str, ...]
    keys_ciphertext: str
    lines: Mapping[Key, Line]
    macs: Mapping[str, str] | None = None
    path: str = FILE

    def is_of(self, scope: Scope) -> bool:
        """Whether its head names this environment, and where that is."""
        here = (scope.environment, scope.account, scope.region, scope.prefix)
        return (self.environment, self.account, self.region, self.prefix) == here

    def problem(
        self,
        code: str,
        message: str,
        *,
        key: Key | None = None,
        file: str | None = None,
        warning: bool,
        hint: str | None = None,
    ) -> Problem:
        """Something that is wrong with the lock: at a line of ``key`` or ``file``, or its head."""
        at = _file_key(file) if file is not None else key
        number = 1 if at is None else self._numbers.get(at, 1)
        hint = hint or _AGAIN.format(self.environment)
        subject = "" if key is None else str(key)
        return Problem(Place(self.path, number, 1), code, message, hint, warning, subject)

    @cached_property
    def _numbers(self) -> Mapping[Key, int]:
        """The number of each line in the file."""
        every = [*self.lines, *map(_file_key, self.macs or ())]
        return {key: number for number, key in enumerate(sorted(every), _first_line())}


def dumps(lock: Lock) -> str:
    """The text of a lock: the same for the same content."""
    head = {
        "format": WITHOUT_MACS if lock.macs is None else FORMAT,
        "environment": lock.environment,
        "account": lock.account,
        "region": lock.region,
        "prefix": lock.prefix,
        "keys": " ".join(lock.kids),
        "keys-ct": lock.keys_ciphertext,
    }
    said = f"# Values by their fingerprints; written by: reconciler lock {lock.environment}"
    lines = [said, *(f"{name}: {head[name]}" for name in _HEAD), ""]
    texts = {_file_key(name): f"mac:{mac}" for name, mac in (lock.macs or {}).items()}
    for key, line in lock.lines.items():
        prints = zip(lock.kids, line.fingerprints, strict=True)
        shown = " ".join(f"{kid}:{fingerprint}" for kid, fingerprint in prints)
        texts[key] = f"ct:{line.ciphertext} {shown}"
    lines += [f"{key.kind} {key.name} {text}" for key, text in sorted(texts.items())]
    return "\n".join(lines) + "\n"


def load(directory: Path, environment: str) -> Lock | None:
    """An environment's lock, None where it has none.

    Raises ManifestError where the file is none that :func:`dumps` writes.
    """
    root = directory.absolute()
    file = root / environment / FILE
    if not file.is_symlink() and not file.exists():
        return None
    raw, problem = files.read(root, file, files.shown(file))
    if problem is not None:
        raise ManifestError([problem])
    return loads(raw, files.shown(file), environment)


def loads(raw: bytes, path: str, environment: str) -> Lock:
    """A lock from its text. Raises ManifestError with every line that is wrong."""
    found = list(_problems(raw, path, environment))
    if found:
        raise ManifestError(found)
    text = raw.decode()
    head = _head(text)
    kids = tuple(head["keys"].split(" "))
    lines = {}
    macs: dict[str, str] | None = None if head["format"] == WITHOUT_MACS else {}
    for line in text.split("\n")[_first_line() - 1 : -1]:
        if macs is not None and _FILE.match(line):
            _, name, mac = line.split(" ")
            macs[unquote(name)] = mac.removeprefix("mac:")
        else:
            key, parsed = _line(line)
            lines[key] = parsed
    return Lock(
        head["environment"],
        head["account"],
        head["region"],
        head["prefix"],
        kids,
        head["keys-ct"],
        lines,
        macs,
        path,
    )


def _file_key(name: str) -> Key:
    """What a file's line is sorted by: its path, without a space or anything that ends a line."""
    return Key("file", quote(name, errors="surrogateescape"))


def _first_line() -> int:
    """The number of the first line after the head, its comment and the empty line."""
    return len(_HEAD) + 3


def _head(text: str) -> dict[str, str]:
    lines = text.split("\n")[1 : len(_HEAD) + 1]
    return {name: line.removeprefix(f"{name}: ") for name, line in zip(_HEAD, lines, strict=True)}


def _problems(raw: bytes, path: str, environment: str) -> Iterator[Problem]:
    again = _AGAIN.format(environment)

    def bad(number: int, code: str, message: str) -> Problem:
        return Problem(Place(path, number, 1), code, message, again)

    try:
        lines = raw.decode().split("\n")
    except UnicodeDecodeError:
        yield bad(1, "lock-format", "this is not a lock: it is not text")
        return
    if any(line.startswith(("<<<<<<<", "=======", ">>>>>>>")) for line in lines):
        yield bad(1, "lock-format", "there is an unresolved merge conflict in the lock")
        return
    names = [line.partition(": ")[0] for line in lines[1 : len(_HEAD) + 1]]
    if not lines[0].startswith("#") or tuple(names) != _HEAD or lines[-1] != "":
        yield bad(1, "lock-format", "this is not a lock: its header is wrong")
        return
    head = _head("\n".join(lines))
    if head["format"] not in (FORMAT, WITHOUT_MACS):
        yield bad(2, "lock-format", f"this version reads locks of format {FORMAT}")
        return
    kids = head["keys"].split(" ")
    if not all(map(_KID.match, kids)) or len(set(kids)) < len(kids):
        yield bad(7, "lock-format", "these are not key ids")
        return
    if lines[len(_HEAD) + 1] != "":
        yield bad(len(_HEAD) + 2, "lock-format", "an empty line ends the header")
        return
    last: Key | None = None
    for number, line in enumerate(lines[_first_line() - 1 : -1], _first_line()):
        of_file = _FILE.match(line) if head["format"] == FORMAT else None
        match = of_file or _LINE.match(line)
        if match is None or (not of_file and [p[:6] for p in match["fp"].split()] != kids):
            yield bad(number, "lock-format", "this is not a line of a lock with these keys")
            continue
        key = Key("file" if of_file else match["kind"], match["name"])
        if last is not None and key == last:
            yield bad(number, "lock-duplicate", f"{key} stands here twice")
        elif last is not None and key < last:
            yield bad(number, "lock-format", "the lines are not sorted")
        last = key


def _line(text: str) -> tuple[Key, Line]:
    kind, name, ciphertext, *prints = text.split(" ")
    return Key(kind, name), Line(ciphertext.removeprefix("ct:"), tuple(p[7:] for p in prints))
