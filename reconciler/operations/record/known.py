"""What is known of what was applied: the record, read from AWS, and the commits that it names, read
from git's objects. No key is needed, but to prove the record."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from reconciler import kinds
from reconciler.aws.client import Aws
from reconciler.aws.recogniser import Recogniser
from reconciler.core.applied import Applied, Attempt, Standing, Untold
from reconciler.core.diff import MARKS, same
from reconciler.core.errors import UsageError
from reconciler.core.model import JSON, Key, Live, Ownership, Resource, Scope
from reconciler.core.record import Record
from reconciler.manifest.branch import Declared, declared, of_commit
from reconciler.manifest.gitfiles import Repository
from reconciler.manifest.surroundings import Surroundings
from reconciler.operations.planning import Compared, Declares
from reconciler.operations.record import reading
from reconciler.values.sensitive import Fingerprinter


def known(
    compared: Compared[Declares],
    aws: Aws,
    around: Surroundings,
    now: datetime,
    *,
    deep: bool = False,
) -> Applied:
    """What is known of the last apply, of an environment that was planned: one more chain of
    pages. git's objects are read only where something that is declared is absent, or not owned, or
    otherwise than declared and no mark says who did that; ``deep``: so may be what no list returns.
    Raises AwsError."""
    scope, declared = compared.plan.scope, compared.desired.resources
    told, record = _said(scope, compared.desired.recogniser, aws, around, now)
    repository = around.repository
    if record is None or told.untold is not None or repository is None:
        return told
    gone = {
        key
        for key in declared
        if (live := compared.live.get(key)) is None or live.ownership is not Ownership.OURS
    }
    tried = bool(record.attempted)
    differs = {
        key
        for key in declared.keys() - gone
        if (deep and tried) or _differs(declared[key], compared.live[key], tried=tried)
    }
    if not gone and not differs:
        return told
    return _read(told, record, gone, differs, repository, scope.environment)


def _differs(resource: Resource, live: Live, *, tried: bool) -> bool:
    """Whether the mark of a resource leaves open who made it differ; where a run has ``tried`` and
    not completed, no mark tells."""
    return any(
        name not in MARKS
        and not same(content, live.fields.get(name))
        and (name in live.as_written or not live.recalls)
        and live.as_written.get(name) is (False if tried else None)
        for name, content in resource.fields.items()
    )


def last(scope: Scope, trust: Recogniser, aws: Aws, around: Surroundings, now: datetime) -> Applied:
    """The same of an environment that was not planned, without where its resources were declared.
    Raises AwsError."""
    return _said(scope, trust, aws, around, now)[0]


def _said(
    scope: Scope, trust: Recogniser, aws: Aws, around: Surroundings, now: datetime
) -> tuple[Applied, Record | None]:
    """What the record says by itself, and what git knows of its commit."""
    read = reading.read(aws, scope, trust, now)
    record = read.record
    if record is None or read.found is None:
        writer = None if read.found is None else read.found.by
        why = read.untold
        if why is Untold.NO_RECORD and around.repository is None:
            why = Untold.NO_GIT  # an apply writes no record either
        return Applied(untold=why, writer=writer), None
    told = Applied(
        unfinished=record.attempted,
        others=record.others,
        commit=record.commit,
        at=record.on,
        by=record.by,
        proven=isinstance(trust, Fingerprinter),
        writer=read.found.by,
        replaced=frozenset(record.replaced),
    )
    repository = around.repository
    if repository is None:
        return replace(told, untold=Untold.NO_GIT), record
    head = around.head
    return _placed(told, repository, None if head is None else head.id), record


def _placed(told: Applied, repository: Repository, head: str | None) -> Applied:
    """With what git knows of the commit; without the key it is one that the branch contains, since
    whoever may write in AWS could name any."""
    if told.commit is None:
        return told
    if head is None or repository.id(told.commit) is None:
        why = Untold.SHALLOW if repository.shallow else Untold.UNKNOWN_COMMIT
        return replace(told, untold=why)
    contained = repository.is_ancestor(told.commit, head)
    if not contained and not told.proven:
        why = Untold.SHALLOW if repository.shallow else Untold.ELSEWHERE
        return replace(told, untold=why)
    return replace(told, behind=repository.count(told.commit, head) if contained else None)


def _read(
    told: Applied,
    record: Record,
    gone: Collection[Key],
    differs: Collection[Key],
    repository: Repository,
    environment: str,
) -> Applied:
    """With where each that is ``gone`` was declared, and what of those and of each that
    ``differs``."""

    def at(commit: str) -> Declared | None:
        try:
            found = repository.id(commit)
            side = found and of_commit(repository, found, under=record.manifests)
        except UsageError:
            return None
        return declared(side, environment) if side else None

    applied = None if record.commit is None else at(record.commit)
    unreadable = record.commit is not None and applied is None
    attempted = [at(commit) for commit in record.attempted]
    standings = {
        key: Standing.CANNOT_TELL
        if unreadable
        else _standing(key, applied, attempted, others=record.others)
        for key in gone
    }
    suspects = {*gone, *differs}
    why = None
    if Standing.CANNOT_TELL in standings.values():
        lacking = unreadable or any(one is None for one in attempted)
        why = Untold.UNCOMMITTED if record.others and not lacking else Untold.UNREADABLE
    return replace(
        told,
        standings=standings,
        fields=_of(applied, suspects),
        attempted=tuple(_attempt(one, suspects) for one in attempted),
        untold=why,
    )


def _attempt(declared: Declared | None, keys: Collection[Key]) -> Attempt:
    if declared is None:
        return Attempt(unread=frozenset(keys))
    unread = frozenset(key for key in keys if kinds.holder(key) in declared.unread)
    return Attempt(_of(declared, keys), unread)


def _of(declared: Declared | None, keys: Collection[Key]) -> dict[Key, Mapping[str, JSON]]:
    found = {} if declared is None else declared.resources
    return {key: found[key] for key in keys if key in found}


def _standing(
    key: Key, applied: Declared | None, attempted: list[Declared | None], *, others: bool
) -> Standing:
    whole = kinds.holder(key)
    if applied is not None:
        if key in applied.resources:
            # A run since then whose commit does not declare it may have pruned it.
            kept = all(one is not None and whole in one.resources for one in attempted)
            return Standing.DECLARED_IN_APPLIED if kept else Standing.ONLY_IN_ATTEMPTED
        if key != whole and whole in applied.unread:
            return Standing.CANNOT_TELL
    if any(one is not None and key in one.resources for one in attempted):
        return Standing.ONLY_IN_ATTEMPTED
    unsure = any(one is None or (key != whole and whole in one.unread) for one in attempted)
    return Standing.CANNOT_TELL if unsure or others else Standing.IN_NEITHER
