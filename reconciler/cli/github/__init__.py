"""``reconciler github``: what a workflow shows on GitHub, and asks of it."""

from __future__ import annotations

import click

from reconciler.cli.github import applied, drift, plan, reviewed, unchanged, unmoved
from reconciler.cli.options import common

__all__ = ["command"]


@click.group(
    "github",
    no_args_is_help=False,
    epilog="Example: reconciler github plan production --plan plan.json",
)
@common
def command() -> None:
    """Show plans and drift on GitHub, and ask what has moved; for jobs of GitHub Actions.

    The repository, the event and the files of a step's outputs and summary are found in GitHub's
    own variables. What talks to GitHub needs GITHUB_TOKEN.
    """


for _part in (plan, unchanged, drift, reviewed, unmoved, applied):
    command.add_command(_part.command)
