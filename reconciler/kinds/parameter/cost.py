"""What it costs that only a new version can carry another stamp, or none."""

from __future__ import annotations

WRITES_A_SECOND = 3  # PutParameter, unless the account has paid for more


def cost(count: int) -> str:
    """What a new version of so many parameters costs."""
    return (
        f"a parameter's mark changes only with a new version: {count}"
        f" {'parameters get' if count > 1 else 'parameter gets'} one version each, which takes"
        f" {-(-count // WRITES_A_SECOND)} s at AWS's {WRITES_A_SECOND} writes a second"
    )
