"""Release: let go of what is ours. It undoes adopt; the values stay."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

from reconciler.aws.client import Aws
from reconciler.core.model import Key, Live, Ownership
from reconciler.kinds import NAMED
from reconciler.kinds.parameter import NAME as PARAMETER
from reconciler.kinds.parameter.release import release as release_parameter
from reconciler.kinds.secret import NAME as SECRET
from reconciler.kinds.secret.release import release as release_secret
from reconciler.operations import observe
from reconciler.operations.planning import Gathered
from reconciler.operations.steps import Result, Step, refused


@dataclass(frozen=True)
class Release:
    """What is to be let go of, and what of the names cannot be."""

    steps: dict[Key, Step]
    refused: tuple[Result, ...]


def prepare(gathered: Gathered, aws: Aws, names: Collection[Key] | None) -> Release:
    """What letting go of ``names``, or of all that is ours, takes.

    Everything is read afresh: a list may not know yet what became ours a minute ago.
    """
    desired, records, trust = gathered.desired, gathered.records, gathered.desired.fingerprinter
    scope = desired.scope
    live = observe.shape(records, {}, trust, scope)
    if names is None:
        keys = {key for key, one in live.items() if one.ownership is Ownership.OURS}
        keys |= {key for key in desired.resources if key in live and key.kind in NAMED}
    else:
        keys = {key for key in names if key.kind in NAMED}
    observe.refresh(aws, records, keys, scope, trust)
    live = observe.shape(records, {}, trust, scope)
    steps: dict[Key, Step] = {}
    barred: list[Result] = []
    for key in sorted(keys):
        current = live.get(key)
        reason = _barred(current)
        if reason is None:
            write = release_secret if key.kind == SECRET else release_parameter
            steps[key] = partial(write, aws, records[key.kind][key.name])
        elif names is not None:
            barred.append(refused(key, *reason))
    return Release(steps, tuple(barred))


def parameters(release: Release) -> int:
    """How many parameters get a new version."""
    return sum(1 for key in release.steps if key.kind == PARAMETER)


def _barred(current: Live | None) -> tuple[str, str] | None:
    """Why something cannot be released, and what to do."""
    if current is None:
        return "it does not exist", "there is nothing to let go of: leave it out"
    if current.ownership is not Ownership.OURS:
        of = f" but of {current.owner}" if current.owner else ""
        return f"it is not ours{of}", "it bears no mark of ours: leave it out"
    if current.deleted:
        restore = f"aws secretsmanager restore-secret --secret-id {current.key.name}"
        return "it is pending deletion", f"leave it to its end, or restore it first: {restore}"
    return None
