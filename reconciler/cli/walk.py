"""The way that plan, apply and drift walk together: find, read, connect, compare."""

from __future__ import annotations

import difflib
import fnmatch
import os
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import click

from reconciler import manifest, rules
from reconciler.aws.client import Aws
from reconciler.cli import failure
from reconciler.cli.folder import folder as folder
from reconciler.cli.identity import identity
from reconciler.cli.options import Common
from reconciler.cli.terminal import say
from reconciler.cli.wording import meant
from reconciler.core.errors import CredentialsError, UsageError
from reconciler.core.model import Key, Plan, Scope
from reconciler.manifest import Cleartext
from reconciler.manifest.committed import committed
from reconciler.manifest.surroundings import Surroundings
from reconciler.operations import planning, returning
from reconciler.operations.planning import Compared, D, Planned
from reconciler.values import sops

_POOLED = 32  # connections that are kept open, where environments share clients
_EDGE = 60.0  # seconds before the credentials expire in which no call begins any more


def environments(names: Sequence[str], options: Common) -> list[str]:
    """The environments asked for, by name or by pattern, or all. Raises UsageError where there is
    none."""
    if names and not any(map(_pattern, names)):
        return list(dict.fromkeys(names))
    directory = folder(options)
    found = manifest.environments(directory)
    if not found:
        raise UsageError(
            f"there is no environment in {directory}",
            code="no-environments",
            hint="an environment is a folder with a file environment.sops.yaml",
        )
    return matching(names, found) if names else list(found)


def matching(names: Sequence[str], known: Collection[str]) -> list[str]:
    """Names, and what of ``known`` patterns match. Raises UsageError for one that matches none."""
    chosen: dict[str, None] = {}
    for name in names:
        matched = sorted(fnmatch.filter(known, name)) if _pattern(name) else [name]
        if not matched:
            raise UsageError(
                f"no environment is called like {name}",
                code="unknown-environment",
                hint=f"there are: {', '.join(sorted(known))}",
            )
        chosen.update(dict.fromkeys(matched))
    return list(chosen)


def many(names: Sequence[str], found: Sequence[str]) -> bool:
    """Whether a run is one over several environments: a pattern always is, however many match."""
    return len(found) > 1 or any(map(_pattern, names))


def _pattern(name: str) -> bool:
    return any(character in name for character in "*?[")


def around(options: Common) -> Surroundings:
    """What the environments have in common: as it is now, or, where many are taken, as it was when
    the run began."""
    return options.around or Surroundings(folder(options))


def read(environment: str, options: Common, *, may_be_empty: bool = False) -> Cleartext:
    """An environment's manifests, as far as no key is needed; warnings are told."""
    declared = manifest.read(around(options), environment, may_be_empty=may_be_empty)
    failure.problems(rules.warnings(declared), options)
    return declared


def connect(scope: Scope, options: Common) -> Aws:
    """AWS, with the credentials of an environment. Raises CredentialsError, UsageError."""
    who = identity(scope, options.profile, options.role_arn)
    timeout = options.timeout if who else _seconds(options)
    at_once = options.parallelism if options.environment is None else _POOLED
    return Aws(
        options.connections.connection(who, scope, at_once, timeout, options.pace),
        scope.region,
        parallelism=options.parallelism,
        warn=lambda text: say(text, options, level="warning"),
    )


def runner(declared: Cleartext, options: Common, *also: str) -> sops.Sops:
    """sops, which asks KMS with the credentials of the environment; ``also`` are types of key that
    its files will be encrypted with. Raises SopsError where there is none, CredentialsError."""
    types = {*also, *(type_ for document in declared.documents for type_ in document.key_types)}
    return runner_for(declared.settings.scope, types, options)


def runner_for(scope: Scope, types: Collection[str], options: Common) -> sops.Sops:
    """The same for files that are not there yet."""
    binary = sops.find(options.sops)
    who = identity(scope, options.profile, options.role_arn)
    if not who or "kms" not in types:
        return sops.Sops(binary)
    return sops.Sops(binary, environment=options.connections.session(who, scope).variables())


def _seconds(options: Common) -> float | None:
    """How long all calls together may take: as said, and no longer than the credentials hold,
    where their expiry is told."""
    told = os.environ.get("AWS_CREDENTIAL_EXPIRATION")
    if not told:
        return options.timeout
    try:
        expiry = datetime.fromisoformat(told)
    except ValueError:
        return options.timeout
    if expiry.tzinfo is None:
        return options.timeout
    left = max(0.0, (expiry - datetime.now(UTC)).total_seconds() - _EDGE)
    if not left:
        raise CredentialsError(
            "the AWS credentials expire within a minute, or have expired",
            hint="log in again, then run again",
        )
    return left if options.timeout is None else min(left, options.timeout)


def again(declared: Cleartext, options: Common, *, only: Sequence[str] = ()) -> tuple[Planned, Aws]:
    """The plan of manifests that were read before."""
    run = runner(declared, options)
    return compare(declared.settings.scope, lambda: declared.decrypt(run), options, only=only)


def compare(
    scope: Scope, declare: Callable[[], D], options: Common, *, only: Sequence[str] = ()
) -> tuple[Compared[D], Aws]:
    """The plan of what ``declare`` finds out, with the key or without."""
    aws = connect(scope, options)
    began = time.monotonic()
    try:
        made = planning.make(scope, declare, aws)
    finally:
        if options.verbose:
            calls = ", ".join(f"{count} {name}" for name, count in sorted(aws.calls.items()))
            took = time.monotonic() - began
            say(f"{scope.environment}: {calls or 'no call'} in {took:.1f} s", options)
    beside = around(options)
    fresh = at_commit(made.plan, beside)
    fresh = limit(fresh, only, made.desired.resources) if only else fresh
    fresh, could_tell = returning.told(fresh, made.desired, beside)
    if not could_tell:
        say(
            f"{scope.environment}: the clone is shallow, so that nothing tells whether a value is"
            " one that git had before",
            options,
        )
    return replace(made, plan=fresh), aws


def limit(plan: Plan, only: Sequence[str], declared: Iterable[Key]) -> Plan:
    """The changes of the named resources. Raises UsageError for a name that nothing has."""
    known = set(declared) | {change.key for change in plan.changes}
    wanted = keys(only, known, plan.scope)
    return replace(
        plan,
        changes=tuple(change for change in plan.changes if change.key in wanted),
        notes=tuple(note for note in plan.notes if note.key in wanted),
    )


def keys(names: Iterable[str], known: Iterable[Key], scope: Scope) -> set[Key]:
    """What is meant by names, below the prefix or whole. Raises UsageError for one that nothing
    has."""
    known = set(known)
    wanted: set[Key] = set()
    for name in names:
        full = name if name.startswith("/") else scope.under + name
        matching = {key for key in known if key.name in (name, full)}
        if not matching:
            others = sorted({key.name.removeprefix(scope.under) for key in known})
            near = meant(difflib.get_close_matches(name, others, 1))
            raise click.UsageError(f"{scope.environment} has no secret or parameter {name}.{near}")
        wanted |= matching
    return wanted


def at_commit(plan: Plan, around: Surroundings) -> Plan:
    """The plan with the commit that its manifests are of, or what of them is not committed."""
    found = committed(around, plan.scope.environment)
    return replace(plan, revision=found.clean, uncommitted=found.uncommitted)
