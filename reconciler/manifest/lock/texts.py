"""Locks as files: one beside each manifest, and in it for each value a line with its name, one with
its digests, and an empty one.

git takes changes of neighbouring lines for a conflict. So no two entries have such lines: branches
that change, add or remove different entries merge line by line, without a merge driver.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from reconciler.core.errors import ManifestError, Problem
from reconciler.core.model import Key, Place
from reconciler.manifest.files import ENVIRONMENT_FILE
from reconciler.manifest.lock import earlier, head
from reconciler.manifest.lock.file import Line, Lock
from reconciler.manifest.lock.names import FILE, lock_of, manifest_of

_OWN = "file"  # the entry of the manifest itself
_END = "# end"  # nothing takes away the empty line before it
_NAME = re.compile(r"(?P<kind>[a-z]+) (?P<name>\S+)\Z")
_DIGESTS = re.compile(r"ct:(?P<ct>[0-9a-f]{64})(?P<fp>( [0-9a-f]{6}:[0-9a-f]{64})+)\Z")
_MAC = re.compile(r"mac:(?P<mac>[0-9a-f]{64})\Z")


def dumps(lock: Lock, homes: Mapping[Key, str]) -> dict[str, str]:
    """The text of each file of a lock, by its path in the environment's folder. ``homes`` is the
    manifest there in which a value stands; what has none stands in an included file.

    Without MACs it is one file, as 0.1 wrote it: nobody with the key has seen it since.
    """
    if lock.macs is None:
        return {FILE: earlier.dumps(lock)}
    said: dict[str, dict[str, str]] = {FILE: {}}
    for name, mac in lock.macs.items():
        said.setdefault(lock_of(name), {})[_OWN] = f"mac:{mac}"
    for key, line in lock.lines.items():
        prints = zip(lock.kids, line.fingerprints, strict=True)
        shown = " ".join(f"{kid}:{fingerprint}" for kid, fingerprint in prints)
        entries = said.setdefault(lock_of(homes.get(key, ENVIRONMENT_FILE)), {})
        entries[f"{key.kind} {key.name}"] = f"ct:{line.ciphertext} {shown}"
    whole = head.Head(head.FORMAT, lock.environment, lock.account, lock.region, lock.prefix,
                      lock.kids, lock.keys_ciphertext)  # fmt: skip
    first = {FILE: whole.lines()}
    return {
        file: _text(first.get(file) or head.short(lock.environment), entries)
        for file, entries in sorted(said.items())
    }


def _text(first: Sequence[str], entries: Mapping[str, str]) -> str:
    lines = list(first)
    for name in sorted(entries, key=_order):
        lines += [name, entries[name], ""]
    return "\n".join([*lines, _END]) + "\n"


def _order(name: str) -> tuple[str, str]:
    kind, _, rest = name.partition(" ")
    return kind, rest


def loads(parts: Mapping[str, bytes], folder: str, environment: str) -> Lock:
    """A lock from its files, by their path in the environment's folder, which errors call
    ``folder``. Raises ManifestError with every line that is wrong."""
    path = f"{folder}/{FILE}"
    own = head.lines(parts[FILE], path, environment)
    whole = head.read(own, path, environment)
    if whole.form != head.FORMAT:
        return earlier.read(whole, own, path, environment)
    problems: list[Problem] = []
    lines: dict[Key, Line] = {}
    macs: dict[str, str] = {}
    places: dict[Key | str, Place] = {}
    for file, raw in sorted(parts.items()):
        try:
            found = own if file == FILE else _of_manifest(raw, f"{folder}/{file}", environment)
        except ManifestError as error:
            problems += error.problems
            continue
        reader = _Reader(f"{folder}/{file}", environment, list(whole.kids), problems)
        for place, key, entry in reader.entries(found, file == FILE):
            if isinstance(key, str):
                macs[manifest_of(file)] = str(entry)
                places[manifest_of(file)] = place
            elif key in lines:
                message = f"{key} stands in {places[key].path}, too"
                problems.append(head.bad(place.path, place.line, message, environment,
                                         "lock-duplicate"))  # fmt: skip
            elif isinstance(entry, Line):
                lines[key], places[key] = entry, place
    if problems:
        raise ManifestError(problems)
    return Lock(whole.environment, whole.account, whole.region, whole.prefix, whole.kids,
                whole.keys_ciphertext, lines, macs, path, places)  # fmt: skip


def _of_manifest(raw: bytes, path: str, environment: str) -> list[str]:
    found = head.lines(raw, path, environment)
    head.check_short(found, path, environment)
    return found


class _Reader:
    """The entries of one file; what is wrong with them goes to ``problems``."""

    def __init__(
        self, path: str, environment: str, kids: list[str], problems: list[Problem]
    ) -> None:
        self._path, self._environment, self._kids = path, environment, kids
        self._problems = problems

    def entries(
        self, found: Sequence[str], whole: bool
    ) -> Iterator[tuple[Place, Key | str, Line | str]]:
        first = head.AFTER if whole else head.AFTER_SHORT
        if list(found[-2:]) != [_END, ""]:
            self._bad(len(found), "the lock ends too early")
            return
        last: tuple[str, str] | None = None
        body = found[first - 1 : -2]
        for at in range(0, len(body), 3):
            number = first + at
            read = self._read(body[at : at + 3])
            if read is None:
                # One line too many or too few, and all that follow would be wrong.
                self._bad(number, "this is not an entry of a lock with these keys")
                return
            order = _order(body[at])
            if order == last:
                self._bad(number, f"{read[0]} stands here twice", "lock-duplicate")
            elif last is not None and order < last:
                self._bad(number, "the entries are not sorted")
            last = order
            yield (Place(self._path, number, 1), *read)

    def _read(self, entry: Sequence[str]) -> tuple[Key | str, Line | str] | None:
        if len(entry) != 3 or entry[2] != "":
            return None
        mac, name, digests = (
            _MAC.match(entry[1]), _NAME.match(entry[0]), _DIGESTS.match(entry[1])
        )  # fmt: skip
        if entry[0] == _OWN and mac is not None:
            return _OWN, mac["mac"]
        if name is None or digests is None:
            return None
        prints = digests["fp"].split()
        if [one[:6] for one in prints] != self._kids:
            return None
        return Key(name["kind"], name["name"]), Line(digests["ct"], tuple(p[7:] for p in prints))

    def _bad(self, number: int, message: str, code: str = "lock-format") -> None:
        self._problems.append(head.bad(self._path, number, message, self._environment, code))
