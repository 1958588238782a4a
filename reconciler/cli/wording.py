"""What is wrong with a command line, in our words: those of click name its own parts."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import click

_EXTRA = ("Got unexpected extra argument (", "Got unexpected extra arguments (")


def said(error: click.ClickException) -> str:
    """What is wrong with a command line."""
    if isinstance(error, click.NoSuchOption):
        near = difflib.get_close_matches(error.option_name, error.possibilities or (), 1, 0.75)
        return f"There is no option {error.option_name}.{meant(near)}"
    choices = _choices(error)
    if isinstance(error, click.MissingParameter):
        return f"Say which: {either(choices)}." if choices else error.format_message()
    if isinstance(error, click.BadParameter) and isinstance(error.param, click.Argument):
        return error.message if choices else error.format_message()
    message = error.format_message()
    for begins in _EXTRA:
        if message.startswith(begins):
            return f"Too many arguments: {message.removeprefix(begins).removesuffix(')')}"
    return message


def meant(near: Sequence[str]) -> str:
    """The question after what there is not; nothing where nothing is like it."""
    return f" Did you mean {either(near)}?" if near else ""


def either(words: Sequence[str]) -> str:
    """One of these, in a sentence."""
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def _choices(error: click.ClickException) -> Sequence[str]:
    of = error.param if isinstance(error, click.BadParameter) else None
    return [str(one) for one in of.type.choices] if of and isinstance(of.type, click.Choice) else []
