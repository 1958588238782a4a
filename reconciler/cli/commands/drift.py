"""``reconciler drift``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from reconciler.aws.client import Aws
from reconciler.cli import applied, failure, locks, several, walk
from reconciler.cli.options import Common, as_format, chosen, common, many
from reconciler.cli.terminal import colour, out, say
from reconciler.core.checked import Checked
from reconciler.core.classify import Deep
from reconciler.core.errors import Exit, ReconcilerError, worst
from reconciler.core.model import Key
from reconciler.manifest import Cleartext
from reconciler.operations import drift as differences
from reconciler.operations import record
from reconciler.operations.planning import Compared, Declares, Planned
from reconciler.render import drift as rendering

if TYPE_CHECKING:
    from reconciler.kinds.reading import Verdict


class _Drift(click.Command):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Let `--read-values` stand without a value, and never take an environment for one."""
        given = ["--read-values=differing" if arg == "--read-values" else arg for arg in args]
        return super().parse_args(ctx, given)


@click.command("drift", cls=_Drift, epilog="Example: reconciler drift production")
@click.argument("environments", nargs=-1, metavar="[ENV]...")
@as_format
@click.option(
    "--deep",
    is_flag=True,
    help="Also read what no list returns: resource policies, replicas, tags of parameters.",
)
@click.option(
    "--read-values",
    type=click.Choice(["differing", "all"]),
    metavar="[=all]",
    help="Read the values that may differ, to name the keys that do; =all reads every value"
    " and checks every fingerprint.",
)
@click.option("--keyless", is_flag=True, help="Decrypt nothing; use the fingerprints in the lock.")
@many
@common
def command(
    environments: tuple[str, ...], form: str, deep: bool, read_values: str | None, keyless: bool
) -> int:
    """Find what has changed outside of git, in every environment unless you name some.

    Names may be patterns like 'prod-*'. Several environments end with a table, worst first, and the
    worst exit code.

    Exit code 2 means that someone has to act: something was changed, deleted or re-created outside,
    apply would refuse it, a rotation is stuck, a value is too old, or drift cannot tell. Exit code
    0 covers what apply will bring, what is kept, rotated or not managed. No secret value is read
    without --read-values.
    """
    options = chosen()
    if keyless and read_values:
        raise click.UsageError("--read-values needs the key, and --keyless works without it.")
    tinted = colour(sys.stdout, options)

    def look(environment: str, own: Common) -> tuple[Checked, int]:
        if keyless:
            found, code = _without_key(environment, deep, own), 0
        else:
            found, code = _with_key(environment, deep, read_values, own)
        return found, code or (Exit.CHANGES if found.acts else Exit.OK)

    def one(environment: str, own: Common) -> several.Told:
        found, code = look(environment, own)
        weight = sum(entry.acts for entry in found.drift)
        row = several.Row(environment, code, rendering.summary(found), weight)
        shown = form == "text" and (found.drift or found.acts)
        text = rendering.text(found, colour=tinted) if shown else ""
        return several.Told(row, text, rendering.as_object(found) if form == "json" else None)

    asked = walk.environments(environments, options)
    if walk.many(environments, asked):
        return worst(row.code for row in several.run(asked, one, options, form=form))
    found, code = look(asked[0], options)
    out(rendering.as_json(found) if form == "json" else rendering.text(found, colour=tinted))
    return code


def _without_key(environment: str, deep: bool, options: Common) -> Checked:
    declared = walk.read(environment, options)
    compared, aws = locks.plan(declared, options)
    return _check(declared, compared, aws, deep, options)


def _check(
    declared: Cleartext, compared: Compared[Declares], aws: Aws, deep: bool, options: Common
) -> Checked:
    now = datetime.now(UTC)
    known = applied.known(declared, compared, aws, now, options, deep=deep)
    read = _deep(differences.read_deep(compared, aws), options) if deep else {}
    looked = differences.look_closer(compared, aws) if deep else {}
    found = differences.classify(compared, now, read, known, looked=looked)
    plan = record.told(compared.plan, compared.desired.resources, known)
    return Checked(plan.scope, found, known, plan)


def _deep(read: Mapping[Key, Deep], options: Common) -> Mapping[Key, Deep]:
    """What was read, and a warning of what was not."""
    for operation in sorted(set().union(*(entry.denied for entry in read.values()))):
        say(
            f"what nobody declared was not looked at: the role lacks {operation}\n"
            "  give it what `reconciler iam drift ENV --deep` prints",
            options,
            level="warning",
        )
    return read


def _with_key(
    environment: str, deep: bool, read_values: str | None, options: Common
) -> tuple[Checked, int]:
    """What was found, and the exit code of what could not be read."""
    declared = walk.read(environment, options)
    planned, aws = walk.again(declared, options)
    found = _check(declared, planned, aws, deep, options)
    unread = 0
    if read_values:
        from reconciler.operations import reading

        verdicts = _read(planned, aws, read_values, options)
        found = replace(found, drift=reading.told(found.drift, verdicts, planned))
        unread = _unread(verdicts, options)
    return found, unread


def _read(planned: Planned, aws: Aws, which: str, options: Common) -> Mapping[Key, Verdict]:
    """Read values, and say so."""
    from reconciler.operations import reading

    everything = which == "all"
    count = len(reading.suspects(planned, everything=everything))
    what = "every value" if everything else "what is not known to be the declared value"
    say(f"{planned.plan.scope.environment}: reading {what}: {count} in all", options)
    return reading.judge(planned, aws, everything=everything)


def _unread(verdicts: Mapping[Key, Verdict], options: Common) -> int:
    """Tell what AWS did not hand out: it is not known to be as it should."""
    unread = [(key, verdict.unread) for key, verdict in verdicts.items() if verdict.unread]
    for key, why in unread:
        error = ReconcilerError(
            f"{key} was not read: {why}",
            code="unread",
            hint="the role needs to read it, and to use its KMS key",
        )
        failure.show(error, options)
    return Exit.ERROR if unread else Exit.OK
