"""A function as a zip: the same bytes from the same sources, on every machine.

Nothing is compressed, since another zlib packs otherwise. What Lambda lacks is pure Python, from
wheels whose hashes stand in the function's ``requirements.txt``.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.core.errors import UsageError
from reconciler.kinds.shipped import CODE, FUNCTIONS

_PACKAGE = "reconciler/kinds/rotation/functions"
_DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Archive:
    """A built function."""

    name: str
    content: bytes

    @property
    def digest(self) -> str:
        """SHA-256 in hex."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def code(self) -> str:
        """The same as Lambda tells it, and CloudFormation asks for it."""
        return base64.b64encode(hashlib.sha256(self.content).digest()).decode()

    @property
    def key(self) -> str:
        """What it is called in the bucket: another content has another name."""
        return f"{self.name}-{self.digest[:16]}.zip"


def handler(name: str) -> str:
    """What Lambda is to call in it."""
    return f"{_PACKAGE}/{name}/handler.handler"


def build(name: str, wheels: Path | None = None, authorities: Path | None = None) -> Archive:
    """Pack a function. ``wheels`` is a folder with what it needs, ``authorities`` a file in PEM
    with the certificates that it trusts.

    Raises UsageError where the folder lacks a wheel, or a wheel is another than was pinned.
    """
    if name not in FUNCTIONS:
        raise UsageError(f"there is no function {name}; there are: {', '.join(FUNCTIONS)}")
    folder = CODE / name
    files: dict[str, bytes] = {}
    parents = _PACKAGE.split("/")[:-1]
    for depth in range(1, len(parents) + 1):
        files["/".join([*parents[:depth], "__init__.py"])] = b""
    for path in (*CODE.glob("*.py"), *folder.glob("*.py")):
        files[f"{_PACKAGE}/{path.relative_to(CODE).as_posix()}"] = path.read_bytes()
    pins = folder / "requirements.txt"
    if pins.exists():
        files |= _packed(name, pins, wheels)
    if authorities is not None:
        files["ca.pem"] = _authorities(authorities)
    return Archive(name, _zip(files))


def read(folder: Path, name: str) -> Archive:
    """A zip that :func:`build` made, out of a folder. Raises UsageError where there is none, more
    than one, or one that its name does not fit."""
    found = sorted(folder.glob(f"{name}-*.zip"))
    if not found:
        raise UsageError(
            f"{folder} has no {name}-….zip", hint=f"reconciler rotation build {name} --out {folder}"
        )
    if len(found) > 1:
        raise UsageError(
            f"{folder} has {len(found)} of {name}-….zip", hint="keep the one that you have uploaded"
        )
    archive = Archive(name, found[0].read_bytes())
    if archive.key != found[0].name:
        raise UsageError(
            f"{found[0]} is not what its name says", hint=f"reconciler rotation build {name}"
        )
    return archive


def _zip(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, files[name])
    return packed.getvalue()


def _packed(name: str, pins: Path, folder: Path | None) -> dict[str, bytes]:
    """The files of the pinned wheels."""
    fetch = (
        f"python -m pip download --no-deps --only-binary :all: --require-hashes -d DIR -r {pins}"
    )
    if folder is None:
        raise UsageError(f"{name} needs wheels: --wheels DIR", hint=fetch)
    there = {
        hashlib.sha256(path.read_bytes()).hexdigest(): path for path in sorted(folder.glob("*.whl"))
    }
    files: dict[str, bytes] = {}
    for what, hashes in _pinned(pins):
        wheel = next((there[one] for one in hashes if one in there), None)
        if wheel is None:
            raise UsageError(f"{folder} has no wheel of {what} with a pinned hash", hint=fetch)
        if not wheel.name.endswith("-none-any.whl"):
            raise UsageError(f"{wheel.name} is not pure Python")
        with zipfile.ZipFile(wheel) as archive:
            files |= {one: archive.read(one) for one in archive.namelist() if one[-1] != "/"}
    return files


def _pinned(pins: Path) -> Iterator[tuple[str, list[str]]]:
    """What a requirements file pins, each with its hashes."""
    for line in pins.read_text().replace("\\\n", " ").splitlines():
        if match := _PIN.match(line):
            yield f"{match[1]} {match[2]}", _HASH.findall(line)


def _authorities(file: Path) -> bytes:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from None
    if b"-----BEGIN CERTIFICATE-----" not in content or b"PRIVATE KEY" in content:
        raise UsageError(f"{file} is no file of certificates in PEM")
    return content
