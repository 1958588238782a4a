"""``reconciler matrix``."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from reconciler import branch
from reconciler.branch.concerned import READ, environments
from reconciler.cli import walk
from reconciler.cli.options import Common, chosen, common
from reconciler.cli.terminal import out, say
from reconciler.errors import Exit, ManifestError
from reconciler.gitfiles import Repository


@click.command("matrix", epilog="Example: reconciler matrix --base origin/main")
@click.option(
    "--base", metavar="REV", help="Only what has changed since the branch left this commit."
)
@click.option("--head", metavar="REV", help="Another commit. [default: the files as they are]")
@click.option(
    "-o",
    "--format",
    "form",
    type=click.Choice(["json", "names"]),
    default="json",
    help="A matrix of GitHub's, or a name a line. [default: json]",
)
@common
def command(base: str | None, head: str | None, form: str) -> int:
    """Print the environments that a branch changes, as a matrix of GitHub Actions.

    One line of JSON with each environment's name, account and Region. An environment is changed by
    its own files, its lock, the files that it includes and .sops.yaml. Needs neither key nor
    credentials. Where there is no commit before the pushed one, GitHub gives zeros: that means all.
    """
    options = chosen()
    names, side = _changed(base, head, options)
    targets = [branch.target(side, name) for name in sorted(names)]
    problems = [problem for found in targets if isinstance(found, list) for problem in found]
    if problems:
        raise ManifestError(problems)
    found = [asdict(one) for one in targets if isinstance(one, branch.Target)]
    if form == "names":
        for one in found:
            out(one["environment"])
    else:
        out(json.dumps({"include": found}, separators=(",", ":")))
    return Exit.OK


def _changed(
    base: str | None, head: str | None, options: Common
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
    tip = repository.commit(head if head is not None else "HEAD")
    side = (
        branch.of_folder(folder, READ) if head is None else branch.of_commit(repository, tip, READ)
    )
    if base is None:
        return environments(side), side
    asked = repository.commit(base)
    start = repository.fork_point(asked, tip)
    if start is None:
        say(f"git does not know where the two parted: compared with {base} itself", options)
    before = branch.of_commit(repository, start or asked, READ)
    for name in sorted(environments(before) - environments(side)):
        say(f"{name} is no longer declared: what it owns in AWS stays there", options)
    return branch.concerned(before, side), side
