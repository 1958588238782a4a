"""Commands as a user runs them, with what each asked of AWS."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from tests.inprocess import reconciler
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
    code: int | None = 0,
    stdin: str | None = None,
    variables: Mapping[str, str] | None = None,
) -> Done:
    """Run a command without a terminal; it has to end with ``code``, if there is one."""
    before = world.aws.calls.copy()
    environment = {**os.environ, **world.tree.environ, **(variables or {})}
    ended = reconciler(arguments, environment=environment, stdin=stdin)
    done = Done(ended.returncode, ended.stdout, ended.stderr, world.aws.calls - before)
    assert code in (None, done.code), done.said
    assert "internal error" not in done.err, done.err
    return done
