"""Merging two branches: encrypted files of which both changed values, and locks, entry by entry."""

from reconciler.manifest.merge.encrypted import merge as merge_encrypted
from reconciler.manifest.merge.install import ATTRIBUTES, DRIVER, install, named_only
from reconciler.manifest.merge.lock import merge as merge_lock
from reconciler.manifest.merge.macs import Macs, digest
from reconciler.manifest.merge.text import Unmerged

__all__ = [
    "ATTRIBUTES", "DRIVER", "Macs", "Unmerged", "digest", "install", "merge_encrypted",
    "merge_lock", "named_only",
]  # fmt: skip
