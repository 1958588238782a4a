"""Under which fingerprint keys what is live is marked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from reconciler.core.errors import ReconcilerError
from reconciler.core.model import Key, Live, Ownership, Scope

_FIELD = "fingerprint_key"
_NAMED = 3


class LostKeysError(ReconcilerError):
    """Nothing in AWS is recognised as owned, and some of it was marked with another key."""

    code = "keys-lost"


def under_others(live: Mapping[Key, Live], kid: str) -> list[Key]:
    """What is owned by a mark of another fingerprint key than this one."""
    return sorted(
        key
        for key, one in live.items()
        if one.ownership is Ownership.OURS and one.fields.get(_FIELD) not in (None, "", kid)
    )


def raise_if_lost(live: Mapping[Key, Live], kids: Collection[str], scope: Scope) -> None:
    """Raises LostKeysError where keys were removed that all of it is marked with: one error in
    place of as many refusals. Whoever may tag can forge one such mark, but has to spoil all."""
    lost = sorted(key for key, one in live.items() if one.lost_key)
    if lost and not any(one.fields.get(_FIELD) in kids for one in live.values()):
        environment = scope.environment
        raise LostKeysError(
            f"{names(lost, scope)} {'is' if len(lost) == 1 else 'are'} marked with a fingerprint"
            f" key that {environment} no longer has",
            hint="put the old key back from git, behind the new one, and apply before it is"
            f" removed: reconciler rotate-keys {environment}; if it is lost:"
            f" reconciler adopt {environment}",
        )


def names(keys: Sequence[Key], scope: Scope) -> str:
    """Some of them by name, and how many more there are."""
    told = ", ".join(f"{key.kind} {key.name.removeprefix(scope.under)}" for key in keys[:_NAMED])
    more = len(keys) - _NAMED
    return f"{told} and {more} more" if more > 0 else told
