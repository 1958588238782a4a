"""Apply: write changes, and report truly what came of each. ``review`` says which."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from reconciler import kinds
from reconciler.aws.client import Aws, Made
from reconciler.core.errors import AwsError, ReconcilerError
from reconciler.core.model import Action, Change, Key
from reconciler.kinds.kind import Job
from reconciler.kinds.pace import Pace
from reconciler.operations import observe, recheck
from reconciler.operations.attempt import Status, attempt
from reconciler.operations.planning import Planned


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


def expected(changes: Iterable[Change], aws: Aws) -> list[Pace]:
    """How long the writes of each kind take, where that is worth a word. Raises AwsError."""
    counts = Counter(
        change.key.kind
        for change in changes
        if change.action not in (Action.REFUSE, Action.PRUNE) and change.key.kind in kinds.wholes()
    )
    found = (kinds.named(name).expected(aws, count) for name, count in sorted(counts.items()))
    return [pace for pace in found if pace is not None]


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

    def write() -> tuple[str | None, str | None]:
        on_start(change)
        return _write(planned, change, aws)

    status, written, error = attempt(write)
    version, warning = written or (None, None)
    return Outcome(change, status, version, error, warning=warning)


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


def _write(planned: Planned, change: Change, aws: Aws) -> tuple[str | None, str | None]:
    """The version that was written, and a warning."""
    kind = kinds.of(change.key.kind)
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
        parts=observe.parts(desired, change.key),
        functions=desired.settings.functions,
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
    return version, warning


def uncertain(outcome: Outcome) -> bool:
    """Whether nobody knows if the change was done: the next plan tells."""
    return isinstance(outcome.error, AwsError) and outcome.error.uncertain
