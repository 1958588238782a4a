"""Locks as they were: one for all of an environment, a line for each value and each file's MAC.

They are read as before, and ``lock`` writes them in today's form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote, unquote

from reconciler.core.errors import ManifestError, Problem
from reconciler.core.model import Key, Place
from reconciler.manifest.lock.file import Line, Lock
from reconciler.manifest.lock.head import AFTER, IN_ONE_FILE, WITHOUT_MACS, Head, bad

_LINE = re.compile(
    r"(?P<kind>[a-z]+) (?P<name>\S+) ct:(?P<ct>[0-9a-f]{64})(?P<fp>( [0-9a-f]{6}:[0-9a-f]{64})+)\Z"
)
_FILE = re.compile(r"file (?P<name>\S+) mac:[0-9a-f]{64}\Z")


def dumps(lock: Lock) -> str:
    """The text of such a lock: the same for the same content."""
    form = WITHOUT_MACS if lock.macs is None else IN_ONE_FILE
    head = Head(form, lock.environment, lock.account, lock.region, lock.prefix, lock.kids,
                lock.keys_ciphertext)  # fmt: skip
    texts = {_file_key(name): f"mac:{mac}" for name, mac in (lock.macs or {}).items()}
    for key, line in lock.lines.items():
        prints = zip(lock.kids, line.fingerprints, strict=True)
        shown = " ".join(f"{kid}:{fingerprint}" for kid, fingerprint in prints)
        texts[key] = f"ct:{line.ciphertext} {shown}"
    lines = [f"{key.kind} {key.name} {text}" for key, text in sorted(texts.items())]
    return "\n".join([*head.lines(), *lines]) + "\n"


def read(head: Head, found: Sequence[str], path: str, environment: str) -> Lock:
    """Such a lock from its lines. Raises ManifestError with every line that is wrong."""
    problems = list(_problems(head, found, path, environment))
    if problems:
        raise ManifestError(problems)
    lines: dict[Key, Line] = {}
    macs: dict[str, str] | None = None if head.form == WITHOUT_MACS else {}
    places: dict[Key | str, Place] = {}
    for number, line in enumerate(found[AFTER - 1 : -1], AFTER):
        if macs is not None and _FILE.match(line):
            _, name, mac = line.split(" ")
            macs[unquote(name)] = mac.removeprefix("mac:")
            places[unquote(name)] = Place(path, number, 1)
        else:
            key, parsed = _line(line)
            lines[key] = parsed
            places[key] = Place(path, number, 1)
    return Lock(head.environment, head.account, head.region, head.prefix, head.kids,
                head.keys_ciphertext, lines, macs, path, places)  # fmt: skip


def _problems(head: Head, found: Sequence[str], path: str, environment: str) -> Iterator[Problem]:
    kids = list(head.kids)
    last: Key | None = None
    for number, line in enumerate(found[AFTER - 1 : -1], AFTER):
        of_file = _FILE.match(line) if head.form == IN_ONE_FILE else None
        match = of_file or _LINE.match(line)
        if match is None or (not of_file and [p[:6] for p in match["fp"].split()] != kids):
            message = "this is not a line of a lock with these keys"
            yield bad(path, number, message, environment)
            continue
        key = Key("file" if of_file else match["kind"], match["name"])
        if last is not None and key == last:
            message = f"{key} stands here twice"
            yield bad(path, number, message, environment, "lock-duplicate")
        elif last is not None and key < last:
            yield bad(path, number, "the lines are not sorted", environment)
        last = key


def _file_key(name: str) -> Key:
    """What a file's line is sorted by: its path, without a space or anything that ends a line."""
    return Key("file", quote(name, errors="surrogateescape"))


def _line(text: str) -> tuple[Key, Line]:
    kind, name, ciphertext, *prints = text.split(" ")
    return Key(kind, name), Line(ciphertext.removeprefix("ct:"), tuple(p[7:] for p in prints))
