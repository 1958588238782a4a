"""Who gets at an environment's values by what git says, beside all that AWS is told of them.

Recipients of its files, those whom its creation rules name, what is included, which findings nobody
is told, which application reads what, under which names `exec` and `export` hand values out, and
with whose login rotation functions log in.
One digest of it stands in every plan's digest: what was reviewed for some is not applied by its
digest for others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from reconciler.core.digest import canonical
from reconciler.kinds import shipped
from reconciler.manifest.document import Document
from reconciler.manifest.entries import Entry
from reconciler.manifest.recipients import Group
from reconciler.manifest.rules import Rules

IGNORE, INCLUDE, READERS = "ignore", "include", "readers"
SCHEDULES = "schedules"
ENV, ENV_PREFIX = "env", "env_prefix"


def digest(
    root: Path,
    known: Rules,
    settings: Document,
    files: Iterable[Document],
    entries: Iterable[Entry],
) -> str:
    """A SHA-256 that is another where any of it is another; the order of recipients is none of
    it."""
    found: dict[str, Any] = {"files": {}, "rules": {}}
    for document in files:
        path = document.file.relative_to(root).as_posix()
        rule = known.match(path)
        alone = document.any_of or frozenset()
        found["files"][path] = _groups([document.recipients, alone])
        found["rules"][path] = [] if rule is None else _groups(rule.groups)
    said = settings.data if isinstance(settings.data, Mapping) else {}
    found |= {name: said.get(name) for name in (INCLUDE, IGNORE, READERS, ENV_PREFIX)}
    if logins := shipped.logins(said.get(SCHEDULES)):
        found["logins"] = logins
    found["declared"] = {
        f"{entry.section} {entry.key}": said
        for entry in entries
        if (said := {name: entry.fields[name] for name in (IGNORE, ENV) if entry.fields.get(name)})
    }
    return hashlib.sha256(canonical(found).encode()).hexdigest()


def _groups(groups: Iterable[Group]) -> list[list[str]]:
    return [sorted(str(recipient) for recipient in group) for group in groups]
