"""What lists and descriptions of secrets show, page by page."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from . import replication
from .call import Answer, Call
from .finding import find, is_gone
from .listing import compile_filters, sort_key
from .pages import numbered, page
from .refusal import Refusal, invalid_parameter
from .secret_values import get_secret_value, value_of

PAGE = 100
BATCH = 20
_CHOICE = ("Filters", "IncludePlannedDeletion", "SortBy", "SortOrder")


def batch_get_secret_value(call: Call) -> Answer:
    body = call.body
    ids, filters = body.get("SecretIdList"), body.get("Filters")
    if bool(ids) == bool(filters):
        raise invalid_parameter(
            "Either 'SecretIdList' or 'Filters' must be provided, but not both."
        )
    following: Answer = {}
    if ids:
        if body.get("MaxResults") is not None:
            raise invalid_parameter(
                "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' "
                "is provided."
            )
    else:
        entries, following = page_of(call, body.get("MaxResults") or BATCH)
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
    return {"SecretValues": values, "Errors": errors} | following


def list_secrets(call: Call) -> Answer:
    entries, following = page_of(call, call.body.get("MaxResults") or PAGE)
    return {"SecretList": entries} | following


def page_of(call: Call, size: int) -> tuple[list[Answer], Answer]:
    """One page of entries. The NextToken is there only when something follows."""
    test = compile_filters(call.body.get("Filters") or [])
    pending = call.body.get("IncludePlannedDeletion", False)

    def shown(position: Any) -> Iterator[tuple[Any, Answer]]:
        for place, entry in _in_order(call, position):
            if "DeletedDate" in entry and not (pending and _still_there(call, entry)):
                continue
            if test(entry):
                yield place, entry

    return page(call, shown, size, [call.body.get(name) for name in _CHOICE])


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
    return secret is None or not is_gone(call, secret)


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
    secret, deprecated = find(call), call.body.get("IncludeDeprecated")
    # "ListSecretVersionIds only returns versions that contain a secret value."
    versions = [
        version
        for version in secret.versions.values()
        if value_of(version) and (version["version_stages"] or deprecated)
    ]
    size, scope = call.body.get("MaxResults") or PAGE, [secret.arn, deprecated]
    found, following = page(call, numbered(versions), size, scope)
    shown = [
        {
            "VersionId": version["version_id"],
            "CreatedDate": version["createdate"],
            "KmsKeyIds": list(version["keys"]),
        }
        # Recorded on AWS: left out where there is none.
        | ({"VersionStages": list(labels)} if (labels := version["version_stages"]) else {})
        | ({"LastAccessedDate": version["accessed"]} if "accessed" in version else {})
        for version in found
    ]
    return {"ARN": secret.arn, "Name": secret.name, "Versions": shown} | following
