"""``reconciler diff``."""

from __future__ import annotations

import sys

import click

from reconciler.cli import walk
from reconciler.cli.options import chosen, common
from reconciler.cli.terminal import colour, out, say
from reconciler.core.errors import Exit
from reconciler.manifest import branch
from reconciler.manifest.gitfiles import Repository
from reconciler.render.branch import Sides
from reconciler.render.formats import BRANCH, TEXT


@click.command("diff", epilog="Example: reconciler diff --base origin/main")
@click.option("--base", required=True, metavar="REV", help="The commit to compare with.")
@click.option("--head", metavar="REV", help="Another commit. [default: the files as they are]")
@click.option(
    "-o",
    "--format",
    "form",
    type=click.Choice(list(BRANCH)),
    default=TEXT,
    help="Output format. [default: text]",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit code 2 where anything differs.")
@common
def command(base: str, head: str | None, form: str, detailed_exitcode: bool) -> int:
    """Show what a branch changes in the manifests, from git alone: no credentials, no key.

    Lists recipients, owner, account, prefix, guards and schedules first, then resources and files.
    Values are compared by their ciphertext only: which changed, and which of their keys.
    """
    options = chosen()
    folder = walk.folder(options)
    repository = Repository(folder)
    asked = repository.commit(base)
    tip = repository.commit(head if head is not None else "HEAD")
    start = repository.fork_point(asked, tip)
    if start is None:
        say(f"git finds no common commit: compared with {base} itself", options)
    sides = Sides(base, start or asked, None if head is None else tip)
    if head is None:
        theirs = branch.of_folder(folder, branch.READ)
    else:
        theirs = branch.of_commit(repository, tip, branch.READ)
    ours = branch.of_commit(repository, sides.base, branch.READ)
    returned = branch.returning(repository, sides.base, ours, theirs)
    found = sorted([*branch.compare(ours, theirs), *returned], key=branch.order)
    out(BRANCH[form](found, sides, colour(sys.stdout, options)))
    return Exit.CHANGES if detailed_exitcode and found else Exit.OK
