"""What was last applied to a secret, as its tag `reconciler:spec` remembers it.

The tag holds pairs of a name and a digest, and the last pair, `by`, is a digest of all others under
a fingerprint key. Nobody without that key can say that git wrote a version of theirs: the form of a
version id proves nothing, since whoever writes a version chooses its id.

- `version` is of the version id on which we put AWSCURRENT.
- `from` is of where AWSCURRENT and AWSPREVIOUS were before: the tag is set before the label moves,
  so a run that stops in between leaves a tag that still says whose the live version is.
- any other name is of a declared field that no list returns.

Version 0.1 wrote none of these three.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reconciler.aws.recogniser import Recogniser
from reconciler.core.model import LiveValue, Origin, Write
from reconciler.kinds import tags
from reconciler.kinds.kind import Job, Record, Target
from reconciler.kinds.secret.labels import CURRENT, PREVIOUS, version_at
from reconciler.values.sensitive import Fingerprinter, public

_VERSION, _FROM, _BY = "version", "from", "by"
_DIGITS = 24  # of the digest of a version id: all of it has to fit into one tag
_BESIDE = 8  # more, of the version at AWSPREVIOUS


@dataclass(frozen=True)
class Mark:
    """What one tag says. ``digests`` are those of fields. ``version`` and ``before`` are what it
    has as `version` and `from`, None where it says nothing of a version that can be trusted.

    ``forged`` says that it was not made under a key of ours.
    """

    digests: Mapping[str, str]
    version: str | None = None
    before: str | None = None
    forged: bool = False

    def vouches(self, current: str, previous: str | None) -> bool | None:
        """Whether AWSCURRENT is where we put it, given the version ids at it and at AWSPREVIOUS.
        None where the tag says nothing of it."""
        if self.forged:
            return False
        if self.version is None:
            return None
        return self.version == _short(current) or self.before == _labels(current, previous)

    def came_from(self, version_id: str) -> bool:
        """Whether this version was ours and live before the one that was last put there."""
        return self.before is not None and self.before[:_DIGITS] == _short(version_id)

    def encode(self, name: str, fingerprinter: Fingerprinter) -> str:
        """The tag's value, for the secret of this full name."""
        pairs = {_VERSION: self.version, _FROM: self.before}
        known = {name: digest for name, digest in pairs.items() if digest is not None}
        content = tags.encode_spec({**self.digests, **known})
        return f"{content} {tags.encode_spec({_BY: fingerprinter.applied(name, content)})}".lstrip()


def read(record: Record, trust: Recogniser) -> Mark:
    """What the tag on a secret says."""
    pairs = tags.decode_spec(tags.from_list(record.data.get("Tags")).get(tags.SPEC, ""))
    by = pairs.pop(_BY, None)
    content = tags.encode_spec(pairs)
    version, before = pairs.pop(_VERSION, None), pairs.pop(_FROM, None)
    if by is None:
        return Mark(pairs, forged=version is not None or before is not None)
    if not trust.is_applied(record.name, content, by):
        return Mark(pairs, forged=True)
    return Mark(pairs, version, before)


def before_move(job: Job, target: str) -> dict[str, str]:
    """The tag to set once the version ``target`` is staged, before AWSCURRENT moves to it."""
    return _as_tag(job, _moved(_read(job), job, target))


def after_write(job: Job, digests: Mapping[str, str], written: str | None) -> dict[str, str]:
    """The tag that remembers a change that is done: its ``digests`` of fields, and the version
    that was ``written``, or else the one that stays, where that is proven to be ours."""
    mark = replace(_read(job), digests=digests)
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


def before_return(target: Target, record: Record, previous: str) -> dict[str, str]:
    """The tag to set before AWSCURRENT moves back to the version ``previous``; none where that is
    not proven to be ours."""
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
    """With AWSCURRENT on ``target``. Where it was before is told only if that is proven ours:
    what is not stays not."""
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
    if not mark.digests and mark.version is None:
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
