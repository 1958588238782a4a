"""``reconciler rotate-keys``."""

from __future__ import annotations

import json

import click

from reconciler.cli import edited, locks, walk
from reconciler.cli.options import as_format, chosen, common
from reconciler.cli.terminal import out, say
from reconciler.core.errors import Exit, ReconcilerError
from reconciler.manifest import fingerprint_keys, lock
from reconciler.operations import marks


@click.command("rotate-keys", epilog="Example: reconciler rotate-keys production")
@click.argument("environment", metavar="ENV")
@as_format
@common
def command(environment: str, form: str) -> int:
    """Change the fingerprint key, in two steps with an apply between them.

    The first puts a new key before the old one, and apply marks what is live with it. The second
    removes the old key; as long as anything is marked with that, it fails and names it. Values stay
    as they are. Each step writes environment.sops.yaml and the lock, and nothing to AWS.
    """
    options = chosen()
    declared = walk.read(environment, options)
    scope = declared.settings.scope
    runner = walk.runner(declared, options)
    first = declared.fingerprint_keys == 1
    if not first:
        planned, _ = walk.again(declared, options)
        left = marks.under_others(planned.live, planned.desired.fingerprinter.kid)
        if left:
            verb = "is" if len(left) == 1 else "are"
            raise ReconcilerError(
                f"{marks.names(left, scope)} {verb} still marked with the old key",
                code="keys-in-use",
                hint=f"commit, and run: reconciler apply {environment}; what is no longer declared:"
                f" reconciler release {environment} NAME",
            )
    change = fingerprint_keys.with_new if first else fingerprint_keys.first_alone
    changes = change(declared, runner)
    with changes.staged(environment, may_be_empty=True) as after:
        if (changes.root / environment / lock.FILE).exists():
            edited.put(changes, lock.renew(changes.root, locks.renewed(after, options), after))
    written = changes.write()
    if form == "json":
        shown = {
            "format_version": "1.0",
            "environment": environment,
            "step": 1 if first else 2,
            "files": [str(path.relative_to(changes.root)) for path in written],
        }
        out(json.dumps(shown, indent=2))
        return Exit.OK
    edited.tell(written)
    if first:
        say(
            f"commit it; reconciler apply {environment} marks what is live with the new key; then"
            f" run again: reconciler rotate-keys {environment}",
            options,
        )
    else:
        say("commit it: the old key is gone, and nothing changes in AWS", options)
    return Exit.OK
