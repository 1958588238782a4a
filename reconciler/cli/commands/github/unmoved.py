"""``reconciler github unmoved``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from reconciler import manifest
from reconciler.cli import walk
from reconciler.cli.commands.github import shown
from reconciler.cli.options import chosen, common
from reconciler.cli.terminal import say
from reconciler.core.errors import Exit, UsageError
from reconciler.github import job, touched, unmoved
from reconciler.github.annotation import Annotation, Level
from reconciler.manifest import files
from reconciler.manifest.branch.side import Side
from reconciler.manifest.files import ENVIRONMENT_FILE, RULES_FILE
from reconciler.manifest.gitfiles import Repository

_COMMON = "common"


@click.command("unmoved", epilog="Example: reconciler github unmoved production --sha $GITHUB_SHA")
@click.argument("environment", metavar="ENV")
@click.option(
    "--sha", metavar="COMMIT", required=True, help="The commit that the plan was made from."
)
@click.option(
    "--branch",
    metavar="NAME",
    default="main",
    help="The branch that may have moved. [default: main]",
)
@click.option(
    "--code",
    multiple=True,
    default=touched.CODE,
    metavar="PATH",
    help=f"Code that plans and applies; repeatable. [default: {', '.join(touched.CODE)}]",
)
@shown.form
@common
def command(environment: str, sha: str, branch: str, code: tuple[str, ...], form: str) -> int:
    """Exit with code 3 if the branch has changed what the plan was made from.

    That is the environment's folder, common/, every included file, .sops.yaml, and the code that
    plans and applies. Other merges do not matter. If this cannot be told, the exit code is 3 too.
    """
    options, this = chosen(), shown.job()
    folder = walk.folder(options)
    if environment not in manifest.environments(folder):
        raise UsageError(
            f"there is no environment {environment} in {folder}", code="unknown-environment"
        )
    # As git knows the folder, and so GitHub: a workspace may hold the repository in a folder.
    under = Repository(folder).under
    root = "" if under == "." else f"{under}/"
    own = (root + name for name in (environment, _COMMON, RULES_FILE))
    try:
        changed = unmoved.changed(shown.connect(this), job.commit(sha, "--sha"), branch)
        hit = touched.below(changed, (*own, *code))
        hit += [name for name in _included(folder, root, environment, changed) if name not in hit]
        if hit:
            raise unmoved.moved(environment, branch, hit)
    except unmoved.MovedError as error:
        if form == "text":
            title = f"{environment}: nothing was written"
            told = (error.message, *([error.hint] if error.hint else ()))
            shown.annotate([Annotation(Level.ERROR, title, told)], this)
        else:
            shown.tell({"environment": environment, "moved": True, "reason": error.message})
        raise
    say(f"{environment}: {branch} has changed nothing of it since {sha[:12]}", options)
    if form == "json":
        shown.tell({"environment": environment, "moved": False, "reason": None})
    return Exit.OK


def _included(folder: Path, root: str, environment: str, changed: Iterable[str]) -> set[str]:
    """Those of the changed files that the environment includes, were they there."""
    own = f"{environment}/{ENVIRONMENT_FILE}"
    raw, problem = files.read(folder.absolute(), folder.absolute() / own, own)
    inside = {name.removeprefix(root): b"" for name in changed if name.startswith(root)}
    side = Side({**inside, own: raw})
    if problem is not None or not isinstance(side.data(own), dict):
        raise UsageError(
            f"{folder / own} cannot be read",
            hint=f"what is wrong says: reconciler validate {environment}",
        )
    return {root + name for name in side.members(environment) & inside.keys()}
