"""Letting go of a parameter: only a new version, with the same value, is without our stamp."""

from __future__ import annotations

from functools import partial
from typing import Any

from reconciler.aws.client import Aws, require
from reconciler.core.errors import ConflictError, ReconcilerError
from reconciler.core.ownership import Refusal
from reconciler.kinds import tags
from reconciler.kinds.kind import Act, Record
from reconciler.kinds.parameter import stamp, tagged
from reconciler.kinds.parameter.terms import SERVICE
from reconciler.kinds.parameter.values import read
from reconciler.kinds.parameter.write import parts
from reconciler.kinds.reading import Unread


def release(record: Record) -> Act | Refusal:
    """How to release a parameter."""
    return Act(partial(_unmark, record=record))


def _unmark(aws: Aws, record: Record) -> None:
    """Write the live value once more under its description without the stamp, then take our tags.

    The tags go last, so that what stopped half way is released by a second run. Raises
    ConflictError where somebody else wrote in the same moment.
    """
    if stamp.split(record.data.get("Description"))[1] is not None:
        _unstamp(aws, record)
    which: dict[str, Any] = {"ResourceType": "Parameter", "ResourceId": record.name}
    marks = sorted(key for key in tagged.of(aws, record.name) if key.startswith(tags.OURS))
    if marks:
        aws.call(SERVICE, "remove_tags_from_resource", **which, TagKeys=marks)


def _unstamp(aws: Aws, record: Record) -> None:
    name, data = record.name, record.data
    value = read(aws, [name])[name]
    if isinstance(value, Unread):
        raise ReconcilerError(f"AWS does not return its value ({value.aws_code})")
    request: dict[str, Any] = {
        "Name": name,
        "Value": value.content,
        "Overwrite": True,
        "Description": stamp.split(data.get("Description"))[0] or "",
    }
    request |= parts({"type": data["Type"]}, data)  # what is not sent may be lost
    written = int(require(aws.call_once(SERVICE, "put_parameter", **request), "Version", SERVICE))
    if written != int(value.version) + 1:
        raise ConflictError(
            f"somebody else wrote version {written - 1} in the same moment; version {written} holds"
            " the value before it",
            hint=f"version {written - 1} is in the parameter's history",
        )
