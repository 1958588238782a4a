"""Changing who can decrypt environments, and what is told of it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

import click

from reconciler.cli import edited, locks, walk
from reconciler.cli.options import Common
from reconciler.cli.terminal import out, say
from reconciler.core.errors import Exit, UsageError
from reconciler.kinds.field import NONE
from reconciler.manifest import Cleartext, lock, sharing
from reconciler.manifest import environments as every
from reconciler.manifest.changes import Changes
from reconciler.manifest.entries import Entry
from reconciler.render.escape import terminal

_AGE = re.compile(r"age1[0-9a-z]{58}\Z")
# Git has no later value of what rotates; only AWS knows whether this one is still live.
_FIRST = "git has its first value: not needed if it has rotated since they left"
_KMS = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/[A-Za-z0-9/_-]+\Z")


def change(recipient: str, named: Sequence[str], options: Common, *, form: str, adds: bool) -> int:
    """Add or remove a key; the exit code. Raises UsageError for what is no key, or is not there."""
    if not (_AGE.match(recipient) or _KMS.match(recipient)):
        raise click.UsageError("A recipient is a public age key (age1…) or the ARN of a KMS key.")
    type_ = "kms" if recipient.startswith("arn:") else "age"
    root = walk.folder(options)
    wanted = sharing.rights(root, walk.environments(tuple(named), options))
    indexes = {one.rule.index for one in wanted}
    together = [r for r in sharing.rights(root, every(root)) if r.rule.index in indexes]
    there = [r for r in together if any(k.identity[0] == recipient for k in r.recipients)]
    if not adds and not there:
        raise UsageError(f"{recipient} decrypts none of them", code="no-recipient")
    others = sorted({r.environment for r in together} - {r.environment for r in wanted})
    if others:
        say(f"one rule is for {', '.join(others)} too: changed with them", options)
    options = replace(options, around=walk.around(options))
    declared = {r.environment: walk.read(r.environment, options) for r in together}

    def locked(changes: Changes, after: Cleartext) -> None:
        if not adds:
            _lock(changes, after, options)

    changes = sharing.change(
        root,
        together,
        type_,
        recipient,
        lambda one: walk.runner(one, options, type_),
        adds=adds,
        then=locked,
    )
    written = changes.write()
    if form == "json":
        exposed = {
            name: [list(x) for x in _exposed(d.entries, name)] for name, d in declared.items()
        }
        shown = {
            "format_version": "1.0",
            "recipient": recipient,
            "environments": sorted(declared),
            "files": [str(path.relative_to(changes.root)) for path in written],
            "could_read": {} if adds else exposed,
        }
        out(json.dumps(shown, indent=2))
        return Exit.OK
    edited.tell(written)
    if adds:
        say("commit it; who gets access stands first in: reconciler diff --base HEAD", options)
        return Exit.OK
    for name, one in declared.items():
        out(f"{name}: what {recipient} could read, and still can in git's history:")
        for key, how in _exposed(one.entries, name):
            out(f"  {terminal(key)}: {how}")
        out(f"  fingerprint_keys: reconciler rotate-keys {name}")
    return Exit.OK


def _lock(changes: Changes, after: Cleartext, options: Common) -> None:
    """The lock knows values by their ciphertext, and each has a new one."""
    if (changes.root / after.settings.scope.environment / lock.FILE).exists():
        edited.put(changes, lock.renew(changes.root, locks.renewed(after, options), after))


def _exposed(entries: Sequence[Entry], environment: str) -> list[tuple[str, str]]:
    """Each value that git has, with the command that replaces it: those first that it does at
    once."""
    found = []
    for entry in entries:
        if entry.shape is None:
            continue
        rotates = getattr(entry.declared, "rotation", None) not in (None, NONE)
        if rotates:
            how = f"reconciler rotate {environment} {entry.key}"
            found.append((0, entry.key, f"{how} ({_FIRST})"))
        elif isinstance(entry.shape, dict):
            keys = ", ".join(sorted(entry.shape))
            how = f"reconciler set {environment} {entry.key} --key KEY (of {keys})"
            found.append((2, entry.key, how))
        else:
            found.append((1, entry.key, f"reconciler set {environment} {entry.key}"))
    return [(key, how) for _, key, how in sorted(found)]
