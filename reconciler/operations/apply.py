"""Apply: write changes, and report truly what came of each. ``review`` says which."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum

from reconciler import kinds
from reconciler.aws.client import Aws, Made
from reconciler.core.errors import AwsError, ConflictError, ReconcilerError
from reconciler.core.model import Action, Change, Key
from reconciler.kinds.kind import Job
from reconciler.operations import recheck
from reconciler.operations.planning import Planned


class Status(StrEnum):
    """What came of a change."""

    DONE = "done"
    FAILED = "failed"  # AWS refused it, or could not be reached
    CONFLICT = "conflict"  # somebody else wrote meanwhile; nothing of theirs was overwritten
    REFUSED = "refused"  # by the plan: nothing was tried
    SKIPPED = "skipped"  # what it depends on was not done
    NOT_STARTED = "not-started"  # the run was stopped before


@dataclass(frozen=True)
class Outcome:
    """What came of one change. ``version`` is the version that was written, if any, ``calls`` what
    was asked of AWS for it, ``warning`` what could not be looked at before it."""

    change: Change
    status: Status
    version: str | None = None
    error: ReconcilerError | None = None
    calls: tuple[Made, ...] = ()
    warning: str | None = None


def run(
    planned: Planned,
    changes: Sequence[Change],
    aws: Aws,
    on_outcome: Callable[[Outcome], None],
    stop: threading.Event,
    on_start: Callable[[Change], None] = lambda _: None,
) -> tuple[Outcome, ...]:
    """Write ``changes``: creates and updates in kind order, prunes last, several at once.

    ``on_start`` is called before a change's first call to AWS, from several threads at once, and
    where it raises, the change is not begun. ``on_outcome`` is called as each one ends, from one
    thread at a time. One failure stops no other change. Once ``stop`` is set, or the deadline of
    ``aws`` has passed, calls in flight end and nothing new begins.
    """
    lock = threading.Lock()
    ended: dict[Key, Outcome] = {}

    def write(change: Change) -> None:
        with aws.noting() as made:
            outcome = _attempt(planned, change, aws, ended, stop, on_start)
        outcome = replace(outcome, calls=tuple(made))
        with lock:
            ended[change.key] = outcome
            on_outcome(outcome)

    with ThreadPoolExecutor(aws.parallelism) as pool:
        for stage in _stages(changes):
            # A stage ends before the next begins: a schedule needs its secret.
            for future in [pool.submit(write, change) for change in stage]:
                future.result()
    return tuple(ended[change.key] for change in changes)


def _stages(changes: Iterable[Change]) -> list[list[Change]]:
    """Changes in the order of their kinds; prunes after everything else, in reverse."""
    stages: dict[tuple[bool, int], list[Change]] = {}
    for change in changes:
        prune = change.action is Action.PRUNE
        place = kinds.order(change.key.kind)
        stages.setdefault((prune, -place if prune else place), []).append(change)
    return [stages[order] for order in sorted(stages)]


def _attempt(
    planned: Planned,
    change: Change,
    aws: Aws,
    ended: Mapping[Key, Outcome],
    stop: threading.Event,
    on_start: Callable[[Change], None],
) -> Outcome:
    if change.action is Action.REFUSE:
        return Outcome(change, Status.REFUSED)
    if stop.is_set() or aws.out_of_time:
        return Outcome(change, Status.NOT_STARTED)
    reason = _waits(planned, change, ended)
    if reason is not None:
        return Outcome(change, Status.SKIPPED, error=ReconcilerError(reason))
    try:
        on_start(change)
        return _write(planned, change, aws)
    except ConflictError as error:
        return Outcome(change, Status.CONFLICT, error=error)
    except ReconcilerError as error:
        return Outcome(change, Status.FAILED, error=error)
    except Exception as error:
        # A bug, and its message may quote what was written: only where it was is told.
        return Outcome(change, Status.FAILED, error=unexpected(error))


def _waits(planned: Planned, change: Change, ended: Mapping[Key, Outcome]) -> str | None:
    """Why a change has to wait for the resource that it requires, or None."""
    resource = planned.desired.resources.get(change.key)
    needed = None if resource is None else ended.get(resource.requires or change.key)
    if needed is None or needed.status is Status.DONE:
        return None
    kind, current = needed.change.key.kind, planned.live.get(change.key)
    if current is None or current.deleted:
        return f"its {kind} was not created or restored"
    if needed.change.value is not None:
        # Once rotation is on, the value is rotation's, and the next run would not write it.
        return f"the value of its {kind} was not written, and has to come first"
    return None


def unexpected(error: Exception) -> ReconcilerError:
    """A bug as an error that can be told: its type and its place, never its message."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = "" if frame is None else f" at {frame.tb_frame.f_code.co_name}:{frame.tb_lineno}"
    return ReconcilerError(f"internal error: {type(error).__name__}{where}", code="internal")


def _write(planned: Planned, change: Change, aws: Aws) -> Outcome:
    kind = kinds.kind(change.key.kind)
    desired = planned.desired
    job = Job(
        change=change,
        resource=desired.resources.get(change.key),
        live=planned.live.get(change.key),
        record=planned.records[kind.READS].get(change.key.name),
        sealed=desired.values.get(change.key),
        scope=planned.plan.scope,
        policy=planned.plan.policy,
        fingerprinter=desired.fingerprinter,
    )
    warning = None
    if recheck.needed(change, planned):
        fresh = recheck.look(kind, change, planned, aws)
        job, warning = replace(job, record=fresh.record, live=fresh.live), fresh.warning
    version: str | None = None
    match change.action:
        case Action.CREATE:
            version = kind.create(aws, job)
        case Action.REPLACE:
            kind.delete(aws, job)
            version = kind.create(aws, job)
        case Action.PRUNE:
            kind.delete(aws, job)
        case _:
            version = kind.update(aws, job)
    return Outcome(change, Status.DONE, version, warning=warning)


def uncertain(outcome: Outcome) -> bool:
    """Whether nobody knows if the change was done: the next plan tells."""
    return isinstance(outcome.error, AwsError) and outcome.error.uncertain
