"""Reading parameters: lists, pages and values."""

from __future__ import annotations

import base64
import bisect
import hashlib
import json
from collections.abc import Iterator
from typing import Any

from moto.core.utils import unix_time
from moto.ssm.models import Parameter
from moto.utilities.utils import get_partition

from . import kms, parameter_rules
from .account import ACCOUNT, arn
from .call import Answer, Call, Passed
from .pages import numbered, page
from .parameter_filters import Row, Test, compile_by_path, compile_describe
from .parameter_store import not_found, of_region
from .refusal import Refusal, denied

DESCRIBE_PAGE = 50
DEFAULT_PAGE = 10
_FILTERS = ("ParameterFilters", "Filters", "Path")
_NO_TOKEN = ("InvalidNextToken", "The specified token isn't valid.")


def describe_parameters(call: Call) -> Answer:
    found, following = _page(call, compile_describe(of_region(call.region), call.body))
    return {"Parameters": [_metadata(call, parameter) for parameter in found]} | following


def get_parameters_by_path(call: Call) -> Answer:
    if call.body["Path"].lower().startswith(("/aws/service", "/aws/reference")):
        raise Passed
    found, following = _page(call, compile_by_path(of_region(call.region), call.body))
    decrypt = call.body.get("WithDecryption", False)
    return {"Parameters": [_shown(call, parameter, decrypt) for parameter in found]} | following


def _page(call: Call, test: Test) -> tuple[list[Parameter], Answer]:
    body, backend = call.body, of_region(call.region)
    size, names = body.get("MaxResults") or DEFAULT_PAGE, backend.names()
    # "If the service reaches an internal limit while processing the results, it stops the
    # operation and returns the matching values up to that point and a NextToken."
    stops = call.sandbox.empty_pages and any(body.get(name) for name in _FILTERS)

    def shown(last: str | None) -> Iterator[tuple[str, Parameter | None]]:
        start = 0 if last is None else bisect.bisect_right(names, last)
        for name in names[start:]:
            parameter = backend.versions(name)[-1]
            if not name.startswith("/aws/") and test(Row(name, parameter, backend.known_tags)):
                yield name, parameter
            elif stops:
                yield name, None

    scope = [body.get(name) for name in (*_FILTERS, "Recursive")]
    return page(call, shown, size, scope, looked_at=size if stops else None, refused=_NO_TOKEN)


def get_parameter(call: Call) -> Answer:
    name = call.body["Name"].strip()
    if _is_aws(name):
        raise Passed
    return {"Parameter": _got(call, name)}


def get_parameters(call: Call) -> Answer:
    names = [name.strip() for name in call.body["Names"]]
    if any(_is_aws(name) for name in names):
        raise Passed
    found, invalid = [], []
    for name in dict.fromkeys(names):
        try:
            found.append(_got(call, name))
        except Refusal as refusal:
            if not refusal.code.startswith("Parameter"):
                raise
            invalid.append(name)
    # "The results for GetParameters requests are listed in alphabetical order."
    found.sort(key=lambda shown: str(shown["Name"]))
    return {"Parameters": found, "InvalidParameters": invalid}


def _is_aws(name: str) -> bool:
    return name.lower().startswith("/aws/")


def _got(call: Call, name: str) -> dict[str, Any]:
    """A parameter by name or ARN, `name:version` or `name:label`, as GetParameter shows it."""
    prefix = arn("ssm", call.region, "parameter")
    bare, _, selector = name.removeprefix(prefix).partition(":")
    parameter_rules.check_asked(bare)
    shown = _shown(call, _select(call, bare, selector), call.body.get("WithDecryption", False))
    if not name.startswith(prefix):
        # Recorded on AWS: with a leading slash or without, as it was asked for.
        shown["Name"] = bare
    return shown | ({"Selector": f":{selector}"} if selector else {})


def _select(call: Call, bare: str, selector: str) -> Parameter:
    versions = of_region(call.region).versions(bare)
    if not versions:
        raise not_found(bare)
    if not selector:
        return versions[-1]
    for parameter in versions:
        if selector in parameter.labels or selector == str(parameter.version):
            return parameter
    raise Refusal(
        "ParameterVersionNotFound",
        f"Systems Manager could not find version {selector} of {bare}. "
        "Verify the version and try again.",
    )


def get_parameter_history(call: Call) -> Answer:
    body = call.body
    name = body["Name"].strip()
    versions = of_region(call.region).versions(name)
    if not versions:
        raise not_found(name)
    size, decrypt = body.get("MaxResults") or DESCRIBE_PAGE, body.get("WithDecryption", False)
    found, following = page(call, numbered(versions), size, [name], refused=_NO_TOKEN)
    shown = [
        _metadata(call, parameter)
        | {"Value": _text(call, parameter, decrypt), "Labels": list(parameter.labels)}
        for parameter in found
    ]
    return {"Parameters": shown} | following


def _metadata(call: Call, parameter: Parameter) -> dict[str, Any]:
    """A parameter as DescribeParameters shows it: no value, no tags."""
    policies = [
        {"PolicyText": json.dumps(policy), "PolicyType": policy["Type"], "PolicyStatus": "Pending"}
        for policy in json.loads(parameter.policies or "[]")
    ]
    optional = {
        "KeyId": parameter.keyid,
        "Description": parameter.description,
        "AllowedPattern": parameter.allowed_pattern,
    }
    return {
        **_common(call, parameter),
        "LastModifiedUser": f"arn:{get_partition(call.region)}:iam::{ACCOUNT}:root",
        "Tier": parameter.tier,
        "Policies": policies,
        **{name: value for name, value in optional.items() if value},
    }


def _shown(call: Call, parameter: Parameter, decrypt: bool) -> dict[str, Any]:
    """A parameter as GetParameter shows it."""
    return _common(call, parameter) | {"Value": _text(call, parameter, decrypt)}


def _common(call: Call, parameter: Parameter) -> dict[str, Any]:
    return {
        "Name": parameter.name,
        "ARN": arn("ssm", call.region, f"parameter/{parameter.name.lstrip('/')}"),
        "Type": parameter.parameter_type,
        "LastModifiedDate": unix_time(parameter.last_modified_date),
        "Version": parameter.version,
        "DataType": parameter.data_type,
    }


def _text(call: Call, parameter: Parameter, decrypt: bool) -> str:
    text = parameter.decrypt(parameter.value)
    key = parameter.keyid
    if decrypt and key and not kms.is_default(key, "ssm") and not kms.decrypts(call, key):
        raise denied(
            "The ciphertext refers to a customer master key that does not exist, does not exist "
            "in this region, or you are not allowed to access. (Service: AWSKMS; Status Code: 400)"
        )
    if parameter.parameter_type == "SecureString" and not decrypt:
        # Ciphertext to look at; moto would show the value itself.
        digest = hashlib.sha512(f"{parameter.keyid}\0{text}".encode()).digest()
        return "AQICAH" + base64.b64encode(digest).decode()
    return text or ""
