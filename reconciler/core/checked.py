"""One environment as `drift` found it."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.core.applied import OFF, Applied
from reconciler.core.drift import Drift
from reconciler.core.model import Plan, Scope


@dataclass(frozen=True)
class Checked:
    """Every difference, what is known of the last apply, and the plan that would put it right, as
    far as git can."""

    scope: Scope
    drift: tuple[Drift, ...] = ()
    applied: Applied = OFF
    plan: Plan | None = None

    @property
    def acting(self) -> tuple[Drift, ...]:
        """What somebody has to act on."""
        return tuple(entry for entry in self.drift if entry.acts)

    @property
    def acts(self) -> bool:
        """Whether somebody has to act, be it on the record of the last apply alone."""
        return bool(self.acting) or self.applied.acts
