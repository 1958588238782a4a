"""Whether somebody is asked before the workflow on GitHub applies an environment."""

from __future__ import annotations

from reconciler.access.doctor.check import Check, fails, ok, warning
from reconciler.core.errors import ReconcilerError
from reconciler.github import protection
from reconciler.github.api import Api
from reconciler.github.protection import Protection

_SUBJECT = "approval"


def look(environment: str, api: Api) -> Check:
    """How the GitHub Environment of this name is protected."""
    try:
        found = protection.look(api, environment)
    except ReconcilerError as error:
        return warning(_SUBJECT, f"cannot tell: {error.message}", error.hint or "run it again")
    text = protection.message(found, environment)
    if found.refused:
        return fails(_SUBJECT, text, protection.HINT)
    if found is Protection.UNKNOWN:
        return warning(_SUBJECT, text, "GITHUB_TOKEN needs to read Actions of the repository")
    return ok(_SUBJECT, text)


def unasked(environment: str) -> Check:
    """Nobody is told which repository it is, or has a token for it."""
    return warning(
        _SUBJECT,
        f"cannot tell whether the GitHub Environment {environment} is protected",
        "set GITHUB_TOKEN, for instance: GITHUB_TOKEN=$(gh auth token) reconciler doctor",
    )
