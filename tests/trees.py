"""Manifest trees for tests, really encrypted with a fresh age key.

    tree = make_tree(tmp_path, {"production": {"secrets": {"db": {"value": "demo"}}}})
    load(tree.manifests, "production", tree.sops)

An environment's entry is a mapping with any of: ``secrets`` and ``parameters`` (what
``main.sops.yaml`` holds), ``settings`` (fields of ``environment.sops.yaml`` that replace the
defaults; None leaves one out), ``files`` (further files, path below the environment's folder to
content). A content is a mapping, or text that is written as it is.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reconciler.values.sensitive import Sensitive
from reconciler.values.sops import Sops, find
from tests.age_key import AgeKey, new_age_key

ACCOUNT = "123456789012"
REGION = "us-west-2"
FINGERPRINT_KEY = "5f" * 32

Content = str | Mapping[str, Any]
_encrypted: dict[tuple[str, ...], bytes] = {}
_written: set[tuple[str, ...]] = set()  # what each folder of manifests has had


@cache
def tree_key() -> AgeKey:
    """The key of every tree in this process."""
    return new_age_key()


@dataclass(frozen=True)
class Tree:
    """A folder of manifests, the key that it is encrypted with, and how to change it."""

    manifests: Path
    key: AgeKey
    key_file: Path

    @property
    def environ(self) -> dict[str, str]:
        """The variables that a process needs to decrypt this tree, on top of this process's."""
        return {"SOPS_AGE_KEY_FILE": str(self.key_file)}

    @property
    def sops(self) -> Sops:
        """A sops that has the key of this tree and no other."""
        return Sops(find(), environment=clean_environ() | self.environ)

    def path(self, name: str) -> Path:
        """A file of the tree."""
        return self.manifests / name

    def write(self, name: str, content: Content, *, encrypt: bool = True) -> Path:
        """Write one file below the manifests folder, encrypted by the tree's creation rules."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content, indent=2)
        if encrypt:
            path.write_bytes(self._encrypted(text, path))
        else:
            path.write_text(text)
        return path

    def _encrypted(self, text: str, path: Path) -> bytes:
        """By the rules of this tree; what another tree has encrypted in the same way serves once
        more, and what this one has is encrypted anew."""
        config = self.manifests / ".sops.yaml"
        same = (text, config.read_text(), path.relative_to(self.manifests).as_posix())
        here = (str(self.manifests), *same)
        if here in _written or same not in _encrypted:
            _encrypted[same] = self.sops.encrypt(Sensitive(text), path=path, config=config)
        _written.add(here)
        return _encrypted[same]

    def read(self, name: str) -> str:
        """The text of one file, encrypted as it is."""
        return self.path(name).read_text()

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace the first ``old`` in the text of a file, without a key, as anybody could."""
        text = self.read(name)
        assert old in text, f"{old!r} is not in {name}"
        self.path(name).write_text(text.replace(old, new, 1))


def make_tree(
    folder: Path,
    environments: Mapping[str, Mapping[str, Any]],
    *,
    common: Mapping[str, Content] | None = None,
) -> Tree:
    """A tree below ``folder``; ``common`` names the cleartext files that every environment
    includes."""
    key = tree_key()
    key_file = folder / "age-identity.txt"
    key_file.write_text(key.identity + "\n")
    key_file.chmod(0o600)
    tree = Tree(folder / "manifests", key, key_file)
    tree.write(".sops.yaml", creation_rules(key.recipient), encrypt=False)
    for name, content in (common or {}).items():
        tree.write(f"common/{name}", content, encrypt=False)
    for environment, entry in environments.items():
        settings = default_settings(environment)
        if common:
            settings["include"] = ["../common/*.yaml"]
        settings |= entry.get("settings", {})
        kept = {name: value for name, value in settings.items() if value is not None}
        tree.write(f"{environment}/environment.sops.yaml", kept)
        main = {name: entry[name] for name in ("secrets", "parameters") if name in entry}
        if main:
            tree.write(f"{environment}/main.sops.yaml", main)
        for name, content in entry.get("files", {}).items():
            tree.write(f"{environment}/{name}", content)
    return tree


def default_settings(environment: str) -> dict[str, Any]:
    """What ``environment.sops.yaml`` holds unless a test says otherwise."""
    return {
        "environment": environment,
        "account": ACCOUNT,
        "region": REGION,
        "prefix": f"/test/{environment}",
        "owner": "test",
        "fingerprint_keys": [FINGERPRINT_KEY],
    }


def creation_rules(*recipients: str) -> str:
    """A ``.sops.yaml`` with one rule for everything."""
    return (
        "creation_rules:\n"
        "  - path_regex: \\.sops\\.yaml$\n"
        "    encrypted_regex: ^(value|fingerprint_keys)$\n"
        "    mac_only_encrypted: true\n"
        f"    age: {','.join(recipients)}\n"
    )


def clean_environ() -> dict[str, str]:
    """This process's environment without any key or credential of whoever runs the tests.

    And with Python's own cache of compiled modules, without which each start takes twice as long.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SOPS_", "AWS_", "GNUPG", "XDG_CONFIG", "RECONCILER_"))
        and name != "PYTHONDONTWRITEBYTECODE"
    }
