"""Where a lock lies: beside the manifest that it is of, so that branches which change different
manifests change different locks."""

from __future__ import annotations

from reconciler.manifest.files import ENCRYPTED, ENVIRONMENT_FILE

FILE = "fingerprints.lock"
"""The environment's own, beside ``environment.sops.yaml``: what the locks are of, and the values
that stand in included files. The other locks' names end so."""


def lock_of(manifest: str) -> str:
    """The lock of a manifest, both by their path in the environment's folder."""
    if manifest == ENVIRONMENT_FILE:
        return FILE
    return f"{manifest.removesuffix(ENCRYPTED)}.{FILE}"


def manifest_of(lock: str) -> str:
    """The manifest of a lock, wherever the two are."""
    folder, slash, name = lock.rpartition("/")
    own = ENVIRONMENT_FILE if name == FILE else name.removesuffix(f".{FILE}") + ENCRYPTED
    return f"{folder}{slash}{own}"


def is_one(path: str) -> bool:
    """Whether a file is a lock, by its name."""
    name = path.rpartition("/")[2]
    return name == FILE or (name.endswith(f".{FILE}") and not name.startswith("."))
