"""Problems as people read them: errors first, and all that one rule finds as one line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.core.errors import Problem
from reconciler.rules import REASONS

NAMED = 3  # of those that one line is about

# What lines of a lock lack is repaired for all of them at once, whether it is an error or not.
_OF_LOCKS = frozenset({"lock-missing", "lock-extra"})


def folded(found: Iterable[Problem], every: str) -> list[Problem]:
    """Errors before warnings. All warnings of one code are one, with a count and three names, in
    the place and the words of the first; ``every`` is the command that lists each."""
    groups: dict[tuple[bool, bool, str], list[Problem]] = {}
    for number, problem in enumerate(found):
        together = problem.warning or problem.code in REASONS or problem.code in _OF_LOCKS
        code = problem.code if together else f"{problem.code} {number}"
        groups.setdefault((problem.warning, together, code), []).append(problem)
    errors_first = sorted(groups.items(), key=lambda item: item[0][:2])
    return [_one(members, every) for _, members in errors_first]


def _one(members: list[Problem], every: str) -> Problem:
    first = members[0]
    if len(members) == 1:
        return first
    told = some([problem.subject or str(problem.place) for problem in members])
    return replace(
        first,
        message=f"{first.message} ({len(members):,} findings: {told})",
        hint=f"{first.hint}; all of them: {every}" if first.hint else f"all of them: {every}",
    )


def some(names: Iterable[str]) -> str:
    """The first of these names, each once, and how many more there are."""
    every = list(dict.fromkeys(names))
    more = len(every) - NAMED
    return ", ".join(every[:NAMED]) + (f" and {more} more" if more > 0 else "")
