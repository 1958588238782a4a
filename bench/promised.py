"""How many calls docs/reference/calls.md promises of a command, for N secrets and N parameters.

A number is written as there: ``1``, ``N`` or ``N/100`` (rounded up, at least 1), ``N up to 20``
(none for more); where a call serves several ends, they are added.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

LISTS = {"ListSecrets": "N/100", "DescribeParameters": "N/50"}
# The last is the record of what was applied, which apply reads.
NOTHING_THERE = {"ListSecrets": "1", "DescribeParameters": "1 + N/50 + 1"}
CALLER = {"GetCallerIdentity": "1"}

UP_TO = " up to "
ASKS_FROM = 50  # parameters
UNCHANGED = "plan, unchanged"
CHANGED = "plan, all values changed"
ADOPTION = "plan of adoption"
CREATE = "apply, create"
UPDATE = "apply, update"

PROMISED: Mapping[str, Mapping[str, str]] = {
    UNCHANGED: {**LISTS, **CALLER},
    CHANGED: {
        "ListSecrets": "N/100",
        "DescribeParameters": "N/50 + N/50",
        "DescribeSecret": "N",
        **CALLER,
    },
    ADOPTION: {
        "ListSecrets": "N/100",
        "DescribeParameters": "N/50 + N/50 + N/50",
        "BatchGetSecretValue": "N/20",
        "DescribeSecret": f"N{UP_TO}20",
        "GetParameters": "N/10",
        "GetResources": "N/100",
        **CALLER,
    },
    CREATE: {
        **NOTHING_THERE,
        "DescribeSecret": "N",
        "CreateSecret": "N",
        "PutParameter": "N",
        **CALLER,
    },
    UPDATE: {
        "ListSecrets": "N/100",
        "DescribeParameters": "N/50 + N/50 + N + 1",
        "DescribeSecret": "N",
        "PutSecretValue": "N",
        "TagResource": "N",
        "UpdateSecretVersionStage": "N",
        "PutParameter": "N",
        **CALLER,
    },
}


def calls(what: str, count: int, *, paced: bool = False) -> Counter[str]:
    """The calls of one command for ``count`` of each kind; ``paced`` is without ``--pace``, where
    whoever writes many parameters first asks for the account's quota."""
    found = Counter({name: _number(text, count) for name, text in PROMISED[what].items()})
    if paced and found["PutParameter"] >= ASKS_FROM:
        found["GetServiceSetting"] = 1
    return found


def row(what: str) -> str:
    """The row of its table."""
    told = ", ".join(f"{text} {name}" for name, text in sorted(PROMISED[what].items()))
    return f"| {what} | {told} |"


def _number(text: str, count: int) -> int:
    total = 0
    for part in text.split(" + "):
        if UP_TO in part:
            total += count if count <= int(part.partition(UP_TO)[2]) else 0
        elif part.startswith("N"):
            size = int(part.removeprefix("N").removeprefix("/") or 1)
            total += max(1, -(-count // size))
        else:
            total += int(part)
    return total
