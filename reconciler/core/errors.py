"""Every error that a user can meet: one base class that carries its diagnostics.

Only the command line prints and exits. No error holds a secret value.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from reconciler.core.model import Place


class Exit(IntEnum):
    """What the process returns."""

    OK = 0  # done, or nothing to do
    ERROR = 1
    CHANGES = 2  # plan --detailed-exitcode, or drift
    STALE = 3  # a reviewed change has moved
    PARTIAL = 4  # some change failed, conflicted or was refused
    USAGE = 64


_WORST_FIRST = (Exit.USAGE, Exit.ERROR, Exit.PARTIAL, Exit.STALE, Exit.CHANGES, Exit.OK)


def worst_first(code: int) -> int:
    """Where an exit code stands, the worst at 0: what could not be asked or was not done comes
    before what was done in part, and that before what is only to be done."""
    known = [int(exit_code) for exit_code in _WORST_FIRST]
    return known.index(code) if code in known else 0


def worst(codes: Iterable[int]) -> int:
    """The exit code of a run over several environments: the worst of theirs."""
    return min(codes, key=worst_first, default=int(Exit.OK))


def named(hint: str | None, place: Place | None) -> str | None:
    """A hint as it can be run: `FILE` in it is the file that the place is in."""
    if hint is None or place is None:
        return hint
    return re.sub(r"(?<= )FILE\b", lambda _: shlex.quote(place.path), hint)


class ReconcilerError(Exception):
    """The base of them all.

    ``code`` names the kind of error, ``hint`` says what to do, ``place`` where in a manifest.
    """

    exit_code = Exit.ERROR
    code = "error"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        code: str | None = None,
        place: Place | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.place = place
        if code is not None:
            self.code = code


class UsageError(ReconcilerError):
    """The command line asks for something that does not exist or does not go together."""

    exit_code = Exit.USAGE
    code = "usage"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a manifest, or worth a warning.

    ``subject`` is the name of what it is about; ``pair`` names all that it is about together, where
    the same is said of each of them: it is told once.
    """

    place: Place
    code: str
    message: str
    hint: str | None = None
    warning: bool = False
    subject: str = ""
    pair: frozenset[str] | None = None


class ManifestError(ReconcilerError):
    """Manifests that cannot be used: all their problems at once, each with its place."""

    code = "manifest"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"{len(problems)} errors in the manifests")
        self.problems = tuple(problems)


class SopsError(ReconcilerError):
    """sops is missing, cannot decrypt, or finds a file damaged. Its own words are never repeated:
    they can quote plaintext."""

    code = "sops"


class CredentialsError(ReconcilerError):
    """There are no credentials, they have expired, or they are of another account."""

    code = "credentials"


class AwsError(ReconcilerError):
    """AWS refused a call or could not be reached.

    ``aws_code`` is AWS's own error code (``AccessDeniedException``, …) or a word for what
    happened to the connection; ``uncertain`` says that the call may nevertheless have been done.
    """

    code = "aws"

    def __init__(
        self,
        message: str,
        *,
        operation: str,
        aws_code: str,
        request_id: str | None = None,
        uncertain: bool = False,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.operation = operation
        self.aws_code = aws_code
        self.request_id = request_id
        self.uncertain = uncertain

    @property
    def denied(self) -> bool:
        """Whether the caller lacks a permission for the call."""
        return self.aws_code in ("AccessDenied", "AccessDeniedException")


class GithubError(ReconcilerError):
    """GitHub refused a request or could not be reached.

    ``status`` is HTTP's, None where there was no answer; ``uncertain`` says that what was asked
    may nevertheless have been done.
    """

    code = "github"

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        uncertain: bool = False,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.uncertain = uncertain


class ConflictError(ReconcilerError):
    """Somebody else wrote between our read and our write; nothing of theirs was overwritten."""

    exit_code = Exit.PARTIAL
    code = "conflict"


class PlanFileError(ReconcilerError):
    """A plan file that is damaged, edited by hand, or of an unknown version."""

    code = "plan-file"


class StalePlanError(ReconcilerError):
    """What was reviewed is no longer what would be done; nothing was written."""

    exit_code = Exit.STALE
    code = "stale"


class GuardError(ReconcilerError):
    """A plan goes beyond what the environment's guards allow; nothing was written."""

    exit_code = Exit.PARTIAL


class UnknownValuesError(GuardError):
    """A plan was reviewed that could not tell what some values are; nothing was written."""

    code = "unknown-values"


class TooManyPrunesError(GuardError):
    """More resources would be pruned than ``guards.max_prunes``."""

    code = "max-prunes"


class TooManyChangesError(GuardError):
    """A greater part of what is owned would change than ``guards.max_change_ratio``."""

    code = "max-change-ratio"
