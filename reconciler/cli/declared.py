"""Which declaration of an environment a name stands for, and what is told after a change of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import click

from reconciler import kinds
from reconciler.cli import edited, outcomes, walk
from reconciler.cli.kindname import KindName
from reconciler.cli.options import Common
from reconciler.cli.terminal import out
from reconciler.core.errors import ManifestError
from reconciler.core.model import Key, Place
from reconciler.manifest import Cleartext, edit
from reconciler.manifest.changes import Changes
from reconciler.manifest.edit import WrongContent
from reconciler.manifest.entries import Entry
from reconciler.operations.attempt import Status
from reconciler.operations.steps import Result

as_kind = click.option(
    "--kind",
    type=KindName(),
    help="Which one, if a secret and a parameter share the name.",
)


def entry(declared: Cleartext, name: str, kind: str | None = None) -> Entry:
    """The declaration of this name, in AWS or in the manifest. Raises UsageError where there is
    none, or there are two."""
    scope = declared.settings.scope
    found = {e.resource_key(declared.settings) for e in declared.entries if e.key == name}
    found = found or {kinds.holder(k) for k in walk.keys([name], declared.resources(), scope)}
    keys = sorted(key for key in found if kind is None or key.kind == kind)
    if not keys:
        raise click.UsageError(f"{scope.environment} has no {kind} {name}.")
    if len(keys) > 1:
        what = " and ".join(sorted((f"a {key.kind}" for key in keys), reverse=True))
        raise click.UsageError(f"{name} is {what}: say which with --kind.")
    return edit.entry_of(declared, keys[0])


def save(
    changes: Changes, declared: Cleartext, keys: Sequence[Key], options: Common, *, form: str
) -> None:
    """Write what was changed, with the lock, and tell the files: as lines, or as outcomes.

    Raises WrongContent where the manifests would not be right any more; EditError.
    """
    try:
        paths = edited.save(changes, declared, options)
    except ManifestError as error:
        # Of a file that is not written no line can be looked up.
        raise WrongContent(
            [replace(p, place=Place(p.place.path)) for p in error.problems]
        ) from None
    if form == "text":
        edited.tell(paths)
        return
    names = ", ".join(path.name for path in paths)
    results = [Result(key, Status.DONE, f"{names} written") for key in keys]
    out(json.dumps(outcomes.as_object(results, declared.settings.scope), indent=2))
