"""How errors are told: what, where, what to do; never a value, never a traceback."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import click

from reconciler.cli import wording
from reconciler.cli.options import Common
from reconciler.cli.terminal import say
from reconciler.core.errors import Exit, ManifestError, Problem, ReconcilerError, named
from reconciler.core.model import Place
from reconciler.render.escape import terminal

MOST = 100  # problems that are told one by one


def caught(error: Exception, options: Common) -> int:
    """Tell what ended a command, and give its exit code."""
    if isinstance(error, click.ClickException):
        usage(error, options)
        return Exit.USAGE
    if isinstance(error, ReconcilerError):
        show(error, options)
        return error.exit_code
    if isinstance(error, OSError) and error.errno is not None and isinstance(error.filename, str):
        # A full disk, a folder that may not be written. Its message is the system's.
        text = f"{error.filename}: {os.strerror(error.errno)}"
        show(ReconcilerError(text, code="file"), options)
    else:
        unexpected(error, options)
    return Exit.ERROR


def show(error: ReconcilerError, options: Common) -> None:
    """An error that is expected."""
    if isinstance(error, ManifestError):
        problems(error.problems, options)
        return
    name = "error" if error.code == "error" else f"error[{error.code}]"
    _say(error.place, name, error.message, error.hint, options)


def problems(found: Iterable[Problem], options: Common, most: int | None = MOST) -> None:
    """What is wrong in manifests, one line each with its hint: the first of them, and how many more
    there are."""
    told = [problem for problem in found if not (problem.warning and options.quiet)]
    most = len(told) if most is None else most
    for problem in told[:most]:
        name = f"{_word(problem)}[{problem.code}]"
        _say(problem.place, name, problem.message, problem.hint, options)
    rest = Counter(map(_word, told[most:]))
    if rest:
        counts = " and ".join(f"{n:,} more {word}s" for word, n in sorted(rest.items()))
        hint = "mend these first; all of them: reconciler validate -o json"
        say(f"{counts} not shown\n  {hint}", options, level="failure")


def _word(problem: Problem) -> str:
    return "warning" if problem.warning else "error"


def usage(error: click.ClickException, options: Common) -> None:
    """A command line that does not make sense."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        say(error.format_message(), options, level="failure")  # the help itself
        return
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else options.command
    _say(None, "error[usage]", wording.said(error), f"try: {command} --help", options)


def _say(place: Place | None, name: str, told: str, hint: str | None, options: Common) -> None:
    where = ""
    if place is not None:
        # A colon in a path would end it.
        path = terminal(place.path).replace(":", r"\x3a")
        where = f"{replace(place, path=path)}: "
    todo = named(hint, place)
    text = f"{told}\n  {todo}" if todo else told
    say(text, options, level="failure", lead=f"{where}{name}: ")


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
