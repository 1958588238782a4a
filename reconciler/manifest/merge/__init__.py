"""Merging two branches: encrypted files of which both changed values, and locks, entry by entry."""

from reconciler.manifest.merge import paths
from reconciler.manifest.merge.conflicts import Conflicts, find
from reconciler.manifest.merge.encrypted import merge as merge_encrypted
from reconciler.manifest.merge.install import ATTRIBUTES, DRIVER, install, named_only
from reconciler.manifest.merge.lock import merge as merge_lock
from reconciler.manifest.merge.macs import Macs, digest
from reconciler.manifest.merge.text import Unmerged
from reconciler.manifest.merge.trees import Entry, Trees

__all__ = [
    "ATTRIBUTES", "DRIVER", "Conflicts", "Entry", "Macs", "Trees", "Unmerged", "digest", "find",
    "install", "merge_encrypted", "merge_lock", "named_only", "paths",
]  # fmt: skip
