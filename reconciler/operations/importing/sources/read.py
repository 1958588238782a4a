"""Which form a file has, and what it gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from reconciler.core import wholefile
from reconciler.core.errors import ManifestError, UsageError
from reconciler.manifest import metadata
from reconciler.manifest.document import Document, parse
from reconciler.manifest.trust import Trust
from reconciler.operations.importing.sources import dotenv, terraform
from reconciler.operations.importing.sources.given import PARAMETERS, Given, of_tree
from reconciler.values.sensitive import Sensitive
from reconciler.values.sops import Sops

FORMS = ("dotenv", "json", "yaml", "chamber", "terraform", "sops")
LARGEST = 64 << 20  # bytes
_TREES = (".yaml", ".yml", ".json")
# Texts that YAML takes for something else, and which are as they stand there.
_ONLY_TYPES = frozenset({"unquoted"})


def read(path: Path, form: str | None, trust: Trust, runner: Callable[[], Sops]) -> list[Given]:
    """What a file gives, or each file of a folder, whose name comes before its names. ``form`` is
    one of FORMS; without, it is told from the file.

    Raises UsageError, with no word of what it holds; ManifestError where sops may not ask the keys
    that a file names, SopsError.
    """
    if not path.is_dir():
        return _file(path, form, trust, runner)
    found = []
    for file in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") for part in file.relative_to(path).parts[:-1])
        wanted = file.suffix in _TREES or _is_dotenv(file)
        if wanted and not hidden and file.is_file() and not file.is_symlink():
            stem = file.relative_to(path).as_posix()[: -len("".join(file.suffixes)) or None]
            below = "" if _is_dotenv(file) else f"{stem}/"
            for given in _file(file, form, trust, runner):
                found.append(given if given.full else replace(given, name=below + given.name))
    if not found:
        raise UsageError(f"{path} has no YAML, JSON or .env file with a value")
    return found


def _is_dotenv(path: Path) -> bool:
    return path.name.startswith(".env") or path.suffix == ".env"


def _file(path: Path, form: str | None, trust: Trust, runner: Callable[[], Sops]) -> list[Given]:
    raw = Sensitive(wholefile.read(path, LARGEST))
    text = _text(raw)
    if text is None:
        raise UsageError(f"{path} is not UTF-8 text")
    if form == "dotenv" or (form is None and _is_dotenv(path)):
        found = dotenv.read(text)
        if isinstance(found, dotenv.WrongLine):
            raise UsageError(f"{path}: {found}", hint="write it so that every shell reads the same")
        return found
    document = parse(path, str(path), raw.reveal())
    tree = _json(text)
    if form in ("terraform", None) and (version := terraform.earlier(tree)) is not None:
        raise UsageError(
            f"{path} is a Terraform state of version {version}, and only version 4 is read",
            hint="run terraform apply with Terraform 0.12 or newer, then terraform state pull",
        )
    if form == "terraform" or (form is None and terraform.is_state(tree)):
        if not terraform.is_state(tree):
            raise UsageError(
                f"{path} is not a Terraform state", hint="write it with: terraform state pull"
            )
        return terraform.read(tree)
    encrypted = isinstance(document.data, dict) and isinstance(document.data.get("sops"), dict)
    if form == "sops" or (form is None and encrypted):
        if not encrypted:
            raise UsageError(f"{path} is not encrypted by sops")
        tree = _decrypted(document, trust, runner())
    elif tree is None:
        if form in ("json", "chamber"):
            raise UsageError(f"{path} is not JSON")
        tree = _yaml(document, text)
    if not isinstance(tree, dict):
        raise UsageError(f"{path} is not a mapping of names to values")
    found = list(of_tree(tree))
    service = PARAMETERS if form == "chamber" else None
    return [replace(one, service=service) for one in found]


def _text(raw: Sensitive[bytes]) -> Sensitive[str] | None:
    try:
        return Sensitive(raw.reveal().decode())
    except UnicodeDecodeError:
        return None


def _json(text: Sensitive[str]) -> Any:
    """A tree whose numbers are as they are written; None where it is no JSON."""
    try:
        return json.loads(text.reveal(), parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None


def _yaml(document: Document, text: Sensitive[str]) -> Any:
    """A tree whose leaves are the texts that stand there, of whatever type YAML takes them."""
    wrong = [problem for problem in document.problems if problem.code not in _ONLY_TYPES]
    if wrong:
        raise ManifestError(wrong)
    tree = _as_texts(text)
    if tree is None:
        raise UsageError(f"{document.name} is not YAML")
    return tree


def _as_texts(text: Sensitive[str]) -> Any:
    try:
        return YAML(typ="base", pure=True).load(text.reveal())
    except (YAMLError, ValueError, RecursionError):
        return None


def _decrypted(document: Document, trust: Trust, sops: Sops) -> Any:
    document.recipients = metadata.recipients(document)
    document.key_types = metadata.key_types(document)
    refused = trust.refuse([document])
    if refused:
        raise ManifestError([problem for found in refused.values() for problem in found])
    plain = sops.decrypt(document.raw, key_types=document.key_types)
    return _json(Sensitive(plain.reveal().decode()))
