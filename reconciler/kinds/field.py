"""One field of a kind: all that is known of it, declared once, as a row of its kind's table.

A kind's ``fields.py`` holds its table. Declarations, plans, writes, drift, import, permissions and
the schema walk it, so a new field is a new row and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, TypeVar

import pydantic

from reconciler.aws.client import Aws
from reconciler.aws.recogniser import Recogniser
from reconciler.core.access import Opened
from reconciler.core.diff import same
from reconciler.core.digest import short_digest
from reconciler.core.errors import ReconcilerError
from reconciler.core.model import JSON, FieldChange, Recorded, Resource, Scope
from reconciler.core.reasons import Losing
from reconciler.core.what import What
from reconciler.kinds.kind import Declared, Flaw, Record, Settings

NONE = "none"  # in a manifest: the field is declared absent


class Unset(Enum):
    """In place of the content of a field that is not declared, and so not managed."""

    UNSET = "unset"


UNSET = Unset.UNSET


@dataclass(frozen=True, slots=True)
class Given:
    """One declaration, and what decides with it which content a field has.

    ``trust`` is None where nothing is recognised: when only names and cleartext are of interest.
    """

    declared: Any
    settings: Settings
    trust: Recogniser | None


@dataclass(frozen=True)
class Permission:
    """An IAM action that a role needs on the resource, beyond what its kind needs anyway.

    With a ``sid`` it has a statement of its own, of that name: under a ``condition``, or ``on``
    something else, by its ARN.
    """

    action: str
    sid: str | None = None
    on: str | None = None
    condition: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, order=True)
class KeyUse:
    """What is done with a KMS key of a resource: by which service, in which Region, and what that
    service calls the resource in the encryption context."""

    context: str
    key: str
    actions: tuple[str, ...]
    region: str
    service: str
    also: tuple[str, ...] = ()  # in place of a resource, in that context


@dataclass(frozen=True, slots=True)
class Use:
    """What a role does with the values of an environment in ``region``."""

    region: str
    writes: bool
    reads: bool


Deep = Callable[[Aws, Sequence[Resource], Scope], Sequence[JSON]]
Around = Callable[[Aws, Sequence[Resource], Scope], Sequence[tuple[JSON, JSON]]]
Look = Callable[[Aws, Sequence[Resource], Scope], Sequence[str | None]]
Opens = Callable[[FieldChange, Resource, Scope], Iterable[Opened]]

Seen_ = TypeVar("Seen_")  # what a kind makes of a live record before its fields are read
Write_ = TypeVar("Write_")  # how a kind writes a field
Model = TypeVar("Model", bound=Declared)


def _no_flaw(given: Any, settings: Settings | None) -> Iterable[Flaw]:
    return ()


def _no_permission(content: JSON) -> Iterable[Permission]:
    return ()


def _no_key(resource: Resource, use: Use) -> Iterable[KeyUse]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Field(Generic[Seen_, Write_]):
    """One field that is compared.

    ``name`` is what manifests and plans call it.
    ``type`` is the type of what a manifest gives, None where nobody declares the field: then it is
    a mark. ``says`` is its line in the schema.
    ``check`` finds flaws in what is given, first without the settings, then with them.
    ``content`` is what is compared; without it, it is what is given, and ``none`` declares absent.
    ``observe`` is the same of a live resource, out of a list's record.
    ``deep`` reads from AWS what no list returns, of several resources in their order; ``observe``
    then tells only the recorded digest. ``looks`` finds what is wrong with live content that is as
    declared, each in words or None. ``deep_needs`` are the IAM actions for both on each of them.
    ``beside``: it is read where nobody declares it, too. ``around`` reads, of several resources in
    their order, what ``deep`` does where it is declared, and what nobody declared beside that.
    ``write`` says how the kind writes it.
    ``alike`` is a live record as it compares with what is declared, where AWS has several names for
    the same: it may ask AWS.
    ``loses`` is what a change of it takes away, and whom it concerns.
    ``opens`` is who gets access by a change of it. Where the whole is written again it is asked of
    a field that stays as it is, too.
    ``fixed`` tells whether AWS cannot bring the live content to the declared one in place.
    ``anew`` says that it can, and that `replace: true` deletes and creates it all the same.
    ``imports`` is what a manifest says of live content, so that the next plan is empty; without it,
    it is that content. It raises UnsayableError where a manifest cannot say it.
    ``needs`` are the permissions for writing it.
    ``keys`` are the KMS keys that it names, and what using the values does with them.
    ``letter`` is what the mark in AWS calls it, and ``remembers`` what of a live resource the mark
    remembers, where that is not what is compared; UNSET where it cannot be told. ``outside`` is
    what a change of it by somebody else is called, if anything of its own.
    """

    name: str
    write: Write_
    observe: Callable[[Seen_], JSON | Recorded]
    type: Any = None
    required: bool = False
    says: str | None = None
    check: Callable[[Any, Settings | None], Iterable[Flaw]] = _no_flaw
    content: Callable[[Given], JSON | Unset] | None = None
    deep: Deep | None = None
    deep_needs: tuple[str, ...] = ()
    looks: Look | None = None
    beside: bool = False
    around: Around | None = None
    alike: Callable[[Aws, Record, Resource, Scope], Record] | None = None
    loses: Losing | None = None
    opens: Opens | None = None
    fixed: Callable[[JSON, JSON], bool] | None = None
    anew: bool = False
    imports: Callable[[Any, Seen_, Settings], JSON | Unset] | None = None
    needs: Callable[[JSON], Iterable[Permission]] = _no_permission
    keys: Callable[[Resource, Use], Iterable[KeyUse]] = _no_key
    letter: str | None = None
    remembers: Callable[[Seen_], JSON | Unset] | None = None
    outside: What | None = None

    def compared(self, given: Given) -> JSON | Unset:
        """The content that a declaration asks for."""
        if self.content is not None:
            return self.content(given)
        if self.name not in given.declared.model_fields_set:
            return UNSET
        content = given.declared.given(self.name)
        if content is None:
            return UNSET
        return None if content == NONE else content

    def said(self, seen: Seen_, settings: Settings) -> JSON | Unset:
        """What a manifest says of the live content. Raises UnsayableError."""
        content = self.observe(seen)
        if self.imports is not None:
            return self.imports(content, seen, settings)
        if content == NONE:
            raise UnsayableError(f"its {self.name}, `{NONE}`, means something else in a manifest")
        return UNSET if isinstance(content, Recorded) or not content else content


Table = Sequence[Field[Seen_, Write_]]


class UnwrittenFieldError(ReconcilerError):
    """A change names a field that its kind's table does not have; nothing was written."""

    code = "internal"


