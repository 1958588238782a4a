"""Why a role has each of its permissions, for whoever reviews them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler import kinds
from reconciler.kinds import kms
from reconciler.kinds.statement import Statement

DENIED = "no value is read, whatever else allows it"
HEADS = ("environment", "role", "effect", "action", "on", "resource", "condition", "why")


def whys() -> Mapping[str, str]:
    """Why a role has each action: what a kind says of its own, and what is said of KMS keys."""
    found = dict(kms.WHY)
    for kind in kinds.wholes().values():
        found.update(kind.access.WHY)
    return found


def rows(environment: str, role: str, statements: Sequence[Statement]) -> Iterator[Sequence[str]]:
    """A row for each action on each resource."""
    reasons = whys()
    for one in statements:
        bound = "; ".join(
            f"{test} {key} {_plain(values)}"
            for test, keys in one.condition.items()
            for key, values in keys.items()
        )
        on = "all but" if one.others else "this"
        for action in one.actions:
            why = reasons[action] if one.effect == "Allow" else DENIED
            for resource in one.resources:
                yield (environment, role, one.effect.lower(), action, on, resource, bound, why)


def _plain(values: Sequence[str] | str) -> str:
    return values if isinstance(values, str) else ", ".join(values)
