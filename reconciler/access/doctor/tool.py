"""The sops binary: whether there is one, which, and who built it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from reconciler.access.doctor.check import Check, fails, ok, warning
from reconciler.core.errors import SopsError
from reconciler.values import sops

OLDEST, TOO_NEW = (3, 11), (4,)  # `sops set --value-stdin` came with 3.11

# SHA-256 of the binaries that the sops project released, from their checksums.txt.
RELEASES: Mapping[str, str] = {
    "154dfe4cd70554bdd82b98e4cd4acf191d43d01ead6f00a73477aa44c4ac42ef": "3.13.2, linux amd64",
    "78abf2e15c86250a1553ae6f53aba96be6b2a8126f160b1534959add3467ad76": "3.13.2, linux arm64",
    "775f1384d55decfad228e7196a3f683791914f92a473f78fc47700531c29dfef": "3.11.0, linux amd64",
    "c71d32f74b3a73ce283affe6ed36e221a8f1476c3d37963f60bd962fb1676681": "3.11.0, linux arm64",
    "c36583e178f7e83b947044b292e106e79615f7725f75cb147045fb0c81953e2b": "3.11.0, darwin amd64",
    "45e7562b1f5d022c4d7a4e4c3d1b7b1a7ee6c328356629286cfd18a394b00e7c": "3.11.0, darwin arm64",
}

CURRENT = "3.13.2"  # what the action installs

# Faults that concern what commands here ask of sops, and the release that has them no more.
_FAULTS: tuple[tuple[tuple[int, int, int], str], ...] = (
    ((3, 12, 0), "KMS may be asked without the encryption context of .sops.yaml"),
    ((3, 12, 2), "--mac-only-encrypted has no effect after a subcommand; the creation rule has"),
    ((3, 13, 0), "a comment after a value moves to a line of its own when a file is written"),
    ((3, 13, 2), "a damaged file may crash it, which commands tell as sops-crashed"),
)

# What Go writes into each binary. For a commit without a tag it makes up a version with its date.
_MODULE = re.compile(rb"mod\tgithub\.com/getsops/sops/v3\t(\S+)\t")
_UNTAGGED = re.compile(r"-(?:0\.)?[0-9]{14}-([0-9a-f]{12})$")
_RELEASE = "install the release of the sops project, and check its SHA-256"


def look(given: str | None) -> Iterator[Check]:
    """The binary that commands would run: ``given``, or from PATH."""
    try:
        binary = sops.find(given)
        version = sops.Sops(binary).version()
    except SopsError as error:
        yield fails("sops", error.message, error.hint or _RELEASE)
        return
    yield _version(binary, version)
    yield from _faults(version)
    yield _build(binary, version)


def _version(binary: Path, version: str) -> Check:
    numbers = re.match(r"([0-9]+)\.([0-9]+)(\.[0-9]+)?", version)
    if numbers is None:
        return fails("sops", f"{binary} does not say its version", _RELEASE)
    known = (int(numbers[1]), int(numbers[2]))
    if known < OLDEST:
        least = ".".join(map(str, OLDEST))
        return fails("sops", f"{binary} is {version}: too old", f"install {least} or newer")
    if known >= TOO_NEW:
        return warning("sops", f"{binary} is {version}: newer than any that was tested",
                       f"below {TOO_NEW[0]}.0 it is known to work")  # fmt: skip
    return ok("sops", f"{binary} is {version}")


def _faults(version: str) -> Iterator[Check]:
    numbers = re.match(r"([0-9]+)\.([0-9]+)\.([0-9]+)", version)
    if numbers is None or (int(numbers[1]), int(numbers[2])) < OLDEST:
        return
    mine = (int(numbers[1]), int(numbers[2]), int(numbers[3]))
    if known := [text for fixed, text in _FAULTS if mine < fixed]:
        yield warning("faults", f"known of {version}: {'; '.join(known)}",
                      f"{CURRENT} has none of them")  # fmt: skip


def _build(binary: Path, version: str) -> Check:
    try:
        content = binary.resolve().read_bytes()
    except OSError:
        return warning("build", "the binary cannot be read, so nobody can tell who built it",
                       _RELEASE)  # fmt: skip
    digest = hashlib.sha256(content).hexdigest()
    if digest in RELEASES:
        return ok("build", f"the sops project's release {RELEASES[digest]}")
    if content.startswith(b"#!"):
        return warning("build", "a script stands in for the binary", _RELEASE)
    module = _MODULE.search(content)
    untagged = _UNTAGGED.search(module[1].decode(errors="replace")) if module else None
    if untagged is not None:
        return warning(
            "build",
            f"not a release: it calls itself {version} and was built from commit {untagged[1]},"
            " which"
            " has no tag",
            f"for the demo and tests it will do; for production {_RELEASE}",
        )
    return warning(
        "build",
        f"its SHA-256 matches no known release: {digest}",
        f"compare it with sops-v{version}.checksums.txt of the sops project's release {version}",
    )