class UnsayableError(ValueError):
    """Live content that no manifest can declare; the message is a note for people."""


def declared_in(table: Table[Any, Any]) -> Callable[[type[Model]], type[Model]]:
    """Give a model, which declares what is not compared, the fields of its kind's table too."""

    def complete(model: type[Model]) -> type[Model]:
        return pydantic.create_model(
            model.__name__,
            __base__=model,
            __doc__=model.__doc__,
            __module__=model.__module__,
            **{row.name: _as_pydantic(row) for row in table if row.type is not None},
        )

    return complete


def _as_pydantic(row: Field[Any, Any]) -> Any:
    if row.required:
        return row.type, pydantic.Field(description=row.says)
    return row.type | None, pydantic.Field(default=None, description=row.says)


def flaws(table: Table[Any, Any], declared: Declared, settings: Settings | None) -> Iterator[Flaw]:
    """What is wrong with the fields that a declaration gives."""
    # Few rows of a table are given, and asking the model for each was a twentieth of a plan.
    named = declared.model_fields_set
    for row in table:
        if row.name in named and (given := declared.given(row.name)) is not None:
            yield from row.check(given, settings)


def compared(table: Table[Any, Any], given: Given) -> dict[str, JSON]:
    """Those fields of a declaration that are compared, by name."""
    found = ((row.name, row.compared(given)) for row in table)
    return {name: content for name, content in found if not isinstance(content, Unset)}


