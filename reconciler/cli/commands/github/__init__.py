"""``reconciler github``: what a workflow shows on GitHub, and asks of it."""

from __future__ import annotations

from types import MappingProxyType

import click

from reconciler.cli.group import Commands
from reconciler.cli.options import common

COMMANDS = MappingProxyType(
    {
        "plan": "Show a saved plan: summary, annotations, outputs, comment.",
        "unchanged": "Say on the pull request that it no longer changes these environments.",
        "removed": "Say what becomes of environments that a branch removes or renames.",
        "drift": "Show drift: summary, annotations, outputs, issue.",
        "reviewed": "Say whether anything has moved since the review.",
        "unmoved": "Refuse if the branch has since changed what the plan was made from.",
        "protected": "Refuse if nobody would be asked before an environment is applied.",
        "outcome": "Say on the merged pull request whether its plan was applied.",
        "applied": "Print the commit that was last applied to an environment.",
        "merge": "Merge the branch of this job into a pull request that conflicts with it.",
    }
)


@click.group(
    "github",
    cls=Commands,
    package="reconciler.cli.commands.github",
    known=COMMANDS,
    no_args_is_help=False,
    epilog="Example: reconciler github plan production --plan plan.json",
)
@common
def command() -> None:
    """Show plans and drift on GitHub, and check what has moved; for jobs of GitHub Actions.

    Finds the repository, the event, and the step's outputs and summary in GitHub's own variables.
    Commands that talk to GitHub need GITHUB_TOKEN.
    """
