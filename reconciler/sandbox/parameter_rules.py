"""What Parameter Store takes as a name, a value and a policy."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from .account import arn
from .refusal import Refusal, denied, invalid

MAX_STANDARD_BYTES = 4096
MAX_ADVANCED_BYTES = 8192
MAX_LEVELS = 15
MAX_ARN = 1011
MAX_POLICIES = 10

_NAME = re.compile(r"[a-zA-Z0-9_.\-/]+")
_NESTED = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_ADVANCED_TYPES = ("url", "json", "jsonc")
_FIXED_TYPES = ("aws:ec2:image", "aws:ssm:integration")
_NOT_QUALIFIED = (
    "Parameter name must be a fully qualified name. It can consist of sub-paths divided by slash "
    "symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols "
    ".-_"
)
_HOSTNAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def check_name(name: str, region: str) -> str:
    """The name as Parameter Store keeps it. Raises what AWS raises for one it does not take."""
    # "The service removes any spaces specified for the beginning or end of a parameter name."
    name = name.strip(" ")
    bare = name.lstrip("/").lower()
    if bare.startswith(("aws", "ssm")):
        # "A parameter name can't be prefixed with "aws" or "ssm" (case-insensitive)."
        if name.lower().startswith("/aws/"):
            raise denied(f"No access to reserved parameter name: {name}.")
        raise invalid('Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).')
    if not _NAME.fullmatch(name) or "//" in name or name.endswith("/"):
        raise invalid(_NOT_QUALIFIED)
    if "/" in name and not name.startswith("/"):
        # "For parameters in a hierarchy, you must include a leading forward slash character."
        raise invalid("Parameter name must be a fully qualified name.")
    if len(name.strip("/").split("/")) > MAX_LEVELS:
        raise Refusal(
            "HierarchyLevelLimitExceededException",
            f"A hierarchy can have a maximum of {MAX_LEVELS} levels.",
        )
    full = arn("ssm", region, f"parameter/{name.lstrip('/')}")
    if len(full) > MAX_ARN:
        # "This count of 1011 characters includes the characters in the ARN that precede the name."
        raise invalid(
            f"The parameter name can't be longer than {MAX_ARN} characters, including its ARN."
        )
    return name


def check_asked(name: str) -> None:
    """Refuse to look for a name that none can have. Recorded on AWS."""
    if "//" in name or ("/" in name and not name.startswith("/")):
        raise invalid(_NOT_QUALIFIED)


def check_value(value: str, kind: str, pattern: str | None, data_type: str) -> None:
    """Refuse a value that its type, its pattern or its data type does not allow."""
    if not value:
        raise invalid(
            "1 validation error detected: Value at 'value' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1."
        )
    if _NESTED.search(value):
        # "You can't include values wrapped in double brackets {{}} or {{ssm:parameter-name}}."
        raise invalid(
            "Parameter value can't nest another parameter. "
            'Do not use "{{}}" or "{{ssm:parameter-name}}" in the value.'
        )
    if pattern:
        try:
            allowed = re.compile(pattern)
        except re.error:
            raise Refusal(
                "InvalidAllowedPatternException",
                "The request does not meet the regular expression requirement.",
            ) from None
        if not allowed.fullmatch(value):
            raise Refusal(
                "ParameterPatternMismatchException",
                f"Parameter value, cannot be validated against allowedPattern: {pattern}",
            )
    test = _DATA_TYPES.get(data_type)
    if test is None:
        raise invalid(
            f"The following data type is not supported: {data_type} "
            "(Data type names are all lowercase.)"
        )
    if data_type == "aws:ec2:image" and kind != "String":
        raise invalid("The data type aws:ec2:image is supported for String parameters only.")
    if not test(value):
        raise invalid(
            f"The parameter value does not meet the requirements of the data type {data_type}."
        )


def check_change(before: str, after: str) -> None:
    """Refuse a change to or from a data type that AWS itself acts on; the type (String,
    StringList, SecureString) may change, as recorded on AWS, whatever the text of
    HierarchyTypeMismatchException says.
    """
    if before in _FIXED_TYPES or after in _FIXED_TYPES:
        raise invalid(f"The data type of a parameter can't be changed from {before} to {after}.")


def is_stored(value: str, data_type: str) -> bool:
    """False for what AWS accepts and then drops: "If you submit an invalid AMI value, the
    PutParameter operation will return success, but the asynchronous validation will fail and the
    parameter will not be created or updated."
    """
    return data_type != "aws:ec2:image" or bool(re.fullmatch(r"ami-[0-9a-zA-Z]{8,17}", value))


def too_much_for_standard(size: int, policies: str | None, data_type: str) -> str | None:
    """ "Options that require an advanced parameter": over 4 KB, a policy, or url, json, jsonc. What
    AWS says where a standard one shall have them; None where it may.
    """
    if size > MAX_STANDARD_BYTES:
        return (
            "Standard tier parameters support a maximum parameter value of "
            f"{MAX_STANDARD_BYTES} characters. To create a larger parameter value, upgrade the "
            "parameter to use the advanced-parameter tier."
        )
    if policies and json.loads(policies):
        return (
            "Standard tier parameters can't be configured to use parameter policies. "
            "To use parameter policies, upgrade the parameter to the advanced-parameter tier."
        )
    if data_type in _ADVANCED_TYPES:
        return f"Standard tier parameters don't support the data type {data_type}."
    return None


def check_advanced(size: int) -> None:
    """ "Advanced parameters have a value limit of 8 KB." """
    if size > MAX_ADVANCED_BYTES:
        raise invalid(
            "Advanced tier parameters support a maximum parameter value of "
            f"{MAX_ADVANCED_BYTES} characters."
        )


def check_policies(text: str) -> str:
    """The policies as they are kept. "This operation takes a JSON array." """
    try:
        policies = json.loads(text)
    except ValueError:
        policies = None
    if not isinstance(policies, list) or not all(isinstance(p, dict) for p in policies):
        raise invalid("Invalid policies input: the policies must be a JSON array.")
    if len(policies) > MAX_POLICIES:
        raise Refusal(
            "PoliciesLimitExceededException",
            f"You specified more than the maximum number of allowed policies ({MAX_POLICIES}).",
        )
    for policy in policies:
        _check_policy(policy)
    if sum(policy["Type"] == "Expiration" for policy in policies) > 1:
        raise Refusal(
            "IncompatiblePolicyException",
            "There is a conflict in the policies specified for this parameter.",
        )
    return json.dumps(policies)


def _check_policy(policy: dict[str, Any]) -> None:
    kind, attributes = policy.get("Type"), policy.get("Attributes")
    if kind not in ("Expiration", "ExpirationNotification", "NoChangeNotification"):
        raise Refusal(
            "InvalidPolicyTypeException",
            "The policy type isn't supported. Parameter Store supports the following policy "
            "types: Expiration, ExpirationNotification, and NoChangeNotification.",
        )
    if not isinstance(attributes, dict) or not _attributes_hold(kind, attributes):
        raise Refusal(
            "InvalidPolicyAttributeException", "A policy attribute or its value is invalid."
        )


def _attributes_hold(kind: str, attributes: dict[str, Any]) -> bool:
    if kind == "Expiration":
        try:
            datetime.fromisoformat(str(attributes.get("Timestamp")).replace("Z", "+00:00"))
        except ValueError:
            return False
        return True
    amount = attributes.get("Before" if kind == "ExpirationNotification" else "After")
    return str(amount).isdigit() and attributes.get("Unit") in ("Days", "Hours")


def _anything(_: str) -> bool:
    return True


def _is_json(value: str) -> bool:
    try:
        json.loads(value)
    except ValueError:
        return False
    return True


def _is_ip(value: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(value).version == version
    except ValueError:
        return False


_DATA_TYPES: dict[str, Callable[[str], object]] = {
    "text": _anything,
    "aws:ec2:image": _anything,
    "aws:ssm:integration": _is_json,
    "aws:region": re.compile(r"([a-z]+-)+\d+").fullmatch,
    "aws:account:id": re.compile(r"\d{12}").fullmatch,
    "boolean": re.compile(r"true|false").fullmatch,
    "integer": re.compile(r"[+-]?\d+").fullmatch,
    "float": re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?").fullmatch,
    "binary": re.compile(r"[A-Za-z0-9+/]+={0,2}").fullmatch,
    "hostname": _HOSTNAME.fullmatch,
    "email": re.compile(r"[^@\s]+@[^@\s]+").fullmatch,
    "ipv4-address": lambda value: _is_ip(value, 4),
    "ipv6-address": lambda value: _is_ip(value, 6),
    "url": re.compile(r"[a-z][a-z0-9+.-]*://\S+").fullmatch,
    "json": _is_json,
    "jsonc": _anything,
}
