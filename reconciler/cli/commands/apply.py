"""``reconciler apply``."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

import click

from reconciler.aws.client import Aws
from reconciler.cli import applied, failure, locks, walk
from reconciler.cli.commands import show
from reconciler.cli.options import Common, chosen, common
from reconciler.cli.process import INTERRUPTED
from reconciler.cli.terminal import Progress, colour, out, report, say
from reconciler.core import guards, review
from reconciler.core.errors import Exit, PlanFileError
from reconciler.core.model import Action, Change, Plan
from reconciler.core.review import Selection
from reconciler.operations import apply as writing
from reconciler.operations.apply import Outcome
from reconciler.operations.attempt import Status
from reconciler.operations.audit import AuditError, AuditLog, NoAudit
from reconciler.operations.planning import Planned
from reconciler.operations.record import Note
from reconciler.render import outcome as rendering
from reconciler.render import reasons, text

GUARDS = ("max-prunes", "max-change-ratio")


def whole(_ctx: click.Context, _parameter: click.Parameter, digest: str | None) -> str | None:
    """A digest as plans show it. Raises BadParameter for a part of one, or for nothing."""
    if digest is None:
        return None
    digest = digest.removeprefix("sha256:")
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise click.BadParameter("a digest is the 64 hexadecimal digits that the plan ends with")
    return digest


@click.command("apply", epilog="Example: reconciler apply production --plan production.plan.json")
@click.argument("environment", metavar="ENV")
@click.option("--plan", "file", type=click.Path(path_type=Path), help="Apply this saved plan.")
@click.option("--digest", callback=whole, help="Apply only if the plan has this digest.")
@click.option("--auto-approve", is_flag=True, help="Write without a review.")
@click.option("--only", multiple=True, metavar="NAME", help="Only this resource; repeatable.")
@click.option(
    "--override",
    multiple=True,
    type=click.Choice(GUARDS),
    help="Override this guard; repeatable.",
)
@click.option(
    "--allow-unknown-values",
    is_flag=True,
    help="Also write values that a review without the key could not compare: the lock does not know"
    " them.",
)
@common
def command(
    environment: str,
    file: Path | None,
    digest: str | None,
    auto_approve: bool,
    only: tuple[str, ...],
    override: tuple[str, ...],
    allow_unknown_values: bool,
) -> int:
    """Write what was planned and reviewed to AWS.

    Shows the plan and asks. Without a terminal it needs one of --plan, --digest or
    --auto-approve. A change that was not reviewed is never written; where a reviewed one has
    moved, nothing is (exit code 3).
    """
    options = chosen()
    given = [name for name, value in ways(file, digest, auto_approve) if value]
    if len(given) > 1:
        raise click.UsageError(f"{' and '.join(given)} exclude each other.")
    if not given and not sys.stdin.isatty():
        raise click.UsageError(
            "There is no terminal to ask on: give --plan FILE, --digest DIGEST or --auto-approve."
        )
    reviewed = None if file is None else reviewed_plan(file, environment)
    declared = walk.read(environment, options)
    planned, aws = walk.again(declared, options, only=only)
    locks.verify(declared, planned.desired, options)
    if reviewed is not None:
        reviewed = _limited(reviewed, only, planned)
        reviewed = locks.resolved(reviewed, planned, declared, allowed=allow_unknown_values)
        selection = review.by_plan(reviewed, planned.plan, planned.live)
    elif digest is not None:
        selection = review.by_digest(digest, planned.plan)
        if not allow_unknown_values:
            locks.raise_if_unknown(selection.todo, declared, options)
    else:
        selection = Selection(planned.plan.changes)
    tell(selection, planned.plan, options)
    guards.raise_if_unsafe(replace(planned.plan, changes=selection.todo), override)
    record = applied.note(planned, aws, options)
    if not selection.todo:
        if (
            record is not None
            and _leaves_nothing(selection.todo, planned, only)
            and not record.told
        ):
            record.complete()
        return Exit.OK
    if not given:
        if all(change.action is Action.REFUSE for change in selection.todo):
            return Exit.PARTIAL
        if not agreed(environment):
            say("nothing was written", options)
            return Exit.ERROR
        # Time has passed: what was read and shown may have moved.
        shown = planned.plan
        planned, aws = walk.again(declared, options, only=only)
        selection = review.by_plan(shown, planned.plan, planned.live)
        left_out(selection, options)
        record = applied.note(planned, aws, options)
    code = write(planned, selection.todo, aws, options, record)
    if record is not None and code == Exit.OK and _leaves_nothing(selection.todo, planned, only):
        record.complete()
    return code


def _leaves_nothing(written: Sequence[Change], planned: Planned, only: Sequence[str]) -> bool:
    """Whether nothing is left to do once these changes are written."""
    return not only and {c.key for c in written} == {c.key for c in planned.plan.changes}


def ways(file: Path | None, digest: str | None, auto: bool) -> Iterator[tuple[str, bool]]:
    """The ways in which a change may be approved without asking, and which of them were given."""
    yield "--plan", file is not None
    yield "--digest", digest is not None
    yield "--auto-approve", auto


def reviewed_plan(file: Path, environment: str) -> Plan:
    """The environment's plan in a saved file. Raises PlanFileError where there is none."""
    plans = {plan.scope.environment: plan for plan in show.load(file)}
    if environment not in plans:
        raise PlanFileError(
            f"{file} holds no plan of {environment}",
            hint=f"it holds: {', '.join(sorted(plans)) or 'none'}",
        )
    return plans[environment]


