"""The document that the statements of a policy make, and AWS's limits to its size."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from reconciler.core.model import JSON
from reconciler.kinds.statement import Statement

# "IAM does not count white space when calculating the size of a policy against these quotas."
MANAGED = 6_144  # characters of one managed policy
INLINE = 10_240  # characters of all inline policies of a role together


def document(statements: Iterable[Statement]) -> dict[str, JSON]:
    """The policy."""
    return {
        "Version": "2012-10-17",
        "Statement": [statement.as_data() for statement in statements],
    }


def size(policy: Mapping[str, JSON]) -> int:
    """Characters, as AWS counts them: no name or action has white space in it."""
    return len(json.dumps(policy, separators=(",", ":")))


def parts(statements: Iterable[Statement]) -> list[list[Statement]]:
    """The statements in policies that each fit into a managed one, cut between names if need be.

    No name is widened to make room: "everything below the prefix" would allow what is not owned.
    """
    found: list[list[Statement]] = [[]]
    waiting = list(reversed(list(statements)))
    while waiting:
        statement = waiting.pop()
        if size(document([*found[-1], statement])) <= MANAGED:
            found[-1].append(statement)
        elif len(statement.resources) > 1 and not statement.others:
            fitting = _fitting(found[-1], statement)
            if fitting:
                found[-1].append(replace(statement, resources=statement.resources[:fitting]))
                statement = replace(statement, resources=statement.resources[fitting:])
            found.append([])
            waiting.append(statement)
        elif found[-1]:
            found.append([])
            waiting.append(statement)
        else:
            found[-1].append(statement)  # nothing makes it smaller
    return found


def _fitting(before: Sequence[Statement], statement: Statement) -> int:
    """How many of a statement's resources still fit after those ``before``."""
    low, high = 0, len(statement.resources)
    while low < high:
        middle = (low + high + 1) // 2
        cut = replace(statement, resources=statement.resources[:middle])
        low, high = (
            (middle, high) if size(document([*before, cut])) <= MANAGED else (low, middle - 1)
        )
    return low
