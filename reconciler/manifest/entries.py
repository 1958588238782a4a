"""Declarations put together: what is said of one resource in several files becomes one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from reconciler import kinds
from reconciler.aws.recogniser import Recogniser
from reconciler.core.digest import canonical
from reconciler.core.errors import Problem
from reconciler.core.model import JSON, Key, Place
from reconciler.kinds.kind import Content, Declared, Flaw, Locked, Parsed, Section, Settings
from reconciler.manifest import explain
from reconciler.manifest.document import Document
from reconciler.manifest.encrypted import RESERVED, VALUE, Shape, shape
from reconciler.manifest.metadata import BLOCK
from reconciler.manifest.patterns import covering

PLAINTEXT = "plaintext"


@dataclass(slots=True)
class Entry:
    """One declaration: its cleartext, and the form of its value where it has one."""

    kind: Section
    section: str
    key: str  # as the manifest calls it: relative to the prefix
    fields: dict[str, Any] = field(default_factory=dict)
    documents: list[Document] = field(default_factory=list)
    shape: Shape | None = None
    holder: Document | None = None  # the document with the value
    encrypted: str | None = None  # digest of the value as it stands in git
    shown: Document | None = None  # the document with the value in clear
    declared: Declared | None = None

    @property
    def path(self) -> tuple[str, str]:
        """Where it stands in each of its documents."""
        return (self.section, self.key)

    @property
    def source(self) -> Document | None:
        """The document in which the value stands, in clear or not; None where git has none."""
        return self.holder or self.shown

    def full_name(self, settings: Settings) -> str:
        """The name in AWS."""
        name = self.fields.get("name")
        return name if isinstance(name, str) else settings.scope.under + self.key

    def resource_key(self, settings: Settings) -> Key:
        """What it is called in plans."""
        return Key(self.kind.NAME, self.full_name(settings))

    def ciphertexts(self, settings: Settings) -> Mapping[Key, str]:
        """The digest of the value as it stands in git, and of all else that is part of its
        fingerprint; of the keys that git owns of it, too. Empty where git declares no value."""
        whole = self._ciphertext(settings)
        if whole is None:
            return {}
        key = self.resource_key(settings)
        parts = self.kind.parts(key.name, self.declared)
        digests = {part: _digest({**which, "of": whole}) for part, which in parts.items()}
        return {key: whole, **digests}

    def locked(self, known: Mapping[Key, Locked], settings: Settings) -> Locked | None:
        """What a lock knows of the value, and of its parts."""
        key = self.resource_key(settings)
        whole = known.get(key)
        parts = {
            part: known[part] for part in self.kind.parts(key.name, self.declared) if part in known
        }
        return whole if whole is None or not parts else replace(whole, parts=parts)

    def _ciphertext(self, settings: Settings) -> str | None:
        value = self.encrypted
        if value is None and PLAINTEXT in self.fields:
            value = _digest(self.fields[PLAINTEXT])
        if value is None:
            return None
        key, scope = self.resource_key(settings), settings.scope
        where = {"kind": key.kind, "name": key.name, "account": scope.account}
        form = self.kind.form(self.declared)
        return _digest({**where, "region": scope.region, **form, "value": value})

    def place(self, *inner: str | int) -> Place:
        """The place of a field: in the document that has it, else of the entry itself."""
        path = (*self.path, *inner)
        for document in self.documents:
            found = document.find(path)
            if found is not None:
                return found
        return self.documents[0].place(path)

    def problem(self, flaw: Flaw) -> Problem:
        """A flaw of the declaration with its place."""
        return Problem(self.place(*flaw.field), flaw.code, flaw.message, flaw.hint)

    def parse(
        self, content: Content | Locked | None, settings: Settings, trust: Recogniser | None
    ) -> Parsed:
        """The kind's view of this declaration."""
        name = self.full_name(settings)
        parsed = self.kind.parse(
            name,
            self.declared,
            content,
            settings,
            trust,
            self.place() if self.holder is None else self.holder.place(self.path),
        )
        who = tuple(sorted(covering(settings.readers, settings.scope.under, name)))
        if not who:
            return parsed
        resources = parsed.resources
        return replace(parsed, resources=tuple(replace(one, readers=who) for one in resources))


def _digest(content: JSON) -> str:
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def merge(documents: Iterable[Document]) -> tuple[list[Entry], list[Problem]]:
    """All declarations of an environment, in the order in which they are first met."""
    entries: dict[tuple[str, str], Entry] = {}
    problems: list[Problem] = []
    for document in documents:
        for section, key, fields in _declarations(document, problems):
            entry = entries.get((section, key))
            if entry is None:
                entry = entries[section, key] = Entry(kinds.sections()[section], section, key)
            _add(entry, document, fields, problems)
    return list(entries.values()), problems


