"""An answer as AWS gave it, without what is nobody's business."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

VALUES = frozenset({"SecretString", "SecretBinary", "Value", "Credentials", "Parameter.Value"})
PEOPLE = frozenset({"LastModifiedUser", "UserId", "Arn", "AssumedRoleUser"})
DROPPED = frozenset({"ResponseMetadata"})
LEFT_OUT = "(left out)"
_ACCOUNT = re.compile(r"\b\d{12}\b")
_ROLE_ID = re.compile(r"\bA[A-Z]{3}[A-Z0-9]{16,}\b")


def without_values(found: Any) -> Any:
    """The same as plain data for JSON: no value, no credentials, no person; every account is
    111111111111.
    """
    if isinstance(found, dict):
        return {
            key: LEFT_OUT
            if key in VALUES | PEOPLE and not isinstance(item, list)
            else without_values(item)
            for key, item in found.items()
            if key not in DROPPED
        }
    if isinstance(found, list):
        return [without_values(item) for item in found]
    if isinstance(found, datetime):
        return found.isoformat()
    if isinstance(found, str):
        return _ROLE_ID.sub("(an id)", _ACCOUNT.sub("1" * 12, found))
    return found if isinstance(found, int | float | bool) or found is None else LEFT_OUT
