"""A small tree with every way to declare a value, and its lock."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

from reconciler import manifest
from reconciler.core.model import Key
from reconciler.manifest import lock
from reconciler.manifest.lock import Lock, earlier
from tests.trees import Tree, make_tree

ENV = "production"
PREFIX = "/test/production"
TWO_KEYS = ["5f" * 32, "6a" * 32]

SECRETS: dict[str, Any] = {
    "mapping": {"value": {"user": "u", "password": "p"}},
    "text": {"value": "a text"},
    "binary": {"value": base64.b64encode(b"bytes").decode(), "binary": True},
    "made": {"generate": {"length": 20}},
    "theirs": {"external": True},
}
PARAMETERS: dict[str, Any] = {
    "secure": {"value": "hidden"},
    "host": {"plaintext": "db.internal"},
    "hosts": {"plaintext": ["a", "b"]},
}
VALUES = {
    *(Key("secret", f"{PREFIX}/{name}") for name in ("mapping", "text", "binary")),
    *(Key("parameter", f"{PREFIX}/{name}") for name in PARAMETERS),
}


def small(folder: Path) -> Tree:
    """The tree, without a lock."""
    return make_tree(
        folder,
        {ENV: {"secrets": SECRETS, "parameters": PARAMETERS,
               "settings": {"fingerprint_keys": TWO_KEYS}}},
    )  # fmt: skip


def made(tree: Tree) -> Lock:
    """The lock of what the tree declares now."""
    declared = manifest.read(tree.manifests, ENV)
    return lock.make(declared, declared.decrypt(tree.sops))


def write(tree: Tree) -> Path:
    """Write the lock of what the tree declares now; the file of its values."""
    declared = manifest.read(tree.manifests, ENV)
    lock.renew(tree.manifests, made(tree), declared).write()
    return tree.path(f"{ENV}/{lock.lock_of('main.sops.yaml')}")


def write_earlier(tree: Tree, *, macs: bool) -> Path:
    """Write it as before, one for all: by 0.1 without MACs."""
    for name in lock.present(tree.manifests, ENV):
        tree.path(f"{ENV}/{name}").unlink()
    found = made(tree)
    path = tree.path(f"{ENV}/{lock.FILE}")
    path.write_text(earlier.dumps(found if macs else replace(found, macs=None)))
    return path
