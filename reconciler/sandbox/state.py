"""The state file: what the sandbox holds, as JSON, so that it survives a restart.

It holds secrets with every version and label, parameters with their history, labels and tags,
functions with their code and policy, symmetric KMS keys with their material and aliases, IAM roles,
customer policies and OIDC providers. It holds the emulated values in clear, and is therefore
written with mode 0600. JSON and not pickle: reading a state file can run no code.
"""

from __future__ import annotations

import base64
import json
import os
import stat
from pathlib import Path
from typing import Any, cast

from moto.awslambda_simple.models import lambda_simple_backends
from moto.core.utils import unix_time, utcfromtimestamp
from moto.iam.models import Role, iam_backends
from moto.kms.models import Alias, Key, kms_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.ssm.models import ssm_backends

from reconciler.core import wholefile

from . import replication
from .account import ACCOUNT, secrets_of
from .parameter_store import ParametersBackend, new_parameter
from .secret import Secret

FORMAT = "reconciler-sandbox-state"
VERSION = 3

_PLAIN = (str, int, float, type(None))
_PASSING = ("rotating", "scheduled_before", "told")
"""What of a secret ends with the process."""


class StateError(Exception):
    """A state file that cannot be trusted, or was not made here. The message names the file."""


def save(path: Path) -> None:
    """Write the state atomically, mode 0600. Raises OSError."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "warning": "holds the values of the emulated AWS in clear",
        "secrets": _regions(secretsmanager_backends, _secrets),
        "parameters": _regions(ssm_backends, _parameters),
        "functions": _regions(lambda_simple_backends, _functions),
        "keys": _regions(kms_backends, _keys),
        "iam": _iam(),
    }
    content = json.dumps(document, separators=(",", ":")).encode()
    wholefile.write(path, content, wholefile.PRIVATE)


def load(path: Path) -> None:
    """Fill moto's empty backends from a state file; a file that is not there yet is fine.

    Raises StateError for a file that belongs to somebody else, that others may write to, or that
    is not a state file of this version.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StateError(f"{path}: cannot be opened: {error.strerror}") from None
    with os.fdopen(descriptor, encoding="utf-8") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise StateError(f"{path}: is not a regular file")
        if found.st_uid != os.getuid():
            raise StateError(f"{path}: belongs to another user")
        if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise StateError(f"{path}: others may write to it; chmod go-w it after a look")
        try:
            document = json.load(file)
        except ValueError:
            document = None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise StateError(f"{path}: is not a state file of the sandbox")
    if document.get("version") != VERSION:
        raise StateError(f"{path}: was written by another version of the sandbox")
    try:
        _restore(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        # Only the kind of the error: the file holds values.
        raise StateError(f"{path}: is damaged ({type(error).__name__})") from None


def _regions(backends: Any, render: Any) -> dict[str, Any]:
    found = {region: render(backend) for region, backend in backends[ACCOUNT].items()}
    return {region: items for region, items in found.items() if items}


def _secrets(backend: Any) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in vars(secret).items() if name not in _PASSING}
        for secret in backend.secrets.all()
    ]


def _parameters(backend: ParametersBackend) -> list[dict[str, Any]]:
    return [
        {
            # As it was given: it is stored under a key that may lack its slash.
            "name": backend.versions(name)[-1].name,
            "tags": backend.known_tags(name),
            "versions": [
                vars(one)
                | {
                    "value": one.decrypt(one.value),
                    "last_modified_date": unix_time(one.last_modified_date),
                }
                for one in backend.versions(name)
            ],
        }
        for name in backend.names()
        if not name.startswith("/aws/")
    ]


def _functions(backend: Any) -> list[dict[str, Any]]:
    found = []
    for function in backend.list_functions(None):
        if function.package_type == "Zip":
            spec = function.get_configuration()
            del spec["Layers"], spec["VpcConfig"]  # shown in another form than they are given
            code = {"ZipFile": base64.b64encode(function.code_bytes).decode()}
            spec |= {"Tags": function.tags, "Code": code}
            found.append({"spec": spec, "policy": function.policy.statements})
    return found


