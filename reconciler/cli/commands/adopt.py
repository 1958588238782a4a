"""``reconciler adopt``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from reconciler.aws.client import Aws
from reconciler.cli import applied, edited, walk
from reconciler.cli.commands import apply
from reconciler.cli.options import Common, chosen, common
from reconciler.cli.terminal import colour, out, say
from reconciler.cli.terraform import removed_blocks
from reconciler.cli.written import Sink, write
from reconciler.core import planfile, review, wholefile
from reconciler.core.errors import Exit
from reconciler.core.model import Action, Plan
from reconciler.core.review import Selection
from reconciler.manifest import Cleartext, giving
from reconciler.operations import adopt
from reconciler.operations.adopt import live
from reconciler.operations.costs import costs
from reconciler.operations.planning import Planned
from reconciler.render import names
from reconciler.render.formats import FORMATS, TEXT


@click.command("adopt", epilog="Example: reconciler adopt production database/credentials")
@click.argument("environment", metavar="ENV")
@click.argument("only", nargs=-1, metavar="[NAME]...")
@click.option(
    "--take",
    type=click.Choice([side.value for side in adopt.Take]),
    help="Which value to keep where they differ. [default: refuse]",
)
@click.option(
    "-o",
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    help="Only show the plan, in this form; write nothing.",
)
@click.option(
    "--out",
    "target",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Save the plan; write nothing to AWS.",
)
@click.option(
    "--plan",
    "file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Adopt exactly what this saved plan says.",
)
@click.option(
    "--digest",
    metavar="DIGEST",
    callback=apply.whole,
    help="Adopt only if the plan has this digest.",
)
@click.option("--auto-approve", is_flag=True, help="Adopt without a review.")
@click.option(
    "--terraform-state",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Output of `terraform state pull`; prints `removed` blocks for what is adopted.",
)
@common
def command(
    environment: str,
    only: tuple[str, ...],
    take: str | None,
    form: str | None,
    target: Path | None,
    file: Path | None,
    digest: str | None,
    auto_approve: bool,
    terraform_state: Path | None,
) -> int:
    """Start managing declared resources that already exist, all of them unless you name some.

    Reads each value once, to compare it. A secret with the same value gets tags and no new version.
    A parameter gets its own value again, because only a new version can carry the mark. Where
    values differ, nothing is adopted until --take says which to keep.
    """
    options = chosen()
    given = [name for name, value in apply.ways(file, digest, auto_approve) if value]
    if len(given) > 1:
        raise click.UsageError(f"{' and '.join(given)} exclude each other.")
    shows = form is not None or target is not None
    if shows and given:
        raise click.UsageError(f"{given[0]} writes, and --format and --out only show.")
    if not (shows or given or sys.stdin.isatty()):
        raise click.UsageError(
            "There is no terminal to ask on: give --plan FILE, --digest DIGEST or --auto-approve;"
            " --format or --out only show the plan."
        )
    if take == adopt.Take.LIVE and (shows or file or digest):
        raise click.UsageError(
            "--take live changes manifests and nothing in AWS: run it by itself, then adopt."
        )
    reviewed = None if file is None else apply.reviewed_plan(file, environment)
    side = None if take is None else adopt.Take(take)
    declared = walk.read(environment, options)
    if reviewed is not None:
        # What the file says, and of it what is named: of all else no word.
        reviewed = walk.limit(reviewed, only, declared.resources()) if only else reviewed
        only = tuple(sorted({change.key.name for change in reviewed.changes})) or only
    planned, aws = _plan(declared, only, side, options)
    for price in costs(c.key for c in planned.plan.changes if c.action is Action.ADOPT):
        say(price, options)
    if side is adopt.Take.LIVE:
        return _take_live(declared, planned.plan, aws, options, asks=not auto_approve)
    if terraform_state is not None:
        _tell_terraform(terraform_state, planned.plan, options)
    if shows:
        _show(planned.plan, form, target, options)
        return Exit.OK
    if reviewed is not None:
        selection = review.by_plan(reviewed, planned.plan, planned.live)
    elif digest is not None:
        selection = review.by_digest(digest, planned.plan)
    else:
        selection = Selection(planned.plan.changes)
    if not selection.todo and not selection.done:
        out(_nothing(environment))
        say(f"whether somebody changed it since: reconciler drift {environment}", options)
        return Exit.OK
    apply.tell(selection, planned.plan, options)
    if all(change.action is Action.REFUSE for change in selection.todo):
        return Exit.PARTIAL if selection.todo else Exit.OK
    if not given:
        if not apply.agreed(environment, "Adopt this in"):
            say("nothing was written", options)
            return Exit.ERROR
        shown = planned.plan
        planned, aws = _plan(declared, only, side, options)
        selection = review.by_plan(shown, planned.plan, planned.live)
    record = applied.note(planned, aws, options)
    sink = Sink(colour=colour(sys.stdout, options))
    return write(planned, selection.todo, aws, options, record, sink).code


def show(environment: str, names: Sequence[str], options: Common) -> None:
    """Show what adopting these would do. Raises ReconcilerError."""
    planned, _ = _plan(walk.read(environment, options), tuple(names), None, options)
    _show(planned.plan, None, None, options)


def _plan(
    declared: Cleartext, only: tuple[str, ...], take: adopt.Take | None, options: Common
) -> tuple[Planned, Aws]:
    scope = declared.settings.scope
    wanted = walk.keys(only, declared.resources(), scope) if only else None
    aws = walk.connect(scope, options)
    runner = walk.runner(declared, options)
    made = adopt.make(scope, lambda: declared.decrypt(runner), aws, wanted, take)
    return replace(made, plan=walk.at_commit(made.plan, walk.around(options))), aws


def _take_live(declared: Cleartext, plan: Plan, aws: Aws, options: Common, *, asks: bool) -> int:
    """Put the live values of what differs into the manifests: from there it is reviewed in git."""
    environment = plan.scope.environment
    keys = live.differing(plan)
    if not keys:
        out(
            f"No value that {environment} declares differs from a live one. To own what is not"
            f" owned yet: reconciler adopt {environment}"
        )
        return Exit.OK
    for key in keys:
        out(f"  ~ {names.with_kind(key, plan.scope)}: the live value goes into the manifest")
    if asks and not apply.agreed(environment, "Write this to the manifests of"):
        say("nothing was written", options)
        return Exit.ERROR
    edits = live.edits(declared, keys, aws)
    changes = giving.give(declared, edits, walk.runner(declared, options))
    edited.tell(edited.save(changes, declared, options))
    say(f"review and commit it; then run: reconciler adopt {environment}", options)
    return Exit.OK


def _show(plan: Plan, form: str | None, target: Path | None, options: Common) -> None:
    if not plan.changes and form in (None, TEXT):
        out(_nothing(plan.scope.environment))
    else:
        where = str(target) if target else None
        out(FORMATS[form or TEXT]([plan], colour(sys.stdout, options), where, False))
    if target is not None:
        wholefile.save(target, planfile.dumps([plan]))
        say(f"saved as {target}", options)


def _nothing(environment: str) -> str:
    return f"Nothing to adopt: all that {environment} declares and that exists is already owned."


def _tell_terraform(state: Path, plan: Plan, options: Common) -> None:
    adopted = {change.key.name for change in plan.changes if change.action is Action.ADOPT}
    blocks = removed_blocks(state, adopted)
    if blocks:
        say("Take what is adopted out of Terraform's state with these blocks:", options)
        out(blocks)
    else:
        say(f"{state} holds none of what is adopted", options)
