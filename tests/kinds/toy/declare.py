"""How an object is declared: by its value and nothing else."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from reconciler.aws.recogniser import Recogniser
from reconciler.core.model import JSON, Key, Place, Resource, Source, Value
from reconciler.kinds import field
from reconciler.kinds.kind import Content, Declared, Flaw, Locked, Parsed, Settings
from reconciler.values.sensitive import Fingerprinter, Sealed, public
from tests.kinds.toy.fields import FIELDS

NAME = "object"
SECTION = "objects"


class Declaration(Declared):
    """An object in S3."""

    name: str | None = None
    env: str | None = None
    moved_to: str | None = None


def check(
    declared: Any,
    *,
    has_value: bool,
    names: Collection[str] | None = None,
    settings: Settings | None = None,
) -> list[Flaw]:
    """It needs a value."""
    return [] if has_value else [Flaw((), "no-value", "an object needs a `value`")]


def doubt(name: str) -> str | None:
    """Nothing."""
    return None


def form(declared: Any) -> dict[str, str]:
    """What is part of its fingerprint."""
    return {"type": NAME, "encoding": "string"}


def parts(name: str, declared: Any) -> dict[Key, dict[str, JSON]]:
    """None."""
    return {}


def parse(
    name: str,
    declared: Any,
    content: Content | Locked | None,
    settings: Settings,
    trust: Recogniser | None,
    place: Place,
) -> Parsed:
    """The object and its value."""
    prints: tuple[str, ...] = ()
    ciphertext, sealed = None, {}
    key = Key(NAME, name)
    if isinstance(content, Locked):
        prints, ciphertext = content.fingerprints, content.ciphertext
    elif isinstance(content, Content):
        sealed = {key: Sealed(content.text, mapping=content.mapping)}
        if isinstance(trust, Fingerprinter):
            prints = tuple(map(public, trust.parameter_fingerprints(name, NAME, content.text)))
    fields = field.compared(FIELDS, field.Given(declared, settings, trust))
    value = Value(Source.GIT, prints, ciphertext=ciphertext)
    return Parsed((Resource(key, fields, value, whole=True, place=place),), sealed)
