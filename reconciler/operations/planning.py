"""From manifests and AWS to a plan: the one path that every command walks along."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from reconciler import kinds
from reconciler.aws.client import Aws, caller_account
from reconciler.core.diff import diff
from reconciler.core.errors import CredentialsError
from reconciler.core.model import Key, Live, Plan, Scope
from reconciler.manifest import Desired
from reconciler.operations import observe
from reconciler.operations.observe import Records


@dataclass(frozen=True)
class Planned:
    """A plan, and all that it was made of: what apply and drift go on with."""

    plan: Plan
    desired: Desired
    live: dict[Key, Live]
    records: Records
    principal: str  # the ARN that the credentials are of


@dataclass(frozen=True)
class Gathered:
    """What git declares and what AWS lists, before anything of it is believed."""

    desired: Desired
    records: Records
    principal: str


def make(scope: Scope, decrypt: Callable[[], Desired], aws: Aws) -> Planned:
    """Compare what the manifests declare with what is live, reading no secret value.

    Raises what :func:`gather` raises.
    """
    gathered = gather(scope, decrypt, aws)
    desired, records = gathered.desired, gathered.records
    plan, live = _diff(desired, records, scope)
    if plan.changes:
        observe.confirm(aws, records, plan, scope, desired.fingerprinter)
        plan, live = _diff(desired, records, scope)
    return Planned(plan, desired, live, records, gathered.principal)


def gather(scope: Scope, decrypt: Callable[[], Desired], aws: Aws) -> Gathered:
    """Decrypt what is declared and list what is live, the lists while sops decrypts.

    Raises CredentialsError, before any other call, where the credentials are of another account;
    AwsError where AWS could not be read; and whatever ``decrypt`` raises.
    """
    principal = check_account(aws, scope)
    with ThreadPoolExecutor(1) as pool:
        lists = pool.submit(observe.list_all, aws, scope)
        desired = decrypt()
        records = lists.result()
    observe.add_outside_prefix(aws, records, desired.resources, scope, desired.fingerprinter)
    return Gathered(desired, records, principal)


def check_account(aws: Aws, scope: Scope) -> str:
    """The ARN of the caller. Raises CredentialsError where its account is not the environment's."""
    account, principal = caller_account(aws)
    if account != scope.account:
        raise CredentialsError(
            f"the credentials are of account {account}, and {scope.environment} is in"
            f" {scope.account}",
            code="account",
            hint=f"choose a profile or role of {scope.account}; nothing was read or written",
        )
    return principal


def _diff(desired: Desired, records: Records, scope: Scope) -> tuple[Plan, dict[Key, Live]]:
    live = observe.shape(records, desired.resources, desired.fingerprinter, scope)
    made = diff(desired.resources, live, scope, desired.policy)
    return replace(made, titles=kinds.titles()), live
