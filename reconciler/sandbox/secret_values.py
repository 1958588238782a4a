"""Values and their versions: written, read, and their labels moved."""

from __future__ import annotations

import base64
import time
from typing import Any

from . import kms, rotation
from .call import Answer, Call
from .finding import changed, find, find_writable, refuse_foreign, refuse_pending
from .refusal import Refusal, invalid_parameter, invalid_request
from .secret import Secret, Version

_DAY = 86_400


def value_in(body: dict[str, Any]) -> dict[str, str]:
    """The value of a request as a version keeps it; empty when it has none."""
    text, binary = body.get("SecretString"), body.get("SecretBinary")
    if text is not None and binary is not None:
        raise invalid_parameter(
            "You can't specify both a binary secret value and a string secret value "
            "in the same secret."
        )
    if text is not None:
        return {"secret_string": text}
    if binary is not None:
        return {"secret_binary": base64.b64encode(base64.b64decode(binary)).decode()}
    return {}


def value_of(version: Version) -> dict[str, str]:
    return {name: version[name] for name in ("secret_string", "secret_binary") if name in version}


def token_in(call: Call) -> str:
    token = call.body.get("ClientRequestToken")
    if token is None:
        # "If you generate a raw HTTP request to the Secrets Manager service endpoint, then you
        # must generate a ClientRequestToken and include it in the request."
        raise Refusal(
            "InvalidParameterException"
            if call.operation == "RotateSecret"
            else "InvalidRequestException",
            "You must provide a ClientRequestToken value. We recommend a UUID-type value.",
        )
    return str(token)


def token_in_use(secret: Secret, token: str) -> Refusal:
    return Refusal(
        "ResourceExistsException",
        f"You can't use ClientRequestToken {token} because that value is already in use "
        f"for a version of secret {secret.arn}.",
    )


def add_version(
    call: Call, secret: Secret, token: str, value: dict[str, str], labels: list[str]
) -> None:
    now = time.time()
    keys = {"keys": [kms.encrypt(call, secret.kms_key_id)]}
    version = secret.versions.get(token)
    if version is None:
        secret.make_room(now)
        version = secret.new_version(token, now)
    # Else the empty version that a rotation made for its function to fill.
    rotation.abandon_for(secret, token)
    version.update(value | keys)
    if "AWSCURRENT" in labels and secret.holder("AWSPENDING") == secret.holder("AWSCURRENT"):
        # Recorded on AWS: a version that had both is left with AWSPREVIOUS.
        secret.detach("AWSPENDING")
    for label in labels:
        secret.attach(label, token)
    if token != secret.rotating:
        # "Manually updating the secret value by calling PutSecretValue or UpdateSecret is
        # considered a valid rotation."
        secret.last_put = now
        rotation.reschedule(secret, now)


def is_same(call: Call, version: Version, value: dict[str, str]) -> bool:
    kms.decrypt(call, version)
    return value_of(version) == value


def put_secret_value(call: Call) -> Answer:
    token, value = token_in(call), value_in(call.body)
    secret = find_writable(call)
    refuse_foreign(call, secret)
    if not value:
        raise invalid_request("You must provide either SecretString or SecretBinary.")
    version = secret.versions.get(token)
    if version is not None and value_of(version):
        if not is_same(call, version, value):
            raise token_in_use(secret, token)
        # "you specify the same secret data, the operation succeeds but does nothing": no label
        # moves, not even those that the request names.
    else:
        labels = list(call.body.get("VersionStages") or ["AWSCURRENT"])
        # "If this operation creates the first version for the secret, then Secrets Manager
        # automatically attaches the staging label AWSCURRENT to it."
        if secret.holder("AWSCURRENT") is None and "AWSCURRENT" not in labels:
            labels.append("AWSCURRENT")
        add_version(call, secret, token, value, labels)
        changed(call, secret)
    return {
        "ARN": secret.arn,
        "Name": secret.name,
        "VersionId": token,
        "VersionStages": list(secret.versions[token]["version_stages"]),
    }


def update_secret_version_stage(call: Call) -> Answer:
    body = call.body
    secret = find_writable(call)
    label = body["VersionStage"]
    target, source = body.get("MoveToVersionId"), body.get("RemoveFromVersionId")
    if target is None and source is None:
        raise invalid_parameter("You must specify MoveToVersionId, RemoveFromVersionId, or both.")
    for version_id in (source, target):
        if version_id is not None and version_id not in secret.versions:
            raise invalid_parameter(f"Not a valid version: {version_id}")
    holder = secret.holder(label)
    if source is not None and source != holder:
        # "If the label is attached and you either do not specify this parameter, or the version
        # ID does not match, then the operation fails."
        raise invalid_parameter(
            f"The parameter RemoveFromVersionId can't be {source}. Staging label {label} is "
            + (f"currently attached to version {holder}" if holder else "not attached to it")
            + "."
        )
    if target is None:
        if label == "AWSCURRENT":
            raise invalid_parameter(
                "You can only move staging label AWSCURRENT to a different secret version. "
                "It can't be completely removed."
            )
        secret.detach(label)
    else:
        if source is None and holder is not None and holder != target:
            raise invalid_parameter(
                "The parameter RemoveFromVersionId can't be empty. Staging label "
                f"{label} is currently attached to version {holder}, so you must explicitly "
                "reference that version in RemoveFromVersionId."
            )
        secret.attach(label, target)
    changed(call, secret)
    return {"ARN": secret.arn, "Name": secret.name}


def get_secret_value(call: Call) -> Answer:
    secret = find(call)
    refuse_pending(secret)
    refuse_foreign(call, secret)
    return _read(call, secret, call.body.get("VersionId"), call.body.get("VersionStage"))


def _read(call: Call, secret: Secret, version_id: str | None, label: str | None) -> Answer:
    if version_id is None:
        # "If you don't specify either a VersionStage or VersionId, then Secrets Manager returns
        # the AWSCURRENT version."
        wanted = label or "AWSCURRENT"
        version_id = secret.holder(wanted)
        missing = f"staging label: {wanted}"
    else:
        missing = f"VersionId: {version_id}"
    version = secret.versions.get(version_id) if version_id else None
    if version is None or not value_of(version):
        raise Refusal(
            "ResourceNotFoundException",
            f"Secrets Manager can't find the specified secret value for {missing}",
        )
    if label is not None and label not in version["version_stages"]:
        raise invalid_request(
            "You provided a VersionStage that is not associated to the provided VersionId."
        )
    kms.decrypt(call, version)
    _accessed(call, secret, version)
    answer: Answer = {
        "ARN": secret.arn,
        "Name": secret.name,
        "VersionId": version["version_id"],
        "VersionStages": list(version["version_stages"]),
        "CreatedDate": version["createdate"],
    }
    if "secret_string" in version:
        answer["SecretString"] = version["secret_string"]
    else:
        answer["SecretBinary"] = version["secret_binary"]
    return answer


def _accessed(call: Call, secret: Secret, version: Version) -> None:
    # AWS keeps the day only.
    today = float(int(time.time()) // _DAY * _DAY)
    version["accessed"] = today
    if secret.accessed != today:
        secret.accessed = today
        call.secrets.touch(secret)
