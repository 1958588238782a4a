"""Writing the changes of a plan, as commands tell it: a line for each as it ends, and how many."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from types import FrameType
from typing import Any

from reconciler.aws.client import Aws
from reconciler.cli import failure
from reconciler.cli.options import Common
from reconciler.cli.process import INTERRUPTED
from reconciler.cli.terminal import Progress, report, say
from reconciler.core.errors import Exit
from reconciler.core.model import Action, Change, Plan
from reconciler.operations import apply as writing
from reconciler.operations.apply import Outcome
from reconciler.operations.attempt import Status
from reconciler.operations.audit import AuditError, AuditLog, NoAudit
from reconciler.operations.planning import Planned
from reconciler.operations.record import Note
from reconciler.render import outcome as rendering
from reconciler.render import reasons


@dataclass(frozen=True)
class Written:
    """How a run ended: its exit code, how many changes ended in which way, and each as data."""

    code: int
    told: str
    outcomes: tuple[dict[str, Any], ...] = ()


_AGAIN = (Status.FAILED, Status.NOT_STARTED)


@dataclass(frozen=True)
class Sink:
    """Where the lines go, whether in colour, and what stops the run: None where that is for Ctrl-C
    alone to say."""

    show: Callable[[str], None] = report
    colour: bool = False
    stop: threading.Event | None = None


def write(
    planned: Planned,
    changes: Sequence[Change],
    aws: Aws,
    options: Common,
    record: Note | None,
    sink: Sink,
) -> Written:
    """Write changes, and tell what comes of each. That there is such a run is in the record before
    the first write."""
    if record is not None and any(change.action is not Action.REFUSE for change in changes):
        record.begin({one.key for one in changes if one.action is Action.REPLACE})
    _say_how_long(changes, aws, options)
    progress = Progress("written", len(changes), options)
    stopping = stoppable(options) if sink.stop is None else nullcontext(sink.stop)
    lost: list[AuditError] = []

    with stopping as stop, _audited(planned, options) as log:
        hinted: set[str] = set()

        def on_outcome(outcome: Outcome) -> None:
            try:
                log.ended(outcome)
            except AuditError as error:
                # It is written already: that is said, and nothing more is begun.
                lost.append(error)
                stop.set()
            progress.clear()
            sink.show(_line(outcome, planned, hinted, sink.colour))
            progress.advance()
            progress.show()

        outcomes = writing.run(planned, changes, aws, on_outcome, stop, log.begun)
    progress.clear()
    counts = Counter(outcome.status.value for outcome in outcomes)
    sink.show("\n" + rendering.summary(counts))
    if lost:
        failure.show(lost[0], options)
    if any(outcome.status in _AGAIN for outcome in outcomes):
        say("what is done stays done: correct the cause, and run the same again", options)
    whole = not lost and all(outcome.status is Status.DONE for outcome in outcomes)
    code = Exit.OK if whole else Exit.PARTIAL
    return Written(
        code, rendering.summary(counts), tuple(_as_object(one, planned.plan) for one in outcomes)
    )


def _as_object(outcome: Outcome, plan: Plan) -> dict[str, Any]:
    change, (message, hint) = outcome.change, _why(outcome, plan)
    return {
        "key": {"kind": change.key.kind, "name": change.key.name},
        "action": change.action.value,
        "status": outcome.status.value,
        "message": message,
        "hint": hint,
    }


def _say_how_long(changes: Sequence[Change], aws: Aws, options: Common) -> None:
    """Before it begins, and with it whether there is time for all of it."""
    paces = writing.expected(changes, aws)
    for pace in paces:
        say(pace.told, options)
    left = aws.remaining
    if left is not None and sum(pace.seconds for pace in paces) > left:
        say(
            f"this run has {left / 60:.0f} min, by --timeout or until its credentials expire:"
            " it ends before, what is done stays done, and the next run goes on",
            options,
            level="warning",
        )


def _audited(planned: Planned, options: Common) -> AuditLog | NoAudit:
    return NoAudit() if options.audit is None else AuditLog(options.audit, planned)


def _why(outcome: Outcome, plan: Plan) -> tuple[str | None, str | None]:
    change, error = outcome.change, outcome.error
    if outcome.status is Status.REFUSED and change.why is not None:
        return reasons.reason(change.why), reasons.hint(change.why)
    message, hint = (error and error.message) or outcome.warning, error and error.hint
    if outcome.status is Status.DONE and any(
        note.code.beside and note.key == change.key for note in plan.notes
    ):
        message, hint = message or reasons.CREATED_AGAIN, reasons.rotates(change.key, plan.scope)
    return message or None, hint or None


def _line(outcome: Outcome, planned: Planned, hinted: set[str], tinted: bool) -> str:
    """One outcome. What to do is told once, though AWS be away for all of them."""
    change = outcome.change
    message, hint = _why(outcome, planned.plan)
    if hint in hinted:
        hint = None
    elif hint is not None:
        hinted.add(hint)
    return rendering.line(
        change.action.symbol,
        change.key.kind,
        change.key.name.removeprefix(planned.plan.scope.under),
        outcome.status.value,
        message,
        hint,
        colour=tinted,
    )


@contextmanager
def stoppable(options: Common) -> Iterator[threading.Event]:
    """The first Ctrl-C or SIGTERM lets the calls in flight end; a second one ends at once."""
    stop = threading.Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(INTERRUPTED)
        stop.set()
        say("stopping: the calls in flight are finished; again to stop at once", options)

    signals = (signal.SIGINT, signal.SIGTERM)
    former = {number: signal.signal(number, handle) for number in signals}
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
