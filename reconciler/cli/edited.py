"""Writing manifests that a command has changed, and the lock with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from reconciler.cli import walk
from reconciler.cli.options import Common
from reconciler.cli.terminal import out, say
from reconciler.core.errors import ManifestError, SopsError
from reconciler.manifest import Cleartext, lock
from reconciler.manifest.changes import Changes


def save(
    changes: Changes,
    before: Cleartext,
    options: Common,
    *,
    prepare: Callable[[], None] = lambda: None,
) -> list[Path]:
    """Check what is to be written as a whole, write it and, last, the lock of its environment,
    where there is one; the files that were written.

    A lock that cannot be brought up to date is told of, and stays. ``prepare`` is called when all
    is checked and nothing is written. Raises ManifestError and EditError, with nothing written.
    """
    environment = before.settings.scope.environment
    with changes.staged(environment, may_be_empty=True) as after:
        renewal = _lock(before, after, options)
    if renewal is not None:
        put(changes, renewal)
    written = changes.write(before=prepare)
    if renewal is not None:
        replace(renewal, changed={}).write()
    else:
        behind(environment, options)
    return written


def put(changes: Changes, renewal: lock.Renewal) -> None:
    """Let the locks be written with the manifests, the environment's own as the last."""
    for name, content in sorted(renewal.changed.items(), key=lambda one: one[0] == lock.FILE):
        target = renewal.folder / name
        there = target.read_bytes() if target.is_file() else None
        changes.put(target, there, content)


def _lock(before: Cleartext, after: Cleartext, options: Common) -> lock.Renewal | None:
    """The lock with the lines of what has changed; None where there is none, or it takes more."""
    try:
        present = lock.load(walk.folder(options), after.settings.scope.environment)
        if present is None:
            return None
        desired = after.decrypt(walk.runner(before, options))
    except (ManifestError, SopsError):
        return None
    carried = lock.carry(present, lock.make(after, desired), before)
    return None if carried is None else lock.renew(walk.folder(options).absolute(), carried, after)


def foresee(declared: Cleartext, options: Common) -> None:
    """Before anything is asked: that the lock will not know what is added, without the key."""
    environment = declared.settings.scope.environment
    try:
        if lock.load(walk.folder(options), environment) is None:
            return
        declared.decrypt(walk.runner(declared, options))
    except (ManifestError, SopsError) as error:
        why = error.problems[0].message if isinstance(error, ManifestError) else error.message
        say(
            f"{why}: it can be declared all the same, and the lock will not know it; until"
            f" somebody who has the key runs reconciler lock {environment}, plans without the key"
            " cannot tell its value",
            options,
            level="warning",
        )


def tell(paths: Iterable[Path]) -> None:
    """The files that were written."""
    here = Path.cwd()
    for path in paths:
        out(f"{path.relative_to(here) if path.is_relative_to(here) else path} written")


def behind(environment: str, options: Common) -> None:
    """That the lock knows nothing of what was written."""
    if (walk.folder(options) / environment / lock.FILE).exists():
        say(f"the lock is behind now: run reconciler lock {environment}", options)
