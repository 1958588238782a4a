"""Whose an ARN is."""

from __future__ import annotations

from reconciler.aws import arn
from reconciler.core.model import Scope


def foreign(text: str | None, scope: Scope) -> str | None:
    """The account that is named, where it is another than the environment's."""
    return arn.foreign(text, scope.account)
