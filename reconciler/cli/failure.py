"""How errors are told: what, where, what to do; never a value, never a traceback."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from reconciler.cli.options import Common
from reconciler.cli.terminal import say
from reconciler.core.errors import ManifestError, Problem, ReconcilerError


def show(error: ReconcilerError, options: Common) -> None:
    """An error of ours."""
    if isinstance(error, ManifestError):
        problems(error.problems, options)
        return
    where = "" if error.place is None else f"{error.place}: "
    name = "error" if error.code == "error" else f"error[{error.code}]"
    hint = f"\n  {error.hint}" if error.hint else ""
    say(f"{where}{name}: {error.message}{hint}", options, level="failure")


def problems(found: Iterable[Problem], options: Common) -> None:
    """Everything that is wrong in manifests, one line each with its hint."""
    for problem in found:
        word = "warning" if problem.warning else "error"
        hint = f"\n  {problem.hint}" if problem.hint else ""
        text = f"{problem.place}: {word}[{problem.code}]: {problem.message}{hint}"
        if not (problem.warning and options.quiet):
            say(text, options, level="failure")


def usage(error: click.ClickException, options: Common) -> None:
    """A command line that does not make sense."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "reconciler"
    hint = f"\n  try: {command} --help"
    say(f"error[usage]: {error.format_message()}{hint}", options, level="failure")


def tell(text: str, options: Common) -> None:
    """A last word."""
    say(text, options, level="failure")


def unexpected(error: BaseException, options: Common) -> None:
    """A bug. Its message may quote a value, so only its type and where it happened are told."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = ""
    if frame is not None:
        where = f" at {Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}"
    say(
        f"internal error: {type(error).__name__}{where}\n"
        "  this is a bug; nothing more is told because its message may hold a value",
        options,
        level="failure",
    )
