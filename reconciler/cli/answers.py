"""What only people know of an environment: given as options, or asked for until it can be."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import click
from pydantic import ValidationError

from reconciler.manifest import explain
from reconciler.manifest.environment import EnvironmentFile

_ASKED = {
    "environment": "Name of the environment",
    "account": "AWS account (12 digits)",
    "region": "Region, like us-west-2",
    "prefix": "Prefix of all names, like /app/production",
}
_FINE = {
    "environment": "production",
    "account": "123456789012",
    "region": "us-west-2",
    "prefix": "/app/production",
    "owner": "app",
}


def wrong(said: Mapping[str, str]) -> list[str]:
    """What an environment's file would refuse of these, a sentence each, by the option's name."""
    try:
        EnvironmentFile.model_validate({**_FINE, **said})
    except ValidationError as error:
        flaws = explain.flaws(error, EnvironmentFile, {**_FINE, **said})
    else:
        return []
    return [
        flaw.message.replace(f"`{flaw.field[0]}`", f"--{flaw.field[0]}")
        + ("" if flaw.hint is None else f" ({flaw.hint.removesuffix(', in quotes')})")
        for flaw in flaws
    ]


def complete(given: Mapping[str, str | None]) -> dict[str, str]:
    """All of them: as given, else as answered on a terminal, where a wrong answer is asked again.
    Raises UsageError for what was given and cannot be, or is missing and cannot be asked for."""
    missing = [name for name, answer in given.items() if answer is None]
    if missing and not sys.stdin.isatty():
        needed = ", ".join(f"--{name}" for name in missing)
        raise click.UsageError(f"There is no terminal to ask on: give {needed}.")
    found = wrong({name: answer.strip() for name, answer in given.items() if answer is not None})
    if found:
        raise click.UsageError("; ".join(found) + ".")
    return {
        name: _ask(name) if answer is None else answer.strip() for name, answer in given.items()
    }


def _ask(name: str) -> str:
    return str(click.prompt(_ASKED[name], err=True, value_proc=lambda text: _checked(name, text)))


def _checked(name: str, text: str) -> str:
    found = wrong({name: text.strip()})
    if found:
        raise click.UsageError("; ".join(found).removeprefix(f"--{name}: "))
    return text.strip()
