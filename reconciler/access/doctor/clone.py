"""What this clone of the repository lacks, which git does not bring along."""

from __future__ import annotations

from pathlib import Path

from reconciler.access.doctor.check import Check, ok, warning
from reconciler.manifest import merge

_SUBJECT = "merges"


def look(top: Path) -> Check:
    """Whether git knows the merge driver that the repository's attributes name."""
    if merge.named_only(top):
        return warning(
            _SUBJECT,
            ".gitattributes names the merge driver, and this clone does not know it: two branches"
            " that change one file conflict",
            "reconciler merge-driver --install",
        )
    return ok(_SUBJECT, "git knows every merge driver that .gitattributes names for manifests")
