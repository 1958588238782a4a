"""What is not for parameters."""

from __future__ import annotations

from reconciler.core.ownership import Refusal
from reconciler.kinds.kind import Act, NotForKind, Target, Turn


def rotate(target: Target, turn: Turn) -> Act | Refusal:
    """AWS rotates no parameter."""
    return NotForKind(
        "no-rotation",
        "a parameter has no rotation",
        f"give it a new value: reconciler set {target.scope.environment} {target.short} --apply;"
        " and commit the manifest",
    )


def roll_back(target: Target, *, rotated: bool) -> Act | Refusal:
    """Only a new version can hold an earlier value."""
    return NotForKind(
        "no-labels",
        "a parameter's versions have no labels to move",
        "revert the commit that changed the value, and apply; or give it the earlier value again:"
        f" reconciler set {target.scope.environment} {target.short} --apply",
    )
