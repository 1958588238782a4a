"""How a secret is declared, and what of it is compared."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from reconciler.aws.recogniser import Recogniser
from reconciler.core.model import JSON, Key, Place, Resource, Source, Value
from reconciler.core.reasons import Reason
from reconciler.kinds import kms, shipped
from reconciler.kinds import schedule as schedules
from reconciler.kinds.duration import Days, days
from reconciler.kinds.field import NONE, Given, compared, declared_in, flaws
from reconciler.kinds.keys import declare as keys
from reconciler.kinds.kind import Content, Declared, Flaw, Locked, Parsed, Settings
from reconciler.kinds.kms import KeyName
from reconciler.kinds.rotation import declare as rotations
from reconciler.kinds.secret.alphabet import alphabet
from reconciler.kinds.secret.fields import FIELDS
from reconciler.kinds.secret.terms import DEFAULT_KEY, LIMIT
from reconciler.kinds.secret.terms import NAME as NAME
from reconciler.kinds.variable import Variables
from reconciler.values.sensitive import Fingerprinter, Generate, Sealed, Sensitive, public

SECTION = "secrets"

_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}\Z")
_LIKE_AN_ARN = re.compile(r"-.{6}\Z")


class Generated(Declared):
    """How apply makes a value at creation. It is never in git, and never made again."""

    length: int = Field(default=32, ge=8, le=4096, description="characters")
    exclude: (
        Literal["lowercase", "uppercase", "digits", "punctuation"]
        | list[Literal["lowercase", "uppercase", "digits", "punctuation"]]
    ) = Field(default_factory=list, description="classes of characters to leave out")
    exclude_characters: str = Field(default="", description="single characters to leave out")

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes left out, whichever way they were written."""
        return (self.exclude,) if isinstance(self.exclude, str) else tuple(self.exclude)


@declared_in(FIELDS)
class Declaration(Declared):
    """A secret in AWS Secrets Manager. Unset fields are not managed."""

    name: str | None = Field(default=None, description="full name, in place of prefix and key")
    rotation: str | schedules.Schedule | None = Field(
        default=None, description="a schedule's name, a schedule, or `none` to remove rotation"
    )
    generate: Generated | None = Field(default=None, description="made at creation, never in git")
    external: bool = Field(default=False, description="the value is somebody else's")
    binary: bool = Field(default=False, description="the value is base64")
    max_age: Days | None = Field(default=None, description="rotated by hand: reminded of")
    rotate_on_enable: bool = Field(
        default=False, description="rotate at once when the schedule is set or changed"
    )
    git_keys: list[Annotated[str, Field(min_length=1)]] | None = Field(
        default=None,
        json_schema_extra={"minItems": 1},
        description="keys of a rotated JSON value that git owns; rotation owns the rest",
    )
    take: Literal["git"] | None = Field(
        default=None, description="git takes the value over from a rotation that has ended"
    )
    previous_kms_keys: list[KeyName] | None = Field(
        default=None, description="its keys before a change of `kms_key`: apply decrypts with them"
    )
    moved_to: str | None = Field(
        default=None, description="its new name: `move` wrote it, and `remove` ends the old one"
    )
    moved_from: str | None = Field(
        default=None,
        min_length=1,
        description="the full name of the secret whose value adopt copies: `move` wrote it",
    )
    env: Variables | None = Field(
        default=None, description="variable for export and exec; of a mapping, one for each field"
    )
    ignore: dict[str, str] = Field(default_factory=dict, description="rule: why it is ignored")


