"""The audit log: one JSON object a line for each change that is begun and for what came of it.

A line is on the disk before the change's first call to AWS, and another once it has ended, so that
a run that is killed leaves no write without a trace. No line holds a value.
"""

from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from reconciler.core.digest import change_digest
from reconciler.core.errors import AwsError, ReconcilerError
from reconciler.core.model import JSON, Change
from reconciler.operations.apply import Outcome, uncertain
from reconciler.operations.planning import Planned

BEGUN = "begun"


class AuditError(ReconcilerError):
    """The audit log cannot be written: what cannot be recorded is not begun."""

    code = "audit"


class AuditLog:
    """An audit log that is open for the changes of one plan. Safe to use from threads.

    The file is only ever added to; it is made with mode 0600, and kept so. Raises AuditError for
    what is no regular file, or a link, or cannot be opened.
    """

    def __init__(self, path: Path, planned: Planned) -> None:
        self._path = path
        self._planned = planned
        self._lock = threading.Lock()
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        try:
            self._file = os.open(path, flags, 0o600)
        except OSError as error:
            raise self._failed(error) from None
        try:
            found = os.fstat(self._file)
            if not stat.S_ISREG(found.st_mode):
                raise AuditError(f"the audit log {path} is not a regular file")
            os.fchmod(self._file, 0o600)
            # A line that was cut off by a crash must not swallow the next one.
            if found.st_size and os.pread(self._file, 1, found.st_size - 1) != b"\n":
                os.write(self._file, b"\n")
        except OSError as error:
            os.close(self._file)
            raise self._failed(error) from None
        except AuditError:
            os.close(self._file)
            raise

    def __enter__(self) -> AuditLog:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        os.close(self._file)

    def begun(self, change: Change) -> None:
        """A change is about to be written. Raises AuditError where that cannot be recorded."""
        self._add({**self._of(change), "outcome": BEGUN})

    def ended(self, outcome: Outcome) -> None:
        """What came of a change. Raises AuditError where that cannot be recorded."""
        error = outcome.error
        last = next((made.request_id for made in reversed(outcome.calls) if made.request_id), None)
        self._add(
            {
                **self._of(outcome.change),
                "version_after": outcome.version,
                "request_id": last,
                "calls": [[made.operation, made.request_id] for made in outcome.calls],
                "outcome": outcome.status.value,
                "error": None if error is None else error.code,
                "aws_code": error.aws_code if isinstance(error, AwsError) else None,
                "uncertain": uncertain(outcome),
            }
        )

    def _of(self, change: Change) -> dict[str, JSON]:
        plan = self._planned.plan
        live = self._planned.live.get(change.key)
        before = None if live is None or live.value is None else live.value.version
        return {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "environment": plan.scope.environment,
            "account": plan.scope.account,
            "region": plan.scope.region,
            "commit": plan.revision,
            "uncommitted": list(plan.uncommitted),
            "principal": self._planned.principal,
            "change": change_digest(change, plan.scope, plan.policy),
            "kind": change.key.kind,
            "name": change.key.name,
            "action": change.action.value,
            "version_before": before,
        }

    def _add(self, line: Mapping[str, JSON]) -> None:
        data = (json.dumps(line) + "\n").encode()
        with self._lock:
            try:
                # One write, so that two runs with one log do not mix their lines.
                written = os.write(self._file, data)
                os.fsync(self._file)
            except OSError as error:
                raise self._failed(error) from None
        if written != len(data):
            raise AuditError(f"the audit log {self._path} could be written in part only")

    def _failed(self, error: OSError) -> AuditError:
        return AuditError(
            f"the audit log {self._path} cannot be written: {error.strerror}",
            hint="nothing is written to AWS that cannot be recorded; make room, or name another",
        )


class NoAudit:
    """In place of a log where none is asked for."""

    def __enter__(self) -> NoAudit:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None

    def begun(self, change: Change) -> None:
        """Nothing is recorded."""

    def ended(self, outcome: Outcome) -> None:
        """Nothing is recorded."""
