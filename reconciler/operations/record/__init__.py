"""The applied record: one parameter in AWS that says which commit was last applied."""

from __future__ import annotations

from reconciler.operations.record.known import known, last
from reconciler.operations.record.note import Note
from reconciler.operations.record.parameter import WRITES, arn, name
from reconciler.operations.record.recreated import suspects, told

__all__ = ["WRITES", "Note", "arn", "known", "last", "name", "suspects", "told"]