def _limited(reviewed: Plan, only: Sequence[str], planned: Planned) -> Plan:
    return walk.limit(reviewed, only, planned.desired.resources) if only else reviewed


def tell(selection: Selection, plan: Plan, options: Common) -> None:
    """The plan as it will be written, and what of it will not."""
    out(text.plan(replace(plan, changes=selection.todo), colour=colour(sys.stdout, options)))
    left_out(selection, options)


def left_out(selection: Selection, options: Common) -> None:
    """What of a plan will not be written: it is in effect, or nobody reviewed it."""
    for change in selection.done:
        say(f"already in effect: {change.action} {change.key}", options)
    for change in selection.unreviewed:
        say(
            f"not reviewed and not written: {change.action} {change.key}",
            options,
            level="warning",
        )


def agreed(environment: str, what: str = "Write this to") -> bool:
    """Whether the person at the terminal says ``yes``."""
    answer = click.prompt(
        f"\n{what} {environment}? Only `yes` will be accepted",
        default="",
        show_default=False,
        err=True,
    )
    return bool(answer == "yes")


def write(
    planned: Planned,
    changes: Sequence[Change],
    aws: Aws,
    options: Common,
    record: Note | None,
) -> int:
    """Write changes, tell what comes of each, and give the exit code. That there is such a run is
    in the record before the first write."""
    if record is not None and any(change.action is not Action.REFUSE for change in changes):
        record.begin()
    _say_how_long(changes, aws, options)
    progress = Progress("written", len(changes), options)
    tinted = colour(sys.stdout, options)

    lost: list[AuditError] = []

    with _stopping(options) as stop, _audited(planned, options) as log:

        def on_outcome(outcome: Outcome) -> None:
            try:
                log.ended(outcome)
            except AuditError as error:
                # It is written already: that is said, and nothing more is begun.
                lost.append(error)
                stop.set()
            progress.clear()
            report(_line(outcome, planned, tinted))
            progress.advance()
            progress.show()

        outcomes = writing.run(planned, changes, aws, on_outcome, stop, log.begun)
    progress.clear()
    counts = Counter(outcome.status.value for outcome in outcomes)
    report("\n" + rendering.summary(counts))
    if lost:
        failure.show(lost[0], options)
    whole = not lost and all(outcome.status is Status.DONE for outcome in outcomes)
    return Exit.OK if whole else Exit.PARTIAL


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


def _line(outcome: Outcome, planned: Planned, tinted: bool) -> str:
    change, error = outcome.change, outcome.error
    message, hint = (error and error.message) or outcome.warning, error and error.hint
    if outcome.status is Status.REFUSED and change.why is not None:
        message, hint = reasons.reason(change.why), reasons.hint(change.why)
    return rendering.line(
        change.action.symbol,
        change.key.kind,
        change.key.name.removeprefix(planned.plan.scope.under),
        outcome.status.value,
        message or None,
        hint or None,
        colour=tinted,
    )


@contextmanager
def _stopping(options: Common) -> Iterator[threading.Event]:
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
