"""The first lines of a lock: its format and, in the environment's own, what the locks are of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.core.errors import ManifestError, Problem
from reconciler.core.model import Place

FORMAT = "3"
IN_ONE_FILE = "2"  # one lock for all of an environment
WITHOUT_MACS = "1"  # as 0.1 wrote it

_FIELDS = ("format", "environment", "account", "region", "prefix", "keys", "keys-ct")
_KID = re.compile(r"[0-9a-f]{6}\Z")
AFTER = len(_FIELDS) + 3  # the number of the first line after it, its comment and the empty line
AFTER_SHORT = 4  # that of a lock which has no more than its format


@dataclass(frozen=True)
class Head:
    """What an environment's locks are of: ``kids`` are the ids of its fingerprint keys, and
    ``keys_ciphertext`` the digest of their ciphertext."""

    form: str
    environment: str
    account: str
    region: str
    prefix: str
    kids: tuple[str, ...]
    keys_ciphertext: str

    def lines(self) -> list[str]:
        """As they stand in the file, with the empty line after them."""
        said = (
            self.form, self.environment, self.account, self.region, self.prefix,
            " ".join(self.kids), self.keys_ciphertext,
        )  # fmt: skip
        fields = [f"{name}: {field}" for name, field in zip(_FIELDS, said, strict=True)]
        return [_comment(self.environment), *fields, ""]


def short(environment: str) -> list[str]:
    """The first lines of a lock of one manifest."""
    return [_comment(environment), f"format: {FORMAT}", ""]


def bad(
    path: str, number: int, message: str, environment: str, code: str = "lock-format"
) -> Problem:
    """A line of a lock that :func:`reconciler.manifest.lock.texts` does not write."""
    return Problem(Place(path, number, 1), code, message, again(environment))


def again(environment: str) -> str:
    """What makes a lock right."""
    return f"write it again: reconciler lock {environment}"


def lines(raw: bytes, path: str, environment: str) -> list[str]:
    """The lines of a lock. Raises ManifestError where it is no text, or in conflict."""
    try:
        found = raw.decode().split("\n")
    except UnicodeDecodeError:
        wrong = "this is not a lock: it is not text"
    else:
        if not any(line.startswith(("<<<<<<<", "=======", ">>>>>>>")) for line in found):
            return found
        wrong = "there is an unresolved merge conflict in the lock"
    raise ManifestError([bad(path, 1, wrong, environment)])


def read(found: Sequence[str], path: str, environment: str) -> Head:
    """The head of an environment's own lock, of any format that there was. Raises ManifestError."""
    names = [line.partition(": ")[0] for line in found[1 : len(_FIELDS) + 1]]
    if not found[0].startswith("#") or tuple(names) != _FIELDS or found[-1] != "":
        raise ManifestError([bad(path, 1, "this is not a lock: its header is wrong", environment)])
    form, named, account, region, prefix, keys, keys_ciphertext = (
        line.removeprefix(f"{name}: ") for name, line in zip(_FIELDS, found[1:], strict=False)
    )
    kids = tuple(keys.split(" "))
    wrong = None
    if form not in (FORMAT, IN_ONE_FILE, WITHOUT_MACS):
        wrong = bad(path, 2, f"this version reads locks of format {FORMAT}", environment)
    elif not all(map(_KID.match, kids)) or len(set(kids)) < len(kids):
        wrong = bad(path, 7, "these are not key ids", environment)
    elif found[len(_FIELDS) + 1] != "":
        wrong = bad(path, AFTER - 1, "an empty line ends the header", environment)
    if wrong is not None:
        raise ManifestError([wrong])
    return Head(form, named, account, region, prefix, kids, keys_ciphertext)


def check_short(found: Sequence[str], path: str, environment: str) -> None:
    """Raises ManifestError where a file does not begin as the lock of one manifest does."""
    if len(found) < AFTER_SHORT or not found[0].startswith("#") or found[2] != "":
        raise ManifestError([bad(path, 1, "this is not a lock: its header is wrong", environment)])
    if found[1] != f"format: {FORMAT}":
        message = f"this version reads locks of format {FORMAT}"
        raise ManifestError([bad(path, 2, message, environment)])


def _comment(environment: str) -> str:
    return f"# Values by their fingerprints; written by: reconciler lock {environment}"
