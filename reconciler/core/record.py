"""The applied record: a note in AWS of which commit was last applied to an environment.

What was deleted has no mark left that could tell who deleted it; what was declared and applied, and
is no longer there, somebody else removed. The record is a note and not a state: a lost or false one
can hide or invent a finding of `drift`, and never causes or prevents a write.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from reconciler.core.applied import ANY, Untold, named
from reconciler.core.digest import canonical
from reconciler.core.model import JSON, Key

FORMAT = 1
LIMIT = 1024  # characters of a description
_AHEAD = timedelta(hours=1)  # that a clock may differ from ours
_BY = 64  # characters of who applied it that are kept where there is no room for more
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?\Z")
_PROOF = "proof"
_FIELDS = {"reconciler", "owner", "manifests", "applied", "attempted", "others", "replaced", _PROOF}


@dataclass(frozen=True)
class Record:
    """What a record says.

    ``commit`` is that of the last complete apply, with its time in UTC and whose credentials it
    had; None before the first. ``attempted`` are the commits of runs since that wrote, and did not
    complete or wrote only some, the oldest first; ``others`` says that there were more, of no
    commit or without room here. ``replaced`` names what these runs were to delete and create anew,
    by :func:`~reconciler.core.applied.named`. ``manifests`` is the manifests' folder in the
    repository.
    """

    owner: str  # owner/environment
    manifests: str
    commit: str | None = None
    on: datetime | None = None
    by: str | None = None
    attempted: tuple[str, ...] = ()
    others: bool = False
    replaced: tuple[str, ...] = ()

    def names(self, commit: str | None) -> bool:
        """Whether a run of this commit is noted already; None is a run of no commit."""
        return self.others if commit is None else commit in (self.commit, *self.attempted)

    def tried(self, commit: str | None, replaces: Collection[Key] = ()) -> Record:
        """With one more run that wrote, or is about to, and what it ``replaces``."""
        replaced = tuple(sorted({*self.replaced, *map(named, replaces)}))
        more = self if replaced == self.replaced else replace(self, replaced=replaced)
        if self.names(commit):
            return more
        if commit is None:
            return replace(more, others=True)
        return replace(more, attempted=(*self.attempted, commit))


# --- as text ------------------------------------------------------------------------------------


def content(record: Record) -> str | None:
    """What a record says in as many characters as there are. Where there is no room for all, what
    was replaced has no names, and runs are left out, the oldest first. None where even then there
    is none."""
    room = LIMIT - len(f',"{_PROOF}":"{"0" * 38}"')
    while len(text := canonical(_plain(record))) > room:
        if len(record.replaced) > 1:
            record = replace(record, replaced=(ANY,))
        elif record.attempted:
            record = replace(record, attempted=record.attempted[1:], others=True)
        elif record.by is not None and len(record.by) > _BY:
            record = replace(record, by=record.by[-_BY:])
        else:
            return None
    return text


def _plain(record: Record) -> dict[str, JSON]:
    applied: dict[str, JSON] | None = None
    if record.commit is not None and record.on is not None:
        on = record.on.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        applied = {"commit": record.commit, "on": on, "by": record.by}
    return {
        "reconciler": FORMAT,
        "owner": record.owner,
        "manifests": record.manifests,
        "applied": applied,
        "attempted": list(record.attempted),
        "others": record.others,
        "replaced": list(record.replaced),
    }


def sealed(text: str, proof: str) -> str:
    """A record's text with its proof."""
    return canonical({**json.loads(text), _PROOF: proof})


def parse(text: str, owner: str, now: datetime) -> tuple[Record, str, str] | Untold:
    """A record, what its proof is of, and the proof; or why it tells nothing."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return Untold.MALFORMED
    if not isinstance(found, dict):
        return Untold.MALFORMED
    version = found.get("reconciler")
    if isinstance(version, int) and version > FORMAT:
        return Untold.FUTURE
    try:
        record, proof = _record(found), found.pop(_PROOF)
        said = canonical(found)
        said.encode()  # half a character is no text
    except (KeyError, TypeError, ValueError):
        return Untold.MALFORMED
    if record.owner != owner:
        return Untold.OTHER_OWNER
    if record.on is not None and record.on > now + _AHEAD:
        return Untold.FUTURE
    return record, said, proof


def _record(found: Mapping[str, Any]) -> Record:
    if set(found) != _FIELDS or found["reconciler"] != FORMAT:
        raise ValueError
    if not isinstance(found["others"], bool):
        raise TypeError
    attempted, replaced = found["attempted"], found["replaced"]
    if not isinstance(attempted, list) or not isinstance(replaced, list):
        raise TypeError
    _text(found[_PROOF]).encode()
    made = Record(
        owner=_text(found["owner"]),
        manifests=_text(found["manifests"]),
        attempted=tuple(map(_commit, attempted)),
        others=found["others"],
        replaced=tuple(map(_text, replaced)),
    )
    applied = found["applied"]
    if applied is None:
        return made
    if set(applied) != {"commit", "on", "by"}:
        raise ValueError
    on = datetime.strptime(_text(applied["on"]), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    by = None if applied["by"] is None else _text(applied["by"])
    return replace(made, commit=_commit(applied["commit"]), on=on, by=by)


def _commit(given: Any) -> str:
    if not _COMMIT.match(_text(given)):
        raise ValueError
    return str(given)


def _text(given: Any) -> str:
    if not isinstance(given, str):
        raise TypeError
    return given
