"""The workflows of this repository, for another one: called, or as copies where nothing of
github.com can be called."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from reconciler.access.init.callers import callers

FOLDER = ".github/workflows"

_HERE = "uses: $/.github/actions/reconcile\n"
# "Deploying with GitHub Actions" documents it for github.com alone: a key that a server does not
# know makes the whole workflow invalid.
_NOT_ON_SERVER = re.compile(r"(?m)^ +deployment: .*\n")
RELEASE_FILE = "release.json"  # the release workflow puts it into the package


@dataclass(frozen=True)
class Source:
    """Whose workflows: OWNER/REPOSITORY@COMMIT of the reconciler's own, and what that is called."""

    action: str
    version: str | None = None


def released() -> Source | None:
    """What this program was released from; None for one that was not."""
    file = _packed(RELEASE_FILE)
    return source(file.read_text(encoding="utf-8")) if file.is_file() else None


def source(text: str) -> Source:
    """What the file of a release says."""
    told = json.loads(text)
    return Source(told["action"], told["version"])


def called(source: Source, *, age: bool) -> Mapping[str, str]:
    """Each workflow by its path, which calls the one of its name; ``age`` is whether a key of age
    decrypts."""
    made = callers(source.action, source.version, age=age)
    return {f"{FOLDER}/{name}": text for name, text in made.items()}


def copied(source: Source) -> Mapping[str, str]:
    """Each workflow by its path, whole, without what GitHub Enterprise Server does not know."""
    repository, _, commit = source.action.partition("@")
    there = f"uses: {repository}/.github/actions/reconcile@{commit}\n"
    return {
        f"{FOLDER}/{file.name}": _NOT_ON_SERVER.sub(
            "", file.read_text(encoding="utf-8").replace(_HERE, there)
        )
        for file in _source().iterdir()
        if re.fullmatch(r"secrets-[a-z]+\.yml", file.name)
    }


def _packed(name: str) -> Traversable:
    return resources.files("reconciler.access.init") / name


def _source() -> Traversable:
    """What was packed into the package; in a checkout, the repository's own."""
    packed = _packed("workflows")
    return packed if packed.is_dir() else Path(__file__).parents[3] / FOLDER
