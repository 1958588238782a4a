"""``reconciler revoke``."""

from __future__ import annotations

import json
import sys

import click

from reconciler.access import revoke as revoking
from reconciler.cli import outcomes, walk
from reconciler.cli.commands import apply
from reconciler.cli.options import chosen, common
from reconciler.cli.terminal import out, say
from reconciler.core.errors import Exit
from reconciler.operations import planning
from reconciler.render.escape import terminal


@click.command("revoke", epilog="Example: reconciler revoke production --role compromised-role")
@click.argument("environment", metavar="ENV")
@click.option("--role", required=True, help="The role, by name or ARN.")
@click.option("--undo", is_flag=True, help="Remove the denial again.")
@click.option("--auto-approve", is_flag=True, help="Write without asking.")
@outcomes.as_format
@common
def command(environment: str, role: str, undo: bool, auto_approve: bool, form: str) -> int:
    """Deny a role all access to an environment, at once.

    Puts an inline policy on the role that denies every action on the environment's secrets and
    parameters. Nothing is deleted, and --undo takes the policy away. Rotate what the role could
    read: a denial does not make it forget.
    """
    options = chosen()
    if not auto_approve and not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask on: give --auto-approve.")
    if options.audit is not None:
        raise click.UsageError("--audit records the changes of a plan: apply and adopt take it.")
    declared = walk.read(environment, options)
    scope = declared.settings.scope
    name = revoking.role_name(role, scope)
    aws = walk.connect(scope.region, options)
    planning.check_account(aws, scope)
    document = revoking.policy(scope, declared.resources())
    called = revoking.policy_name(scope)
    if form == "text" and undo:
        out(f"Removes the inline policy {terminal(called)} from the role {terminal(name)}.")
    elif form == "text":
        out(f"Puts the inline policy {terminal(called)} on the role {terminal(name)}:")
        out(terminal(json.dumps(document)))
    if not auto_approve and not apply.agreed(environment, f"Do this to {name} for"):
        say("nothing was written", options)
        return Exit.ERROR
    if undo:
        there = revoking.undo(aws, name, scope)
        told = "allowed as before" if there else "it was not revoked; nothing to undo"
    else:
        revoking.revoke(aws, name, scope, declared.resources())
        told = "denied; it takes IAM a few seconds to say so everywhere"
    if form == "text":
        out(f"{terminal(name)}: {told}")
        if not undo:
            out(f"Rotate what it could read: reconciler rotate {terminal(environment)} NAME…")
        return Exit.OK
    shown = {
        "format_version": outcomes.FORMAT_VERSION,
        "environment": environment,
        "role": name,
        "policy_name": called,
        "policy": None if undo else document,
        "status": "done",
        "message": told,
    }
    out(json.dumps(shown, indent=2))
    return Exit.OK
