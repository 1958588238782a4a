"""What audit logs say of a plan: which of its changes were written, when, and by whom."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from reconciler.core.digest import change_digest
from reconciler.core.model import Action, Change, Plan

DONE = "done"


@dataclass(frozen=True)
class Trail:
    """``wanted`` is what the plan may write, by digest, and ``written`` when that was done, where
    it was; ``by`` is with whose credentials. ``others`` are names that the same logs say were
    written in the same environment by changes that are not of this plan."""

    wanted: Mapping[str, Change]
    written: Mapping[str, datetime]
    by: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def missing(self) -> tuple[Change, ...]:
        """The changes that no log shows as written."""
        return tuple(one for digest, one in self.wanted.items() if digest not in self.written)

    @property
    def last(self) -> datetime | None:
        """When the last of them was written."""
        return max(self.written.values(), default=None)


def follow(plan: Plan, logs: Iterable[str]) -> Trail:
    """What these logs say of a plan."""
    wanted = {
        change_digest(change, plan.scope, plan.policy): change
        for change in plan.changes
        if change.action is not Action.REFUSE
    }
    written: dict[str, datetime] = {}
    by: dict[str, None] = {}
    others: dict[str, None] = {}
    for line in _lines(logs):
        if line.get("outcome") != DONE:
            continue
        digest = line.get("change")
        if digest in wanted:
            written[digest] = datetime.fromisoformat(str(line["time"])).astimezone(UTC)
            by.setdefault(str(line.get("principal")))
        elif line.get("environment") == plan.scope.environment:
            others.setdefault(f"{line.get('kind')} {line.get('name')}")
    return Trail(wanted, written, tuple(by), tuple(others))


def _lines(logs: Iterable[str]) -> Iterator[dict[str, Any]]:
    for log in logs:
        for text in log.splitlines():
            try:
                line = json.loads(text)
            except ValueError:
                continue  # cut off: a change that was begun, and that nobody saw end
            if isinstance(line, dict):
                yield line
