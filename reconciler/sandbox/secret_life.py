"""A secret's life: created, changed, deleted and restored; its tags, its key and its replicas."""

from __future__ import annotations

import time

from . import kms, replication, rotation, settling
from .account import ACCOUNT, arn
from .call import Answer, Call
from .finding import (
    changed,
    find,
    find_writable,
    is_gone,
    not_found,
    refuse_owned,
    refuse_pending,
    refuse_replica,
)
from .refusal import Refusal, invalid_parameter, invalid_request
from .secret import Secret
from .secret_values import add_version, is_same, token_in, token_in_use, value_in, value_of

MAX_TAGS = 50
_DAY = 86_400
_OWN_LABELS = ("AWSCURRENT", "AWSPENDING", "AWSPREVIOUS")


def create_secret(call: Call) -> Answer:
    body, backend = call.body, call.secrets
    name = body["Name"]
    token, value = token_in(call), value_in(body)
    tags = merge_tags([], body["Tags"]) if body.get("Tags") else None
    key = key_in(call, body.get("KmsKeyId"))
    existing = backend.secrets.find(name)
    if existing is not None and existing.name == name:
        if not is_gone(call, existing):
            return _create_over(call, existing, token, value)
        backend.remove(existing)
    secret = Secret(ACCOUNT, call.region, name)
    secret.description = body.get("Description") or None
    secret.kms_key_id = key
    secret.tags = tags
    if value:
        add_version(call, secret, token, value, ["AWSCURRENT"])
    secret.partner = body.get("Type")
    replication.check_regions(secret, body.get("AddReplicaRegions") or [])
    backend.add(secret)
    call.sandbox.settling.begin(secret.arn, *settling.NOT_FOUND)
    changed(call, secret)
    answer: Answer = {"ARN": secret.arn, "Name": name}
    if value:
        answer["VersionId"] = token
    if body.get("AddReplicaRegions"):
        answer |= replicate(call, secret)
    return answer


def _create_over(call: Call, existing: Secret, token: str, value: dict[str, str]) -> Answer:
    if existing.deleted_date is not None:
        raise invalid_request(
            "You can't create this secret because a secret with this name is already "
            "scheduled for deletion."
        )
    version = existing.versions.get(token)
    if version is None or not value:
        raise Refusal(
            "ResourceExistsException",
            f"The operation failed because the secret {existing.name} already exists.",
        )
    if not is_same(call, version, value):
        # "...then the request fails because you cannot modify an existing version."
        raise token_in_use(existing, token)
    # "If a version with this value already exists and the version SecretString and SecretBinary
    # values are the same as those in the request, then the request is ignored."
    return {"ARN": existing.arn, "Name": existing.name, "VersionId": token}


def update_secret(call: Call) -> Answer:
    body = call.body
    value = value_in(body)
    token = token_in(call) if value else ""
    secret = find_writable(call)
    key = key_in(call, body.get("KmsKeyId"))
    answer: Answer = {"ARN": secret.arn, "Name": secret.name}
    if value:
        version = secret.versions.get(token)
        if version is None or not value_of(version):
            add_version(call, secret, token, value, ["AWSCURRENT"])
        elif not is_same(call, version, value):
            # "If you call this operation with a ClientRequestToken that matches an existing
            # version's VersionId, the operation results in an error." Recorded on AWS: not where
            # the value is the same.
            raise token_in_use(secret, token)
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


