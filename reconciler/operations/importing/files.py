"""Declarations as encrypted files: new ones only, so that nothing that people wrote is touched."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.core.errors import ManifestError
from reconciler.kinds.imported import Imported
from reconciler.kinds.represent import as_yaml
from reconciler.manifest.edit import replace_file
from reconciler.manifest.files import ENCRYPTED, RULES_FILE
from reconciler.manifest.rules import read as read_rules
from reconciler.manifest.trust import Trust
from reconciler.values.sensitive import Sensitive
from reconciler.values.sops import Sops

LARGEST = 500  # declarations in a file: sops takes 0.25 s for a file of 2,000 values

_UNFIT = re.compile(r"[^A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class Written:
    """A file to be written, and what it declares."""

    path: Path
    declarations: tuple[Imported, ...]


def arrange(
    folder: Path, declarations: Iterable[Imported], flat: str | None = None
) -> list[Written]:
    """Which file each declaration goes into: one for the first part of their names, and ``flat``
    for those that have one part only, where that is given."""
    groups: dict[str, list[Imported]] = {}
    for declaration in declarations:
        part, slash, _ = declaration.name.partition("/")
        named = part if slash or flat is None else flat
        first = _UNFIT.sub("-", named).strip(".-") or "imported"
        groups.setdefault(first, []).append(declaration)
    found: list[Written] = []
    for group, members in sorted(groups.items()):
        for start in range(0, len(members), LARGEST):
            taken = {written.path for written in found}
            path = _free(folder, group, taken)
            found.append(Written(path, tuple(members[start : start + LARGEST])))
    return found


def _free(folder: Path, group: str, taken: Iterable[Path]) -> Path:
    path = folder / f"{group}{ENCRYPTED}"
    number = 1
    while path in taken or path.exists():
        number += 1
        path = folder / f"{group}-{number}{ENCRYPTED}"
    return path


def write(files: Sequence[Written], root: Path, sops: Sops, trust: Trust) -> None:
    """Encrypt all files by the rules of the manifests' folder, then write them. No plaintext ever
    is in a file. Raises SopsError; ManifestError where sops may not ask the keys of a rule."""
    rules = read_rules(root)
    encrypted = []
    for file in files:
        rule = rules.match(file.path.relative_to(root).as_posix())
        keys = frozenset().union(*(() if rule is None else rule.groups))
        foreign = trust.foreign(keys)
        if foreign:
            raise ManifestError([trust.problem(rules.document, key) for key in foreign])
        content = sops.encrypt(
            text(file.declarations),
            path=file.path,
            config=root / RULES_FILE,
            key_types={key.type for key in keys},
        )
        encrypted.append((file.path, content))
    for path, content in encrypted:
        replace_file(path, content)


def text(declarations: Iterable[Imported]) -> Sensitive[str]:
    """A manifest in clear, for sops. JSON is YAML, and every string in it is quoted."""
    sections: dict[str, dict[str, Any]] = {}
    for declaration in declarations:
        fields: Mapping[str, Any] = declaration.fields
        if declaration.value is not None:
            fields = {**fields, "value": json.loads(declaration.value.json.reveal())}
        sections.setdefault(declaration.section, {})[declaration.name] = fields
    return Sensitive(as_yaml(json.dumps(sections, indent=2)))
