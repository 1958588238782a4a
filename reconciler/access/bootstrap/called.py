"""What things are called that AWS has one of in an account, or in a Region."""

from __future__ import annotations

import re

from reconciler.core.model import Scope


def stack(scope: Scope) -> str:
    """The stack, and with it the topic and the start of other names."""
    return "secrets-" + re.sub(r"[^A-Za-z0-9-]", "-", scope.environment)


def role(scope: Scope, name: str) -> str:
    """A role of the environment."""
    return f"secrets-{name}-{scope.environment}"
