"""A report as JSON: plain data, ASCII only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from reconciler.render import drift, escape, record
from reconciler.render.report import words

if TYPE_CHECKING:
    from reconciler.core.model import Place
    from reconciler.operations.report import Finding, Item, Report

FORMAT_VERSION = "1.0"


def as_json(report: Report) -> str:
    """One object; dates as ISO 8601 in UTC, ages in whole days."""
    return escape.as_json(as_object(report), indent=2)


def as_object(report: Report) -> dict[str, Any]:
    """The same as plain data."""
    controls = report.controls
    return {
        "format_version": FORMAT_VERSION,
        "environment": report.scope.environment,
        "account": report.scope.account,
        "region": report.scope.region,
        "prefix": report.scope.prefix,
        "owner": report.scope.owner_id,
        "made": _date(report.made),
        "revision": report.revision,
        "uncommitted": list(report.uncommitted),
        "principal": report.principal,
        "acts": report.acts,
        "summary": dict(Counter(item.status.value for item in report.items)),
        "inventory": [_item(item, report.made) for item in report.items],
        "applied": record.as_object(report.applied),
        "drift": [
            entry | {"control": controls.get(str(entry["class"]))}
            for entry in drift.entries(report.drift, report.scope)
        ],
        "findings": [_finding(finding, controls) for finding in report.findings],
    }


def _item(item: Item, now: datetime) -> dict[str, Any]:
    return {
        "key": {"kind": item.key.kind, "name": item.key.name},
        "declared": item.declared,
        "owner": item.owner,
        "standing": item.status.value,
        "acts": item.status.acts,
        "writer": item.writer.value,
        "description": item.description,
        "type": item.type,
        "age_days": item.age(now),
        "changed": _date(item.changed),
        "changed_by": item.changed_by,
        "rotates": item.rotates,
        "schedule": item.schedule,
        "window": item.window,
        "max_age_days": item.max_age,
        "readers": list(item.readers),
        "allowed": list(item.allowed),
        "created": _date(item.created),
        "last_read": None if item.read is None else item.read.date().isoformat(),
        "rotated": _date(item.rotated),
        "due": _date(item.due),
        "place": _place(item.place),
    }


def _finding(finding: Finding, controls: Mapping[str, str]) -> dict[str, Any]:
    key = finding.key
    said, hint = words.finding(finding)
    return {
        "code": finding.code,
        "control": controls.get(finding.code),
        "text": said,
        "hint": hint,
        "key": None if key is None else {"kind": key.kind, "name": key.name},
        "place": _place(finding.place),
    }


def _place(place: Place | None) -> dict[str, Any] | None:
    if place is None:
        return None
    return {"path": place.path, "line": place.line, "column": place.column}


def _date(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
