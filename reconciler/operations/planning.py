"""From manifests and AWS to a plan: the one path that every command walks along."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeAlias, TypeVar

from reconciler import kinds
from reconciler.aws.client import Aws, caller_account
from reconciler.aws.recogniser import Recogniser
from reconciler.core.diff import diff
from reconciler.core.errors import CredentialsError
from reconciler.core.model import Key, Live, Plan, Policy, Resource, Scope
from reconciler.manifest import Desired
from reconciler.operations import marks, observe, opening
from reconciler.operations.observe import Records


class Declares(Protocol):
    """What git declares: with its values, or without the key, by what a lock says of them."""

    @property
    def resources(self) -> Mapping[Key, Resource]: ...
    @property
    def policy(self) -> Policy: ...
    @property
    def recogniser(self) -> Recogniser: ...
    @property
    def unmanaged_fails(self) -> bool: ...
    @property
    def unused_after(self) -> int: ...
    @property
    def admitted(self) -> str | None: ...


D = TypeVar("D", bound=Declares)
D_co = TypeVar("D_co", bound=Declares, covariant=True)


@dataclass(frozen=True)
class Compared(Generic[D_co]):
    """A plan, and all that it was made of: what apply and drift go on with."""

    plan: Plan
    desired: D_co
    live: dict[Key, Live]
    records: Records
    principal: str  # the ARN that the credentials are of


Planned: TypeAlias = Compared[Desired]  # with the key


@dataclass(frozen=True)
class Gathered(Generic[D_co]):
    """What git declares and what AWS lists, before anything of it is believed."""

    desired: D_co
    records: Records
    principal: str


def make(scope: Scope, declare: Callable[[], D], aws: Aws) -> Compared[D]:
    """Compare what the manifests declare with what is live, reading no secret value.

    ``declare`` decrypts, or needs no key. Raises what :func:`gather` raises.
    """
    gathered = gather(scope, declare, aws)
    desired, records = gathered.desired, gathered.records
    plan, live = _diff(aws, desired, records, scope)
    if plan.changes:
        observe.confirm(aws, records, plan, scope, desired.recogniser)
        plan, live = _diff(aws, desired, records, scope)
    marks.raise_if_lost(live, desired.recogniser.kids, scope)
    return Compared(plan, desired, live, records, gathered.principal)


def gather(scope: Scope, declare: Callable[[], D], aws: Aws) -> Gathered[D]:
    """Find out what is declared and list what is live, the lists while sops decrypts.

    Raises CredentialsError, before any other call, where the credentials are of another account;
    AwsError where AWS could not be read; and whatever ``declare`` raises.
    """
    principal = check_account(aws, scope)
    with ThreadPoolExecutor(1) as pool:
        lists = pool.submit(observe.list_all, aws, scope)
        desired = declare()
        records = lists.result()
    observe.add_outside_prefix(aws, records, desired.resources, scope, desired.recogniser)
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


def _diff(
    aws: Aws, desired: Declares, records: Records, scope: Scope
) -> tuple[Plan, dict[Key, Live]]:
    live = observe.shape(aws, records, desired.resources, desired.recogniser, scope)
    made = diff(desired.resources, live, scope, desired.policy)
    made = replace(made, titles=kinds.titles(), admitted=desired.admitted)
    return opening.told(made, desired.resources), live
