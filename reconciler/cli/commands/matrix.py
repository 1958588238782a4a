"""``reconciler matrix``."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import asdict
from pathlib import Path

import click

from reconciler.cli import since, walk
from reconciler.cli.commands import show
from reconciler.cli.options import Common, chosen, common
from reconciler.cli.terminal import out, say
from reconciler.cli.wording import meant
from reconciler.core.errors import Exit, ManifestError, ReconcilerError
from reconciler.manifest import branch
from reconciler.manifest.branch.concerned import READ, environments
from reconciler.manifest.gitfiles import Repository

# "A job matrix can generate a maximum of 256 jobs per workflow run."
MOST = 256
_PART = re.compile(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})")
_ROLE = re.compile(r"[a-z][a-z0-9_]*")


@click.command("matrix", epilog="Example: reconciler matrix --base origin/main")
@click.argument("names", nargs=-1, metavar="[ENV]...")
@click.option("--base", metavar="REV", help="Only what has changed since this commit.")
@click.option("--head", metavar="REV", help="Another commit. [default: the files as they are]")
@click.option("--among", multiple=True, metavar="ENV", help="Leave out all others; repeatable.")
@click.option(
    "--direct",
    is_flag=True,
    help="Compare with REV itself, as after a push; not with where the branch left it.",
)
@click.option(
    "-o",
    "--format",
    "form",
    type=click.Choice(["json", "names"]),
    default="json",
    help="A matrix for GitHub, or one name on each line. [default: json]",
)
@click.option(
    "--plan",
    "plans",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Only environments with changes in this saved plan, as work=apply; with --base also those"
    " whose ciphertext or lock changed since, as work=check. Repeatable.",
)
@click.option(
    "--part",
    metavar="K/N",
    help="The Kth of N parts of these environments, one for each workflow run: GitHub makes"
    f" {MOST} jobs of a matrix in a run.",
)
@click.option(
    "--role",
    "roles",
    multiple=True,
    metavar="NAME=ARN",
    help="Add this role to each environment, under this name; {environment} and {account}"
    " are filled in. Repeatable.",
)
@common
def command(
    names: tuple[str, ...],
    base: str | None,
    head: str | None,
    among: tuple[str, ...],
    direct: bool,
    form: str,
    plans: tuple[Path, ...],
    part: str | None,
    roles: tuple[str, ...],
) -> int:
    """Print the environments that a branch changes, or those you name, as a matrix for GitHub
    Actions.

    One line of JSON with the name, account and Region of each. An environment changes with its own
    files, its lock, the files that it includes, and .sops.yaml. Needs no key and no credentials. A
    --base of zeros, which GitHub gives for a new branch, means all.
    """
    options = chosen()
    if (names or plans) and (head is not None or (base is not None and not plans)):
        raise click.UsageError("Environments that are named need no --base and no --head.")
    work: dict[str, str] = {}
    if plans:
        work = _work(plans, names, base, options)
        names = tuple(work)
    templates = [_template(role) for role in roles]
    asked = bool(names or plans)
    changed, side = (
        _named(names, options) if asked else _changed(base, head, options, direct=direct)
    )
    if among:
        changed &= frozenset(among)
    chosen_ones = sorted(changed) if part is None else _part(part, sorted(changed), options)
    targets = [branch.target(side, name) for name in chosen_ones]
    problems = [problem for found in targets if isinstance(found, list) for problem in found]
    if problems:
        raise ManifestError(problems)
    found = [_entry(one, templates) for one in targets if isinstance(one, branch.Target)]
    for entry in found if plans else ():
        entry["work"] = work[entry["environment"]]
    if form == "names":
        for one in found:
            out(one["environment"])
    elif len(found) > MOST:
        raise ReconcilerError(
            f"these are {len(found)} environments, and GitHub runs {MOST} jobs of a matrix at most",
            code="matrix-size",
            hint=f"take {-(-len(found) // MOST)} parts, each in a workflow run of its own:"
            f" --part 1/{-(-len(found) // MOST)}, or `part` where the workflow is called",
        )
    else:
        out(json.dumps({"include": found}, separators=(",", ":")))
    return Exit.OK


def _entry(target: branch.Target, templates: list[tuple[str, str]]) -> dict[str, str]:
    entry = asdict(target)
    for name, template in templates:
        arn = template.replace("{environment}", target.environment)
        entry[name] = arn.replace("{account}", target.account)
    return entry


def _part(part: str, names: list[str], options: Common) -> list[str]:
    """Every Nth name, from the Kth on: whatever a run is asked, each name is in one part of it."""
    given = _PART.fullmatch(part)
    if given is None or int(given[1]) > int(given[2]):
        raise click.UsageError(f"--part takes K/N, like 1/2; not {part!r}.")
    number, of = int(given[1]), int(given[2])
    kept = names[number - 1 :: of]
    say(f"part {number} of {of}: {len(kept)} of {len(names)} environments; the others are in the"
        " other parts", options)  # fmt: skip
    return kept


def _template(role: str) -> tuple[str, str]:
    name, is_one, template = role.partition("=")
    if not is_one or not _ROLE.fullmatch(name):
        raise click.UsageError(f"--role takes NAME=ARN, NAME of small letters; not {role!r}.")
    if name in ("environment", "account", "region"):
        raise click.UsageError(f"--role {name}=…: the matrix has {name} already.")
    return name, template


def _work(
    plans: tuple[Path, ...], names: tuple[str, ...], base: str | None, options: Common
) -> dict[str, str]:
    """What is to be done with the environments of saved plans, of those named if any are: `apply`
    where there are changes, else `check` where ciphertext or the lock changed since ``base``. A
    plan without a key takes both at their word, and apply is not going to look."""
    found = [plan for file in plans for plan in show.load(file)]
    planned = {plan.scope.environment: bool(plan.changes) for plan in found}
    touched: frozenset[str] = frozenset()
    if base and not all(planned.values()):
        before, after = _sides(base, options)
        touched = branch.touched(before, after)
    return {
        name: "apply" if changes else "check"
        for name, changes in planned.items()
        if (changes or name in touched) and (not names or name in names)
    }


def _sides(base: str, options: Common) -> tuple[branch.Side, branch.Side]:
    folder = walk.folder(options)
    after = branch.of_folder(folder, READ)
    repository = Repository(folder)
    if since.nothing(base, repository) is not None:
        return branch.Side({}), after
    return branch.of_commit(repository, repository.commit(base), READ), after


def _named(names: tuple[str, ...], options: Common) -> tuple[frozenset[str], branch.Side]:
    """Environments that exist, and the files that declare them."""
    known = walk.environments((), options)
    for name in names:
        if name not in known:
            near = meant(difflib.get_close_matches(name, known, 1))
            raise click.UsageError(f"There is no environment {name}.{near}")
    return frozenset(names), branch.of_folder(walk.folder(options), READ)


def _changed(
    base: str | None, head: str | None, options: Common, *, direct: bool
) -> tuple[frozenset[str], branch.Side]:
    """The environments that are asked for, and the files that declare them."""
    folder = walk.folder(options)
    if base is not None and base and not base.strip("0"):
        say("there is no commit before: all environments", options)
        base = None
    if base is None and head is None:
        side = branch.of_folder(folder, READ)
        return frozenset(walk.environments((), options)), side
    repository = Repository(folder)
    if base is not None and (reason := since.nothing(base, repository)) is not None:
        say(f"{reason}: all environments", options)
        base = None
    tip = repository.commit(head if head is not None else "HEAD")
    side = (
        branch.of_folder(folder, READ) if head is None else branch.of_commit(repository, tip, READ)
    )
    if base is None:
        return environments(side), side
    start = since.start(base, tip, repository, options, direct=direct)
    before = branch.of_commit(repository, start, READ)
    for name in sorted(environments(before) - environments(side)):
        say(f"{name} is no longer declared: what it owns in AWS stays there", options)
    return branch.concerned(before, side), side