def observed(table: Table[Seen_, Any], seen: Seen_) -> dict[str, JSON | Recorded]:
    """All fields of what is live, in the form in which they compare."""
    return {row.name: row.observe(seen) for row in table}


Memory = Mapping[str, str]  # what a mark remembers: short digests by the letters of fields


def remembered(table: Table[Any, Any], fields: Mapping[str, JSON]) -> dict[str, str]:
    """What a mark has to remember of the declared ``fields`` once they are written."""
    return {
        row.letter: short_digest(fields[row.name])
        for row in table
        if row.letter is not None and row.name in fields
    }


def by_name(table: Table[Any, Any], memory: Memory) -> dict[str, str]:
    """What the mark remembers, by the names of fields."""
    return {row.name: memory[row.letter] for row in table if row.letter and row.letter in memory}


def named_outside(table: Table[Any, Any]) -> dict[str, What]:
    """What a change of each field by somebody else is called, where it has a name of its own."""
    return {row.name: row.outside for row in table if row.outside is not None}


def as_written(table: Table[Seen_, Any], seen: Seen_, memory: Memory) -> dict[str, bool]:
    """Of each field that the mark remembers, whether it is live as it was last written."""
    found: dict[str, bool] = {}
    for row in table:
        if row.letter is None or row.letter not in memory:
            continue
        content = (row.remembers or row.observe)(seen)
        if not isinstance(content, Unset | Recorded):
            found[row.name] = short_digest(content) == memory[row.letter]
    return found


def unremembered(
    table: Table[Any, Any],
    resource: Resource,
    live: Mapping[str, Any],
    memory: Memory,
    *,
    whole: bool,
) -> tuple[str, ...]:
    """The fields that are live as declared, and of which the mark remembers something else, or
    nothing. Unless it is ``whole``, a mark that remembers nothing of this table is of version 0.1,
    and nothing is missed."""
    if not whole and not any(row.letter in memory for row in table):
        return ()
    wanted = remembered(table, resource.fields)
    return tuple(
        row.name
        for row in table
        if row.letter in wanted
        and wanted[row.letter] != memory.get(row.letter)
        and same(resource.fields[row.name], live[row.name])
    )


def one_by_one(read: Callable[[Aws, Resource], JSON]) -> Deep:
    """A field's ``deep`` where AWS tells it of one resource a call."""
    return lambda aws, resources, _: aws.each(lambda resource: read(aws, resource), resources)


def deep(
    table: Table[Any, Any], aws: Aws, resources: Sequence[Resource], scope: Scope
) -> list[dict[str, JSON]]:
    """Of each resource the live content of the declared fields that no list returns.

    Raises AwsError.
    """
    found: list[dict[str, JSON]] = [{} for _ in resources]
    for row in table:
        if row.deep is None:
            continue
        asked = [n for n, resource in enumerate(resources) if row.name in resource.fields]
        contents = row.deep(aws, [resources[n] for n in asked], scope) if asked else ()
        for number, content in zip(asked, contents, strict=True):
            found[number][row.name] = content
    return found


def around(
    table: Table[Any, Any], aws: Aws, resources: Sequence[Resource], scope: Scope
) -> list[tuple[dict[str, JSON], dict[str, JSON]]]:
    """Of each resource the live content of the declared fields that no list returns, and what
    nobody declared beside them. Raises AwsError."""
    apart = [row for row in table if row.around is None]
    found: list[tuple[dict[str, JSON], dict[str, JSON]]]
    found = [(own, {}) for own in deep(apart, aws, resources, scope)]
    for row in table:
        if row.around is None or not resources:
            continue
        contents = row.around(aws, resources, scope)
        for resource, (own, others), (mine, other) in zip(resources, found, contents, strict=True):
            if row.name in resource.fields:
                own[row.name] = mine
            if other:
                others[row.name] = other
    return found


