"""Whether somebody is asked before a job behind a GitHub Environment runs.

"Running a workflow that references an environment that does not exist will create an environment
with the referenced name", and what GitHub creates so has no protection: nobody would be asked.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from urllib.parse import quote

from reconciler.core.errors import GithubError
from reconciler.github.api import Api

NEEDS = "actions: read"


class Protection(StrEnum):
    """How a GitHub Environment is protected."""

    MISSING = "missing"  # GitHub would make it, without protection
    NONE = "none"  # no rule, and any branch: as GitHub makes it
    RULES = "rules"  # reviewers, a wait, or chosen branches
    UNKNOWN = "unknown"  # the token may not look

    @property
    def refused(self) -> bool:
        """Whether nothing may be applied behind it."""
        return self in (Protection.MISSING, Protection.NONE)


HINT = "create it under Settings, Environments: require reviewers, and allow the main branch only"
_MESSAGES = {
    Protection.MISSING: "the repository has no GitHub Environment {0}: GitHub would make one that"
    " asks nobody",
    Protection.NONE: "the GitHub Environment {0} has no protection rule: nobody is asked before it"
    " is applied",
    Protection.RULES: "the GitHub Environment {0} is protected",
    Protection.UNKNOWN: "cannot tell whether the GitHub Environment {0} is protected: the token may"
    " not look",
}


def look(api: Api, environment: str) -> Protection:
    """How the Environment of this name is protected. Raises GithubError where GitHub cannot be
    asked; where it may not, that is the answer."""
    try:
        found = api.get(f"/environments/{quote(environment, safe='')}", needs=NEEDS)
    except GithubError as error:
        if error.status == 404:
            return Protection.MISSING
        if error.status == 403:
            return Protection.UNKNOWN
        raise
    return Protection.RULES if _protected(found) else Protection.NONE


def _protected(found: Any) -> bool:
    if not isinstance(found, dict):
        return False
    return bool(found.get("protection_rules")) or bool(found.get("deployment_branch_policy"))


def message(protection: Protection, environment: str) -> str:
    """What a person has to know of it, in one line."""
    return _MESSAGES[protection].format(environment)