def _declarations(
    document: Document, problems: list[Problem]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    data = document.data
    if data is None:
        return
    if not isinstance(data, dict):
        problems.append(document.error((), "wrong-type", "a manifest is a mapping"))
        return
    for section, declarations in data.items():
        if section == BLOCK:
            continue
        if section not in kinds.sections():
            hint = explain.meant(section, kinds.sections())
            problems.append(
                document.error(
                    (section,), "unknown-field", f"there is no section `{section}` here", hint
                )
            )
        elif not isinstance(declarations, dict):
            if declarations is not None:  # an empty field is told elsewhere
                problems.append(
                    document.error((section,), "wrong-type", f"`{section}` has to be a mapping")
                )
        else:
            for key, fields in declarations.items():
                if key in RESERVED:
                    continue  # told with what is encrypted
                if isinstance(fields, dict):
                    yield section, key, fields
                elif fields is not None:
                    problems.append(
                        document.error(
                            (section, key),
                            "wrong-type",
                            f"`{key}` has to be a mapping",
                            "write its fields below it, among them `value`",
                        )
                    )


def _add(entry: Entry, document: Document, fields: dict[str, Any], problems: list[Problem]) -> None:
    for name, content in fields.items():
        if name in entry.fields or (name == VALUE and entry.holder is not None):
            problems.append(
                document.error(
                    (*entry.path, name),
                    "declared-twice",
                    f"`{name}` of {entry.key} is declared twice",
                    f"it is declared at {entry.place(name)}, too",
                )
            )
        elif name == VALUE:
            entry.shape, entry.holder = shape(content), document
            entry.encrypted = _digest(content)
        else:
            entry.fields[name] = content
            if name == PLAINTEXT:
                entry.shown = document
    entry.documents.append(document)


def validate(entry: Entry, settings: Settings | None) -> list[Problem]:
    """Everything that is wrong with a declaration, as far as its cleartext tells; sets
    ``declared`` where the model accepts it. Without settings the name is not looked at."""
    try:
        entry.declared = entry.kind.Declaration.model_validate(entry.fields)
    except ValidationError as error:
        found = explain.flaws(error, entry.kind.Declaration, entry.fields, apart=(VALUE,))
        return [entry.problem(flaw) for flaw in found]
    flaws = list(
        entry.kind.check(
            entry.declared,
            has_value=entry.shape is not None,
            names=entry.shape.keys() if isinstance(entry.shape, dict) else None,
            settings=settings,
        )
    )
    if settings is None:
        return [entry.problem(flaw) for flaw in flaws]
    if not flaws and _lacks_value(entry):
        flaws.append(Flaw((), "no-value", "an included file declares it, for a value to be given"))
    named = "name" in entry.fields
    if not named and not _is_relative(entry.key):
        flaws.append(
            Flaw(
                (),
                "name",
                "a name relative to the prefix has no slash at its ends and no two in a row",
                "write it without, or give the full name as `name`",
            )
        )
    else:
        flaws += entry.parse(None, settings, None).flaws
    return [_sharpened(entry, flaw, settings, named) for flaw in dict.fromkeys(flaws)]


def _lacks_value(entry: Entry) -> bool:
    """Whether only included files declare it, without a value, and with nothing in a value's
    place: a secret with a rotation may be so, but then its environment has to say it."""
    if entry.shape is not None or not all(document.included for document in entry.documents):
        return False
    with_value = entry.kind.check(entry.declared, has_value=True)
    return not any(flaw.code == "two-values" for flaw in with_value)


def _sharpened(entry: Entry, flaw: Flaw, settings: Settings, named: bool) -> Problem:
    """A flaw with what only the merged declaration knows: whose value is missing, which field
    gave the name."""
    if flaw.code == "name" and named and not flaw.field:
        return entry.problem(Flaw(("name",), flaw.code, flaw.message, flaw.hint))
    if flaw.code == "no-value":
        environment = settings.scope.environment
        return Problem(
            entry.place(),
            flaw.code,
            f"{entry.key} has no value in {environment}: {flaw.message}",
            f"declare {entry.section}: {entry.key}: value: … in a file of {environment}"
            + (f"; {flaw.hint}" if flaw.hint else ""),
        )
    return entry.problem(flaw)


def _is_relative(key: str) -> bool:
    return bool(key) and not key.startswith("/") and not key.endswith("/") and "//" not in key


def collisions(entries: Iterable[Entry], settings: Settings) -> list[Problem]:
    """Two declarations that mean the same resource in AWS."""
    first: dict[tuple[str, str], Entry] = {}
    problems = []
    for entry in entries:
        name = entry.full_name(settings)
        other = first.setdefault((entry.section, name), entry)
        if other is not entry:
            problems.append(
                Problem(
                    entry.place("name") if "name" in entry.fields else entry.place(),
                    "name-collision",
                    f"{entry.key} and {other.key} have the same name in AWS: {name}",
                    f"the other is declared at {other.place()}",
                )
            )
    return problems
