"""Whose an ARN is."""

from __future__ import annotations

import re

from reconciler.core.model import Scope

_ACCOUNT = re.compile(r"[0-9]{12}\Z")


def of(text: str) -> str | None:
    """The account that an ARN, or a principal that is no more than an account, names."""
    if _ACCOUNT.match(text):
        return text
    parts = text.split(":")
    return parts[4] if len(parts) > 5 and parts[0] == "arn" and _ACCOUNT.match(parts[4]) else None


def foreign(text: str | None, scope: Scope) -> str | None:
    """The account that is named, where it is another than the environment's."""
    account = of(text) if text else None
    return account if account != scope.account else None
