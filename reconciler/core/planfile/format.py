"""What a plan file holds: the models that read, write and describe it.

They are apart from the data of the core, so that what is written stays readable when that changes.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from reconciler.core import model
from reconciler.core.access import Declared, Opened, Opening
from reconciler.core.reasons import Loss, Lost, Notable, Reason, Why

FORMAT_VERSION = "2.0"  # a reader of 2.0 reads every 2.x, ignoring keys that it does not know
KINDS = "kinds"  # in a validation's context: the kinds that there are


def _known(kind: str, info: ValidationInfo) -> str:
    kinds = (info.context or {}).get(KINDS)
    if kinds is not None and kind not in kinds:
        raise PydanticCustomError("kind", "one of {kinds}", {"kinds": ", ".join(sorted(kinds))})
    return kind


Count = Annotated[int, Field(ge=0)]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Version = Annotated[str, Field(pattern=r"^2\.[0-9]+$")]
Kind = Annotated[str, AfterValidator(_known)]


class Part(BaseModel):
    """The base of all: nothing is coerced, every key has to be there, unknown ones are ignored, and
    what was given is not kept in errors."""

    model_config = ConfigDict(
        strict=True, frozen=True, from_attributes=True, hide_input_in_errors=True
    )


class PlannedKey(Part):
    """A resource: its kind and full name."""

    kind: Kind
    name: str

    def plain(self) -> model.Key:
        return model.Key(self.kind, self.name)


class PlannedField(Part):
    """One field, before and after."""

    name: str
    before: Any = Field(description="null: absent; where not known, a digest or null")
    after: Any = Field(description="null: absent")
    known: bool = Field(description="whether `before` is the content")

    def plain(self) -> model.FieldChange:
        return model.FieldChange(self.name, self.before, self.after, self.known)


class PlannedValue(Part):
    """That a value is written, never what it is."""

    write: model.Write
    fingerprint: str | None = Field(
        description="public fingerprint of the new value; null: generated"
    )
    plaintext: str | None = Field(description="only where git shows it too")
    ciphertext: str | None = Field(
        description="digest of the ciphertext, where nothing more is known"
    )
    keys: tuple[PlannedField, ...] | None = Field(
        description="names of the keys that differ, never their content; in no digest"
    )

    def plain(self) -> model.ValueChange:
        keys = None if self.keys is None else tuple(key.plain() for key in self.keys)
        return model.ValueChange(
            self.write, self.fingerprint, self.plaintext, self.ciphertext, keys
        )


class PlannedWhy(Part):
    """Why a change is made, where its action does not say it, or why it is refused."""

    reason: Reason
    who: str | None = Field(description="who owns or wrote it, or what else is in the way")
    names: tuple[str, ...] = Field(description="the fields or keys that it is about")
    on: date | None = Field(description="the day on which somebody wrote it; in no digest")

    def plain(self) -> Why:
        return Why(self.reason, self.who, self.names, self.on)


class PlannedLoss(Part):
    """Something that the change takes away, or whom it concerns."""

    loss: Loss
    name: str | None = Field(description="which part of the resource")
    days: Count | None = Field(description="for so long it can be undone")

    def plain(self) -> Lost:
        return Lost(self.loss, self.name, self.days)


class PlannedOpening(Part):
    """Somebody who gets access by the change, or a place where a copy of the value is."""

    opening: Opening
    name: str | None = Field(description="whom, which, or where")
    account: str | None = Field(description="whose, where it is another account's")

    def plain(self) -> Opened:
        return Opened(self.opening, self.name, self.account)


class PlannedDeclared(Part):
    """Something that manifests open beside all changes; in no digest."""

    subject: str = Field(description="the file, rule, resource or environment that says it")
    opened: PlannedOpening

    def plain(self) -> Declared:
        return Declared(self.subject, self.opened.plain())


class PlannedPlace(Part):
    """Where in a manifest; line 0: nowhere in particular."""

    path: str
    line: Count
    column: Count

    def plain(self) -> model.Place:
        return model.Place(self.path, self.line, self.column)


class PlannedChange(Part):
    """One thing that apply does, or refuses to do."""

    key: PlannedKey
    action: model.Action
    digest: Digest = Field(
        description="over everything that acts, why, what is lost, who gets access"
    )
    fields: tuple[PlannedField, ...]
    value: PlannedValue | None
    settings: dict[str, Any]
    precondition: dict[str, Any] = Field(description="what of live the change was planned against")
    why: PlannedWhy | None
    losses: tuple[PlannedLoss, ...]
    access: tuple[PlannedOpening, ...]
    place: PlannedPlace | None = Field(description="in no digest")

    def plain(self) -> model.Change:
        return model.Change(
            self.key.plain(),
            self.action,
            tuple(field.plain() for field in self.fields),
            None if self.value is None else self.value.plain(),
            self.settings,
            self.precondition,
            None if self.why is None else self.why.plain(),
            tuple(lost.plain() for lost in self.losses),
            None if self.place is None else self.place.plain(),
            tuple(opened.plain() for opened in self.access),
        )


class PlannedNote(Part):
    """Something to know of a resource that is not changed, or beside its change; in no digest."""

    key: PlannedKey
    code: Notable
    on: date | None = Field(description="the day on which it happened")
    names: tuple[str, ...] = Field(description="the keys that it is about")

    def plain(self) -> model.Note:
        return model.Note(self.key.plain(), self.code, self.on, self.names)


class PlannedPolicy(Part):
    """What the environment allows a run to do."""

    prune: bool
    recovery_window: Count = Field(description="days")
    max_prunes: Count
    max_change_ratio: float = Field(ge=0, allow_inf_nan=False)

    def plain(self) -> model.Policy:
        return model.Policy(**dict(self))


class PlanFile(Part):
    """The plan of one environment."""

    format_version: Version
    digest: Digest = Field(description="over the sorted set of the changes' digests")
    environment: str
    account: str
    region: str
    prefix: str
    owner: str
    policy: PlannedPolicy
    revision: str | None = Field(
        description="commit; null outside git, or where something is uncommitted; in no digest"
    )
    uncommitted: tuple[str, ...] = Field(
        description="files of the environment that the commit does not hold so; in no digest"
    )
    owned: Count = Field(description="live resources that are the environment's")
    summary: dict[model.Action, Count] = Field(description="changes of each action")
    changes: tuple[PlannedChange, ...]
    notes: tuple[PlannedNote, ...]
    admitted: Digest | None = Field(
        description="digest of who gets at values by what the manifests say: recipients, `include`,"
        " `ignore`; in the plan's digest"
    )
    opened: tuple[PlannedDeclared, ...] = Field(
        description="what the manifests open since the commit `base`; in no digest, but for"
        " `admitted`"
    )
    base: str | None = Field(description="commit; null where nothing was compared with")
    checksum: Digest = Field(description="over everything else in this object")

    def plain(self) -> model.Plan:
        """The plan that it is the file of."""
        return model.Plan(
            model.Scope(self.environment, self.account, self.region, self.prefix, self.owner),
            self.policy.plain(),
            tuple(change.plain() for change in self.changes),
            tuple(note.plain() for note in self.notes),
            self.owned,
            self.revision,
            self.uncommitted,
            admitted=self.admitted,
            opened=tuple(declared.plain() for declared in self.opened),
            base=self.base,
        )


class PlanFiles(Part):
    """The plans of several environments."""

    format_version: Version
    plans: tuple[PlanFile, ...]
