"""Values that nobody can guess, and the search for them in every form that they might take."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import stat
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.values.sops import find
from tests import remembered

_WORD = re.compile(rb"[A-Za-z0-9+/=_-]{16,}")
CHANGED = "canary-" + secrets.token_urlsafe(18)  # what two branches set values to


@dataclass
class Canaries:
    """Planted values, and the search for them."""

    planted: list[str] = field(default_factory=lambda: [CHANGED])

    def plant(self, prefix: str = "") -> str:
        """A new value that nobody can guess; it has characters that encodings change."""
        value = prefix + 'c&"<é/' + secrets.token_urlsafe(18)
        self.planted.append(value)
        return value

    def forms(self) -> Iterator[tuple[str, bytes]]:
        """What to look for: every value raw, encoded, escaped, and hashed without a key."""
        for value in self.planted:
            raw = value.encode()
            core = value[-24:]  # survives most escapes
            yield "raw", raw
            yield "its core", core.encode()
            yield "URL-encoded", urllib.parse.quote(value, safe="").encode()
            yield "JSON", json.dumps(value)[1:-1].encode()
            yield "reversed", core[::-1].encode()
            yield "hexadecimal", raw.hex().encode()
            for shift in range(3):
                # Base64 of anything around it depends on where the value begins.
                encoded = base64.b64encode(b"x" * shift + raw)
                yield "base64", encoded[4:-4]
            for algorithm in ("md5", "sha1", "sha256", "sha512"):
                digest = hashlib.new(algorithm, raw)
                yield algorithm, digest.hexdigest().encode()
                yield algorithm, base64.b64encode(digest.digest())

    def found(self, *places: bytes) -> list[str]:
        """The forms in which a planted value is in any of the places.

        No form has a line break, and most lines come again and again: each is searched once. And
        what holds a form holds the longest word of it, of which there are fewer still.
        """
        lines = b"\n".join({line for place in places for line in place.split(b"\n")})
        words = b"\n".join(set(_WORD.findall(lines)))

        def is_there(needle: bytes) -> bool:
            longest = max(_WORD.findall(needle), key=len, default=b"")
            return longest in words and needle in lines

        return sorted({form for form, needle in self.forms() if is_there(needle)})


def everything(folder: Path) -> list[bytes]:
    """All files that a run has left or changed."""
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def program(path: Path, script: str) -> Path:
    """A shell script that can be run."""
    path.write_text(f"#!/bin/sh\n{script}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def spying(folder: Path, real: Path, name: str) -> Path:
    """A program behind a script that keeps the arguments and variables of each child."""
    return program(
        folder / name,
        f'echo "$@" >> "{folder}/arguments"\nexport -p >> "{folder}/environment-{name}"\n'
        f'exec "{real}" "$@"\n',
    )


def spying_sops(folder: Path) -> Path:
    """The real sops behind such a script; a child that would be like one before is not run."""
    return remembered.as_well(spying(folder, find(), "sops"))
