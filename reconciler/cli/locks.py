"""What the commands do with an environment's lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reconciler.aws.client import Aws
from reconciler.cli import failure, walk
from reconciler.cli.folding import folded, some
from reconciler.cli.options import Common
from reconciler.cli.terminal import say
from reconciler.core.errors import (
    ManifestError,
    Problem,
    ReconcilerError,
    SopsError,
    UnknownValuesError,
)
from reconciler.core.model import Action, Change, Key, Plan
from reconciler.manifest import Cleartext, Desired, lock
from reconciler.operations.planning import Compared, Planned

_NO_KEY = frozenset({"no-key", "sops-missing"})
_OLD = frozenset({"lock-missing", "lock-extra", "lock-outdated", "lock-plaintext"})


def plan(
    declared: Cleartext, options: Common, *, only: Sequence[str] = ()
) -> tuple[Compared[lock.Declared], Aws]:
    """The plan of an environment without its key: by the lock. Raises ReconcilerError where there
    is no lock."""
    declares = known(declared, options)
    return walk.compare(declares.scope, lambda: declares, options, only=only)


def known(declared: Cleartext, options: Common) -> lock.Declared:
    """What an environment declares, by the lock. Raises ReconcilerError where there is none."""
    environment = declared.settings.scope.environment
    found = lock.load(walk.folder(options), environment)
    if found is None:
        raise ReconcilerError(
            f"{environment} has no lock, and without one a plan needs the key",
            code="no-lock",
            hint=f"with the key, run: reconciler lock {environment}; and commit what it writes",
        )
    every = _every(environment)
    try:
        known = lock.declare(found, declared)
    except ManifestError as error:
        raise ManifestError(folded(error.problems, every)) from None
    # A plan without the key shows what it can, and says what nobody with the key vouches for.
    macs = [replace(problem, warning=True) for problem in lock.macs(found, declared)]
    failure.problems(folded([*lock.outdated(found, declared), *macs], every), options)
    return known


def check(declared: Cleartext, desired: Desired | None, options: Common) -> list[Problem]:
    """What is wrong with an environment's lock, if it has one: warnings too. Its truth is checked
    only where the values are known."""
    scope = declared.settings.scope
    try:
        found = lock.load(walk.folder(options), scope.environment)
    except ManifestError as error:
        return list(error.problems)
    if found is None:
        return []
    problems = [*lock.check(found, declared), *lock.outdated(found, declared)]
    if found.is_of(scope):
        problems += lock.macs(found, declared)
    return problems if desired is None else [*problems, *lock.mismatches(found, declared, desired)]


def verify(declared: Cleartext, desired: Desired, options: Common) -> None:
    """Check the lock against the decrypted values. What is outdated is a warning.

    Raises ManifestError where a line is missing, is of nothing, or is a lie.
    """
    found = lock.load(walk.folder(options), desired.scope.environment)
    if found is None:
        return
    wrong = [*lock.check(found, declared), *lock.mismatches(found, declared, desired)]
    every = _every(desired.scope.environment)
    if wrong:
        raise ManifestError(folded(wrong, every))
    failure.problems(folded(lock.outdated(found, declared), every), options)


def behind(declared: Cleartext, desired: Desired, options: Common) -> None:
    """Warn where the lock does not say what the manifests do: a plan without the key, and apply,
    would go by it."""
    problems = check(declared, desired, options)
    old = [problem for problem in problems if problem.code in _OLD]
    told = [replace(problem, warning=True) for problem in problems if problem.code not in _OLD]
    if old:
        what = some([problem.subject for problem in old if problem.subject])
        message = f"the lock is out of date{f' for {what}' if what else ''}"
        first = replace(old[0], code="lock-outdated", message=message, warning=True)
        told.insert(0, first)
    failure.problems(folded(told, _every(desired.scope.environment)), options)


def _every(environment: str) -> str:
    return f"reconciler validate {environment} --all"


def raise_if_unknown(changes: Sequence[Change], declared: Cleartext, options: Common) -> None:
    """Raises UnknownValuesError where a value is going to be written that the lock does not know:
    a digest does not say whether the plan that was read was made with the key."""
    found = lock.load(walk.folder(options), declared.settings.scope.environment)
    if found is None:
        return  # no plan without the key
    unknown = lock.unknown_values(found, declared)
    writes = [c for c in changes if c.value is not None and c.action is not Action.REFUSE]
    _raise("the lock does not know the value of", [c.key for c in writes if c.key in unknown])


def resolved(reviewed: Plan, planned: Planned, declared: Cleartext, *, allowed: bool) -> Plan:
    """A reviewed plan, with what was unknown of it in the review.

    Raises UnknownValuesError where something was, and nobody ``allowed`` it.
    """
    if not allowed:
        told = "the review could not tell the value of"
        _raise(told, [change.key for change in lock.unknown(reviewed)])
    return lock.resolve(reviewed, planned.plan, planned.desired.resources, declared.ciphertexts())


def _raise(told: str, unknown: Sequence[Key]) -> None:
    if unknown:
        raise UnknownValuesError(
            f"{told} {', '.join(map(str, unknown))}",
            hint="run reconciler lock, commit, and have the plan reviewed again; or pass"
            " --allow-unknown-values",
        )


def renewed(declared: Cleartext, options: Common, *, over_lies: bool = False) -> lock.Lock:
    """The lock as it should be: made with the key, or without it of the present one where no
    ciphertext has changed. Raises ManifestError, also where the present one has a line that is not
    true and may not be written over; SopsError."""
    try:
        present = lock.load(walk.folder(options), declared.settings.scope.environment)
    except ManifestError:
        present = None  # it is going to be written again
    try:
        desired = _decrypt(declared, options)
    except (ManifestError, SopsError) as error:
        codes = (
            {p.code for p in error.problems} if isinstance(error, ManifestError) else {error.code}
        )
        again = lock.reuse(present, declared) if codes <= _NO_KEY else None
        if again is None:
            raise
        say("no key here: what the lock has of values that did not change is kept", options)
        return again
    lies = [] if present is None or over_lies else lock.mismatches(present, declared, desired)
    if lies:
        raise ManifestError(lies)
    return lock.make(declared, desired)


def _decrypt(declared: Cleartext, options: Common) -> Desired:
    return declared.decrypt(walk.runner(declared, options))
