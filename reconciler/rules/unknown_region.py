"""A Region that AWS does not have, as far as anybody here knows."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from reconciler.aws import arn
from reconciler.rules.rule import Finding, Subject

CODE = "unknown-region"
REASON = "no service answers in a Region that is misspelt; a new Region is known after an upgrade"


def find(subject: Subject) -> Iterator[Finding]:
    """The environment's Region, and those of replicas."""
    own = subject.declared.settings.scope.region
    if own not in arn.regions():
        yield Finding(f"AWS has no Region {own}", _hint(own), field=("region",))
    for entry in subject.declared.entries:
        for index, replica in enumerate(entry.fields.get("replicas") or ()):
            name = replica["region"]
            if name not in arn.regions():
                message = f"a replica of {entry.key}: AWS has no Region {name}"
                yield Finding(message, _hint(name), entry, ("replicas", index, "region"))


def _hint(name: str) -> str:
    near = difflib.get_close_matches(name, sorted(arn.regions()), 1)
    meant = f"did you mean {near[0]}? " if near else ""
    return f"{meant}if it is a new Region, say so in `ignore`"


def conclusive(subject: Subject) -> bool:
    """Manifests say all of it."""
    return True
