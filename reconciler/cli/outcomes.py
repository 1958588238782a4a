"""What came of the writes of a command that has no plan: lines as they end, or one JSON object."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import click

from reconciler.aws.client import Aws
from reconciler.cli.options import Common
from reconciler.cli.terminal import colour, out
from reconciler.core.errors import Exit
from reconciler.core.model import Key, Scope
from reconciler.operations import steps
from reconciler.operations.attempt import Status
from reconciler.operations.steps import Result, Step
from reconciler.render import outcome as rendering

FORMAT_VERSION = "1.0"
F = TypeVar("F")


def run(
    to_do: Mapping[Key, Step],
    refused: Sequence[Result],
    aws: Aws,
    scope: Scope,
    options: Common,
    *,
    form: str,
    symbol: str,
    verb: str,
) -> int:
    """Take steps, tell what comes of each, and give the exit code. ``verb`` heads the summary.

    Raises UsageError, before anything is written, where an audit log is asked for.
    """
    if options.audit is not None:
        raise click.UsageError("--audit records the changes of a plan: apply and adopt take it.")
    tinted = colour(sys.stdout, options)

    def tell(result: Result) -> None:
        if form == "text":
            out(_line(result, scope, symbol, colour=tinted))

    for result in refused:
        tell(result)
    results = [*refused, *steps.run(to_do, aws, tell)]
    if form == "json":
        out(json.dumps(as_object(results, scope), indent=2))
    else:
        counts = Counter(result.status.value for result in results)
        out(rendering.summary(counts, verb=verb))
    done = all(result.status is Status.DONE for result in results)
    return Exit.OK if done else Exit.PARTIAL


def as_object(results: Sequence[Result], scope: Scope) -> dict[str, Any]:
    """The outcomes as plain data."""
    return {
        "format_version": FORMAT_VERSION,
        "environment": scope.environment,
        "outcomes": [
            {
                "key": {"kind": result.key.kind, "name": result.key.name},
                "status": result.status.value,
                "message": result.error.message if result.error else result.told,
                "hint": result.error.hint if result.error else None,
            }
            for result in sorted(results, key=lambda result: result.key)
        ],
    }


def _line(result: Result, scope: Scope, symbol: str, *, colour: bool) -> str:
    return rendering.line(
        symbol if result.status is not Status.REFUSED else "!",
        result.key.kind,
        result.key.name.removeprefix(scope.under),
        result.status.value,
        result.error.message if result.error else result.told,
        result.error.hint if result.error else None,
        colour=colour,
    )
