"""A command over many environments: side by side, each with its own credentials; one that fails
stops no other."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import click

from reconciler.cli import failure
from reconciler.cli.folder import folder
from reconciler.cli.options import Common
from reconciler.cli.terminal import Board, colour, report
from reconciler.core.errors import ManifestError, ReconcilerError
from reconciler.manifest.surroundings import Surroundings
from reconciler.operations import beside
from reconciler.render import several as rendering
from reconciler.render.several import Row as Row
from reconciler.render.several import Told as Told

Work = Callable[[str, Common], Told]
"""What a command makes of one environment, without printing. Raises ReconcilerError."""


def run(
    names: Sequence[str],
    work: Work,
    options: Common,
    *,
    form: str,
    before: Callable[[], None] = lambda: None,
) -> list[Row]:
    """Take the environments side by side, tell of each, and give their rows.

    As ``json`` each is a line as soon as it ends. As ``text`` they come in the order of their
    names, and a table at the end, and ``before`` it what is to be said of all together; in any
    other form nothing is shown but what is said on stderr.
    """
    until = None if options.timeout is None else time.monotonic() + options.timeout
    around = Surroundings(folder(options))
    rows: list[Row] = []
    with Board(len(names), options) as board:

        def one(environment: str) -> Told:
            with board.running(environment):
                return _one(environment, work, options, around, until)

        ended = beside.each(names, one, options.jobs)
        for _, told in ended if form == "json" else beside.in_order(names, ended):
            rows.append(told.row)
            if form == "json":
                report(rendering.line(told))
            elif form == "text" and told.text:
                report(told.text.rstrip("\n") + "\n\n")
            del told
    before()
    if form == "text":
        report(rendering.table(rows, colour=colour(sys.stdout, options)))
    return rows


def _one(
    environment: str, work: Work, options: Common, around: Surroundings, until: float | None
) -> Told:
    own = replace(options, environment=environment, around=around)
    if until is not None:
        own.timeout = max(0.001, until - time.monotonic())
    try:
        return work(environment, own)
    except Exception as error:
        code = failure.caught(error, own)
        return _failed(environment, error, code)


def _failed(environment: str, error: Exception, code: int) -> Told:
    if isinstance(error, ManifestError):
        wrong = [problem for problem in error.problems if not problem.warning]
        errors = [_error(p.code, p.message, p.hint, str(p.place)) for p in wrong]
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        told = f"{errors[0]['place']}: {errors[0]['message']}{more}"
    elif isinstance(error, ReconcilerError):
        told = error.message
        errors = [_error(error.code, told, error.hint)]
    elif isinstance(error, click.ClickException):
        told = error.format_message()
        errors = [_error("usage", told)]
    else:
        told = f"internal error: {type(error).__name__}"  # its message may hold a value
        errors = [_error("internal", told)]
    return Told(Row(environment, code, told), errors=errors)


def _error(
    code: str, message: str, hint: str | None = None, place: str | None = None
) -> dict[str, str | None]:
    return {"code": code, "message": message, "hint": hint, "place": place}
