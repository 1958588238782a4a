"""From plans to the text of a plan file."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reconciler.core.digest import canonical, change_digest, digest_of
from reconciler.core.model import Action, Change, FieldChange, Note, Place, Plan, ValueChange

FORMAT_VERSION = "1.0"  # a reader of 1.0 reads every 1.x, ignoring keys that it does not know
CHECKSUM = "checksum"


def dumps(plans: Sequence[Plan]) -> str:
    """The text of a plan file, ASCII only: one plan as an object, several as a list in one.

    It ends with a line end. It holds no value and no version id that is still to be written.
    """
    objects = [_lay_out(as_object(plan)) for plan in plans]
    text = objects[0] if len(objects) == 1 else _several(objects)
    # A workflow's log obeys `##[` anywhere; here it can only be inside a string.
    return text.replace("##[", r"\u0023\u0023[") + "\n"


def _several(objects: Sequence[str]) -> str:
    return f'{{\n  "format_version": {_json(FORMAT_VERSION)},\n  "plans": {_lines(objects, "")}\n}}'


def _lay_out(content: Mapping[str, Any]) -> str:
    """An object with a line for each of its keys, and one for each item of a list: quickly made,
    and compared line by line."""
    parts = []
    for key, part in content.items():
        text = _lines(map(_json, part), "    ") if isinstance(part, list) else _json(part)
        parts.append(f"  {_json(key)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}"


def _lines(items: Iterable[str], indent: str) -> str:
    joined = f",\n{indent}".join(items)
    return f"[\n{indent}{joined}\n  ]" if joined else "[]"


def _json(content: Any) -> str:
    return json.dumps(content, allow_nan=False)


def as_object(plan: Plan) -> dict[str, Any]:
    """One plan as plain data."""
    scope = plan.scope
    digests = [change_digest(change, scope, plan.policy) for change in plan.changes]
    content = {
        "format_version": FORMAT_VERSION,
        "digest": digest_of(digests, scope, plan.policy),
        "environment": scope.environment,
        "account": scope.account,
        "region": scope.region,
        "prefix": scope.prefix,
        "owner": scope.owner,
        "policy": {
            "prune": plan.policy.prune,
            "recovery_window": plan.policy.recovery_window,
            "max_prunes": plan.policy.max_prunes,
            "max_change_ratio": plan.policy.max_change_ratio,
        },
        "revision": plan.revision,
        "owned": plan.owned,
        "summary": summary(plan.changes),
        "changes": [
            _change(change, digest) for change, digest in zip(plan.changes, digests, strict=True)
        ],
        "notes": [_note(note) for note in plan.notes],
    }
    return {**content, CHECKSUM: checksum(content)}


def summary(changes: Iterable[Change]) -> dict[str, int]:
    """How many changes there are of each action, zero included."""
    counts = Counter(change.action for change in changes)
    return {action.value: counts[action] for action in Action}


def checksum(content: Mapping[str, Any]) -> str:
    """The SHA-256 of a plan's object, the explanations included that are in no digest."""
    rest = {key: part for key, part in content.items() if key != CHECKSUM}
    return hashlib.sha256(canonical(rest).encode()).hexdigest()


def _change(change: Change, digest: str) -> dict[str, Any]:
    return {
        "key": {"kind": change.key.kind, "name": change.key.name},
        "action": change.action.value,
        "digest": digest,
        "fields": [_field(field) for field in change.fields],
        "value": None if change.value is None else _value(change.value),
        "settings": dict(change.settings),
        "precondition": dict(change.precondition),
        "code": change.code,
        "reason": change.reason,
        "hint": change.hint,
        "place": None if change.place is None else _place(change.place),
    }


def _field(field: FieldChange) -> dict[str, Any]:
    return {
        "name": field.name,
        "before": field.before,
        "after": field.after,
        "known": field.known,
    }


def _value(value: ValueChange) -> dict[str, Any]:
    return {
        "write": value.write.value,
        "fingerprint": value.fingerprint,
        "plaintext": value.plaintext,
        "ciphertext": value.ciphertext,
        "keys": None if value.keys is None else [_field(key) for key in value.keys],
    }


def _place(place: Place) -> dict[str, Any]:
    return {"path": place.path, "line": place.line, "column": place.column}


def _note(note: Note) -> dict[str, Any]:
    return {
        "key": {"kind": note.key.kind, "name": note.key.name},
        "code": note.code,
        "text": note.text,
    }
