"""``reconciler revoke``."""

from __future__ import annotations

import json
import sys

import click

from reconciler.access import revoke as revoking
from reconciler.access.revoke import Kind
from reconciler.cli import outcomes, walk
from reconciler.cli.commands import apply
from reconciler.cli.options import as_format, chosen, common
from reconciler.cli.terminal import out, say
from reconciler.core.errors import Exit
from reconciler.operations import planning
from reconciler.render.escape import terminal


@click.command("revoke", epilog="Example: reconciler revoke production --role compromised-role")
@click.argument("environment", metavar="ENV")
@click.option("--role", metavar="NAME", help="The role, by name or ARN; a session's ARN too.")
@click.option("--user", metavar="NAME", help="The IAM user, by name or ARN.")
@click.option("--group", metavar="NAME", help="The IAM group, by name or ARN.")
@click.option("--undo", is_flag=True, help="Remove the denial again.")
@click.option("--auto-approve", is_flag=True, help="Write without asking.")
@as_format
@common
def command(
    environment: str,
    role: str | None,
    user: str | None,
    group: str | None,
    undo: bool,
    auto_approve: bool,
    form: str,
) -> int:
    """Deny a role, user or group all access to an environment, at once.

    Adds an inline policy that denies every action on the environment's secrets in every Region, on
    its parameters, and decryption with the KMS keys of the manifests. Deletes nothing; --undo
    removes the policy. Prints what a denial cannot reach: above all, rotate what could be read.
    """
    options = chosen()
    given = [(Kind(kind), name)
             for kind, name in (("role", role), ("user", user), ("group", group))
             if name is not None]  # fmt: skip
    if len(given) != 1:
        raise click.UsageError("Say whom: one of --role, --user and --group.")
    if not auto_approve and not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask on: give --auto-approve.")
    if options.audit is not None:
        raise click.UsageError("--audit records the changes of a plan: apply and adopt take it.")
    declared = walk.read(environment, options)
    scope = declared.settings.scope
    who = revoking.principal(*given[0], scope)
    aws = walk.connect(scope, options)
    planning.check_account(aws, scope)
    document = revoking.policy(declared)
    called = revoking.policy_name(scope)
    whom = f"the {who.kind} {terminal(who.name)}"
    if form == "text" and undo:
        out(f"Removes the inline policy {terminal(called)} from {whom}.")
    elif form == "text":
        out(f"Puts the inline policy {terminal(called)} on {whom}:")
        out(terminal(json.dumps(document)))
    if not auto_approve and not apply.agreed(environment, f"Do this to {who.name} for"):
        say("nothing was written", options)
        return Exit.ERROR
    if undo:
        there = revoking.undo(aws, who, scope)
        told = "allowed as before" if there else "it was not revoked; nothing to undo"
    else:
        revoking.revoke(aws, who, scope, document)
        told = "denied; it takes IAM a few seconds to say so everywhere"
    if form == "text":
        out(f"{terminal(who.name)}: {told}")
        if not undo:
            out("Not reached by this:")
            for what, do in revoking.unreached(scope):
                out(f"  {what}\n    {terminal(do)}")
        return Exit.OK
    unreached = [{"what": what, "do": do} for what, do in revoking.unreached(scope)]
    shown = {
        "format_version": outcomes.FORMAT_VERSION,
        "environment": environment,
        str(who.kind): who.name,
        "policy_name": called,
        "policy": None if undo else document,
        "status": "done",
        "message": told,
        "not_reached": [] if undo else unreached,
    }
    out(json.dumps(shown, indent=2))
    return Exit.OK
