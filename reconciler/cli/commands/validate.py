"""``reconciler validate``."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import click

from reconciler import __version__, manifest
from reconciler.cli import failure, findings, locks, walk
from reconciler.cli.folding import folded
from reconciler.cli.options import Common, chosen, common, many
from reconciler.cli.terminal import Board, colour, out
from reconciler.core.errors import Exit, ManifestError, Problem
from reconciler.manifest import Cleartext, Desired
from reconciler.manifest.codes import CODES
from reconciler.operations import beside
from reconciler.render import problems as rendering
from reconciler.render import several as beside_each
from reconciler.render.sarif import as_sarif
from reconciler.render.several import Row, Told
from reconciler.rules import REASONS, Examination
from reconciler.rules.examine import once


@click.command("validate", epilog="Example: reconciler validate production")
@click.argument("environments", nargs=-1, metavar="[ENV]...")
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
@click.option(
    "--all", "each", is_flag=True, help="List each finding. [default: one line for each rule]"
)
@click.option(
    "-o",
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif"]),
    default="text",
    help="Output format. [default: text]",
)
@click.option("--with-key", is_flag=True, help="Fail if no key on this machine decrypts a file.")
@many
@common
def command(
    environments: tuple[str, ...], strict: bool, each: bool, form: str, with_key: bool
) -> int:
    """Check manifests; needs no key and no credentials.

    Reports every error of every environment with its place, then what the rules find, as warnings:
    one line for each rule, or each finding with --all. Without a name it also finds files that no
    environment reads. Checks the lock if there is one. With a key it also checks that fingerprints
    are true and that no value is used twice.
    """
    options = chosen()
    options = replace(options, around=walk.around(options))
    asked = walk.environments(environments, options)
    unclaimed = [] if environments else manifest.unclaimed(walk.folder(options))
    examined = findings.examination(options, history=True)
    opening = findings.Decrypted(options, needs_key=with_key)
    found: dict[str, list[Problem]] = {}
    read: dict[str, Cleartext] = {}

    with Board(len(asked), options) as board:

        def one(environment: str) -> _Read:
            with board.running(environment):
                return _read(environment, opening, options)

        for environment, seen in beside.in_order(asked, beside.each(asked, one, options.jobs)):
            found[environment] = seen.problems
            if seen.declared is not None:
                examined.add(seen.declared, seen.desired.values if seen.desired else None)
                read[environment] = seen.declared
            del seen
    _neighbours(asked, examined, opening, options)
    for environment in read:
        found[environment] += opening.problems(environment)
        found[environment] += examined.problems(environment)
    if strict:
        found = {name: [replace(p, warning=False) for p in some] for name, some in found.items()}
    resources = {name: len(declared.resources()) for name, declared in read.items()}
    rows = {name: _row(name, some, resources.get(name)) for name, some in found.items()}
    several = walk.many(environments, asked)
    if form == "json" and several:
        for name, some in found.items():
            data = rendering.as_object(name, some, resources.get(name))
            out(beside_each.line(Told(rows[name], data=data)))
        if unclaimed:
            data = {"unclaimed": rendering.as_objects(unclaimed)}
            out(beside_each.line(Told(_row("", unclaimed, None), data=data)))
    elif form == "json":
        out(rendering.as_json(found, resources, unclaimed))
    elif form == "sarif":
        every = [*unclaimed, *(problem for some in found.values() for problem in some)]
        out(as_sarif(every, {**CODES, **REASONS}, __version__))
    else:
        _tell(unclaimed, found, options, each=each)
        if several:
            out(beside_each.table(rows.values(), colour=colour(sys.stdout, options)))
        elif not rows[asked[0]].code:
            out(f"{asked[0]}: {rows[asked[0]].told}")
    return Exit.ERROR if any(map(_wrong, (unclaimed, *found.values()))) else Exit.OK


@dataclass(frozen=True)
class _Read:
    """An environment's manifests, its values where a key is here, and what is wrong with them."""

    problems: list[Problem]
    declared: Cleartext | None = None
    desired: Desired | None = None


def _read(environment: str, opening: findings.Decrypted, options: Common) -> _Read:
    try:
        declared = manifest.read(walk.around(options), environment)
    except ManifestError as error:
        return _Read(list(error.problems))
    desired, problems = opening.add(declared)
    others = [problem for problem in declared.warnings if problem.code not in REASONS]
    problems = [*others, *problems, *locks.check(declared, desired, options)]
    return _Read(problems, declared, desired)


def _wrong(problems: Sequence[Problem]) -> bool:
    return any(not problem.warning for problem in problems)


def _tell(
    unclaimed: Sequence[Problem],
    found: Mapping[str, Sequence[Problem]],
    options: Common,
    *,
    each: bool,
) -> None:
    """Errors of all environments, then warnings of all."""
    told: set[Problem] = set()
    pairs: set[tuple[str, frozenset[str]]] = set()
    shown = list(unclaimed)
    for name, problems in found.items():
        # What an included file says of every environment is told once.
        new = [problem for problem in once(problems, pairs) if problem not in told]
        shown += new if each else folded(new, f"reconciler validate {name} --all")
        told.update(problems)
    shown.sort(key=lambda problem: problem.warning)
    failure.problems(shown, options, None if each else failure.MOST)


def _row(environment: str, problems: Sequence[Problem], resources: int | None) -> Row:
    errors = sum(not problem.warning for problem in problems)
    told = [] if resources is None else [_count(resources, "resource")]
    told.append(_count(errors, "error") if errors else "no error")
    if warnings := len(problems) - errors:
        told.append(_count(warnings, "warning"))
    code = Exit.ERROR if errors else Exit.OK
    return Row(environment, code, ", ".join(told), len(problems))


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _neighbours(
    asked: Sequence[str], examined: Examination, opening: findings.Decrypted, options: Common
) -> None:
    """Look at the other environments too, where rules compare. What is wrong in them is not told:
    nobody asked for it."""
    around = walk.around(options)
    for environment in sorted(around.environments):
        if environment not in asked:
            try:
                declared = manifest.read(around, environment)
            except ManifestError:
                continue
            desired, _ = opening.add(declared, neighbour=True)
            examined.add(declared, desired.values if desired else None)