def check(
    declared: Declaration,
    *,
    has_value: bool,
    names: Collection[str] | None = None,
    settings: Settings | None = None,
) -> list[Flaw]:
    """What is wrong with a secret, as far as its cleartext tells."""
    found = [*_check_source(declared, has_value=has_value), *flaws(FIELDS, declared, None)]
    if isinstance(declared.rotation, schedules.Schedule):
        found += [
            Flaw(("rotation", *flaw.field), flaw.code, flaw.message, flaw.hint)
            for flaw in schedules.check(declared.rotation, named=False)
        ]
    elif settings is not None and (placed := settings.functions.get(declared.rotation or "")):
        found += shipped.check_secret(
            placed,
            has_value=has_value or declared.generate is not None,
            names=names,
            git_keys=declared.git_keys or (),
        )
    rotates = declared.rotation not in (None, NONE)
    if declared.take is not None and rotates:
        found.append(
            Flaw(
                ("take",),
                "take-with-rotation",
                "`take: git` does not go with a rotation",
                "write `rotation: none` first: while rotation is on, rotation owns the value",
            )
        )
    if declared.rotate_on_enable and not rotates:
        found.append(
            Flaw(("rotate_on_enable",), "no-rotation", "`rotate_on_enable` needs a `rotation`")
        )
    if declared.moved_from is not None:
        found += _check_moved(declared, has_value=has_value)
    if declared.git_keys is not None:
        given = {"generate": declared.generate is not None, "external": declared.external}
        others = [field for field, there in {**given, "binary": declared.binary}.items() if there]
        found += keys.check(
            declared.git_keys,
            rotation=declared.rotation,
            others=others,
            has_value=has_value,
            given=names,
        )
    return found


def _check_source(declared: Declaration, *, has_value: bool) -> list[Flaw]:
    """Exactly one of value, generate, external; none of them is enough where rotation is on."""
    given = [
        field
        for field, present in (
            ("value", has_value),
            ("generate", declared.generate is not None),
            ("external", declared.external),
        )
        if present
    ]
    rotates = declared.rotation not in (None, NONE)
    if not given and not rotates:
        return [
            Flaw(
                (),
                "no-value",
                "a secret needs a `value`, `generate` or `external: true`",
                "with a `rotation` it may have none of them, and is then managed but not created",
            )
        ]
    found = []
    if len(given) > 1:
        found.append(
            Flaw((given[1],), "two-values", f"`{given[0]}` and `{given[1]}` exclude each other")
        )
    if declared.binary and not has_value:
        found.append(Flaw(("binary",), "binary", "`binary` needs a `value`"))
    made = declared.generate
    if made is not None and not alphabet(made.classes, made.exclude_characters):
        found.append(Flaw(("generate",), "generate", "`exclude` leaves no character to use"))
    return found


def _check_moved(declared: Declaration, *, has_value: bool) -> list[Flaw]:
    """What takes over a value that git does not have, has none of git's; and the schedule follows
    without rotating."""
    given = {
        "value": has_value,
        "git_keys": declared.git_keys is not None,
        "take": declared.take is not None,
        "rotate_on_enable": declared.rotate_on_enable,
    }
    return [
        Flaw(
            (field,),
            "moved-from",
            f"`{field}` does not go with `moved_from`: adopt copies the value as it is",
            "take one of the two away; once the value is copied, `moved_from` is not needed",
        )
        for field, there in given.items()
        if there
    ]


def check_name(name: str) -> list[Flaw]:
    """What Secrets Manager does not allow in a name."""
    if len(name) > 512:
        return [Flaw((), "name", "a secret's name has at most 512 characters")]
    if not _NAME.match(name):
        return [Flaw((), "name", "AWS allows letters, digits and / _ + = . @ - in a secret's name")]
    return []


def doubt(name: str) -> str | None:
    """ "Don't end your secret name with a hyphen followed by six characters", AWS says, and takes
    the name."""
    return "ends in a hyphen and six characters" if _LIKE_AN_ARN.search(name) else None


def form(declared: Declaration) -> dict[str, str]:
    """What of a declaration is part of its value's fingerprint."""
    return {"type": NAME, "encoding": "binary" if declared.binary else "string"}


def parts(name: str, declared: Declaration) -> dict[Key, dict[str, JSON]]:
    """The keys that git owns of it."""
    owned = declared.git_keys
    return {} if owned is None else {Key(keys.NAME, name): {"git_keys": sorted(owned)}}


