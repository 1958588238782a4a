"""``reconciler apply``."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from reconciler.aws.client import Aws
from reconciler.cli import applied, locks, several, walk
from reconciler.cli.commands import show
from reconciler.cli.options import Common, as_format, chosen, common, many
from reconciler.cli.terminal import colour, out, report, say
from reconciler.cli.written import Sink, Written, stoppable, write
from reconciler.core import guards, review
from reconciler.core.errors import Exit, PlanFileError, ReconcilerError, worst
from reconciler.core.model import Action, Change, Plan
from reconciler.core.review import Selection
from reconciler.manifest import Cleartext
from reconciler.operations.planning import Planned
from reconciler.render import escape, text
from reconciler.render.summary import summary

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
@click.argument("environments", nargs=-1, metavar="[ENV]...")
@click.option(
    "--plan", "file", metavar="FILE", type=click.Path(path_type=Path), help="Apply this saved plan."
)
@click.option(
    "--digest", metavar="DIGEST", callback=whole, help="Apply only if the plan has this digest."
)
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
    help="Also write values that the lock does not know, which a review without the key"
    " could not compare.",
)
@as_format
@many
@common
def command(
    environments: tuple[str, ...],
    file: Path | None,
    digest: str | None,
    auto_approve: bool,
    only: tuple[str, ...],
    override: tuple[str, ...],
    allow_unknown_values: bool,
    form: str,
) -> int:
    """Write to AWS what was planned and reviewed.

    Shows the plan and asks. Without a terminal it needs --plan, --digest or --auto-approve. A
    change that was not reviewed is never written. If a reviewed change has moved in AWS, nothing is
    written, and the exit code is 3.

    With --plan, names may be patterns; without a name, every plan in the file is applied.
    Environments run side by side, and one that fails does not stop the others. A table comes last,
    worst first, and the exit code is the worst.
    """
    options = chosen()
    given = [name for name, value in ways(file, digest, auto_approve) if value]
    if len(given) > 1:
        raise click.UsageError(f"{' and '.join(given)} exclude each other.")
    if not given and not (sys.stdin.isatty() and form == "text"):
        raise click.UsageError(
            "There is no terminal to ask on: give --plan FILE, --digest DIGEST or --auto-approve."
        )
    plans = None if file is None else {p.scope.environment: p for p in show.load(file)}
    names = _asked(environments, plans)
    reviewed = Review(plans, digest, only, override, allow_unknown_values, asks=not given)
    tinted = colour(sys.stdout, options)
    if not walk.many(environments, names):
        shown = out if form == "text" else _nothing
        lines = report if form == "text" else _nothing
        done = reviewed.apply(names[0], options, shown, Sink(lines, tinted))
        if form == "json":
            out(escape.as_json(_as_object(names[0], done), indent=2))
        return done.code
    with stoppable(options) as stop:

        def one(environment: str, own: Common) -> several.Told:
            if stop.is_set():
                raise ReconcilerError("not begun: the run was stopped", code="stopped")
            texts: list[str] = []
            done = reviewed.apply(environment, own, texts.append, Sink(texts.append, tinted, stop))
            text = "\n".join(t.rstrip("\n") for t in texts) if done.outcomes else ""
            row = several.Row(environment, done.code, done.told, len(done.outcomes))
            return several.Told(row, text, _as_object(environment, done))

        return worst(row.code for row in several.run(names, one, options, form=form))


def _asked(environments: Sequence[str], plans: Mapping[str, Plan] | None) -> list[str]:
    """Which environments are meant: without a file of plans it is one, by its name."""
    if plans is not None:
        return walk.matching(environments, plans) if environments else list(plans)
    if len(environments) != 1 or walk.many(environments, environments):
        raise click.UsageError("Name one environment; several are applied with --plan FILE.")
    return list(environments)


def _nothing(_text: str) -> None:
    """Where nothing is shown on the way."""


def _as_object(environment: str, done: Written) -> dict[str, Any]:
    return {"format_version": "1.0", "environment": environment, "outcomes": list(done.outcomes)}


@dataclass(frozen=True)
class Review:
    """What was reviewed and how: all that decides which changes of a fresh plan are written."""

    plans: Mapping[str, Plan] | None = None
    digest: str | None = None
    only: Sequence[str] = ()
    override: Sequence[str] = ()
    unknown: bool = False
    asks: bool = True

    def apply(
        self, environment: str, options: Common, shown: Callable[[str], None], sink: Sink
    ) -> Written:
        """Write what was reviewed of an environment. Raises ReconcilerError where nothing is."""
        reviewed = None if self.plans is None else _of(self.plans, environment)
        declared = walk.read(environment, options)
        planned, aws = self._planned(declared, options)
        locks.verify(declared, planned.desired, options)
        selection = self._select(reviewed, planned, declared, options)
        todo = replace(planned.plan, changes=selection.todo)
        shown(text.plan(todo, colour=sink.colour))
        left_out(selection, options)
        guards.raise_if_unsafe(todo, self.override)
        record = applied.note(planned, aws, options)
        if not selection.todo:
            complete = _leaves_nothing(selection.todo, planned, self.only)
            if record is not None and complete and not record.told:
                record.complete()
            return Written(Exit.OK, summary(todo))
        if self.asks:
            if all(change.action is Action.REFUSE for change in selection.todo):
                return Written(Exit.PARTIAL, summary(todo))
            if not agreed(environment):
                say("nothing was written", options)
                return Written(Exit.ERROR, summary(todo))
            # Time has passed: what was read and shown may have moved.
            read = planned.plan
            planned, aws = self._planned(declared, options)
            selection = review.by_plan(read, planned.plan, planned.live)
            left_out(selection, options)
            record = applied.note(planned, aws, options)
        done = write(planned, selection.todo, aws, options, record, sink)
        complete = done.code == Exit.OK and _leaves_nothing(selection.todo, planned, self.only)
        if record is not None and complete:
            record.complete()
        return done

    def _planned(self, declared: Cleartext, options: Common) -> tuple[Planned, Aws]:
        planned, aws = walk.again(declared, options, only=self.only)
        return replace(planned, plan=applied.recreated(declared, planned, aws, options)), aws

    def _select(
        self, reviewed: Plan | None, planned: Planned, declared: Cleartext, options: Common
    ) -> Selection:
        if reviewed is not None:
            if self.only:
                reviewed = walk.limit(reviewed, self.only, planned.desired.resources)
            reviewed = locks.resolved(reviewed, planned, declared, allowed=self.unknown)
            return review.by_plan(reviewed, planned.plan, planned.live)
        if self.digest is None:
            return Selection(planned.plan.changes)
        selection = review.by_digest(self.digest, planned.plan)
        if not self.unknown:
            locks.raise_if_unknown(selection.todo, declared, options)
        return selection


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
    return _of({plan.scope.environment: plan for plan in show.load(file)}, environment)


def _of(plans: Mapping[str, Plan], environment: str) -> Plan:
    if environment not in plans:
        raise PlanFileError(
            f"the plan file holds no plan of {environment}",
            hint=f"it holds: {', '.join(sorted(plans)) or 'none'}",
        )
    return plans[environment]


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
