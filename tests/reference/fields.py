"""The fields of manifests, environments and plan files, from their schemas; calls, as promised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bench import promised
from reconciler import kinds
from reconciler.core import planfile
from reconciler.manifest.schema import schema
from tests.reference.markdown import table

JSON = Mapping[str, Any]
# What the schema does not say.
MEANINGS = {
    "access": "who gets access to a value by it",
    "account": "AWS account",
    "action": "what it does",
    "after": "as git declares it",
    "before": "as it is live",
    "changes": "all of them, in the order of apply",
    "code": "the code that `reconciler explain` knows",
    "column": "1 for the first",
    "data_type": "as AWS has it",
    "drift": "what ends `drift` with 2",
    "environment": "its name",
    "fields": "those that differ",
    "format_version": "of the plan file",
    "guards": "how much one apply may change",
    "key": "kind and name",
    "kind": "secret, parameter, rotation or keys",
    "kms_key": "alias, id or ARN of the key that AWS encrypts with",
    "line": "1 for the first",
    "losses": "what it takes away",
    "name": "full name",
    "notes": "what to know of what is not changed, and what only the record knows of changes",
    "owner": "whose the resources are",
    "path": "of the manifest",
    "place": "where it is declared",
    "policy": "prune, recovery window and guards in force",
    "prefix": "what names begin with",
    "recovery_window": "`7 days` to `30 days`, as long as AWS keeps it once deleted",
    "region": "AWS Region",
    "settings": "how it is written",
    "tags": "yours; other tags stay as they are",
    "tier": "as AWS has it",
    "value": "what happens to the value; never the value",
    "why": "why it is made or refused",
    "write": "how the value is written",
}


def manifest() -> str:
    """The fields of secrets and parameters, and of what stands in them."""
    found = schema("manifest")
    sections = {
        name: section["additionalProperties"]["$ref"].rpartition("/")[2]
        for name, section in found["properties"].items()
        if "additionalProperties" in section and "$ref" in str(section["additionalProperties"])
    }
    order = [*sections.values(), *(name for name in found["$defs"] if name[0].isupper())]
    titles = {kind: f"Fields of `{name}`" for name, kind in sections.items()}
    return "\n\n".join(
        _fields(titles.get(name, f"`{name}`"), found["$defs"][name]) for name in order
    )


def environment() -> str:
    """The fields of environment.sops.yaml."""
    found = schema("environment")
    inner = [_fields(f"`{name}`", of) for name, of in found["$defs"].items()]
    return "\n\n".join([_fields("Fields", found), *inner])


def plan() -> str:
    """The fields of a plan file."""
    found = planfile.schema(kinds.names())
    top = found["$defs"]["PlanFile"]
    rest = [
        _fields(f"`{name}`", of)
        for name, of in found["$defs"].items()
        if name != "PlanFile" and ("properties" in of or "enum" in of)
    ]
    return "\n\n".join([_fields("The file", top), *rest])


def calls() -> str:
    """How many calls a command makes."""
    return "\n".join(["| command | calls |", "|---|---|", *map(promised.row, promised.PROMISED)])


def _fields(title: str, of: JSON) -> str:
    told = " ".join(of.get("description", "").replace("``", "`").split())
    head = f"## {title}\n\n{told}".rstrip()
    if "enum" in of:
        return f"{head}\n\n{', '.join(f'`{word}`' for word in of['enum'])}"
    rows = list(_rows(of))
    return f"{head}\n\n{table(('field', 'content', 'default', 'meaning'), rows)}"


def _rows(of: JSON) -> Iterator[tuple[str, ...]]:
    for name, field in of["properties"].items():
        if name == "sops":
            continue
        must = name in of.get("required", ())
        default = field.get("default")
        empty = default in (None, "", [], {}) or isinstance(default, dict)
        shown = "required" if must else "" if empty else f"`{_word(default)}`"
        yield (
            f"`{name}`",
            _content(field),
            shown,
            field.get("description") or MEANINGS.get(name, ""),
        )


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _content(field: JSON) -> str:
    """What may stand there, in a few words."""
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return f"`{name}`" if name[0].isupper() else "text or mapping"
    if "enum" in field:
        return " or ".join(f"`{word}`" for word in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_content(one) for one in field["anyOf"]))
    match field.get("type"):
        case "array":
            return f"list of {_content(field.get('items', {}))}"
        case "object":
            return "mapping"
        case "boolean":
            return "`true` or `false`"
        case "integer" | "number":
            return "number"
        case "null":
            return "null"
        case _:
            return "text"
