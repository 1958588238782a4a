"""What was last applied to a secret, as its tag `reconciler:spec` remembers it.

The tag holds pairs of a name and a digest, and the last pair, `by`, is a digest of all others under
a fingerprint key. Nobody without that key can say that git wrote a version of theirs: the form of a
version id proves nothing, since whoever writes a version chooses its id.

- `version` is of the version id on which we put AWSCURRENT.
- `from` is of where AWSCURRENT and AWSPREVIOUS were before: the tag is set before the label moves,
  so a run that stops in between leaves a tag that still says whose the live version is.
- `all` is a row of fields as we last wrote them, of the secret and of its parts: each is the letter
  that its kind's table gives it, and a short digest. What lists return is compared with it, so that
  what somebody else changed is told from what git is ahead by. It is `fields` where version 0.1
  made the secret, and not all was written since: then nothing is missed in it.
- any other name is of a declared field that no list returns.

Version 0.1 wrote none of these four: what was never recorded is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.aws.recogniser import Recogniser
from reconciler.core.diff import same
from reconciler.core.digest import SHORT, short_digest
from reconciler.core.model import Action, LiveValue, Origin, Write
from reconciler.kinds import schedule, tags
from reconciler.kinds.field import Memory, Table, observed, remembered
from reconciler.kinds.kind import Job, Record, Target
from reconciler.kinds.secret.labels import CURRENT, PREVIOUS, version_at
from reconciler.values.sensitive import Fingerprinter, public

_VERSION, _FROM, _ALL, _FIELDS, _BY = "version", "from", "all", "fields", "by"
_NONE = "."  # a row without a field
KEYS = "g"  # in `fields`: the letter of the mark of keys that git owns
_DIGITS = 24  # of the digest of a version id: all of it has to fit into one tag
_BESIDE = 8  # more, of the version at AWSPREVIOUS


@dataclass(frozen=True)
class Mark:
    """What one tag says. ``digests`` are those of fields that no list returns, ``memory`` those of
    others. ``version`` and ``before`` are what it has as `version` and `from`, None where it says
    nothing of a version that can be trusted.

    ``forged`` says that it was not made under a known key, ``recorded`` that it was, ``whole``
    that each declared field is in its memory.
    """

    digests: Mapping[str, str]
    memory: Memory = field(default_factory=dict)
    version: str | None = None
    before: str | None = None
    forged: bool = False
    recorded: bool = False
    whole: bool = False

    def vouches(self, current: str, previous: str | None) -> bool | None:
        """Whether AWSCURRENT is where we put it, given the version ids at it and at AWSPREVIOUS.
        None where the tag says nothing of it."""
        if self.forged:
            return False
        if self.version is None:
            return None
        return self.version == _short(current) or self.before == _labels(current, previous)

    def began_at(self, current: str) -> bool:
        """Whether the last run was to move AWSCURRENT away from where it is. That it did, and
        somebody moved it back, looks the same."""
        return self.came_from(current) and self.version not in (None, _short(current))

    def came_from(self, version_id: str) -> bool:
        """Whether this version was owned and live before the one that was last put there."""
        return self.before is not None and self.before[:_DIGITS] == _short(version_id)

    def encode(self, name: str, fingerprinter: Fingerprinter) -> str:
        """The tag's value, for the secret of this full name."""
        fields = "".join(letter + self.memory[letter] for letter in sorted(self.memory))
        row = {_ALL: fields or _NONE} if self.whole else {_FIELDS: fields}
        pairs = {_VERSION: self.version, _FROM: self.before, **row}
        known = {name: digest for name, digest in pairs.items() if digest}
        content = tags.encode_spec({**self.digests, **known})
        return f"{content} {tags.encode_spec({_BY: fingerprinter.applied(name, content)})}".lstrip()


def read(record: Record, trust: Recogniser) -> Mark:
    """What the tag on a secret says."""
    pairs = tags.decode_spec(tags.from_list(record.data.get("Tags")).get(tags.SPEC, ""))
    by = pairs.pop(_BY, None)
    content = tags.encode_spec(pairs)
    version, before = pairs.pop(_VERSION, None), pairs.pop(_FROM, None)
    every, fields = pairs.pop(_ALL, None), pairs.pop(_FIELDS, None)
    if by is None:
        ours = version, before, every, fields
        return Mark(pairs, forged=any(part is not None for part in ours))
    if not trust.is_applied(record.name, content, by):
        return Mark(pairs, forged=True)
    row = every or fields or _NONE
    return Mark(pairs, _memory(row), version, before, recorded=True, whole=every is not None)


def _memory(row: str) -> Memory:
    """The digests by their letters, as they stand in `fields`."""
    if row == _NONE:
        return {}
    length = 1 + SHORT
    return {row[at]: row[at + 1 : at + length] for at in range(0, len(row), length)}


def before_move(job: Job, target: str) -> dict[str, str]:
    """The tag to set once the version ``target`` is staged, before AWSCURRENT moves to it."""
    return _as_tag(job, _moved(_read(job), job, target))


