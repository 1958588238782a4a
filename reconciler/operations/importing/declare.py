"""What a file gives, as declarations of an environment."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from reconciler import kinds
from reconciler.core.model import Key, Place
from reconciler.kinds.imported import Imported, NotImported
from reconciler.kinds.importing import checked, full_name
from reconciler.kinds.kind import Content, Named, Settings
from reconciler.kinds.represent import Represented
from reconciler.manifest.entries import PLAINTEXT
from reconciler.operations.exporting.variables import called
from reconciler.operations.importing.sources import Given
from reconciler.values.sensitive import Sensitive


def together(given: Sequence[Given], name: str) -> list[Given]:
    """One mapping of all values; what has none stays by itself."""
    parts = [one for one in given if one.value is not None]
    left = [one for one in given if one.value is None]
    if not parts:
        return left
    whole = {one.variable or one.name: json.loads(_revealed(one)) for one in parts}
    return [*left, Given(name, Sensitive(json.dumps(whole)))]


def declarations(
    given: Iterable[Given],
    settings: Settings,
    taken: Collection[tuple[str, str]],
    *,
    kind: str | None,
    below: str,
    plaintext: bool,
) -> list[Imported | NotImported]:
    """A declaration of each value, or why it has none. ``kind`` is what a value is of which its
    file does not say it, ``below`` the part of a name before those that are not whole."""
    scope = settings.scope
    used = set(taken)
    made: list[Imported | NotImported] = []
    for one in given:
        of = _kind(one, kind, settings)
        name = one.name if one.full else f"{below.rstrip('/')}/{one.name}" if below else one.name
        full = name if one.full else scope.under + name
        name = name.removeprefix(scope.under).strip("/") if one.full else name
        key = Key(of.NAME, full)
        if one.value is None:
            made.append(NotImported(key, one.reason or "it has no value", fault=False))
        elif (of.section.SECTION, name) in used:
            made.append(NotImported(key, "it is declared already", fault=False))
        else:
            used.add((of.section.SECTION, name))
            made.append(_declaration(key, one, of, name, settings, plaintext=plaintext))
    return made


def _declaration(
    key: Key, one: Given, kind: Named, name: str, settings: Settings, *, plaintext: bool
) -> Imported | NotImported:
    fields: dict[str, Any] = {**full_name(key.name, settings.scope, name), **one.fields}
    notes: list[str] = []
    if one.variable is not None:
        fields |= _variable(one.variable, name, kind, settings, notes)
    content = json.loads(_revealed(one))
    if isinstance(content, str) and content.endswith("\n") and content.count("\n") == 1:
        return NotImported(key, "its value is one line and ends with a newline")
    if one.shown and plaintext:
        fields = {name: content for name, content in fields.items() if name != "type"}
        fields[PLAINTEXT] = content
        return checked(key, kind.section, name, fields, None, settings, notes)
    value = Represented(Sensitive(json.dumps(content)))
    made = checked(key, kind.section, name, fields, value, settings, notes)
    if isinstance(made, NotImported):
        return made
    text = content if isinstance(content, str) else json.dumps(content)
    declared = kind.section.Declaration.model_validate(fields)
    whole = Content(Sensitive(text), mapping=not isinstance(content, str))
    flaws = kind.section.parse(key.name, declared, whole, settings, None, Place("")).flaws
    return NotImported(key, flaws[0].message) if flaws else made


def _variable(
    variable: str, name: str, kind: Named, settings: Settings, notes: list[str]
) -> Mapping[str, str]:
    """The field that keeps a variable's name, where that is not the one that derives."""
    if called(None, settings.env_prefix, name, ()) == variable:
        return {}
    try:
        kind.section.Declaration.model_validate({"env": variable})
    except ValueError:
        notes.append(f"no manifest may name the variable {variable}: programs get another")
        return {}
    return {"env": variable}


def _kind(one: Given, chosen: str | None, settings: Settings) -> Named:
    """The kind by the service in the ARNs of its resources."""
    wholes = kinds.wholes()
    if one.service is None:
        return wholes[chosen or next(iter(wholes))]
    of_service = {
        kind.access.arn(settings.scope, "/a").split(":")[2]: kind for kind in wholes.values()
    }
    return of_service[one.service]


def _revealed(one: Given) -> str:
    return "" if one.value is None else one.value.reveal()
