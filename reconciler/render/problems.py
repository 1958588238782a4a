"""What is wrong with manifests, and what rules find in them, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from reconciler.core.errors import Problem, named
from reconciler.core.model import JSON

FORMAT_VERSION = "1.0"


def as_json(
    found: Mapping[str, Sequence[Problem]],
    resources: Mapping[str, int],
    unclaimed: Sequence[Problem],
) -> str:
    """By environment; ``resources`` counts what is declared, where the manifests could be read.
    ``unclaimed`` is what is wrong with files of no environment."""
    environments: list[JSON] = [
        as_object(environment, problems, resources.get(environment))
        for environment, problems in found.items()
    ]
    document: dict[str, JSON] = {
        "format_version": FORMAT_VERSION,
        "environments": environments,
        "unclaimed": as_objects(unclaimed),
    }
    return json.dumps(document, indent=2)


def as_object(
    environment: str, problems: Sequence[Problem], resources: int | None
) -> dict[str, JSON]:
    """One environment as plain data."""
    return {
        "environment": environment,
        "resources": resources,
        "problems": as_objects(problems),
    }


def as_objects(problems: Sequence[Problem]) -> list[JSON]:
    """Problems as plain data."""
    return [_problem(problem) for problem in problems]


def _problem(problem: Problem) -> dict[str, JSON]:
    place = problem.place
    return {
        "severity": "warning" if problem.warning else "error",
        "code": problem.code,
        "message": problem.message,
        "hint": named(problem.hint, place),
        "path": place.path,
        "line": place.line or None,
        "column": place.column or None,
    }
