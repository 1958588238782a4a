"""The labels on the versions of a secret: which one serves, and which others AWS remembers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.kinds.kind import Record

CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"
STAGED = "RECONCILER_STAGED"  # on a version that is written and does not serve yet


def stages(record: Record) -> Mapping[str, Sequence[str]]:
    """The labels by version id; ListSecrets and DescribeSecret name them differently."""
    data = record.data
    found: Mapping[str, Sequence[str]] = (
        data.get("SecretVersionsToStages") or data.get("VersionIdsToStages") or {}
    )
    return found


def version_at(record: Record, label: str) -> str | None:
    """The version id that holds a label."""
    return next((v for v, labels in stages(record).items() if label in labels), None)
