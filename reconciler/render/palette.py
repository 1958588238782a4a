"""Colours, as an argument: what renders never asks where it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.core.model import Action

_END = "\x1b[0m"


@dataclass(frozen=True)
class Palette:
    """What begins each colour; an empty text for none."""

    title: str = ""
    alarm: str = ""
    dim: str = ""
    actions: Mapping[Action, str] = field(default_factory=dict)

    def action(self, action: Action, text: str) -> str:
        """``text`` in the colour of an action."""
        return _between(self.actions.get(action, ""), text)

    def heading(self, text: str) -> str:
        """A heading."""
        return _between(self.title, text)

    def alarming(self, text: str) -> str:
        """What nobody should overlook."""
        return _between(self.alarm, text)

    def faint(self, text: str) -> str:
        """What few need."""
        return _between(self.dim, text)


def _between(begin: str, text: str) -> str:
    return f"{begin}{text}{_END}" if begin else text


PLAIN = Palette()
COLOURED = Palette(
    title="\x1b[1m",
    alarm="\x1b[1;31m",
    dim="\x1b[2m",
    actions={
        Action.CREATE: "\x1b[32m",
        Action.UPDATE: "\x1b[33m",
        Action.REPLACE: "\x1b[31m",
        Action.ADOPT: "\x1b[36m",
        Action.RESTORE: "\x1b[36m",
        Action.PRUNE: "\x1b[31m",
        Action.REFUSE: "\x1b[1;31m",
    },
)


def palette(*, colour: bool) -> Palette:
    """The palette of a terminal, or of a file."""
    return COLOURED if colour else PLAIN
