"""Removes what a run made, or what any former one left."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from tests.contract.account import PLAIN, ROOT, Account


def sweep(account: Account, run: str | None = None) -> list[str]:
    """Delete what ``run`` made, or every run; the names of what was there.

    Nothing outside ``/reconciler-contract/`` and ``reconciler-contract-`` is touched. A failure of
    one deletion does not keep the others from being tried.
    """
    test, account.test = account.test, "sweep"
    gone = []
    path, plain = ROOT + (f"{run}/" if run else ""), PLAIN + (f"{run}-" if run else "")
    for name, delete in _found(account, path, plain):
        with contextlib.suppress(ClientError):
            delete()
            gone.append(name)
    account.test = test
    return gone


Found = Iterator[tuple[str, Callable[[], Any]]]


def _found(account: Account, path: str, plain: str) -> Found:
    yield from _secrets(account, path)
    yield from _parameters(account, path)
    yield from _functions(account, plain)
    yield from _roles(account, plain)
    yield from _keys(account, plain)


def _secrets(account: Account, path: str) -> Found:
    client = account.secrets
    pages = client.get_paginator("list_secrets").paginate(
        Filters=[{"Key": "name", "Values": [path]}], IncludePlannedDeletion=True
    )
    for name in [entry["Name"] for page in pages for entry in page["SecretList"]]:
        yield (
            name,
            lambda name=name: client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True),
        )


def _parameters(account: Account, path: str) -> Found:
    client = account.parameters
    pages = client.get_paginator("describe_parameters").paginate(
        ParameterFilters=[{"Key": "Path", "Option": "Recursive", "Values": [path.rstrip("/")]}]
    )
    for name in [entry["Name"] for page in pages for entry in page["Parameters"]]:
        yield name, lambda name=name: client.delete_parameter(Name=name)


def _functions(account: Account, plain: str) -> Found:
    client = account.client("lambda")
    pages = client.get_paginator("list_functions").paginate()
    for name in [one["FunctionName"] for page in pages for one in page["Functions"]]:
        if name.startswith(plain):
            yield name, lambda name=name: client.delete_function(FunctionName=name)


def _roles(account: Account, plain: str) -> Found:
    client = account.client("iam")
    pages = client.get_paginator("list_roles").paginate()
    for name in [one["RoleName"] for page in pages for one in page["Roles"]]:
        if name.startswith(plain):
            yield name, lambda name=name: _delete_role(client, name)


def _delete_role(client: Any, name: str) -> None:
    for policy in client.list_role_policies(RoleName=name)["PolicyNames"]:
        client.delete_role_policy(RoleName=name, PolicyName=policy)
    client.delete_role(RoleName=name)


def _keys(account: Account, plain: str) -> Found:
    client = account.client("kms")
    pages = client.get_paginator("list_aliases").paginate()
    for one in [one for page in pages for one in page["Aliases"]]:
        alias = one["AliasName"]
        if alias.startswith(f"alias/{plain}"):
            key = one["TargetKeyId"]
            yield alias, lambda alias=alias, key=key: _delete_key(client, alias, key)


def _delete_key(client: Any, alias: str, key: str) -> None:
    # The alias goes last, so that a second run finds a key whose deletion was not scheduled.
    client.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    client.delete_alias(AliasName=alias)
