"""A record as it is read: what it says where it can be believed, else why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reconciler.aws.client import Aws
from reconciler.aws.recogniser import Recogniser
from reconciler.core import record as texts
from reconciler.core.applied import Untold
from reconciler.core.model import Scope
from reconciler.core.record import Record
from reconciler.operations.record import parameter
from reconciler.operations.record.parameter import Stored


@dataclass(frozen=True)
class Reading:
    """``record`` is None exactly where there is ``untold``."""

    record: Record | None
    untold: Untold | None
    found: Stored | None


def read(aws: Aws, scope: Scope, trust: Recogniser, now: datetime) -> Reading:
    """Read an environment's record, and verify it as far as ``trust`` can. Raises AwsError."""
    found = parameter.find(aws, scope)
    if found is None:
        return Reading(None, Untold.NO_RECORD, None)
    parsed = texts.parse(found.description, scope.owner_id, now)
    if isinstance(parsed, Untold):
        return Reading(None, parsed, found)
    record, content, proof = parsed
    if proof[:6] not in trust.kids:
        return Reading(None, Untold.UNKNOWN_KEY, found)
    if not trust.is_record(found.version, content, proof):
        return Reading(None, Untold.FALSE, found)
    return Reading(record, None, found)
