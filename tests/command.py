"""Commands as a user runs them, but in this process: a second faster each."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from unittest import mock

from reconciler.cli.main import run
from tests.world import World


@dataclass(frozen=True)
class Done:
    """How a command ended; ``calls`` is what it asked of AWS."""

    code: int
    out: str
    err: str
    calls: Counter[str]

    @property
    def said(self) -> str:
        """Everything that it printed."""
        return self.out + self.err


def command(
    world: World,
    *arguments: str,
    code: int = 0,
    stdin: str | None = None,
    variables: Mapping[str, str] | None = None,
) -> Done:
    """Run a command without a terminal; it has to end with ``code``."""
    before = world.aws.calls.copy()
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        _stdin(stdin),
        mock.patch.dict(os.environ, {**world.tree.environ, **(variables or {})}),
    ):
        ended = run(arguments)
    done = Done(ended, out.getvalue(), err.getvalue(), world.aws.calls - before)
    assert ended == code, done.said
    assert "internal error" not in done.err, done.err
    return done


@contextlib.contextmanager
def _stdin(text: str | None) -> Iterator[None]:
    with mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO((text or "").encode()))):
        yield
