"""Which resources an environment's manifests declared on one side, by their names in AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from reconciler import kinds
from reconciler.core.model import JSON, Key, Place
from reconciler.kinds.kind import Settings
from reconciler.manifest.branch.side import Side
from reconciler.manifest.environment import EnvironmentFile, cleartext
from reconciler.manifest.files import ENVIRONMENT_FILE


@dataclass(frozen=True)
class Declared:
    """``resources`` is everything that was declared, by its fields. Of what is in ``unread`` only
    the name is known, and not which parts (a schedule, keys that git owns) it had: an earlier
    version accepted it."""

    resources: Mapping[Key, Mapping[str, JSON]]
    unread: frozenset[Key]


def declared(side: Side, environment: str) -> Declared | None:
    """What an environment declared; None where its own file, or one of the others, cannot be
    read."""
    settings = _settings(side, environment)
    members = side.members(environment)
    if settings is None or any(not isinstance(side.data(path), dict) for path in members):
        return None
    resources: dict[Key, Mapping[str, JSON]] = {}
    unread: set[Key] = set()
    for (section, name), declaration in side.view(environment).declarations.items():
        own = declaration.fields.get("name")
        full = own if isinstance(own, str) else settings.scope.under + name
        whole = Key(kinds.sections()[section].NAME, full)
        resources[whole] = {}
        found = _parsed(section, full, declaration.fields, settings)
        if found is None:
            unread.add(whole)
        else:
            resources.update(found)
    return Declared(resources, frozenset(unread))


def _settings(side: Side, environment: str) -> Settings | None:
    data = side.data(f"{environment}/{ENVIRONMENT_FILE}")
    if not isinstance(data, dict):
        return None
    try:
        found = EnvironmentFile.model_validate(cleartext(data))
    except ValidationError:
        return None
    return found.settings()


def _parsed(
    section: str, name: str, fields: Mapping[str, Any], settings: Settings
) -> dict[Key, Mapping[str, JSON]] | None:
    """One declaration with all its parts; None where it is no longer accepted."""
    kind = kinds.sections()[section]
    try:
        made = kind.Declaration.model_validate(dict(fields))
    except ValidationError:
        return None
    parsed = kind.parse(name, made, None, settings, None, Place(""))
    return None if parsed.flaws else {one.key: one.fields for one in parsed.resources}
