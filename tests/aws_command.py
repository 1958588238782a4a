"""The AWS CLI as far as the pages use it: ``aws SERVICE OPERATION --an-option VALUE``, by boto3."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3


def aws(arguments: list[str]) -> str:
    """Make one call; what the AWS CLI prints of the answer, as JSON.

    Raises:
        botocore.exceptions.ClientError: AWS refuses it.
    """
    service, operation, *rest = arguments
    client = boto3.client(service)  # type: ignore[call-overload]
    name = operation.replace("-", "_")
    shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[name])
    members = {member.lower(): member for member in shape.input_shape.members}
    given: dict[str, Any] = {}
    while rest:
        option = rest.pop(0).removeprefix("--").replace("-", "")
        off = option.startswith("no") and option not in members
        member = members[option.removeprefix("no") if off else option]
        kind = shape.input_shape.members[member].type_name
        values = []
        while rest and not rest[0].startswith("--"):
            values.append(rest.pop(0))
        given[member] = not off if kind == "boolean" else _value(kind, values)
    answer = getattr(client, name)(**given)
    answer.pop("ResponseMetadata")
    return json.dumps(answer, indent=4, default=str) + "\n" if answer else ""


def _value(kind: str, values: list[str]) -> Any:
    if values[0].startswith("file://"):
        return Path(values[0].removeprefix("file://")).read_text()
    if values[0][0] in "[{" and kind != "string":
        return json.loads(values[0])
    if kind == "list":
        return [_pairs(value) if "=" in value else value for value in values]
    if kind == "structure":
        return _pairs(values[0])
    return int(values[0]) if kind in ("integer", "long") else values[0]


def _pairs(text: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in text.split(","))
