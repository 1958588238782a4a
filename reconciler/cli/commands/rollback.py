"""``reconciler rollback``."""

from __future__ import annotations

import sys
from functools import partial

import click

from reconciler.cli import outcomes
from reconciler.cli.commands import apply
from reconciler.cli.found import Found, find
from reconciler.cli.options import chosen, common
from reconciler.cli.terminal import out, say
from reconciler.core.errors import Exit
from reconciler.core.model import Key, Source
from reconciler.kinds import tags
from reconciler.kinds.secret.observe import CURRENT, version_at
from reconciler.kinds.secret.write import move_current, settle_pending
from reconciler.operations.rollback import PREVIOUS, may_roll_back
from reconciler.operations.steps import Result, Step, refused
from reconciler.render import names as rendering


@click.command("rollback", epilog="Example: reconciler rollback production smtp/credentials")
@click.argument("environment", metavar="ENV")
@click.argument("name")
@click.option(
    "--rotated",
    is_flag=True,
    help="Even where a rotation replaced the value, perhaps because it leaked.",
)
@click.option("--auto-approve", is_flag=True, help="Move the label without asking.")
@outcomes.as_format
@common
def command(environment: str, name: str, rotated: bool, auto_approve: bool, form: str) -> int:
    """Restore the previous version of a secret.

    Moves AWSCURRENT to the version at AWSPREVIOUS, from where it was seen; no value is read. A
    second rollback undoes the first. Git then declares the other value: revert the commit too.
    """
    options = chosen()
    if not auto_approve and not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask on: give --auto-approve.")
    found = find(environment, [name], options)
    steps: dict[Key, Step] = {}
    barred: list[Result] = []
    for key in found.keys:
        if key.kind != "secret":
            if len(found.keys) == 1:
                hint = "set the value of an earlier version in git"
                barred.append(refused(key, "a parameter's versions have no labels to move", hint))
            continue
        is_generated = partial(found.desired.fingerprinter.is_generated, key.name)
        record = found.records[key.kind].get(key.name)
        refusal = may_roll_back(record, found.live.get(key), is_generated, rotated=rotated)
        if refusal is not None:
            barred.append(refused(key, refusal.reason, refusal.hint))
            continue
        if form == "text":
            out(f"  roll back {rendering.with_kind(key, found.scope)} to its previous version")
        steps[key] = partial(_move, found, key)
    if steps and not auto_approve and not apply.agreed(environment, "Do this in"):
        say("nothing was written", options)
        return Exit.ERROR
    return outcomes.run(
        steps, barred, found.aws, found.scope, options, form=form, symbol="~", verb="Rolled back"
    )


def _move(found: Found, key: Key) -> str:
    record = found.record(key)
    settle_pending(found.aws, record)
    move_current(
        found.aws,
        key.name,
        str(version_at(record, PREVIOUS)),
        expected=version_at(record, CURRENT),
    )
    if tags.GIT_KEYS in tags.from_list(record.data.get("Tags")):
        # The earlier value may hold earlier keys: without the mark the next plan writes git's.
        found.aws.call(
            "secretsmanager", "untag_resource", SecretId=key.name, TagKeys=[tags.GIT_KEYS]
        )
    resource = found.desired.resources.get(key)
    value = None if resource is None else resource.value
    if value is None or value.source is not Source.GIT or resource is None:
        return "the previous version is restored"
    at = "" if resource.place is None else f", at {resource.place.path}"
    return (
        f"the previous version is restored; git still declares the newer value{at}:"
        f" revert it there, or the next apply writes it again"
    )
