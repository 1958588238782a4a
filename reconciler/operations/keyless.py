"""A plan without a key: the same as with it, by the lock and by what AWS's marks say."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reconciler import kinds
from reconciler.aws.client import Aws
from reconciler.core.diff import diff
from reconciler.core.model import Key, Live, Plan
from reconciler.manifest.lock.declare import Declared
from reconciler.operations import observe
from reconciler.operations.observe import Records
from reconciler.operations.planning import check_account


@dataclass(frozen=True)
class Keyless:
    """A plan that took no key, and what it was made of."""

    plan: Plan
    desired: Declared
    live: dict[Key, Live]


def plan(declared: Declared, aws: Aws) -> Keyless:
    """Compare what is declared with what is live; nothing is decrypted, and no value is read.

    Raises CredentialsError where the credentials are of another account, AwsError where AWS could
    not be read.
    """
    scope, trust = declared.scope, declared.trust
    check_account(aws, scope)
    records = observe.list_all(aws, scope)
    observe.add_outside_prefix(aws, records, declared.resources, scope, trust)
    made = _diff(declared, records)
    if made.plan.changes:
        observe.confirm(aws, records, made.plan, scope, trust)
        made = _diff(declared, records)
    return made


def _diff(declared: Declared, records: Records) -> Keyless:
    live = observe.shape(records, declared.resources, declared.trust, declared.scope)
    plan = diff(declared.resources, live, declared.scope, declared.policy)
    return Keyless(replace(plan, titles=kinds.titles()), declared, live)
