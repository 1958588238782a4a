"""Secrets Manager's operations, written after their text in the service model.

moto's own are bypassed; its backends hold the state, so that its other services see it.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

from . import kms, replication, resource_policy, rotation, settling, shapes
from .account import ACCOUNT, arn
from .call import Call
from .context import Event
from .listing import compile_filters, sort_key
from .refusal import Refusal
from .secret import Secret, Version

Answer = dict[str, Any]

PAGE = 100
BATCH = 20
MAX_TAGS = 50
MAX_BYTES = 65_536
_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]+")
_SECRET_ID = re.compile(r"[A-Za-z0-9/_+=.@!:-]+")
_OWN_LABELS = ("AWSCURRENT", "AWSPENDING", "AWSPREVIOUS")
_DAY = 86_400


def handle(call: Call) -> Answer | None:
    """Answer a call, or None for an operation that is left to moto."""
    operation = _OPERATIONS.get(call.operation)
    if operation is None:
        return None
    token = call.body.get("ClientRequestToken")
    if isinstance(token, str) and not 32 <= len(token) <= 64:
        raise Refusal(
            "InvalidParameterException", "ClientRequestToken must be 32-64 characters long."
        )
    shapes.check("secretsmanager", call.operation, call.body)
    _check_name(call.body)
    return operation(call)


def _check_name(body: dict[str, Any]) -> None:
    # Recorded on AWS: on every call, a forced deletion included. "!" is in names of AWS's own.
    for field, pattern in (("Name", _NAME), ("SecretId", _SECRET_ID)):
        if field in body and not pattern.fullmatch(body[field]):
            raise Refusal(
                "ValidationException",
                "Invalid name. Must be a valid name containing alphanumeric characters, "
                "or any of the following: -/_+=.@!",
            )


# Looking up


def find(call: Call) -> Secret:
    """The secret that SecretId names. Raises ResourceNotFoundException."""
    backend = call.secrets
    secret = backend.secrets.find(call.body["SecretId"])
    if secret is not None and _is_gone(call, secret):
        backend.remove(secret)
        secret = None
    if secret is None or call.sandbox.settling.lags(secret.arn, call.operation):
        raise _not_found()
    return secret


def _not_found() -> Refusal:
    return Refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")


def _begin(call: Call, secret: Secret, *sights: str) -> None:
    call.sandbox.settling.begin(call.sandbox.settling_calls, secret.arn, *sights)


def _is_gone(call: Call, secret: Secret) -> bool:
    if secret.forced:
        # Recorded on AWS: what was deleted by force is "scheduled for deletion" for seconds.
        return not call.sandbox.settling.lags(secret.arn, "deletion")
    return secret.purge_at is not None and secret.purge_at <= time.time()


def find_writable(call: Call, *, owned: bool = False) -> Secret:
    """The secret that SecretId names, where AWS lets it be changed.

    `owned`: the operation also works on a secret that another service manages.
    """
    secret = find(call)
    _refuse_replica(secret)
    _refuse_pending(secret)
    if not owned:
        _refuse_owned(secret)
    return secret


def _refuse_pending(secret: Secret) -> None:
    if secret.deleted_date is not None:
        raise Refusal(
            "InvalidRequestException",
            "You can't perform this operation on the secret because it was marked for deletion.",
        )


def _refuse_owned(secret: Secret) -> None:
    # "The secret is managed by another service, and you must use that service to update it."
    if secret.owner is not None:
        raise Refusal(
            "InvalidRequestException",
            f"The secret is managed by another service ({secret.owner}), "
            "and you must use that service to update it.",
        )


def _refuse_replica(secret: Secret) -> None:
    if secret.is_replica:
        raise Refusal(
            "InvalidParameterException",
            "Operation not permitted on a replica secret. "
            "Call must be made in primary secret's region.",
        )


def _refuse_foreign(call: Call, secret: Secret) -> None:
    if secret.kms_key_id is None and call.is_foreign:
        raise Refusal(
            "InvalidRequestException",
            "You can't access a secret from a different AWS account if you encrypt the secret "
            "with the default KMS service key.",
        )


def changed(call: Call, secret: Secret) -> None:
    """Note a change: LastChangedDate, the replicas, and what lists will show."""
    secret.last_changed_date = round(time.time(), 3)  # type: ignore[assignment]
    held = {label: version for version, labels in secret.labels().items() for label in labels}
    moved = [label for label in held | secret.told if held.get(label) != secret.told.get(label)]
    call.sandbox.events += [Event(secret.arn, label, held.get(label)) for label in moved]
    secret.told = held
    call.secrets.touch(secret)
    replication.sync(secret)


# Values


def _value(body: dict[str, Any]) -> dict[str, str]:
    """The value of a request as a version keeps it; empty when it has none."""
    text, binary = body.get("SecretString"), body.get("SecretBinary")
    if text is not None and binary is not None:
        raise Refusal(
            "InvalidParameterException",
            "You can't specify both a binary secret value and a string secret value "
            "in the same secret.",
        )
    if text is not None:
        # The quota is in bytes: "Secret value: 65,536 bytes".
        if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
            raise Refusal(
                "ValidationException",
                "1 validation error detected: Value at 'secretString' failed to satisfy "
                f"constraint: Member must have length less than or equal to {MAX_BYTES}",
            )
        return {"secret_string": text}
    if binary is not None:
        return {"secret_binary": base64.b64encode(base64.b64decode(binary)).decode()}
    return {}


def _value_of(version: Version) -> dict[str, str]:
    return {name: version[name] for name in ("secret_string", "secret_binary") if name in version}


def _token(call: Call) -> str:
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


def _token_in_use(secret: Secret, token: str) -> Refusal:
    return Refusal(
        "ResourceExistsException",
        f"You can't use ClientRequestToken {token} because that value is already in use "
        f"for a version of secret {secret.arn}.",
    )


def _add_version(
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


# Operations


def create_secret(call: Call) -> Answer:
    body, backend = call.body, call.secrets
    name = body["Name"]
    token, value = _token(call), _value(body)
    tags = _merge_tags([], body["Tags"]) if body.get("Tags") else None
    key = _key(call, body.get("KmsKeyId"))
    existing = backend.secrets.find(name)
    if existing is not None and existing.name == name:
        if not _is_gone(call, existing):
            return _create_over(call, existing, token, value)
        backend.remove(existing)
    secret = Secret(ACCOUNT, call.region, name)
    secret.description = body.get("Description") or None
    secret.kms_key_id = key
    secret.tags = tags
    if value:
        _add_version(call, secret, token, value, ["AWSCURRENT"])
    secret.partner = body.get("Type")
    replication.check_regions(secret, body.get("AddReplicaRegions") or [])
    backend.add(secret)
    _begin(call, secret, *settling.NOT_FOUND)
    changed(call, secret)
    answer: Answer = {"ARN": secret.arn, "Name": name}
    if value:
        answer["VersionId"] = token
    if body.get("AddReplicaRegions"):
        answer |= _replicate(call, secret)
    return answer


def _create_over(call: Call, existing: Secret, token: str, value: dict[str, str]) -> Answer:
    if existing.deleted_date is not None:
        raise Refusal(
            "InvalidRequestException",
            "You can't create this secret because a secret with this name is already "
            "scheduled for deletion.",
        )
    version = existing.versions.get(token)
    if version is None or not value:
        raise Refusal(
            "ResourceExistsException",
            f"The operation failed because the secret {existing.name} already exists.",
        )
    if not _is_same(call, version, value):
        # "...then the request fails because you cannot modify an existing version."
        raise _token_in_use(existing, token)
    # "If a version with this value already exists and the version SecretString and SecretBinary
    # values are the same as those in the request, then the request is ignored."
    return {"ARN": existing.arn, "Name": existing.name, "VersionId": token}


def _is_same(call: Call, version: Version, value: dict[str, str]) -> bool:
    kms.decrypt(call, version)
    return _value_of(version) == value


def put_secret_value(call: Call) -> Answer:
    token, value = _token(call), _value(call.body)
    secret = find_writable(call)
    _refuse_foreign(call, secret)
    if not value:
        raise Refusal(
            "InvalidRequestException", "You must provide either SecretString or SecretBinary."
        )
    version = secret.versions.get(token)
    if version is not None and _value_of(version):
        if not _is_same(call, version, value):
            raise _token_in_use(secret, token)
        # "you specify the same secret data, the operation succeeds but does nothing": no label
        # moves, not even those that the request names.
    else:
        labels = list(call.body.get("VersionStages") or ["AWSCURRENT"])
        # "If this operation creates the first version for the secret, then Secrets Manager
        # automatically attaches the staging label AWSCURRENT to it."
        if secret.holder("AWSCURRENT") is None and "AWSCURRENT" not in labels:
            labels.append("AWSCURRENT")
        _add_version(call, secret, token, value, labels)
        changed(call, secret)
    return {
        "ARN": secret.arn,
        "Name": secret.name,
        "VersionId": token,
        "VersionStages": list(secret.versions[token]["version_stages"]),
    }


def update_secret(call: Call) -> Answer:
    body = call.body
    value = _value(body)
    token = _token(call) if value else ""
    secret = find_writable(call)
    key = _key(call, body.get("KmsKeyId"))
    answer: Answer = {"ARN": secret.arn, "Name": secret.name}
    if value:
        version = secret.versions.get(token)
        if version is None or not _value_of(version):
            _add_version(call, secret, token, value, ["AWSCURRENT"])
        elif not _is_same(call, version, value):
            # "If you call this operation with a ClientRequestToken that matches an existing
            # version's VersionId, the operation results in an error." Recorded on AWS: not where
            # the value is the same.
            raise _token_in_use(secret, token)
        answer["VersionId"] = token
    if body.get("Description") is not None:
        secret.description = body["Description"] or None
    if body.get("KmsKeyId") is not None:
        # "If you set this to an empty string, Secrets Manager uses the Amazon Web Services
        # managed key aws/secretsmanager."
        secret.kms_key_id = key
        kms.encrypt_again(
            call, key, [version for label in _OWN_LABELS if (version := secret.labelled(label))]
        )
    changed(call, secret)
    return answer


def update_secret_version_stage(call: Call) -> Answer:
    body = call.body
    secret = find_writable(call)
    label = body["VersionStage"]
    target, source = body.get("MoveToVersionId"), body.get("RemoveFromVersionId")
    if target is None and source is None:
        raise Refusal(
            "InvalidParameterException",
            "You must specify MoveToVersionId, RemoveFromVersionId, or both.",
        )
    for version_id in (source, target):
        if version_id is not None and version_id not in secret.versions:
            raise Refusal("InvalidParameterException", f"Not a valid version: {version_id}")
    holder = secret.holder(label)
    if source is not None and source != holder:
        # "If the label is attached and you either do not specify this parameter, or the version
        # ID does not match, then the operation fails."
        raise Refusal(
            "InvalidParameterException",
            f"The parameter RemoveFromVersionId can't be {source}. Staging label {label} is "
            + (f"currently attached to version {holder}" if holder else "not attached to it")
            + ".",
        )
    if target is None:
        if label == "AWSCURRENT":
            raise Refusal(
                "InvalidParameterException",
                "You can only move staging label AWSCURRENT to a different secret version. "
                "It can't be completely removed.",
            )
        secret.detach(label)
    else:
        if source is None and holder is not None and holder != target:
            raise Refusal(
                "InvalidParameterException",
                "The parameter RemoveFromVersionId can't be empty. Staging label "
                f"{label} is currently attached to version {holder}, so you must explicitly "
                "reference that version in RemoveFromVersionId.",
            )
        secret.attach(label, target)
    changed(call, secret)
    return {"ARN": secret.arn, "Name": secret.name}


def get_secret_value(call: Call) -> Answer:
    secret = find(call)
    _refuse_pending(secret)
    _refuse_foreign(call, secret)
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
    if version is None or not _value_of(version):
        raise Refusal(
            "ResourceNotFoundException",
            f"Secrets Manager can't find the specified secret value for {missing}",
        )
    if label is not None and label not in version["version_stages"]:
        raise Refusal(
            "InvalidRequestException",
            "You provided a VersionStage that is not associated to the provided VersionId.",
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


def batch_get_secret_value(call: Call) -> Answer:
    body = call.body
    ids, filters = body.get("SecretIdList"), body.get("Filters")
    if bool(ids) == bool(filters):
        raise Refusal(
            "InvalidParameterException",
            "Either 'SecretIdList' or 'Filters' must be provided, but not both.",
        )
    next_token = None
    if ids:
        if body.get("MaxResults") is not None:
            raise Refusal(
                "InvalidParameterException",
                "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' "
                "is provided.",
            )
    else:
        entries, next_token = _page(call, body.get("MaxResults") or BATCH)
        ids = [entry["ARN"] for entry in entries]
    values, errors = [], []
    for identifier in ids or []:
        try:
            one = dataclasses.replace(call, body={"SecretId": identifier})
            values.append(get_secret_value(one))
        except Refusal as refusal:
            # "If Secrets Manager encounters errors ... while attempting to retrieve any of the
            # secrets, you can see the errors in Errors in the response."
            errors.append(
                {"SecretId": identifier, "ErrorCode": refusal.code, "Message": refusal.message}
            )
    answer: Answer = {"SecretValues": values, "Errors": errors}
    if next_token is not None:
        answer["NextToken"] = next_token
    return answer


def list_secrets(call: Call) -> Answer:
    entries, next_token = _page(call, call.body.get("MaxResults") or PAGE)
    answer: Answer = {"SecretList": entries}
    if next_token is not None:
        answer["NextToken"] = next_token
    return answer


def _page(call: Call, size: int) -> tuple[list[dict[str, Any]], str | None]:
    """One page of entries. The NextToken is there only when something follows."""
    body = call.body
    scope: list[Any] = [call.operation, call.region]
    scope += [
        body.get(name) for name in ("Filters", "IncludePlannedDeletion", "SortBy", "SortOrder")
    ]
    position = None
    if body.get("NextToken") is not None:
        try:
            position = json.loads(call.sandbox.tokens.open(body["NextToken"], scope))
        except ValueError:
            raise Refusal("InvalidNextTokenException", "The NextToken value is invalid.") from None
    test = compile_filters(body.get("Filters") or [])
    pending = body.get("IncludePlannedDeletion", False)
    page: list[dict[str, Any]] = []
    last: Any = None
    for place, entry in _in_order(call, position):
        if "DeletedDate" in entry and not (pending and _still_there(call, entry)):
            continue
        if not test(entry):
            continue
        if len(page) == size:
            return page, call.sandbox.tokens.seal(json.dumps(last), scope)
        page.append(entry)
        last = place
    return page, None


def _in_order(call: Call, position: Any) -> Iterator[tuple[Any, dict[str, Any]]]:
    """(place, entry) of each secret behind `position`, a former place, in the order asked for."""
    sort_by, descending = call.body.get("SortBy"), call.body.get("SortOrder") == "desc"
    history, staleness = call.secrets.history, call.sandbox.list_staleness
    if sort_by is None and not descending:
        yield from history.view(staleness, position or 0)
        return
    key = sort_key(sort_by)
    for item in sorted(history.view(staleness), key=key, reverse=descending):
        place = list(key(item))
        if position is None or (place < position if descending else place > position):
            yield place, item[1]


def _still_there(call: Call, entry: dict[str, Any]) -> bool:
    secret = call.secrets.secrets.find(entry["ARN"])
    return secret is None or not _is_gone(call, secret)


def describe_secret(call: Call) -> Answer:
    secret = find(call)
    shown = secret.description_of()
    if secret.replica_status and call.sandbox.settling.lags(secret.arn, "replication"):
        shown["ReplicationStatus"] = replication.in_progress(secret)
    if not call.is_function and call.sandbox.settling.lags(secret.arn, "rotation"):
        shown["VersionIdsToStages"] = {
            version_id: labels
            for version_id, labels in shown["VersionIdsToStages"].items()
            if "AWSPENDING" not in labels or "AWSCURRENT" in labels
        }
    return shown


def list_secret_version_ids(call: Call) -> Answer:
    body = call.body
    secret = find(call)
    scope = [call.operation, call.region, secret.arn, body.get("IncludeDeprecated")]
    start = 0
    if body.get("NextToken") is not None:
        try:
            start = int(call.sandbox.tokens.open(body["NextToken"], scope))
        except ValueError:
            raise Refusal("InvalidNextTokenException", "The NextToken value is invalid.") from None
    # "ListSecretVersionIds only returns versions that contain a secret value."
    versions = [
        version
        for version in secret.versions.values()
        if _value_of(version) and (version["version_stages"] or body.get("IncludeDeprecated"))
    ]
    end = start + (body.get("MaxResults") or PAGE)
    answer: Answer = {"ARN": secret.arn, "Name": secret.name}
    answer["Versions"] = [
        {
            "VersionId": version["version_id"],
            "CreatedDate": version["createdate"],
            "KmsKeyIds": list(version["keys"]),
        }
        # Recorded on AWS: left out where there is none.
        | ({"VersionStages": list(labels)} if (labels := version["version_stages"]) else {})
        | ({"LastAccessedDate": version["accessed"]} if "accessed" in version else {})
        for version in versions[start:end]
    ]
    if end < len(versions):
        answer["NextToken"] = call.sandbox.tokens.seal(str(end), scope)
    return answer


def delete_secret(call: Call) -> Answer:
    body = call.body
    days, force = body.get("RecoveryWindowInDays"), body.get("ForceDeleteWithoutRecovery", False)
    if days is not None and force:
        raise Refusal(
            "InvalidParameterException",
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
        )
    if days is not None and not 7 <= days <= 30:
        raise Refusal(
            "InvalidParameterException",
            "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
        )
    now = time.time()
    try:
        secret = find(call)
    except Refusal:
        if not force:
            raise
        # "If you forcibly delete an already deleted or nonexistent secret, the operation does not
        # return ResourceNotFoundException."
        name = body["SecretId"]
        gone = arn("secretsmanager", call.region, f"secret:{name}")
        return {"ARN": gone, "Name": name, "DeletionDate": round(now, 3)}
    _refuse_replica(secret)
    _refuse_owned(secret)
    if secret.replica_status:
        # "You can't delete a primary secret that is replicated to other Regions."
        regions = ",".join(status["Region"] for status in secret.replica_status)
        raise Refusal(
            "InvalidParameterException",
            f"You can't delete secret {secret.arn} that still has replica regions [{regions}]",
        )
    answer: Answer = {"ARN": secret.arn, "Name": secret.name}
    rotation.cancel(secret)
    if force:
        secret.forced, secret.deleted_date = True, round(now, 3)
        call.secrets.touch(secret)
        _begin(call, secret, "deletion")
        if not call.sandbox.settling_calls:
            call.secrets.remove(secret)
        return answer | {"DeletionDate": round(now, 3)}
    _refuse_pending(secret)
    secret.deleted_date = round(now, 3)
    secret.purge_at = round(now + (30 if days is None else days) * _DAY, 3)
    changed(call, secret)
    return answer | {"DeletionDate": secret.purge_at}


def restore_secret(call: Call) -> Answer:
    secret = find(call)
    _refuse_replica(secret)
    if secret.forced:
        raise _not_found()
    secret.deleted_date = None
    secret.purge_at = None
    _begin(call, secret, *settling.NOT_FOUND)
    changed(call, secret)
    return {"ARN": secret.arn, "Name": secret.name}


def tag_resource(call: Call) -> Answer:
    secret = find_writable(call)
    secret.tags = _merge_tags(secret.tags or [], call.body["Tags"])
    changed(call, secret)
    return {}


def untag_resource(call: Call) -> Answer:
    secret = find_writable(call)
    keys = call.body["TagKeys"]
    _refuse_reserved(keys)
    secret.tags = [tag for tag in secret.tags or [] if tag["Key"] not in keys]
    changed(call, secret)
    return {}


def _merge_tags(old: list[dict[str, str]], new: list[dict[str, str]]) -> list[dict[str, str]]:
    """ "This operation appends tags to the existing list of tags." A known key gets its new
    value.
    """
    if any(tag.get("Key") is None for tag in new):
        raise Refusal("InvalidParameterException", "Tag keys can't be null.")
    keys = [tag["Key"] for tag in new]
    _refuse_reserved(keys)
    if len(set(keys)) != len(keys):
        raise Refusal("InvalidParameterException", "Tag keys can't be repeated in a request.")
    merged = {tag["Key"]: tag for tag in old}
    merged.update({tag["Key"]: {"Key": tag["Key"], "Value": tag.get("Value", "")} for tag in new})
    if len(merged) > MAX_TAGS:
        raise Refusal(
            "InvalidParameterException", f"A secret can't have more than {MAX_TAGS} tags."
        )
    return list(merged.values())


def _refuse_reserved(keys: list[str]) -> None:
    if any(key.lower().startswith("aws:") for key in keys):
        raise Refusal(
            "InvalidParameterException",
            "Tag keys that start with aws: are reserved for AWS use.",
        )


def _key(call: Call, identifier: str | None) -> str | None:
    """A KmsKeyId as the secret keeps it: None for the default key, an alias as its ARN."""
    if not identifier or kms.is_default(identifier, "secretsmanager"):
        return None
    kms.check_key(ACCOUNT, call.region, identifier)
    if identifier.startswith("alias/"):
        return arn("kms", call.region, identifier)
    return identifier


def put_resource_policy(call: Call) -> Answer:
    secret = find_writable(call)
    text = call.body["ResourcePolicy"]
    policy = resource_policy.parse(text)
    for principal in resource_policy.principals(policy):
        call.sandbox.settling.begin_once(call.sandbox.settling_calls, principal, "principal")
        if call.sandbox.settling.lags(principal, "principal"):
            raise Refusal(
                "MalformedPolicyDocumentException",
                "This resource policy contains an unsupported principal.",
            )
    if call.body.get("BlockPublicPolicy") and resource_policy.is_public(policy):
        raise Refusal(
            "PublicPolicyException",
            "The BlockPublicPolicy parameter is set to true, and the resource policy did not "
            "prevent broad access to the secret.",
        )
    secret.policy = text
    changed(call, secret)
    return {"ARN": secret.arn, "Name": secret.name}


def get_resource_policy(call: Call) -> Answer:
    secret = find(call)
    _refuse_pending(secret)
    answer: Answer = {"ARN": secret.arn, "Name": secret.name}
    if secret.policy is not None:
        answer["ResourcePolicy"] = secret.policy
    return answer


def delete_resource_policy(call: Call) -> Answer:
    secret = find_writable(call)
    secret.policy = None
    changed(call, secret)
    return {"ARN": secret.arn, "Name": secret.name}


def validate_resource_policy(call: Call) -> Answer:
    errors = []
    try:
        if resource_policy.is_public(resource_policy.parse(call.body["ResourcePolicy"])):
            errors.append("The resource policy grants public access.")
    except Refusal as refusal:
        errors.append(refusal.message)
    return {
        "PolicyValidationPassed": not errors,
        "ValidationErrors": [
            {"CheckName": "ResourcePolicy", "ErrorMessage": message} for message in errors
        ],
    }


def rotate_secret(call: Call) -> Answer:
    token = _token(call)
    secret = find_writable(call, owned=True)
    rotation.rotate(call, secret, token)
    return {"ARN": secret.arn, "Name": secret.name, "VersionId": token}


def cancel_rotate_secret(call: Call) -> Answer:
    secret = find_writable(call, owned=True)
    if secret.enabled is None:
        raise Refusal("InvalidRequestException", "Rotation is not enabled for this secret.")
    answer: Answer = {"ARN": secret.arn, "Name": secret.name}
    if secret.rotating is not None:
        answer["VersionId"] = secret.rotating
    rotation.cancel(secret)
    secret.enabled = False
    secret.next_rotation = None
    changed(call, secret)
    return answer


def replicate_secret_to_regions(call: Call) -> Answer:
    secret = find_writable(call)
    replication.check_regions(secret, call.body["AddReplicaRegions"])
    return {"ARN": secret.arn} | _replicate(call, secret)


def _replicate(call: Call, secret: Secret) -> Answer:
    body = call.body
    replication.add(
        secret, body["AddReplicaRegions"], body.get("ForceOverwriteReplicaSecret", False)
    )
    changed(call, secret)
    _begin(call, secret, "replication")
    # Recorded on AWS: it is in progress first, and may fail later.
    return {"ReplicationStatus": replication.in_progress(secret)}


def remove_regions_from_replication(call: Call) -> Answer:
    secret = find_writable(call)
    replication.remove(secret, call.body["RemoveReplicaRegions"])
    changed(call, secret)
    return {"ARN": secret.arn, "ReplicationStatus": secret.replica_status}


def stop_replication_to_replica(call: Call) -> Answer:
    secret = find(call)
    _refuse_pending(secret)
    replication.promote(secret)
    changed(call, secret)
    return {"ARN": secret.arn}


_OPERATIONS: dict[str, Callable[[Call], Answer]] = {
    "BatchGetSecretValue": batch_get_secret_value,
    "CancelRotateSecret": cancel_rotate_secret,
    "CreateSecret": create_secret,
    "DeleteResourcePolicy": delete_resource_policy,
    "DeleteSecret": delete_secret,
    "DescribeSecret": describe_secret,
    "GetResourcePolicy": get_resource_policy,
    "GetSecretValue": get_secret_value,
    "ListSecretVersionIds": list_secret_version_ids,
    "ListSecrets": list_secrets,
    "PutResourcePolicy": put_resource_policy,
    "PutSecretValue": put_secret_value,
    "RemoveRegionsFromReplication": remove_regions_from_replication,
    "ReplicateSecretToRegions": replicate_secret_to_regions,
    "RestoreSecret": restore_secret,
    "RotateSecret": rotate_secret,
    "StopReplicationToReplica": stop_replication_to_replica,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "UpdateSecret": update_secret,
    "UpdateSecretVersionStage": update_secret_version_stage,
    "ValidateResourcePolicy": validate_resource_policy,
}
