"""The published JSON Schema of a plan file."""

from __future__ import annotations

from typing import Any

from reconciler.core.model import Action, Write

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_TEXT = {"type": "string"}
_TEXT_OR_NULL = {"type": ["string", "null"]}
_COUNT = {"type": "integer", "minimum": 0}
_DIGEST = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_VERSION = {"type": "string", "pattern": r"^1\.[0-9]+$"}


def schema() -> dict[str, Any]:
    """The schema of a plan file: one plan, or several of different environments.

    Unknown keys are allowed: a later version 1.x may add some.
    """
    return {
        "$schema": DIALECT,
        "title": "Plan",
        "description": "What apply would do, computed from git and AWS; it holds no secret value",
        "anyOf": [
            {"$ref": "#/$defs/plan"},
            _object(
                {"format_version": _VERSION, "plans": _list("plan")},
                "plans of several environments",
            ),
        ],
        "$defs": {
            "plan": _plan(),
            "change": _change(),
            "key": _object({"kind": _TEXT, "name": _TEXT}, "a resource: its kind and full name"),
            "field": _object(
                {
                    "name": _TEXT,
                    "before": {"description": "null: absent; where not known, a digest or null"},
                    "after": {"description": "null: absent"},
                    "known": {"type": "boolean", "description": "whether `before` is the content"},
                },
                "one field, before and after",
            ),
            "value": _object(
                {
                    "write": {"enum": [write.value for write in Write]},
                    "fingerprint": {
                        **_TEXT_OR_NULL,
                        "description": "public fingerprint of the new value; null: generated",
                    },
                    "plaintext": {**_TEXT_OR_NULL, "description": "only where git shows it too"},
                    "ciphertext": {
                        **_TEXT_OR_NULL,
                        "description": "digest of the ciphertext, where nothing more is known",
                    },
                    "keys": {
                        "anyOf": [_list("field"), {"type": "null"}],
                        "description": "names of the keys that differ, never their content",
                    },
                },
                "that a value is written, never what it is",
            ),
            "place": _object(
                {"path": _TEXT, "line": _COUNT, "column": _COUNT},
                "where in a manifest; line 0: nowhere in particular",
            ),
            "note": _object(
                {"key": _ref("key"), "code": _TEXT, "text": _TEXT},
                "something to know that changes nothing",
            ),
        },
    }


def _plan() -> dict[str, Any]:
    return _object(
        {
            "format_version": _VERSION,
            "digest": {**_DIGEST, "description": "over the sorted set of the changes' digests"},
            "environment": _TEXT,
            "account": _TEXT,
            "region": _TEXT,
            "prefix": _TEXT,
            "owner": _TEXT,
            "policy": _object(
                {
                    "prune": {"type": "boolean"},
                    "recovery_window": {**_COUNT, "description": "days"},
                    "max_prunes": _COUNT,
                    "max_change_ratio": {"type": "number", "minimum": 0},
                },
                "what the environment allows a run to do",
            ),
            "revision": {**_TEXT_OR_NULL, "description": "commit; null outside git"},
            "owned": {**_COUNT, "description": "live resources that are the environment's"},
            "summary": _object(
                {action.value: _COUNT for action in Action}, "changes of each action"
            ),
            "changes": _list("change"),
            "notes": _list("note"),
            "checksum": {**_DIGEST, "description": "over everything else in this object"},
        },
        "the plan of one environment",
    )


def _change() -> dict[str, Any]:
    return _object(
        {
            "key": _ref("key"),
            "action": {"enum": [action.value for action in Action]},
            "digest": {**_DIGEST, "description": "over everything that acts or is shown"},
            "fields": _list("field"),
            "value": _or_null("value"),
            "settings": {"type": "object"},
            "precondition": {
                "type": "object",
                "description": "what of live the change was planned against",
            },
            "code": {**_TEXT_OR_NULL, "description": "the name of a refusal"},
            "reason": _TEXT_OR_NULL,
            "hint": _TEXT_OR_NULL,
            "place": _or_null("place"),
        },
        "one thing that apply does, or refuses to do",
    )


def _object(properties: dict[str, Any], description: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(properties),
    }


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _list(name: str) -> dict[str, Any]:
    return {"type": "array", "items": _ref(name)}


def _or_null(name: str) -> dict[str, Any]:
    return {"anyOf": [_ref(name), {"type": "null"}]}
