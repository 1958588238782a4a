"""Digests: of a field's content, of a change, of a plan.

A digest covers everything that acts or is shown and nothing else: the same situation gives the
same digest on any machine, in any order, at any time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from reconciler.core.model import JSON, Change, FieldChange, Plan, Policy, Scope, ValueChange


def canonical(content: JSON) -> str:
    """JSON with sorted keys, compact, not ASCII-escaped: one text for one content."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def content_digest(content: JSON) -> str:
    """16 hex digits by which a mark in AWS remembers what was declared. It is not keyed: what it
    digests is readable in git."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()[:16]


def change_digest(change: Change, scope: Scope, policy: Policy) -> str:
    """The SHA-256 of one change under the scope and policy in force."""
    return _sha256(
        {
            "scope": vars(scope),
            "policy": vars(policy),
            "kind": change.key.kind,
            "name": change.key.name,
            "action": change.action.value,
            "fields": [_field(f) for f in sorted(change.fields, key=lambda f: f.name)],
            "value": None if change.value is None else _value(change.value),
            "settings": dict(change.settings),
            "precondition": dict(change.precondition),
            "code": change.code,
        }
    )


def plan_digest(plan: Plan) -> str:
    """The SHA-256 of the sorted set of the digests of all changes, under scope and policy."""
    return digest_of(
        (change_digest(change, plan.scope, plan.policy) for change in plan.changes),
        plan.scope,
        plan.policy,
    )


def digest_of(digests: Iterable[str], scope: Scope, policy: Policy) -> str:
    """A plan's digest from those of its changes."""
    return _sha256({"scope": vars(scope), "policy": vars(policy), "changes": sorted(set(digests))})


def _field(change: FieldChange) -> JSON:
    return {
        "name": change.name,
        "before": change.before,
        "after": change.after,
        "known": change.known,
    }


def _value(value: ValueChange) -> dict[str, JSON]:
    content: dict[str, JSON] = {
        "write": value.write.value,
        "fingerprint": value.fingerprint,
        "plaintext": value.plaintext,
    }
    if value.ciphertext is not None:
        content["ciphertext"] = value.ciphertext
    return content


def _sha256(content: JSON) -> str:
    return hashlib.sha256(canonical(content).encode()).hexdigest()
