"""``reconciler remove``."""

from __future__ import annotations

from collections.abc import Sequence

import click

from reconciler.cli import declared as naming
from reconciler.cli import selection, walk
from reconciler.cli.options import Common, as_format, chosen, common
from reconciler.cli.terminal import say
from reconciler.core.errors import AwsError, CredentialsError, Exit, ManifestError, SopsError
from reconciler.core.model import Key
from reconciler.manifest import Cleartext
from reconciler.manifest.declaring import Declaring


@click.command("remove", epilog="Example: reconciler remove production smtp/legacy")
@click.argument("environment", metavar="ENV")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@naming.as_kind
@as_format
@common
def command(environment: str, names: tuple[str, ...], kind: str | None, form: str) -> int:
    """Take declarations out of the manifests. The next apply prunes them from AWS, or keeps them.

    Shows the day each secret was last read, if AWS knows; AWS does not record it for parameters.
    Nothing is written to AWS.
    """
    options = chosen()
    declared = walk.read(environment, options)
    settings = declared.settings
    entries = list(dict.fromkeys(n for n in names))
    found = [naming.entry(declared, name, kind) for name in entries]
    making = Declaring.of(declared, walk.runner(declared, options))
    for entry in found:
        making.remove(entry)
    keys = [entry.resource_key(settings) for entry in found]
    read = _read(environment, names, keys, options)
    naming.save(making.changes, declared, keys, options, form=form)
    for line in read:
        say(line, options)
    say(_next(declared, [key.name for key in keys]), options)
    return Exit.OK


def _next(declared: Cleartext, removed: Sequence[str]) -> str:
    settings = declared.settings
    name, policy = settings.scope.environment, settings.policy
    if not policy.prune:
        return (
            f"AWS keeps it: {name} says `prune: false`; commit it, then stop managing it:"
            f" reconciler release {name} {' '.join(removed)}; or write `prune: true`"
        )
    if policy.max_prunes < len(removed):
        return (
            f"commit it; apply prunes at most {policy.max_prunes} at once: `guards: max_prunes` in"
            f" environment.sops.yaml"
        )
    return (
        f"commit it; apply prunes it, and AWS keeps a secret for {policy.recovery_window} days more"
    )


def _read(
    environment: str, names: Sequence[str], keys: Sequence[Key], options: Common
) -> list[str]:
    """When each was last read."""
    try:
        live = selection.find(environment, names, options).live
    except (AwsError, CredentialsError, ManifestError, SopsError) as error:
        return [f"AWS was not asked when it was last read: {error.message}"]
    lines = []
    for key in keys:
        if key in live:
            when = live[key].read
            known = "AWS does not say when" if when is None else f"on {when:%Y-%m-%d} (UTC)"
            lines.append(f"{key.name} was last read: {known}")
    return lines
