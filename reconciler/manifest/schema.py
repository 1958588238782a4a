"""JSON Schemas of the manifests, from the models that read them.

An editor that knows them completes fields and finds mistakes while a manifest is written. They
accept a value in clear (before it is encrypted), an encrypted one, and the ``sops:`` block.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from pydantic import BaseModel

from reconciler import kinds
from reconciler.manifest.encrypted import FINGERPRINT_KEYS, RESERVED, VALUE
from reconciler.manifest.environment import EnvironmentFile
from reconciler.manifest.metadata import BLOCK

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Name: TypeAlias = Literal["manifest", "environment"]
NAMES: tuple[Name, ...] = ("manifest", "environment")


def schema(name: Name) -> dict[str, Any]:
    """The schema of one type of file: any manifest, or ``environment.sops.yaml``."""
    return _manifest() if name == "manifest" else _environment()


def _manifest() -> dict[str, Any]:
    definitions: dict[str, Any] = _value()
    properties: dict[str, Any] = {}
    for section, kind in kinds.sections().items():
        declaration = _model(kind.Declaration, definitions)
        declaration["properties"][VALUE] = {
            "$ref": f"#/$defs/{VALUE}",
            "description": "encrypted; a mapping is stored as JSON, a string exactly as it is",
        }
        definitions[kind.NAME] = declaration
        properties[section] = {
            "type": "object",
            "description": f"{section} by their name below the environment's prefix",
            "propertyNames": {"not": {"enum": sorted(RESERVED)}},
            "additionalProperties": {"$ref": f"#/$defs/{kind.NAME}"},
        }
    properties[BLOCK] = _block()
    return {
        "$schema": DIALECT,
        "title": "Secrets and parameters of one environment",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "$defs": definitions,
    }


def _environment() -> dict[str, Any]:
    definitions: dict[str, Any] = {}
    model = _model(EnvironmentFile, definitions)
    model["properties"][FINGERPRINT_KEYS] = {
        "type": "array",
        "description": "encrypted; 64 hex digits each: the first writes, all are recognised",
        "items": {"type": "string", "pattern": r"^([0-9a-fA-F]{64}|ENC\[.*\])$"},
        "minItems": 1,
        "uniqueItems": True,
    }
    model["properties"][BLOCK] = _block()
    model["required"] = [*model["required"], FINGERPRINT_KEYS]
    return {
        "$schema": DIALECT,
        "title": "An environment's settings",
        **{key: part for key, part in model.items() if key != "description"},
        "$defs": definitions,
    }


def _value() -> dict[str, Any]:
    """A value, and what its mappings may hold."""
    part = {"$ref": f"#/$defs/{VALUE}Part"}
    mapping = {"type": "object", "additionalProperties": part, "minProperties": 1}
    return {
        VALUE: {"anyOf": [{"type": "string", "minLength": 1}, mapping]},
        f"{VALUE}Part": {
            "anyOf": [{"type": "string"}, mapping, {"type": "array", "items": part, "minItems": 1}]
        },
    }


def _block() -> dict[str, Any]:
    return {"type": "object", "description": "written by sops"}


def _model(model: type[BaseModel], definitions: dict[str, Any]) -> dict[str, Any]:
    """A model's schema; the models that it refers to go to ``definitions``."""
    own: dict[str, Any] = _plain(model.model_json_schema(by_alias=True))
    definitions.update(own.pop("$defs", {}))
    return own


def _plain(node: Any) -> Any:
    """A schema without what only Python knows: titles made of names, and null for "not given",
    which an empty YAML value is not."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {
        key: _plain(part)
        for key, part in node.items()
        if not (key == "title" and isinstance(part, str))
        and not (key == "default" and part is None)
    }
    choices = kept.get("anyOf")
    if isinstance(choices, list):
        choices = [choice for choice in choices if choice != {"type": "null"}]
        if len(choices) == 1:
            del kept["anyOf"]
            return {**choices[0], **kept}
        kept["anyOf"] = choices
    return kept
