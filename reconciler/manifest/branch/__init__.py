"""What a branch changes in manifests: read from git alone, without a key, AWS or anything else."""

from __future__ import annotations

from reconciler.manifest.branch.compare import compare, order
from reconciler.manifest.branch.concerned import READ, concerned, touched
from reconciler.manifest.branch.declared import Declared, declared
from reconciler.manifest.branch.difference import Difference, Group
from reconciler.manifest.branch.opened import opened, subjects
from reconciler.manifest.branch.removed import Removed, removed
from reconciler.manifest.branch.returning import returning
from reconciler.manifest.branch.side import Side, of_commit, of_folder
from reconciler.manifest.branch.target import Target, target

__all__ = [
    "READ",
    "Declared",
    "Difference",
    "Group",
    "Removed",
    "Side",
    "Target",
    "compare",
    "concerned",
    "declared",
    "of_commit",
    "of_folder",
    "opened",
    "order",
    "removed",
    "returning",
    "subjects",
    "target",
    "touched",
]
