"""Report: all that can be said of an environment without reading a value, for whoever asks.

It is made of a plan and of nothing else: git, and what AWS lists of every secret and parameter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from reconciler import kinds
from reconciler.core.applied import OFF, Applied
from reconciler.core.drift import Drift, DriftClass
from reconciler.core.errors import Problem
from reconciler.core.model import (
    Action,
    Change,
    Key,
    Live,
    Origin,
    Ownership,
    Place,
    Resource,
    Scope,
    Source,
)
from reconciler.core.reasons import Why
from reconciler.core.rows import Rows
from reconciler.operations import drift
from reconciler.operations.planning import Compared, Declares

UNUSED = "unused"
REASONS: Mapping[str, str] = {
    UNUSED: "a secret that nobody reads is paid for, rotated and guarded, and can only leak",
}
FIXES: Mapping[str, tuple[str, str]] = {
    UNUSED: (
        "no reader and no recent read of `smtp/old`",
        "delete the declaration, or let an application read it",
    ),
}
# The controls of AWS Security Hub that ask for the same, by code or class.
CONTROLS: Mapping[str, str] = {
    "never-rotated": "SecretsManager.1",
    "stuck": "SecretsManager.2",
    UNUSED: "SecretsManager.3",
    "past-max-age": "SecretsManager.4",
    "overdue": "SecretsManager.4",
}


class Writer(StrEnum):
    """Who writes a value."""

    GIT = "git"
    GENERATED = "generated"  # made at creation
    ROTATION = "rotation"
    OTHERS = "others"  # external, or not managed


class Status(StrEnum):
    """The status of a resource; where several apply, the first of them."""

    OUTSIDE = "outside"
    STUCK = "stuck"
    OVERDUE = "overdue"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    PENDING = "pending"
    KEPT = "kept"
    UNMANAGED = "unmanaged"  # neither declared nor ours
    AS_DECLARED = "as declared"

    @property
    def acts(self) -> bool:
        """Whether somebody has to act."""
        return self in _ACTS


_ACTS = (
    Status.OUTSIDE,
    Status.STUCK,
    Status.OVERDUE,
    Status.REFUSED,
    Status.UNKNOWN,
)


@dataclass(frozen=True)
class Item:
    """One resource that people name, declared or live or both. Dates are UTC.

    ``changed`` is when anything about it was last changed, and None where it is not in AWS: no
    list tells when a value was written. ``due`` is the date by which the value has to be another:
    AWS's next rotation, or the end of ``max_age`` (days).
    """

    key: Key
    declared: bool
    owner: str | None
    writer: Writer
    status: Status
    description: str | None = None
    type: str | None = None  # of a parameter
    changed: datetime | None = None
    changed_by: str | None = None
    rotates: bool = False
    schedule: str | None = None
    window: str | None = None
    max_age: int | None = None
    rotated: datetime | None = None
    due: datetime | None = None
    place: Place | None = None
    tallied: bool = False
    readers: tuple[str, ...] = ()  # applications that git lets read it
    allowed: tuple[str, ...] = ()  # whom its declared resource policy allows
    tells_reads: bool = False  # whether AWS tells when its value was last read
    created: datetime | None = None
    read: datetime | None = None  # the day of it

    @property
    def since(self) -> datetime | None:
        """Since when the value has been what it is, as far as lists tell."""
        return self.rotated if self.rotates and self.rotated is not None else self.changed

    def age(self, now: datetime) -> int | None:
        """Whole days since then."""
        return None if self.since is None else max(0, (now - self.since).days)


@dataclass(frozen=True)
class Finding:
    """Something that git or a plan says should be looked at; ``code`` is one of `explain`. Of what
    a plan refuses, ``because`` says it all, and there is no ``text``."""

    code: str
    text: str
    hint: str | None = None
    key: Key | None = None
    place: Place | None = None
    because: Why | None = None
    subject: str = ""  # what it is about, where that is no resource of the plan

    @property
    def acts(self) -> bool:
        """Whether a plan refuses it."""
        return self.because is not None


@dataclass(frozen=True)
class Report:
    """An environment at one moment. ``made`` is aware, in UTC."""

    scope: Scope
    made: datetime
    revision: str | None
    uncommitted: tuple[str, ...]
    principal: str | None  # whose credentials AWS was read with, where that is known
    items: tuple[Item, ...]
    drift: tuple[Drift, ...]
    findings: tuple[Finding, ...]
    rows: tuple[Rows, ...]  # how each kind is shown
    applied: Applied = OFF
    controls: Mapping[str, str] = field(default_factory=lambda: CONTROLS)

    @property
    def acts(self) -> bool:
        """Whether somebody has to act."""
        return self.applied.acts or any(item.status.acts for item in self.items)

    @property
    def acting(self) -> tuple[Drift, ...]:
        """The drift that somebody has to act on, but for what was refused: that is among the
        findings."""
        refused = {finding.key for finding in self.findings if finding.acts}
        return tuple(
            entry
            for entry in self.drift
            if entry.acts and not (entry.kind_of is DriftClass.REFUSED and entry.key in refused)
        )

    @property
    def told(self) -> tuple[Drift, ...]:
        """The rest of it."""
        return tuple(entry for entry in self.drift if not entry.acts)

    @property
    def timed(self) -> tuple[Item, ...]:
        """What rotates, or should, the next due first."""
        timed = (item for item in self.items if item.rotates or item.max_age is not None)
        last = self.made + timedelta(days=100_000)
        return tuple(sorted(timed, key=lambda item: (item.due or last, item.key)))


def make(
    planned: Compared[Declares],
    now: datetime,
    warnings: Iterable[Problem],
    principal: str | None = None,
    applied: Applied = OFF,
) -> Report:
    """The report of an environment that was planned, with its key or without. ``warnings`` are
    those of its manifests, ``applied`` is what is known of the last apply."""
    found = drift.classify(planned, now, applied=applied)
    changes = {change.key: change for change in planned.plan.changes}
    refused = [
        Finding(change.why.reason, "", key=change.key, place=change.place, because=change.why)
        for change in planned.plan.changes
        if change.action is Action.REFUSE and change.why is not None
    ]
    items = _items(planned, found, changes)
    unused = _unused(items, planned.desired.unused_after, now, planned.plan.scope)
    warned = [
        Finding(w.code, w.message, w.hint, None, w.place, subject=w.subject) for w in warnings
    ]
    return Report(
        planned.plan.scope,
        now,
        planned.plan.revision,
        planned.plan.uncommitted,
        principal,
        items,
        found,
        (*refused, *unused, *warned),
        tuple(
            Rows(name, kinds.titles()[name], kind.COLUMNS, kind.TALLY)
            for name, kind in kinds.wholes().items()
        ),
        applied,
    )


def _items(
    planned: Compared[Declares], found: Iterable[Drift], changes: Mapping[Key, Change]
) -> tuple[Item, ...]:
    classes: dict[Key, set[str]] = {}
    for entry in found:
        classes.setdefault(kinds.holder(entry.key), set()).add(entry.kind_of.value)
    refused = {
        kinds.holder(key) for key, change in changes.items() if change.action is Action.REFUSE
    }
    declared = planned.desired.resources
    keys = {kinds.holder(key) for key in (*declared, *planned.live)}
    parts: dict[Key, list[Live]] = {}
    for key, live in planned.live.items():
        if key not in keys:
            parts.setdefault(kinds.holder(key), []).append(live)
    return tuple(
        _item(
            planned,
            key,
            _status(planned, key, classes.get(key, set()), key in refused),
            parts.get(key, []),
        )
        for key in sorted(keys)
    )


def _status(planned: Compared[Declares], key: Key, classes: set[str], refused: bool) -> Status:
    if refused:
        classes = classes | {Status.REFUSED.value}
    for status in Status:
        if status.value in classes:
            return status
    declared = key in planned.desired.resources
    return Status.AS_DECLARED if declared else Status.UNMANAGED


def _item(planned: Compared[Declares], key: Key, status: Status, parts: list[Live]) -> Item:
    resource = planned.desired.resources.get(key)
    live = planned.live.get(key)
    row = kinds.named(key.kind).row(resource, live, parts)
    rotates = live is not None and live.rotation.enabled
    max_age = None if resource is None or rotates else resource.max_age
    changed = None if live is None else live.changed
    due = None
    if live is not None and rotates:
        due = live.rotation.next
    elif max_age is not None and changed is not None:
        due = changed + timedelta(days=max_age)
    return Item(
        key=key,
        declared=resource is not None,
        owner=_owner(planned.plan.scope, live),
        writer=_writer(resource, live),
        status=status,
        description=_text(resource, live, "description"),
        type=row.type,
        changed=changed,
        changed_by=None if live is None else live.changed_by,
        rotates=rotates,
        schedule=row.schedule,
        window=row.window,
        max_age=max_age,
        rotated=None if live is None else live.rotation.last,
        due=due,
        place=None if resource is None else resource.place,
        tallied=row.tallied,
        readers=() if resource is None else resource.readers,
        allowed=row.allowed,
        tells_reads=row.tells_reads,
        created=None if live is None else live.created,
        read=None if live is None else live.read,
    )


def _unused(items: Iterable[Item], days: int, now: datetime, scope: Scope) -> Iterator[Finding]:
    """What nobody has read for longer than so many days, by what AWS's lists tell of it."""
    for item in items:
        since = item.read or item.created
        if not item.tells_reads or since is None or item.status is Status.UNMANAGED:
            continue
        ago = (now - since).days
        if ago > days:
            never = "" if item.read is not None else ", since it was created"
            yield Finding(
                UNUSED,
                f"nobody has read it for {ago} days{never}",
                "ask who needs it; if nobody does: reconciler remove"
                f" {scope.environment} {item.key.name.removeprefix(scope.under)}",
                key=item.key,
                place=item.place,
            )


def _owner(scope: Scope, live: Live | None) -> str | None:
    """Who owns what is live, None where nobody says so."""
    if live is None:
        return None
    return scope.owner_id if live.ownership is Ownership.OURS else live.owner


def _writer(resource: Resource | None, live: Live | None) -> Writer:
    if live is not None and live.rotation.enabled:
        return Writer.ROTATION
    if resource is not None:
        if resource.value is None:
            return Writer.OTHERS
        generated = resource.value.source is Source.GENERATED
        return Writer.GENERATED if generated else Writer.GIT
    if live is None or live.value is None or live.ownership is not Ownership.OURS:
        return Writer.OTHERS
    wrote = {Origin.GIT: Writer.GIT, Origin.GENERATED: Writer.GENERATED}
    return wrote.get(live.value.origin, Writer.OTHERS)


def _text(resource: Resource | None, live: Live | None, name: str) -> str | None:
    """A field of what is live, else of what is declared."""
    found = _field(live, name)
    if found is None and resource is not None:
        declared = resource.fields.get(name)
        return declared if isinstance(declared, str) else None
    return found


def _field(live: Live | None, name: str) -> str | None:
    found = None if live is None else live.fields.get(name)
    return found if isinstance(found, str) else None
