"""Tags: the marks by which we know what is owned, and AWS's rules for everybody else's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reconciler.aws.recogniser import Recogniser
from reconciler.core.model import JSON, Resource, Scope
from reconciler.kinds.field import UNSET, Given, UnsayableError, Unset
from reconciler.kinds.kind import Flaw, Settings

OWNER = "reconciler:owner"  # owner/environment
PROOF = "reconciler:proof"  # keyed: this secret is that owner's
KEYS = "reconciler:tags"  # the keys of the tags that we set, so that we remove no other
SPEC = "reconciler:spec"  # digests of declared fields that no list returns
BOUND = "reconciler:bound"  # a version that we did not write holds the declared value
GIT_KEYS = "reconciler:keys"  # keyed: what git last wrote of a value that rotation owns
RECOVERY = "reconciler:recovery"  # days, for when the declaration is gone

OURS = "reconciler:"
MARKS = 7  # of the 50 tags that AWS allows on a resource

_ALLOWED = re.compile(r"[\w _.:/=+\-@]*\Z")


_PROOF_FORM = re.compile(r"([0-9a-f]{6})[0-9a-f]{32}\Z")


def lost_key(live: Mapping[str, str], trust: Recogniser, scope: Scope) -> bool:
    """Whether the owner tag is this environment's, and the proof has the form of one under a
    fingerprint key that nobody here knows."""
    proof = _PROOF_FORM.match(live.get(PROOF, ""))
    return live.get(OWNER) == scope.owner_id and proof is not None and proof[1] not in trust.kids


def from_list(tags: Iterable[Mapping[str, Any]] | None) -> dict[str, str]:
    """AWS's list of Key and Value as a mapping."""
    return {str(tag["Key"]): str(tag.get("Value", "")) for tag in tags or ()}


def to_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """A mapping as AWS's list, sorted."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]


def encode_keys(keys: Iterable[str]) -> str:
    """Tag keys as one tag value: separated by spaces, with ``=`` escapes as in quoted-printable,
    because a tag value may hold few other characters."""
    return " ".join(sorted(k.replace("=", "=3D").replace(" ", "=20") for k in keys))


def decode_keys(encoded: str) -> frozenset[str]:
    """The tag keys that :func:`encode_keys` wrote."""
    return frozenset(k.replace("=20", " ").replace("=3D", "=") for k in encoded.split())


def managed(live: Mapping[str, str], declared: Iterable[str]) -> dict[str, str]:
    """The live tags that may be changed here: those declared and those that we once set."""
    ours = set(declared) | decode_keys(live.get(KEYS, ""))
    return {key: value for key, value in live.items() if key in ours}


def forgotten(live: Mapping[str, str], declared: Iterable[str]) -> dict[str, None]:
    """Keys that the mark still lists and that are neither live nor declared: what a run leaves that
    stopped between taking tags away and saying so. While the mark lists them, somebody else's tag
    of that key would be taken for the reconciler's."""
    listed = decode_keys(live.get(KEYS, ""))
    return dict.fromkeys(sorted(listed - set(live) - set(declared)))


def encode_spec(digests: Mapping[str, str]) -> str:
    """Digests by field as one tag value."""
    return " ".join(f"{field}={digests[field]}" for field in sorted(digests))


def decode_spec(encoded: str) -> dict[str, str]:
    """The digests that :func:`encode_spec` wrote; anything else is ignored."""
    pairs = (part.partition("=") for part in encoded.split())
    return {field: digest for field, _, digest in pairs if digest}


def flaws(tags: Mapping[str, str]) -> Sequence[Flaw]:
    """What AWS, or our own marks, do not allow in declared tags."""
    found = []
    for key, value in tags.items():
        at = ("tags", key)
        if not key or len(key) > 128:
            found.append(Flaw(at, "tag", "a tag's key has 1 to 128 characters"))
        elif key.lower().startswith("aws:"):
            found.append(Flaw(at, "tag", "tags that start with aws: belong to AWS"))
        elif key.startswith(OURS):
            found.append(Flaw(at, "tag", f"tags that start with {OURS} are the reconciler's marks"))
        if len(value) > 256:
            found.append(Flaw(at, "tag", "a tag's value has at most 256 characters"))
        if not (_ALLOWED.match(key) and _ALLOWED.match(value)):
            found.append(
                Flaw(at, "tag", "AWS allows letters, digits, spaces and _ . : / = + - @ in tags")
            )
    if len(tags) > 50 - MARKS:
        found.append(
            Flaw(
                ("tags",),
                "tag",
                f"{len(tags)} tags are too many",
                f"AWS allows 50 on a resource, and {MARKS} of them are the reconciler's marks",
            )
        )
    elif len(encode_keys(tags)) > 256:
        found.append(
            Flaw(
                ("tags",),
                "tag",
                "the tags' keys are together longer than 256 characters",
                "the reconciler remembers them in one tag, to remove no other",
            )
        )
    return found


# --- as a field of what carries them -----------------------------------------------------------


def check(given: Mapping[str, str], settings: Settings | None) -> Sequence[Flaw]:
    """What is wrong with declared tags, by themselves and then with the environment's."""
    return flaws(given if settings is None else {**settings.tags, **given})


def content(given: Given) -> JSON | Unset:
    """The tags that a declaration asks for, with those of the environment."""
    declared = given.declared.given("tags")
    if declared is None and not given.settings.tags:
        return UNSET
    return {**given.settings.tags, **(declared or {})}


def observed(live: Mapping[str, str], resource: Resource | None) -> JSON:
    """Of live tags those that may be changed here, with those that the mark alone still lists."""
    declared = resource.fields.get("tags") if resource is not None else None
    keys = declared if isinstance(declared, Mapping) else {}
    return {**managed(live, keys), **forgotten(live, keys)}


def foreign(live: Mapping[str, str], resource: Resource | None) -> dict[str, str]:
    """The tags that somebody else put on what is owned."""
    declared = resource.fields.get("tags") if resource is not None else None
    ours = managed(live, declared if isinstance(declared, Mapping) else {})
    return {
        key: text
        for key, text in live.items()
        if key not in ours and not key.startswith(OURS) and not key.lower().startswith("aws:")
    }


def remembered(live: Mapping[str, str], resource: Resource | None) -> JSON | Unset:
    """Of live tags those that we set: what the mark remembers of them.

    Where tags that we set are gone and not declared any more, a run may have stopped
    between taking them away and setting the others: then nobody can tell.
    """
    declared = resource.fields.get("tags") if resource is not None else None
    if forgotten(live, declared if isinstance(declared, Mapping) else {}):
        return UNSET
    ours = decode_keys(live.get(KEYS, ""))
    return {key: text for key, text in live.items() if key in ours}


def importing(live: Mapping[str, str], settings: Settings) -> JSON | Unset:
    """The live tags that the environment does not set anyway. Raises UnsayableError."""
    theirs = {
        key: text
        for key, text in live.items()
        if not key.lower().startswith("aws:") and not key.startswith(OURS)
    }
    if theirs and flaws({**settings.tags, **theirs}):
        raise UnsayableError("its tags stay unmanaged: a manifest cannot say them")
    own = {key: text for key, text in theirs.items() if settings.tags.get(key) != text}
    return own or UNSET
