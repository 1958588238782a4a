"""``reconciler validate``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import click

from reconciler import manifest
from reconciler.cli import failure, findings, locks, walk
from reconciler.cli.options import Common, chosen, common
from reconciler.cli.terminal import out
from reconciler.errors import Exit, ManifestError, Problem
from reconciler.manifest import Cleartext
from reconciler.rules import REASONS, Examination


@click.command("validate", epilog="Example: reconciler validate production")
@click.argument("environments", nargs=-1, metavar="[ENV]...")
@click.option("--strict", is_flag=True, help="Take every warning for an error.")
@common
def command(environments: tuple[str, ...], strict: bool) -> int:
    """Check manifests; needs no key and no credentials.

    All errors of all environments at once, each with its place, and what the rules find, as
    warnings. Where an environment has a lock, that is checked too. Where a key is, so are the
    values: whether fingerprints are true, and whether one value stands in two places.
    """
    options = chosen()
    asked = walk.environments(environments, options)
    examined = findings.examination(options, history=True)
    read: dict[str, tuple[Cleartext, list[Problem]]] = {}
    wrong = False
    for environment in asked:
        try:
            declared = manifest.read(walk.folder(options), environment)
        except ManifestError as error:
            failure.show(error, options)
            wrong = True
            continue
        desired, problems = findings.decrypted(declared, options)
        problems += locks.check(declared, desired, options)
        examined.add(declared, desired.values if desired else None)
        read[environment] = declared, problems
    _neighbours(asked, examined, options)
    told: set[Problem] = set()
    for environment, (declared, problems) in read.items():
        others = [problem for problem in declared.warnings if problem.code not in REASONS]
        found = [*others, *problems, *examined.problems(environment)]
        # What an included file says of every environment is told once.
        shown = [replace(p, warning=p.warning and not strict) for p in found if p not in told]
        failure.problems(shown, options)
        told.update(found)
        warnings = sum(problem.warning for problem in found)
        if warnings < len(found) or (strict and found):
            wrong = True
            continue
        resources = _count(len(declared.resources()), "resource")
        and_warnings = f", {_count(warnings, 'warning')}" if warnings else ""
        out(f"{environment}: {resources}, no error{and_warnings}")
    return Exit.ERROR if wrong else Exit.OK


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _neighbours(asked: Sequence[str], examined: Examination, options: Common) -> None:
    """Look at the other environments too, where rules compare. What is wrong in them is not told:
    nobody asked for it."""
    folder = walk.folder(options)
    for environment in manifest.environments(folder):
        if environment not in asked:
            try:
                declared = manifest.read(folder, environment)
            except ManifestError:
                continue
            desired, _ = findings.decrypted(declared, options)
            examined.add(declared, desired.values if desired else None)