def _keys(backend: Any) -> list[dict[str, Any]]:
    return [
        {
            **{name: value for name, value in vars(key).items() if isinstance(value, _PLAIN)},
            "key_material": base64.b64encode(key.key_material).decode(),
            "aliases": list(key.aliases),
        }
        for key in backend.keys.values()
        if key.key_spec == "SYMMETRIC_DEFAULT"
    ]


def _iam() -> dict[str, Any]:
    backend = iam_backends[ACCOUNT]["aws"]
    return {
        "policies": [
            {
                "policy_name": policy.name,
                "path": policy.path,
                "description": policy.description,
                "policy_document": next(v.document for v in policy.versions if v.is_default),
            }
            for policy in cast("Any", backend.managed_policies.values())
            if not policy.arn.startswith("arn:aws:iam::aws:")
        ],
        "roles": [
            {
                "role_id": role.id,
                "name": role.name,
                "assume_role_policy_document": role.assume_role_policy_document,
                "path": role.path,
                "permissions_boundary": role.permissions_boundary_arn,
                "description": role.description,
                "tags": role.tags,
                "max_session_duration": role.max_session_duration,
                "inline": dict(role.policies),
                "attached": list(role.managed_policies),
            }
            for role in backend.get_roles()
        ],
        "providers": [
            {
                "url": f"https://{provider.url}",
                "thumbprint_list": provider.thumbprint_list,
                "client_id_list": provider.client_id_list,
            }
            for provider in backend.open_id_providers.values()
        ],
    }


def _restore(document: dict[str, Any]) -> None:
    _restore_iam(document["iam"])
    for region, keys in document["keys"].items():
        for item in keys:
            _restore_key(region, item)
    for region, secrets in document["secrets"].items():
        for item in secrets:
            secret = Secret(ACCOUNT, region, item["name"])
            vars(secret).update(item)
            secrets_of(region).add(secret)
    # Replicas share their primary's versions.
    for region in document["secrets"]:
        for secret in secrets_of(region).secrets.all():
            replication.sync(secret)
    for region, parameters in document["parameters"].items():
        backend = ssm_backends[ACCOUNT][region]
        for item in parameters:
            for one in item["versions"]:
                moment = utcfromtimestamp(one["last_modified_date"])
                parameter = new_parameter(**one | {"last_modified_date": moment})
                backend.add_version(item["name"], parameter)  # type: ignore[attr-defined]
            if item["tags"] is not None:
                backend.tags(item["name"]).update(item["tags"])  # type: ignore[attr-defined]
    for region, functions in document["functions"].items():
        for item in functions:
            function = lambda_simple_backends[ACCOUNT][region].create_function(item["spec"])
            function.policy.statements = item["policy"]


def _restore_key(region: str, item: dict[str, Any]) -> None:
    backend = kms_backends[ACCOUNT][region]
    # moto declares abstract methods on these classes that it never implements.
    make_key, make_alias = cast("Any", Key), cast("Any", Alias)
    key = make_key(None, item["key_usage"], "SYMMETRIC_DEFAULT", "", ACCOUNT, region)
    aliases, material = item.pop("aliases"), base64.b64decode(item.pop("key_material"))
    vars(key).update(item, key_material=material)
    for alias in aliases:
        key.aliases[alias] = make_alias(ACCOUNT, region, alias, key)
    backend.keys[key.id] = key


def _restore_iam(item: dict[str, Any]) -> None:
    backend = iam_backends[ACCOUNT]["aws"]
    for policy in item["policies"]:
        backend.create_policy(**policy, tags=[])
    for saved in item["roles"]:
        inline, attached = saved.pop("inline"), saved.pop("attached")
        # moto declares abstract methods on this class that it never implements.
        role = backend.roles[saved["role_id"]] = cast("Any", Role)(ACCOUNT, "aws", **saved)
        role.policies.update(inline)
        for arn in attached:
            backend.attach_role_policy(arn, role.name)
    for provider in item["providers"]:
        backend.create_open_id_connect_provider(**provider, tags=[])
