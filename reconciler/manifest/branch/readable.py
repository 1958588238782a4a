"""Which applications come to read what, by names that were added or by patterns that were."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.manifest.branch.difference import Difference, Group
from reconciler.manifest.branch.side import View
from reconciler.manifest.patterns import covering


def compare(old: View, new: View, environment: str) -> Iterator[Difference]:
    """One for each application and each name that it could not read before."""
    for (section, key), declared in sorted(new.declarations.items()):
        was = old.declarations.get((section, key))
        before = frozenset[str]() if was is None else _readers(old, key, was.fields)
        for application in sorted(_readers(new, key, declared.fields) - before):
            yield Difference(
                Group.ACCESS,
                "reader-added",
                f"{section[:-1]} {key}",
                declared.path,
                environment,
                "+",
                after=application,
            )


def _readers(view: View, key: str, fields: Mapping[str, Any]) -> frozenset[str]:
    under = str(view.settings.get("prefix", "")).rstrip("/") + "/"
    patterns = view.settings.get("readers")
    own = fields.get("name")
    name = own if isinstance(own, str) else under + key
    return frozenset(covering(patterns, under, name) if isinstance(patterns, dict) else ())
