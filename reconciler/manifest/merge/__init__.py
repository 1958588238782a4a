"""Merges of what git cannot merge by itself: an encrypted file's MAC, and a lock."""

from reconciler.manifest.merge.encrypted import merge as merge_encrypted
from reconciler.manifest.merge.install import ATTRIBUTES, DRIVER, install, named_only
from reconciler.manifest.merge.lock import merge as merge_lock
from reconciler.manifest.merge.text import Unmerged

__all__ = [
    "ATTRIBUTES", "DRIVER", "Unmerged", "install", "merge_encrypted", "merge_lock", "named_only",
]  # fmt: skip
