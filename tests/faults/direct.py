"""What git declares, without git, files and sops: for tests that plan and apply very often."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.core.model import Key, Place, Policy, Resource, Scope
from reconciler.kinds import sections
from reconciler.kinds.kind import Content, Settings
from reconciler.manifest import Desired
from reconciler.values.sensitive import Fingerprinter, Sealed, Sensitive

SCOPE = Scope("production", "123456789012", "us-west-2", "/test/production", "test")
KEY = "5f" * 32
PERMISSIVE = Policy(prune=True, max_prunes=10_000, max_change_ratio=1.0)


def full(name: str) -> str:
    """The name in AWS of what is declared under this one."""
    return SCOPE.under + name


def desired(
    declared: Mapping[str, Mapping[str, Any]],
    *,
    keys: Sequence[str] = (KEY,),
    policy: Policy = PERMISSIVE,
) -> Desired:
    """Declarations by section (``secrets``, ``parameters``) and name, as a manifest writes them.

    Raises AssertionError for one that no manifest could hold.
    """
    settings = Settings(SCOPE, policy)
    trust = Fingerprinter([Sensitive(key) for key in keys], SCOPE)
    resources: dict[Key, Resource] = {}
    sealed: dict[Key, Sealed] = {}
    for kind in sections().values():
        for name, fields in declared.get(kind.SECTION, {}).items():
            given = dict(fields)
            value = given.pop("value", None)
            declaration = kind.Declaration.model_validate(given)
            flaws = kind.check(declaration, has_value=value is not None)
            content = None if value is None else _content(value)
            parsed = kind.parse(
                SCOPE.under + name, declaration, content, settings, trust, Place("test")
            )
            assert not flaws, flaws
            assert not parsed.flaws, parsed.flaws
            resources.update((resource.key, resource) for resource in parsed.resources)
            sealed.update(parsed.sealed)
    return Desired(settings, resources, sealed, trust)


def _content(value: Any) -> Content:
    if isinstance(value, str):
        return Content(Sensitive(value))
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return Content(Sensitive(text), mapping=True)
