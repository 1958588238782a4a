"""What init ends with: where a new key is, and what comes next."""

from __future__ import annotations

import os
from pathlib import Path

from reconciler.access.init import Answers
from reconciler.access.init.files import FIRST, MANIFESTS
from reconciler.cli.options import Common
from reconciler.cli.terminal import say

_TUTORIAL = "see the tutorial “Your repository on GitHub” of the reconciler's documentation"


def of_key(target: Path, options: Common, *, further: bool, named: bool) -> None:
    """Where the new age key is; ``further``: others were there before; ``named``: the user
    said where."""
    if further:
        say(
            f"another age key was added to {target}, and is nowhere else: back that file up again",
            options,
        )
    else:
        say(f"the age key is in {target}, and nowhere else: keep a copy where it is safe", options)
    if os.environ["SOPS_AGE_KEY_FILE"] == str(target) and named:
        say(f"sops finds it by: export SOPS_AGE_KEY_FILE={target}", options)


def of_environment(
    answers: Answers, options: Common, *, adds: bool, calls: bool, alike: bool
) -> None:
    """What comes next; ``calls``: workflows were written; ``alike``: it declares what another
    environment does."""
    name = answers.environment
    if calls:
        say(f"workflows: which roles and variables they need: {_TUTORIAL}", options)
    elif adds:
        say(f"workflows, if this repository has them, find {name} by its folder", options)
    else:
        say(f"workflows: none; --workflows writes them: {_TUTORIAL}", options)
    if calls or adds:
        say(
            f"before the first merge: create the GitHub Environment {name}, with reviewers"
            " and for the main branch only; GitHub would make a missing one that asks nobody",
            options,
        )
    replaces = "" if alike else f"replace the example in {MANIFESTS}/{name}/{FIRST}, "
    say(f"next: {replaces}commit it, and write it to AWS with: reconciler apply {name}", options)
