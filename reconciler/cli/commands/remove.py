"""``reconciler remove``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from reconciler.cli import declared as naming
from reconciler.cli import selection, walk
from reconciler.cli.options import Common, as_format, chosen, common
from reconciler.cli.terminal import say
from reconciler.core.errors import AwsError, CredentialsError, Exit, ManifestError, SopsError
from reconciler.core.model import Key, Live, Ownership
from reconciler.manifest import Cleartext
from reconciler.manifest.declaring import MOVED_FROM, Declaring
from reconciler.manifest.edit import WrongEdit
from reconciler.manifest.entries import Entry


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
    keys = [entry.resource_key(settings) for entry in found]
    making = Declaring.of(declared, walk.runner(declared, options))
    takers = _takers(declared, found)
    asked = [entry.full_name(settings) for entry in (*found, *takers)]
    live, unasked = _live(environment, asked, options)
    for taker in takers:
        if live is not None and taker.resource_key(settings) not in live:
            raise _not_copied(taker, environment)
        making.take(taker, MOVED_FROM)
    for entry in found:
        making.remove(entry)
    naming.save(making.changes, declared, keys, options, form=form)
    for line in unasked if live is None else _read(keys, live):
        say(line, options)
    say(_next(declared, keys, live), options)
    return Exit.OK


def _takers(declared: Cleartext, removed: Sequence[Entry]) -> list[Entry]:
    """What takes over the value of something that is removed, and stays."""
    names = {(entry.section, entry.full_name(declared.settings)) for entry in removed}
    return [
        entry
        for entry in declared.entries
        if entry not in removed and (entry.section, entry.fields.get(MOVED_FROM)) in names
    ]


def _not_copied(taker: Entry, environment: str) -> WrongEdit:
    """The only value there is would go."""
    return WrongEdit(
        f"{taker.key} takes over its value, and AWS does not have {taker.key} yet",
        hint=f"copy it first: reconciler adopt {environment} {taker.key}",
        place=taker.place(MOVED_FROM),
    )


def _next(declared: Cleartext, removed: Sequence[Key], live: Mapping[Key, Live] | None) -> str:
    settings = declared.settings
    name, policy = settings.scope.environment, settings.policy
    if live is not None:
        there = [key for key in removed if key in live]
        ours = [key for key in there if live[key].ownership is Ownership.OURS]
        if not ours:
            return "commit it; " + (
                "it is not managed, and stays in AWS as it is" if there else "AWS does not have it"
            )
        removed = ours
    if not policy.prune:
        names = " ".join(key.name for key in removed)
        return (
            f"AWS keeps it: {name} says `prune: false`; commit it, then stop managing it:"
            f" reconciler release {name} {names}; or write `prune: true`"
        )
    if policy.max_prunes < len(removed):
        return (
            f"commit it; apply prunes at most {policy.max_prunes} at once: `guards: max_prunes` in"
            f" environment.sops.yaml"
        )
    return (
        f"commit it; apply prunes it, and AWS keeps a secret for {policy.recovery_window} days more"
    )


def _live(
    environment: str, names: Sequence[str], options: Common
) -> tuple[Mapping[Key, Live] | None, list[str]]:
    """What AWS has under these names; where it was not asked, None and why."""
    try:
        return selection.find(environment, names, options).live, []
    except (AwsError, CredentialsError, ManifestError, SopsError) as error:
        return None, [f"AWS was not asked when it was last read: {error.message}"]


def _read(keys: Sequence[Key], live: Mapping[Key, Live]) -> list[str]:
    """When each was last read."""
    lines = []
    for key in keys:
        if key in live:
            when = live[key].read
            known = "AWS does not say when" if when is None else f"on {when:%Y-%m-%d} (UTC)"
            lines.append(f"{key.name} was last read: {known}")
    return lines
