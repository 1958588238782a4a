"""What lists and descriptions of secrets show, page by page."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

from . import replication
from .call import Call
from .finding import find, is_gone
from .listing import compile_filters, sort_key
from .refusal import Refusal, invalid_parameter
from .secret_values import get_secret_value, value_of

Answer = dict[str, Any]

PAGE = 100
BATCH = 20


def batch_get_secret_value(call: Call) -> Answer:
    body = call.body
    ids, filters = body.get("SecretIdList"), body.get("Filters")
    if bool(ids) == bool(filters):
        raise invalid_parameter(
            "Either 'SecretIdList' or 'Filters' must be provided, but not both."
        )
    next_token = None
    if ids:
        if body.get("MaxResults") is not None:
            raise invalid_parameter(
                "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' "
                "is provided."
            )
    else:
        entries, next_token = page_of(call, body.get("MaxResults") or BATCH)
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
    entries, next_token = page_of(call, call.body.get("MaxResults") or PAGE)
    answer: Answer = {"SecretList": entries}
    if next_token is not None:
        answer["NextToken"] = next_token
    return answer


def page_of(call: Call, size: int) -> tuple[list[dict[str, Any]], str | None]:
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
        if value_of(version) and (version["version_stages"] or body.get("IncludeDeprecated"))
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
