"""Reports as CSV, for a spreadsheet: a row for each resource, the heads once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from reconciler.render import spreadsheet
from reconciler.render.report import words

if TYPE_CHECKING:
    from reconciler.operations.report import Item, Report

HEADS = (
    "environment", "account", "region", "kind", "name", "standing", "needs action", "value by",
    "owner", "readers", "last read", "created (UTC)", "changed (UTC)", "changed by",
    "last rotation (UTC)", "due (UTC)", "schedule", "max age in days", "age in days", "type",
    "description", "declared at", "commit", "applied commit", "applied at (UTC)", "applied by",
    "made at (UTC)",
)  # fmt: skip


def sheet(reports: Iterable[Report]) -> str:
    """All of them; dates are those that a spreadsheet reads."""
    return spreadsheet.table(HEADS, (row for report in reports for row in _rows(report)))


def _rows(report: Report) -> Iterator[Sequence[object]]:
    scope, applied = report.scope, report.applied
    for item in report.items:
        yield (
            scope.environment,
            scope.account,
            scope.region,
            item.key.kind,
            item.key.name,
            item.status.value,
            "yes" if item.status.acts else "no",
            words.WRITERS[item.writer.value],
            item.owner,
            _readers(item),
            None if item.read is None else f"{item.read:%Y-%m-%d}",
            _moment(item.created),
            _moment(item.changed),
            item.changed_by,
            _moment(item.rotated),
            _moment(item.due),
            item.schedule,
            item.max_age,
            item.age(report.made),
            item.type,
            item.description,
            None if item.place is None else str(item.place),
            report.revision,
            applied.commit,
            _moment(applied.at),
            applied.by,
            _moment(report.made),
        )


def _readers(item: Item) -> str:
    return ", ".join([*item.readers, *map(words.principal, item.allowed)])


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}"
