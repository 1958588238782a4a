"""Reading an environment in clear: no key, no sops, no credentials.

Everything that is wrong in any of its files is told at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from pathlib import Path

from pydantic import ValidationError

from reconciler import kinds
from reconciler.core.errors import ManifestError, Problem, UsageError
from reconciler.core.model import Scope
from reconciler.kinds import schedule as schedules
from reconciler.kinds import shipped, tags
from reconciler.kinds.field import NONE
from reconciler.kinds.kind import Settings
from reconciler.manifest import (
    encrypted,
    entries,
    explain,
    files,
    members,
    metadata,
    readers,
)
from reconciler.manifest.cleartext import Cleartext
from reconciler.manifest.document import Document
from reconciler.manifest.environment import (
    EnvironmentFile,
    alike,
    canonical,
    cleartext,
    environments,
    not_compared,
    overlap,
)
from reconciler.manifest.rules import Rules
from reconciler.manifest.surroundings import Surroundings


def read(
    directory: Path | Surroundings, environment: str, *, may_be_empty: bool = False
) -> Cleartext:
    """An environment as far as its cleartext tells, every check done that needs no key.

    ``directory`` is the folder of the manifests, with what is known of it where several
    environments are read. ``may_be_empty`` is for a command that gives an environment its first
    declarations. Raises UsageError where there is no such environment, ManifestError with all
    problems.
    """
    around = Surroundings(directory) if isinstance(directory, Path) else directory
    _must_exist(around.root, environment, around.environments)
    reading = _Reading(around, environment, may_be_empty=may_be_empty)
    reading.run()
    errors = _errors(reading.problems)
    if errors or reading.settings is None:
        raise ManifestError(in_order(errors))
    warnings = in_order(p for p in reading.problems if p.warning)
    return Cleartext(
        reading.settings,
        reading.document,
        reading.fingerprint_keys,
        tuple(reading.entries),
        around.trust,
        around.rules,
        tuple(warnings),
    )


def _errors(problems: Iterable[Problem]) -> list[Problem]:
    return [problem for problem in problems if not problem.warning]


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems by their place, each once."""
    return sorted(
        dict.fromkeys(problems), key=lambda p: (p.place.path, p.place.line, p.place.column, p.code)
    )


def must_exist(root: Path, environment: str) -> None:
    """Raises UsageError where there is no such environment."""
    _must_exist(root, environment, environments(root))


def _must_exist(root: Path, environment: str, known: Collection[str]) -> None:
    if not root.is_dir():
        raise UsageError(
            f"there is no folder {files.shown(root)}",
            code="no-manifests",
            hint="name the folder of the manifests with --manifests",
        )
    if environment not in known:
        raise UsageError(
            f"there is no environment {environment} in {files.shown(root)}",
            code="unknown-environment",
            hint=explain.meant(environment, sorted(known))
            if known
            else f"an environment is a folder with a file {files.ENVIRONMENT_FILE}",
        )


