"""How what is live becomes a declaration: what kinds have in common.

What is declared is what has to be, so that the plan after an adoption is empty, and no more: what
no list returns (resource policies, replicas, parameters' tags) stays unset, and so unmanaged.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from reconciler.aws.recogniser import UnverifiedRecogniser
from reconciler.core.model import Key, Place, Scope
from reconciler.kinds.imported import Imported, NotImported
from reconciler.kinds.kind import Section, Settings
from reconciler.kinds.represent import Represented

NOBODY = UnverifiedRecogniser(("",))  # recognises nothing as ours: whose it is decides nothing here


def full_name(full: str, scope: Scope, name: str) -> dict[str, str]:
    """The full name, where it is not made of the prefix and the name in the manifest."""
    return {} if scope.under + name == full else {"name": full}


def checked(
    key: Key,
    section: Section,
    name: str,
    fields: dict[str, Any],
    value: Represented | None,
    settings: Settings,
    notes: list[str],
) -> Imported | NotImported:
    """A declaration, if it is one that a manifest may hold."""
    try:
        declared = section.Declaration.model_validate(fields)
    except ValidationError as error:
        wrong = ".".join(map(str, error.errors(include_input=False)[0]["loc"]))
        return NotImported(key, f"a manifest cannot say its {wrong}")
    flaws = list(section.check(declared, has_value=value is not None))
    flaws += section.parse(key.name, declared, None, settings, None, Place("")).flaws
    if flaws:
        return NotImported(key, flaws[0].message)
    return Imported(key, section.SECTION, name, fields, value, "; ".join(notes) or None)
