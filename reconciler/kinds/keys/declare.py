"""How the keys that git owns are declared: by name, in a secret that has a rotation."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from reconciler.aws.recogniser import Recogniser
from reconciler.core.model import Key, Place, Resource, Source, Value
from reconciler.kinds.field import NONE, Given, compared
from reconciler.kinds.keys import members
from reconciler.kinds.keys.fields import FIELDS
from reconciler.kinds.kind import Content, Flaw, Locked, Settings
from reconciler.values.sensitive import Fingerprinter, Sealed, Sensitive, public

NAME = "keys"

_FIELD = ("git_keys",)
_CODE = "git-keys"


def check(
    names: Sequence[str],
    *,
    rotation: object,
    others: Collection[str],
    has_value: bool,
    given: Collection[str] | None,
) -> list[Flaw]:
    """What is wrong with a list of keys, as far as the secret's cleartext tells.

    ``others`` are declared fields that exclude it; ``given`` the names in the value's mapping.
    """
    found = []
    if rotation in (None, NONE):
        found.append(
            Flaw(
                _FIELD,
                _CODE,
                "`git_keys` needs a `rotation`",
                "without one git owns the whole value: leave `git_keys` out",
            )
        )
    found += [
        Flaw(_FIELD, _CODE, f"`git_keys` does not go with `{other}`", "they are keys of a `value`")
        for other in others
    ]
    if not has_value and not others:
        found.append(
            Flaw(_FIELD, _CODE, "`git_keys` needs a `value` that holds them", "it is also the seed")
        )
    if not names:
        found.append(Flaw(_FIELD, _CODE, "`git_keys` names no key", "leave it out"))
    if len(set(names)) < len(names):
        found.append(Flaw(_FIELD, _CODE, "the same key is named twice"))
    if given is not None:
        found += _missing(names, given)
    return found


def owned(names: Sequence[str], content: Content) -> tuple[Sensitive[str] | None, list[Flaw]]:
    """Of a declared value the keys that git owns, as canonical JSON; or what is wrong with it."""
    given = members.names(content.text)
    if given is None:
        what = "the value is not a JSON object in which each key appears once"
        return None, [Flaw(("value",), _CODE, what, "`git_keys` are keys of a mapping")]
    flaws = _missing(names, given)
    return (None, flaws) if flaws else (members.select(content.text, names), [])


def _missing(names: Sequence[str], given: Collection[str]) -> list[Flaw]:
    return [
        Flaw(
            (*_FIELD, index),
            _CODE,
            f"the value has no key `{name}`",
            "declare it below `value`; to give a key up, take it out of `git_keys`",
        )
        for index, name in enumerate(names)
        if name not in given
    ]


def parse(
    name: str,
    names: Sequence[str],
    content: Sensitive[str] | Locked | None,
    settings: Settings,
    trust: Recogniser | None,
    place: Place,
) -> tuple[Resource, Sealed | None]:
    """The keys that git owns of the secret ``name``, and what to write of them.

    They are a resource of their own: a change of them is bound to the mark of what git last wrote
    and to nothing else, so a rotation makes no review of it stale.
    """
    value: Value | None = None
    sealed: Sealed | None = None
    if isinstance(content, Sensitive):
        prints: tuple[str, ...] = ()
        if isinstance(trust, Fingerprinter):
            prints = tuple(map(public, trust.key_marks(name, content)))
        value, sealed = Value(Source.GIT, prints), Sealed(content, mapping=True)
    elif content is not None:
        value = Value(Source.GIT, content.fingerprints, ciphertext=content.ciphertext)
    resource = Resource(
        key=Key(NAME, name),
        fields=compared(FIELDS, Given(names, settings, trust)),
        value=value,
        requires=Key("secret", name),
        settings={"git_keys": sorted(names)},
        place=place,
    )
    return resource, sealed
