"""One statement of a policy in IAM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.core.model import JSON


@dataclass(frozen=True)
class Statement:
    """One permission, or denial: actions on resources, under a condition if there is one."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)
    condition: Mapping[str, Mapping[str, Sequence[str] | str]] = field(default_factory=dict)
    effect: str = "Allow"
    optional: bool = False  # without it a command does the same, slower or less well told
    others: bool = False  # it is of all resources but the named ones

    def as_data(self) -> dict[str, JSON]:
        """As IAM has it."""
        return {
            "Sid": self.sid,
            "Effect": self.effect,
            "Action": _plain(self.actions),
            "NotResource" if self.others else "Resource": _plain(self.resources),
            **({"Condition": self.condition} if self.condition else {}),
        }


def _plain(words: tuple[str, ...]) -> JSON:
    """IAM takes a single word without a list; that is shorter."""
    return words[0] if len(words) == 1 else words