def delete_secret(call: Call) -> Answer:
    body = call.body
    days, force = body.get("RecoveryWindowInDays"), body.get("ForceDeleteWithoutRecovery", False)
    if days is not None and force:
        raise invalid_parameter(
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
        )
    if days is not None and not 7 <= days <= 30:
        raise invalid_parameter(
            "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."
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
    refuse_replica(secret)
    refuse_owned(secret)
    if secret.replica_status:
        # "You can't delete a primary secret that is replicated to other Regions."
        regions = ",".join(status["Region"] for status in secret.replica_status)
        raise invalid_parameter(
            f"You can't delete secret {secret.arn} that still has replica regions [{regions}]"
        )
    answer: Answer = {"ARN": secret.arn, "Name": secret.name}
    rotation.cancel(secret)
    if force:
        secret.forced, secret.deleted_date = True, round(now, 3)
        call.secrets.touch(secret)
        call.sandbox.settling.begin(secret.arn, "deletion")
        if not call.sandbox.settling.calls:
            call.secrets.remove(secret)
        return answer | {"DeletionDate": round(now, 3)}
    refuse_pending(secret)
    secret.deleted_date = round(now, 3)
    secret.purge_at = round(now + (30 if days is None else days) * _DAY, 3)
    changed(call, secret)
    return answer | {"DeletionDate": secret.purge_at}


def restore_secret(call: Call) -> Answer:
    secret = find(call)
    refuse_replica(secret)
    if secret.forced:
        raise not_found()
    secret.deleted_date = None
    secret.purge_at = None
    call.sandbox.settling.begin(secret.arn, *settling.NOT_FOUND)
    changed(call, secret)
    return {"ARN": secret.arn, "Name": secret.name}


def tag_resource(call: Call) -> Answer:
    secret = find_writable(call)
    secret.tags = merge_tags(secret.tags or [], call.body["Tags"])
    changed(call, secret)
    return {}


def untag_resource(call: Call) -> Answer:
    secret = find_writable(call)
    keys = call.body["TagKeys"]
    _refuse_reserved(keys)
    secret.tags = [tag for tag in secret.tags or [] if tag["Key"] not in keys]
    changed(call, secret)
    return {}


def merge_tags(old: list[dict[str, str]], new: list[dict[str, str]]) -> list[dict[str, str]]:
    """ "This operation appends tags to the existing list of tags." A known key gets its new
    value.
    """
    if any(tag.get("Key") is None for tag in new):
        raise invalid_parameter("Tag keys can't be null.")
    keys = [tag["Key"] for tag in new]
    _refuse_reserved(keys)
    if len(set(keys)) != len(keys):
        raise invalid_parameter("Tag keys can't be repeated in a request.")
    merged = {tag["Key"]: tag for tag in old}
    merged.update({tag["Key"]: {"Key": tag["Key"], "Value": tag.get("Value", "")} for tag in new})
    if len(merged) > MAX_TAGS:
        raise invalid_parameter(f"A secret can't have more than {MAX_TAGS} tags.")
    return list(merged.values())


def _refuse_reserved(keys: list[str]) -> None:
    if any(key.lower().startswith("aws:") for key in keys):
        raise invalid_parameter("Tag keys that start with aws: are reserved for AWS use.")


def key_in(call: Call, identifier: str | None) -> str | None:
    """A KmsKeyId as the secret keeps it: None for the default key, an alias as its ARN."""
    if not identifier or kms.is_default(identifier, "secretsmanager"):
        return None
    kms.check_key(ACCOUNT, call.region, identifier)
    if identifier.startswith("alias/"):
        return arn("kms", call.region, identifier)
    return identifier


def replicate_secret_to_regions(call: Call) -> Answer:
    secret = find_writable(call)
    replication.check_regions(secret, call.body["AddReplicaRegions"])
    return {"ARN": secret.arn} | replicate(call, secret)


def replicate(call: Call, secret: Secret) -> Answer:
    body = call.body
    replication.add(
        secret, body["AddReplicaRegions"], body.get("ForceOverwriteReplicaSecret", False)
    )
    changed(call, secret)
    call.sandbox.settling.begin(secret.arn, "replication")
    # Recorded on AWS: it is in progress first, and may fail later.
    return {"ReplicationStatus": replication.in_progress(secret)}


def remove_regions_from_replication(call: Call) -> Answer:
    secret = find_writable(call)
    replication.remove(secret, call.body["RemoveReplicaRegions"])
    changed(call, secret)
    return {"ARN": secret.arn, "ReplicationStatus": secret.replica_status}


def stop_replication_to_replica(call: Call) -> Answer:
    secret = find(call)
    refuse_pending(secret)
    replication.promote(secret)
    changed(call, secret)
    return {"ARN": secret.arn}