class _Reading:
    """One pass over an environment's files, collecting what is wrong."""

    def __init__(self, around: Surroundings, environment: str, *, may_be_empty: bool) -> None:
        self.problems: list[Problem] = []
        self.settings: Settings | None = None
        self.entries: list[entries.Entry] = []
        self.fingerprint_keys = 0
        self._read_in_clear: frozenset[Path] = frozenset()
        self._around = around
        self._root = around.root
        self._folder = around.root / environment
        self._environment = environment
        self._may_be_empty = may_be_empty
        self._empty = False  # on purpose
        self.document = around.own(environment)

    def run(self) -> None:
        """Read and check everything."""
        rules = self._around.rules
        self.problems += rules.problems
        self.problems += self._around.other_rules
        self._encrypted(self.document, rules, sections=())
        self._settings()
        merged, problems = entries.merge(chain(self._included(), self._manifests(rules)))
        self.problems += problems
        # A file that cannot be read may hold whatever seems to be missing.
        unread = any(problem.code in ("yaml", "not-utf-8") for problem in self.problems)
        for entry in merged:
            found = entries.validate(entry, self.settings)
            self.problems += (p for p in found if not (unread and p.code == "no-value"))
        if self.settings is not None:
            self.problems += entries.collisions(merged, self.settings)
            if not unread:
                self.problems += readers.check(self.document, merged, self.settings)
            self._how_many(len(merged))
        self.entries = merged

    def _how_many(self, declared: int) -> None:
        """An environment that declares nothing would prune all that it owns: it has to say so."""
        if declared and self._empty:
            self.problems.append(
                self.document.error(
                    ("empty",),
                    "not-empty",
                    f"{self._environment} is to be empty, and declares {declared}",
                    "take `empty: true` out, or the declarations",
                )
            )
        elif not (declared or self._empty or self._may_be_empty or _errors(self.problems)):
            self.problems.append(
                self.document.error(
                    (),
                    "empty-environment",
                    f"{self._environment} declares nothing",
                    "write a file that ends in .sops.yaml into its folder; or, to empty it on"
                    f" purpose, `empty: true` into {files.ENVIRONMENT_FILE}: with `prune: true` and"
                    " `guards` that allow it, the plan then deletes what the environment owns",
                )
            )

    def _encrypted(self, document: Document, rules: Rules, sections: Iterable[str]) -> None:
        self.problems += document.problems
        if document.data is not None:
            relative = document.file.relative_to(self._root).as_posix()
            self.problems += metadata.check(document, rules, relative)
            document.recipients = metadata.recipients(document)
            document.any_of = metadata.any_of(document)
            document.key_types = metadata.key_types(document)
            document.mac = metadata.mac(document)
            self.problems += encrypted.check(document, frozenset(sections))

    def _manifests(self, rules: Rules) -> Iterator[Document]:
        listing = files.environment_files(self._folder)
        self.problems += listing.problems
        for other in listing.others:
            if other not in self._read_in_clear:
                document = files.load(self._root, other)
                self.problems.append(
                    document.error(
                        (),
                        "not-read",
                        "nothing reads this file",
                        "let its name end in .sops.yaml, or name it in `include`",
                    )
                )
                self.problems += encrypted.in_clear(document)
        for file in listing.files:
            document = files.load(self._root, file)
            self._encrypted(document, rules, kinds.sections())
            yield from self._released(document)

    @staticmethod
    def _released(document: Document) -> Iterator[Document]:
        """The document, whose data is given up once it was read: from then on only its text is
        needed, for sops and for places."""
        yield document
        document.data = None

    def _included(self) -> Iterator[Document]:
        found: set[Path] = set()
        for index, pattern in members.includes(self.document.data):
            try:
                named = files.included(self._root, members.wanted(self._environment, pattern))
                wrong = None if named else "it matches no file"
            except members.WrongPattern as error:
                named, wrong = [], str(error)
            if wrong is not None:
                self.problems.append(
                    self.document.error(("include", index), "include", f"{pattern}: {wrong}")
                )
            for file in named:
                if file not in found:
                    found.add(file)
                    yield from self._released(self._include(file))
        self._read_in_clear = frozenset(found)

    def _include(self, file: Path) -> Document:
        document = files.load(self._root, file)
        document.included = True
        self.problems += document.problems
        data = document.data
        if isinstance(data, dict) and (
            metadata.BLOCK in data or file.name.endswith(files.ENCRYPTED)
        ):
            self.problems.append(
                document.error(
                    (metadata.BLOCK,),
                    "include",
                    "an included file is not encrypted: it is read in clear",
                    "put encrypted files into each environment's folder",
                )
            )
        self.problems += encrypted.check(document, kinds.sections(), included=True)
        return document

    def _settings(self) -> None:
        """The environment's own file as a model; its problems where it is none."""
        document = self.document
        data = document.data
        if data is None:
            return
        if not isinstance(data, dict):
            self.problems.append(document.error((), "wrong-type", "an environment is a mapping"))
            return
        keys = data.get(encrypted.FINGERPRINT_KEYS)
        self.fingerprint_keys = len(keys) if isinstance(keys, list) else 0
        if encrypted.FINGERPRINT_KEYS not in data:
            self.problems.append(
                document.error(
                    (),
                    "missing-field",
                    "the field `fingerprint_keys` is missing",
                    "add a list of one key, made with openssl rand -hex 32, and encrypt the file",
                )
            )
        fields = cleartext(data)
        try:
            declared = EnvironmentFile.model_validate(fields)
        except ValidationError as error:
            refused = explain.flaws(error, EnvironmentFile, fields)
        else:
            refused = []
            self._empty = declared.empty
            self._declared(declared)
        self.problems += [document.error(f.field, f.code, f.message, f.hint) for f in refused]

    def _declared(self, declared: EnvironmentFile) -> None:
        document = self.document
        if declared.environment != self._environment:
            self.problems.append(
                document.error(
                    ("environment",),
                    "environment-name",
                    f"the environment calls itself {declared.environment}, and its folder"
                    f" {self._environment}",
                    "the two have to be the same",
                )
            )
            return
        found = [(("tags", *flaw.field[1:]), flaw) for flaw in tags.flaws(declared.tags)]
        for name, schedule in declared.schedules.items():
            flaws = schedules.check(schedule, named=True)
            found += [(("schedules", name, *flaw.field), flaw) for flaw in flaws]
            if name == NONE:
                self.problems.append(
                    document.error(
                        ("schedules", name),
                        "schedule-name",
                        "`none` cannot name a schedule: `rotation: none` removes one",
                    )
                )
        given = {name: schedule.given("lambda") for name, schedule in declared.schedules.items()}
        named = shipped.check_names(declared.environment, given)
        found += [(flaw.field, flaw) for flaw in named]
        for path, flaw in found:
            self.problems.append(document.error(path, flaw.code, flaw.message, flaw.hint))
        self.settings = declared.settings()
        self._beside(document, self.settings.scope)

    def _beside(self, document: Document, scope: Scope) -> None:
        """What is wrong with it because of the other environments."""
        name, others = scope.environment, self._around.others
        self.problems += alike(document, name, others.alike.get(canonical(name), ()))
        for other in others.unread:
            if other != name:
                self.problems.append(not_compared(self._around.own(other), name, other))
        for other in sorted(set(others.overlapping(scope.account, scope.region, scope.under))):
            if other != name:
                self.problems.append(overlap(document, other, self._around.own(other)))