def parse(
    name: str,
    declared: Declaration,
    content: Content | Locked | None,
    settings: Settings,
    trust: Recogniser | None,
    place: Place,
) -> Parsed:
    """The secret, its rotation where one is declared, and its value."""
    found = check_name(name)
    if declared.moved_from == name:
        itself = "it names itself"
        found.append(
            Flaw(("moved_from",), "moved-from", itself, "name the secret under its former name")
        )
    schedule, unknown = rotations.named(declared.rotation, settings)
    if unknown is not None:
        found.append(unknown)
    if schedule is not None and not declared.external:
        found += rotations.needs_function(schedule)
    sealed, flaw = _seal(declared, content if isinstance(content, Content) else None)
    if flaw is not None:
        found.append(flaw)
    found += flaws(FIELDS, declared, settings)
    if declared.git_keys is not None and sealed is not None and isinstance(content, Content):
        part, wrong = keys.owned(declared.git_keys, content)
        sealed = replace(sealed, keys=part)
        found += wrong
    if found:
        return Parsed(flaws=tuple(found))

    if declared.rotation is None:
        ruled = "unset"
    else:
        ruled = "none" if declared.rotation == NONE else "declared"
    value = _known(name, sealed, content, trust)
    if value is not None:
        value = replace(
            value,
            rotation=ruled,
            take=declared.take == "git",
            shared=tuple(declared.git_keys or ()),
        )
    key = Key(NAME, name)
    secret = Resource(
        key=key,
        fields=compared(FIELDS, Given(declared, settings, trust)),
        value=value,
        uncreatable=_uncreatable(declared, value),
        max_age=None if declared.max_age is None else days(declared.max_age),
        place=place,
        former_keys=_former_keys(declared, settings),
        copies=None if declared.moved_from is None else Key(NAME, declared.moved_from),
    )
    resources = [secret]
    values = {} if sealed is None else {key: sealed}
    if declared.git_keys is not None:
        locked = content.parts.get(Key(keys.NAME, name)) if isinstance(content, Locked) else None
        known = locked if sealed is None else sealed.keys
        owned, part_sealed = keys.parse(name, declared.git_keys, known, settings, trust, place)
        resources.append(owned)
        values |= {} if part_sealed is None else {owned.key: part_sealed}
    if ruled != "unset":
        at_once = declared.rotate_on_enable
        resources.append(rotations.parse(name, schedule, settings, place, at_once=at_once))
    return Parsed(tuple(resources), values)


def _former_keys(declared: Declaration, settings: Settings) -> tuple[str, ...]:
    named = [*(declared.previous_kms_keys or ()), *settings.previous_kms_keys]
    return tuple(sorted({kms.normal(key, settings.scope, DEFAULT_KEY) for key in named}))


def _known(
    name: str, sealed: Sealed | None, content: Content | Locked | None, trust: Recogniser | None
) -> Value | None:
    """What a plan knows of the value."""
    if sealed is None:
        if not isinstance(content, Locked):
            return None
        return Value(Source.GIT, content.fingerprints, ciphertext=content.ciphertext)
    if sealed.content is None:
        return Value(Source.GENERATED)
    prints: tuple[str, ...] = ()
    if isinstance(trust, Fingerprinter):
        prints = tuple(map(public, trust.secret_tokens(name, sealed.content)))
    return Value(Source.GIT, prints)


def _uncreatable(declared: Declaration, value: Value | None) -> Reason | None:
    if declared.moved_from is not None:
        return Reason.TO_COPY
    if value is not None:
        return None
    return Reason.EXTERNAL if declared.external else Reason.NOT_CREATABLE


def _seal(declared: Declaration, content: Content | None) -> tuple[Sealed | None, Flaw | None]:
    if declared.generate is not None:
        rule = declared.generate
        return (
            Sealed(None, Generate(rule.length, rule.classes, rule.exclude_characters)),
            None,
        )
    if content is None:
        return None, None
    if not declared.binary:
        if len(content.text.reveal().encode()) > LIMIT:
            return None, Flaw(("value",), "too-long", f"the value is over {LIMIT} bytes")
        return Sealed(content.text, mapping=content.mapping), None
    if content.mapping:
        return None, Flaw(("value",), "binary", "a binary value is one base64 string")
    try:
        decoded = Sensitive(base64.b64decode(content.text.reveal(), validate=True))
    except (binascii.Error, ValueError):
        decoded = None
    if decoded is None:
        return None, Flaw(("value",), "binary", "the value is not base64")
    if not 0 < len(decoded.reveal()) <= LIMIT:
        return None, Flaw(("value",), "too-long", f"a binary value has 1 to {LIMIT} bytes")
    return Sealed(decoded), None
