"""Digests: of a field's content, of a change, of a plan.

A digest covers everything that acts, and why and what is lost: the same situation gives the same
digest on any machine, in any order, at any time. Places and the commit are
in none, and no date but that on which a secret changed whose value returns to an earlier one.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable

from reconciler.core import guards
from reconciler.core.access import Opened
from reconciler.core.errors import TooManyChangesError
from reconciler.core.model import JSON, Change, FieldChange, Plan, Policy, Scope, ValueChange
from reconciler.core.reasons import Lost, Why

SHORT = 7  # characters of a short digest

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(content: JSON) -> str:
    """JSON with sorted keys, compact, not ASCII-escaped: one text for one content."""
    return _CANONICAL.encode(content)


def content_digest(content: JSON) -> str:
    """16 hex digits by which a mark in AWS remembers what was declared. It is not keyed: what it
    digests is readable in git."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()[:16]


def short_digest(content: JSON) -> str:
    """The same in 7 characters of base64, 42 bits: many have to fit into one tag. What is absent,
    off or empty has the same one."""
    digest = hashlib.sha256(canonical(content or None).encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:SHORT]


def change_digest(change: Change, scope: Scope, policy: Policy) -> str:
    """The SHA-256 of one change under the scope and policy in force."""
    opens: dict[str, JSON] = (
        {"access": [_opened(o) for o in change.access]} if change.access else {}
    )
    return _sha256(
        {
            **opens,
            "scope": vars(scope),
            "policy": vars(policy),
            "kind": change.key.kind,
            "name": change.key.name,
            "action": change.action.value,
            "fields": [_field(f) for f in sorted(change.fields, key=lambda f: f.name)],
            "value": None if change.value is None else _value(change.value),
            "settings": dict(change.settings),
            "precondition": dict(change.precondition),
            "why": None if change.why is None else _why(change.why),
            "losses": [_lost(lost) for lost in change.losses],
        }
    )


def plan_digest(plan: Plan) -> str:
    """The SHA-256 of the sorted set of the digests of all changes, under scope and policy, of the
    guards that stop the plan, and of who gets at values by what the manifests say."""
    return digest_of(
        plan, (change_digest(change, plan.scope, plan.policy) for change in plan.changes)
    )


def digest_of(plan: Plan, digests: Iterable[str]) -> str:
    """A plan's digest from those of its changes."""
    stopped = guards.broken(plan)
    admitted: dict[str, JSON] = {} if plan.admitted is None else {"admitted": plan.admitted}
    content: dict[str, JSON] = {
        **admitted,
        "scope": vars(plan.scope),
        "policy": vars(plan.policy),
        "changes": sorted(set(digests)),
        "stopped": [guard.code for guard in stopped],
        # Only where it is part of why: what others create makes no other review stale.
        "owned": plan.owned if any(isinstance(g, TooManyChangesError) for g in stopped) else None,
    }
    return _sha256(content)


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


def _why(why: Why) -> JSON:
    return {"reason": why.reason.value, "who": why.who, "names": why.names}


def _lost(lost: Lost) -> JSON:
    return {"loss": lost.loss.value, "name": lost.name, "days": lost.days}


def _opened(opened: Opened) -> JSON:
    return {"opening": opened.opening.value, "name": opened.name, "account": opened.account}


def _sha256(content: JSON) -> str:
    return hashlib.sha256(canonical(content).encode()).hexdigest()
