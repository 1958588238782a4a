"""What IAM calls an environment's resources."""

from __future__ import annotations

from reconciler.aws.arn import arn
from reconciler.core.model import Scope


def secret(scope: Scope, name: str, region: str | None = None) -> str:
    """One secret: AWS puts a hyphen and six characters after its name. ``-*`` would be also every
    secret whose name begins so and goes on with a hyphen."""
    return _secret(scope, f"{name}-??????", region)


def absent_secret(scope: Scope, name: str) -> str:
    """A name that no secret has: whether AWS then looks at an ARN with six characters is not
    documented. No secret's own ARN is ever without them."""
    return _secret(scope, name)


def secrets_below(scope: Scope, region: str | None = None) -> str:
    """All secrets below the prefix."""
    return _secret(scope, f"{scope.under}*", region)


def _secret(scope: Scope, rest: str, region: str | None = None) -> str:
    return arn("secretsmanager", scope.region, scope.account, f"secret:{rest}", region)


def parameter(scope: Scope, name: str) -> str:
    """One parameter: exactly this name."""
    return arn("ssm", scope.region, scope.account, f"parameter/{name.lstrip('/')}")


def parameters_below(scope: Scope) -> str:
    """All parameters below the prefix."""
    return parameter(scope, f"{scope.under}*")