def looked(
    table: Table[Any, Any], aws: Aws, resources: Sequence[Resource], scope: Scope
) -> list[list[str]]:
    """Of each resource what a closer look finds wrong. Raises AwsError."""
    found: list[list[str]] = [[] for _ in resources]
    for row in table:
        asked = [n for n, resource in enumerate(resources) if row.name in resource.fields]
        if row.looks is None or not asked:
            continue
        for number, text in zip(
            asked, row.looks(aws, [resources[n] for n in asked], scope), strict=True
        ):
            found[number] += [] if text is None else [text]
    return found


def alike(
    table: Table[Any, Any], aws: Aws, record: Record, resource: Resource, scope: Scope
) -> Record:
    """A live record as it compares with what is declared. Raises AwsError."""
    for row in table:
        if row.alike is not None and row.name in resource.fields:
            record = row.alike(aws, record, resource, scope)
    return record


def beside(table: Table[Any, Any], resource: Resource) -> Iterator[Field[Any, Any]]:
    """The rows of what no list returns and ``resource`` does not declare."""
    for row in table:
        if row.deep is not None and row.beside and row.name not in resource.fields:
            yield row


def fixed(
    table: Table[Any, Any], resource: Resource | None, live: Mapping[str, JSON | Recorded]
) -> frozenset[str]:
    """The declared fields that differ and that AWS cannot change in place."""
    found = set()
    for row in table:
        if resource is None or row.fixed is None or row.name not in resource.fields:
            continue
        content = live[row.name]
        if not isinstance(content, Recorded) and row.fixed(content, resource.fields[row.name]):
            found.add(row.name)
    return frozenset(found)


def losing(table: Table[Any, Any]) -> dict[str, Losing]:
    """What a change of each field takes away, for :class:`~reconciler.core.reasons.Costs`."""
    return {row.name: row.loses for row in table if row.loses is not None}


def changed(
    table: Table[Any, Write_], changes: Collection[FieldChange]
) -> list[tuple[Field[Any, Write_], FieldChange]]:
    """Each changed field with its row, in the order of the table.

    Raises UnwrittenFieldError for one that has none: it would be reported as done, and planned
    again for ever.
    """
    by_name = {change.name: change for change in changes}
    found = [(row, by_name.pop(row.name)) for row in table if row.name in by_name]
    if by_name:
        raise UnwrittenFieldError(f"nothing writes the field {', '.join(sorted(by_name))}")
    return found


def imported(
    table: Table[Seen_, Any], seen: Seen_, settings: Settings
) -> tuple[dict[str, JSON], list[str]]:
    """What a manifest has to declare for the live fields to be as they are, and no more; and what
    a person should know of those that it cannot say.

    What no list returns stays unset, and so unmanaged.
    """
    found: dict[str, JSON] = {}
    notes: list[str] = []
    for row in table:
        if row.type is None or row.deep is not None:
            continue
        try:
            said = row.said(seen, settings)
        except UnsayableError as error:
            notes.append(str(error))
            continue
        if not isinstance(said, Unset):
            found[row.name] = said
    return found, notes


def permissions(table: Table[Any, Any], fields: Mapping[str, JSON]) -> Iterator[Permission]:
    """What writing the declared ``fields`` needs beyond what the kind needs anyway."""
    for row in table:
        if row.name in fields:
            yield from row.needs(fields[row.name])


def deep_actions(
    table: Table[Any, Any], fields: Mapping[str, JSON], *, undeclared: bool = False
) -> frozenset[str]:
    """The IAM actions with which :func:`deep` reads the declared ``fields``, and with
    ``undeclared`` those of :func:`beside`."""
    return frozenset(
        action
        for row in table
        if row.name in fields or (undeclared and row.beside)
        for action in row.deep_needs
    )


def key_uses(table: Table[Any, Any], resource: Resource, use: Use) -> Iterator[KeyUse]:
    """What using the value of a declared resource does with the KMS keys that its fields name."""
    for row in table:
        if resource.fields.get(row.name) is not None:
            yield from row.keys(resource, use)
