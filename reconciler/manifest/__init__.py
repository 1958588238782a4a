"""Manifests: from the files in git to what they declare.

``read`` needs no key and no credentials; ``load`` decrypts as well.
"""

from __future__ import annotations

from pathlib import Path

from reconciler.manifest.cleartext import Cleartext
from reconciler.manifest.desired import Desired
from reconciler.manifest.environment import environments
from reconciler.manifest.read import read
from reconciler.manifest.unclaimed import problems as unclaimed
from reconciler.values.sops import Sops

__all__ = ["Cleartext", "Desired", "environments", "load", "read", "unclaimed"]


def load(directory: Path, environment: str, sops: Sops) -> Desired:
    """What git declares of one environment. Raises ManifestError, UsageError, SopsError."""
    return read(directory, environment).decrypt(sops)
