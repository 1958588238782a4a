"""What a report calls things, in every form that it is shown in."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

from reconciler.core.drift import DriftClass
from reconciler.core.rows import Column
from reconciler.render import drift, reasons
from reconciler.render.commit import made_of

if TYPE_CHECKING:
    from reconciler.operations.report import Finding, Item, Report

WRITERS = {
    "git": "git",
    "generated": "generated",
    "rotation": "rotation",
    "others": "somebody else",
}
DRIFT = {entry.value: drift.CLASSES[entry.value] for entry in DriftClass if not entry.acts}


def finding(entry: Finding) -> tuple[str, str | None]:
    """What a finding says, and what to do about it."""
    if entry.because is not None:
        return reasons.reason(entry.because), reasons.hint(entry.because)
    return entry.text, entry.hint


def verdict(report: Report) -> str:
    """The one sentence that most readers need."""
    environment = report.scope.environment
    acting = len({item.key for item in report.items if item.status.acts})
    if acting:
        things = "1 thing needs" if acting == 1 else f"{acting} things need"
        return f"{things} somebody to act"
    if report.applied.acts:
        return f"the applied record of {environment} needs somebody to look at it"
    pending = sum(item.status.value == "pending" for item in report.items)
    if pending:
        return f"{pending} to apply: git is ahead of {environment}"
    return f"{environment} is as git declares it"


def manifests(report: Report) -> str | None:
    """Of which commit the manifests are, or which of them are of none; None outside git."""
    revision = None if report.revision is None else report.revision[:12]
    return made_of(revision, report.uncommitted)


def kinds(report: Report) -> Counter[str]:
    """How many there are of each kind."""
    return Counter(item.key.kind for item in report.items)


def who(item: Item) -> str:
    """Who may read it, as far as git says so: applications, then principals of its policy."""
    return ", ".join([*item.readers, *map(principal, item.allowed)]) or "–"


def principal(name: str) -> str:
    """A principal of a policy."""
    return "everybody who has an AWS account" if name == "*" else name


def last_read(item: Item) -> str:
    """When its value was last read."""
    if not item.tells_reads or item.changed is None:
        return "–"
    return "never" if item.read is None else f"{item.read:%Y-%m-%d}"  # AWS tells the day


def finding_code(entry: Finding, report: Report) -> str:
    """Its code, with the control of AWS Security Hub that asks for the same."""
    control = report.controls.get(entry.code)
    return entry.code if control is None else f"{entry.code} ({control})"


def rule(item: Item) -> str:
    """By which rule a value is renewed."""
    if item.rotates:
        schedule = item.schedule or "on, not declared"
        return f"{schedule}, window {item.window}" if item.window else schedule
    return "" if item.max_age is None else f"by hand, within {item.max_age} days"


def owner(item: Item) -> str:
    """Whose it is."""
    if item.owner is not None:
        return item.owner
    return "not in AWS" if item.changed is None else "not managed"


def days(age: int | None) -> str:
    """An age."""
    if age is None:
        return "–"
    return "1 day" if age == 1 else f"{age} days"


def minute(moment: datetime | None) -> str:
    """A moment, in UTC: whether it was before or after another on the same day is told too."""
    return "–" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def cell(item: Item, column: Column, now: datetime) -> str:
    """What stands in a column."""
    match column:
        case Column.TYPE:
            return item.type or "–"
        case Column.WRITER:
            return WRITERS[item.writer.value]
        case Column.AGE:
            return days(item.age(now))
        case Column.CHANGED:
            return minute(item.changed)
        case Column.ROTATED:
            return minute(item.rotated)
        case Column.DUE:
            return minute(item.due)
        case Column.OWNER:
            return owner(item)
