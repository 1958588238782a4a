"""``reconciler validate``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import click

from reconciler import __version__, manifest
from reconciler.cli import failure, findings, locks, walk
from reconciler.cli.options import Common, chosen, common
from reconciler.cli.terminal import out
from reconciler.core.errors import Exit, ManifestError, Problem
from reconciler.manifest import Cleartext
from reconciler.manifest.codes import CODES
from reconciler.render import problems as rendering
from reconciler.render.sarif import as_sarif
from reconciler.rules import REASONS, Examination


@click.command("validate", epilog="Example: reconciler validate production")
@click.argument("environments", nargs=-1, metavar="[ENV]...")
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
@click.option(
    "-o",
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif"]),
    default="text",
    help="How to show it. [default: text]",
)
@click.option("--with-key", is_flag=True, help="Fail where no key here decrypts a file.")
@common
def command(environments: tuple[str, ...], strict: bool, form: str, with_key: bool) -> int:
    """Check manifests; needs no key and no credentials.

    All errors of all environments at once, each with its place, and what the rules find, as
    warnings. Without a name, also the files that no environment reads. Where an environment has a
    lock, that is checked too. Where a key is, so are the values: whether fingerprints are true, and
    whether one value stands in two places.
    """
    options = chosen()
    asked = walk.environments(environments, options)
    unclaimed = [] if environments else manifest.unclaimed(walk.folder(options))
    examined = findings.examination(options, history=True)
    opening = findings.Decrypted(options, needs_key=with_key)
    found: dict[str, list[Problem]] = {}
    read: dict[str, Cleartext] = {}
    for environment in asked:
        try:
            declared = manifest.read(walk.folder(options), environment)
        except ManifestError as error:
            found[environment] = list(error.problems)
            continue
        desired, problems = opening.add(declared)
        others = [problem for problem in declared.warnings if problem.code not in REASONS]
        found[environment] = [*others, *problems, *locks.check(declared, desired, options)]
        examined.add(declared, desired.values if desired else None)
        read[environment] = declared
    _neighbours(asked, examined, opening, options)
    for environment in read:
        found[environment] += opening.problems(environment)
        found[environment] += examined.problems(environment)
    if strict:
        found = {name: [replace(p, warning=False) for p in some] for name, some in found.items()}
    resources = {name: len(declared.resources()) for name, declared in read.items()}
    if form == "json":
        out(rendering.as_json(found, resources, unclaimed))
    elif form == "sarif":
        every = [*unclaimed, *(problem for some in found.values() for problem in some)]
        out(as_sarif(every, {**CODES, **REASONS}, __version__))
    else:
        failure.problems(unclaimed, options)
        _tell(found, resources, options)
    wrong = any(not problem.warning for some in (unclaimed, *found.values()) for problem in some)
    return Exit.ERROR if wrong else Exit.OK


def _tell(
    found: Mapping[str, Sequence[Problem]], resources: Mapping[str, int], options: Common
) -> None:
    told: set[Problem] = set()
    for environment, problems in found.items():
        # What an included file says of every environment is told once.
        failure.problems([problem for problem in problems if problem not in told], options)
        told.update(problems)
        if all(problem.warning for problem in problems):
            warnings = f", {_count(len(problems), 'warning')}" if problems else ""
            out(f"{environment}: {_count(resources[environment], 'resource')}, no error{warnings}")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _neighbours(
    asked: Sequence[str], examined: Examination, opening: findings.Decrypted, options: Common
) -> None:
    """Look at the other environments too, where rules compare. What is wrong in them is not told:
    nobody asked for it."""
    folder = walk.folder(options)
    for environment in manifest.environments(folder):
        if environment not in asked:
            try:
                declared = manifest.read(folder, environment)
            except ManifestError:
                continue
            desired, _ = opening.add(declared, neighbour=True)
            examined.add(declared, desired.values if desired else None)
