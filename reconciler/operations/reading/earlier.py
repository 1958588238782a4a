"""The values that an environment had in a commit, decrypted in memory.

What is checked of present files before sops runs is checked of earlier ones too: only strings are
encrypted, and only for whom the rules of that commit name.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from reconciler import kinds
from reconciler.core.errors import Problem, SopsError
from reconciler.core.model import Key, Place
from reconciler.kinds.kind import Content
from reconciler.manifest import encrypted, metadata, values
from reconciler.manifest.branch import Side
from reconciler.manifest.document import parse
from reconciler.manifest.files import RULES_FILE
from reconciler.manifest.rules import Rules, of
from reconciler.manifest.trust import Trust
from reconciler.values.sensitive import Sensitive
from reconciler.values.sops import Sops


@dataclass
class Earlier:
    """Values by the resource that they were of, and warnings of files that were not read."""

    values: dict[Key, Sensitive[str] | Sensitive[bytes]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def at(side: Side, environment: str, wanted: Collection[Key], sops: Sops, trust: Trust) -> Earlier:
    """What ``side`` declared for these resources. Files that hold none of them are not decrypted.

    Raises SopsError where sops is missing.
    """
    earlier = Earlier()
    view = side.view(environment)
    prefix = str(view.settings.get("prefix", "")).rstrip("/")
    rules = of(side.data(RULES_FILE), side.files.get(RULES_FILE, b""))
    files: dict[str, dict[tuple[str, str], Key]] = {}
    for (section, name), declared in view.declarations.items():
        own = declared.fields.get("name")
        full = own if isinstance(own, str) else f"{prefix}/{name}"
        key = Key(kinds.sections()[section].NAME, full)
        if declared.value is not None and key in wanted and not declared.fields.get("binary"):
            files.setdefault(declared.path, {})[section, name] = key
    for path, entries in sorted(files.items()):
        _read(side, path, entries, rules, sops, trust, earlier)
    return earlier


def _read(
    side: Side,
    path: str,
    entries: dict[tuple[str, str], Key],
    rules: Rules,
    sops: Sops,
    trust: Trust,
    earlier: Earlier,
) -> None:
    document = parse(Path(path), path, side.files[path])
    found = [
        *document.problems,
        *metadata.check(document, rules, path),
        *encrypted.check(document, kinds.sections()),
    ]
    if any(not problem.warning for problem in found):
        earlier.problems.append(_skipped(path, "it was not in order then"))
        return
    document.recipients = metadata.recipients(document)
    if trust.foreign(document.recipients):
        earlier.problems.append(_skipped(path, "sops may not ask the keys that it names"))
        return
    try:
        plain = sops.decrypt(side.files[path], key_types=metadata.key_types(document))
    except SopsError as error:
        if error.code == "sops-missing":
            raise
        earlier.problems.append(_skipped(path, error.message))
        return
    data = document.data if isinstance(document.data, dict) else {}
    shapes = {}
    for section, name in entries:
        section_data = data.get(section)
        fields = section_data.get(name) if isinstance(section_data, dict) else None
        if isinstance(fields, dict) and encrypted.VALUE in fields:
            shapes[section, name] = encrypted.shape(fields[encrypted.VALUE])
    for place, (content, _) in values.contents(plain, shapes).items():
        if isinstance(content, Content):
            earlier.values[entries[place]] = content.text


def _skipped(path: str, why: str) -> Problem:
    return Problem(
        Place(path),
        "base-not-read",
        f"the file of the base was not decrypted: {why}",
        "the names of keys that changed in it are not told",
        warning=True,
    )