def after_write(
    job: Job, digests: Mapping[str, str], memory: Memory, written: str | None
) -> dict[str, str]:
    """The tag that remembers a change that is done: its ``digests`` of fields that no list
    returns, its ``memory`` of others, and the version that was ``written``, or else the one that
    stays, where that is proven to be owned. What parts of the secret remember stays."""
    mark = _read(job)
    # Of one that somebody changed nothing stays, so parts have to be remembered again.
    whole = mark.whole or mark.forged or job.record is None or job.change.action is Action.ADOPT
    mark = replace(mark, digests=digests, memory={**mark.memory, **memory}, whole=whole)
    live, value = _live(job), job.change.value
    if written is not None:
        mark = _moved(mark, job, written)
    elif value is not None and value.write is Write.BOUND:
        # It holds the declared value. Where a rotation may have made it, it stays rotation's.
        rotated = job.live is None or job.live.rotation.ever
        bound = str(job.change.precondition["version"])
        mark = replace(mark, version=None, before=None) if rotated else _stays(mark, bound)
    elif live is not None and _is_proven(live):
        mark = _stays(mark, live.version)
    return _as_tag(job, mark)


def after_part(
    record: Record, table: Table[Any, Any], memory: Memory, trust: Fingerprinter
) -> dict[str, str]:
    """The tag that remembers a part of the secret that was written: its ``memory`` in place of all
    that its ``table`` had. None for a mark that somebody changed: it stays to be seen."""
    mark = read(record, trust)
    if mark.forged:
        return {}
    letters = {row.letter for row in table}
    others = {letter: digest for letter, digest in mark.memory.items() if letter not in letters}
    return {tags.SPEC: replace(mark, memory={**others, **memory}).encode(record.name, trust)}


def with_keys(record: Record, made: str, trust: Fingerprinter) -> dict[str, str]:
    """The tag that remembers the mark of the keys that git owns, once they are written."""
    mark = read(record, trust)
    if mark.forged:
        return {}
    memory = {**mark.memory, **of_keys(made)}
    return {tags.SPEC: replace(mark, memory=memory).encode(record.name, trust)}


def of_keys(made: str) -> Memory:
    """What is remembered of the mark of the keys that git owns."""
    return {KEYS: short_digest(made)}


def of_schedule(job: Job) -> Memory:
    """What is remembered of the declared schedule of a secret that is made or adopted: all of it
    that is so already, since no call of its own writes that."""
    live = observed(schedule.FIELDS, schedule.see(job.record.data if job.record else {}))
    declared = [field for part in job.parts for field in part.fields.items() if field[0] in live]
    return remembered(
        schedule.FIELDS, {name: content for name, content in declared if same(content, live[name])}
    )


def before_return(target: Target, record: Record, previous: str) -> dict[str, str]:
    """The tag to set before AWSCURRENT moves back to the version ``previous``; none where that is
    not proven to be owned."""
    name, trust = target.key.name, target.fingerprinter
    mark, current = read(record, trust), version_at(record, CURRENT)
    declared = target.resource.value if target.resource is not None else None
    ours = (
        trust.is_generated(name, previous)
        or (declared is not None and public(previous) in declared.fingerprints)
        or (mark.came_from(previous) and current is not None and mark.version == _short(current))
    )
    if not ours or current is None:
        return {}
    known = target.live is not None and _is_proven(target.live.value)
    before = _labels(current, previous) if known else None
    returned = replace(mark, version=_short(previous), before=before)
    return {tags.SPEC: returned.encode(name, trust)}


def _moved(mark: Mark, job: Job, target: str) -> Mark:
    """With AWSCURRENT on ``target``. Where it was before is told only if a mark proves it."""
    record, before = job.record, None
    current = None if record is None else version_at(record, CURRENT)
    if record is not None and current is not None and _is_proven(_live(job)):
        before = _labels(current, version_at(record, PREVIOUS))
    return replace(mark, version=_short(target), before=before)


def _stays(mark: Mark, version_id: str) -> Mark:
    """With AWSCURRENT on this version, where it is."""
    version = _short(version_id)
    return replace(mark, version=version, before=mark.before if version == mark.version else None)


def _as_tag(job: Job, mark: Mark) -> dict[str, str]:
    if not mark.whole and not mark.digests and not mark.memory and mark.version is None:
        return {}
    return {tags.SPEC: mark.encode(job.change.key.name, job.fingerprinter)}


def _read(job: Job) -> Mark:
    return Mark({}) if job.record is None else read(job.record, job.fingerprinter)


def _live(job: Job) -> LiveValue | None:
    return None if job.live is None else job.live.value


def _is_proven(value: LiveValue | None) -> bool:
    return value is not None and value.origin in (Origin.GIT, Origin.GENERATED)


def _short(version_id: str) -> str:
    return public(version_id)[:_DIGITS]


def _labels(current: str, previous: str | None) -> str:
    return _short(current) + public(previous or "")[:_BESIDE]
