"""The published JSON Schema of a plan file."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pydantic import RootModel

from reconciler.core.planfile.format import PlanFile, PlanFiles

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Plan(RootModel[PlanFile | PlanFiles]):
    """What apply would do, computed from git and AWS; it holds no secret value."""


def schema(kinds: Collection[str]) -> dict[str, Any]:
    """The schema of a plan file: one plan, or several of different environments.

    Unknown keys are allowed: a later version of the same major number may add some.
    """
    found = {"$schema": DIALECT, **Plan.model_json_schema()}
    found["$defs"]["PlannedKey"]["properties"]["kind"]["enum"] = sorted(kinds)
    return found
