"""What git declares of one environment, ready to compare with AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.core.errors import Problem
from reconciler.core.model import Key, Policy, Resource, Scope
from reconciler.kinds.kind import Settings
from reconciler.values.sensitive import Fingerprinter, Sealed


@dataclass(frozen=True)
class Desired:
    """Resources and values, kept apart: what compares never sees a value.

    ``values`` has an entry for each resource whose value git declares or apply generates.
    """

    settings: Settings
    resources: Mapping[Key, Resource]
    values: Mapping[Key, Sealed]
    fingerprinter: Fingerprinter
    warnings: tuple[Problem, ...] = ()
    admitted: str | None = None  # digest of who gets at values by what git says

    @property
    def scope(self) -> Scope:
        """The environment that this is of."""
        return self.settings.scope

    @property
    def recogniser(self) -> Fingerprinter:
        """Tells what carries the reconciler's marks."""
        return self.fingerprinter

    @property
    def unmanaged_fails(self) -> bool:
        """Whether drift fails where something that nobody manages is below the prefix."""
        return self.settings.unmanaged_fails

    @property
    def unused_after(self) -> int:
        """After how many days without a read a report finds something unused."""
        return self.settings.unused_after

    @property
    def policy(self) -> Policy:
        """What the environment allows a run to do."""
        return self.settings.policy
