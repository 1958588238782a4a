"""What GitHub tells a job through its environment variables."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reconciler.core.errors import UsageError

_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LARGEST = 32 * 1024 * 1024  # bytes of an event


@dataclass(frozen=True)
class Job:
    """The job that runs this. ``variables`` are those of GitHub, under their own names."""

    variables: Mapping[str, str] = field(repr=False)

    @property
    def repository(self) -> str:
        """``owner/name``. Raises UsageError."""
        name = self.needs("GITHUB_REPOSITORY")
        if not _REPOSITORY.fullmatch(name):
            raise UsageError("GITHUB_REPOSITORY is not of the form owner/name")
        return name

    @property
    def sha(self) -> str:
        """The commit that the event is about. Raises UsageError."""
        return commit(self.needs("GITHUB_SHA"), "GITHUB_SHA")

    @property
    def branch(self) -> str | None:
        """The branch that was pushed to; None for a tag or a pull request."""
        ref = self.variables.get("GITHUB_REF", "")
        return ref.removeprefix("refs/heads/") if ref.startswith("refs/heads/") else None

    @property
    def before(self) -> str | None:
        """The branch's commit before the push that the event is; None where it had none, and for
        every other event. Raises UsageError."""
        name = self.variables.get("GITHUB_EVENT_PATH")
        said = _event(Path(name)).get("before") if name else None
        known = isinstance(said, str) and SHA.fullmatch(said) and said.strip("0")
        return str(said) if known else None

    @property
    def pull_request(self) -> int | None:
        """The number of the pull request that the event is about, if it is about one. Raises
        UsageError."""
        name = self.variables.get("GITHUB_EVENT_PATH")
        if not name:
            return None
        pull = _event(Path(name)).get("pull_request")
        number = pull.get("number") if isinstance(pull, dict) else None
        return number if isinstance(number, int) and not isinstance(number, bool) else None

    @property
    def workspace(self) -> Path:
        """Where the repository is checked out: what annotations' paths are relative to."""
        return Path(self.variables.get("GITHUB_WORKSPACE") or Path.cwd())

    def file(self, name: str) -> Path | None:
        """A file that GitHub reads when the step has ended; None outside of a job."""
        path = self.variables.get(name)
        return Path(path) if path else None

    def needs(self, name: str) -> str:
        """A variable that has to be there. Raises UsageError."""
        value = self.variables.get(name, "")
        if not value:
            hint = "GitHub sets it in every job"
            if name == "GITHUB_TOKEN":
                hint = "give it to the step: env: GITHUB_TOKEN: ${{ github.token }}"
            raise UsageError(f"{name} is not set", hint=hint)
        return value


def commit(text: str, what: str) -> str:
    """The full id of a commit. Raises UsageError."""
    if not SHA.fullmatch(text):
        raise UsageError(f"{what} is not the full id of a commit", hint="it has 40 hex digits")
    return text


def _event(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > _LARGEST:
            raise UsageError("the file that GITHUB_EVENT_PATH names is larger than any event")
        content = json.loads(path.read_bytes())
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
    except ValueError:
        problem = "is not JSON"
    else:
        return content if isinstance(content, dict) else {}
    raise UsageError(f"the file that GITHUB_EVENT_PATH names {problem}")
