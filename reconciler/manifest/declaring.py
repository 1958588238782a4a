"""Declarations added, marked and taken out: through sops, with everything else left as it is."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.core.errors import ManifestError
from reconciler.manifest import files, rules, values
from reconciler.manifest.changes import Changes
from reconciler.manifest.cleartext import Cleartext
from reconciler.manifest.document import Document, parse
from reconciler.manifest.edit import WrongEdit
from reconciler.manifest.encrypted import VALUE
from reconciler.manifest.entries import Entry
from reconciler.values.sensitive import Sensitive
from reconciler.values.sops import Sops

MOVED, MOVED_FROM = "moved_to", "moved_from"


@dataclass(frozen=True)
class Declaring:
    """An environment that declarations are changed of: nothing is written before its changes
    are."""

    declared: Cleartext
    sops: Sops
    changes: Changes

    @staticmethod
    def of(declared: Cleartext, sops: Sops) -> Declaring:
        """Raises ManifestError where sops may not ask a file's keys."""
        refused = declared.trust.refuse(declared.documents)
        if refused:
            raise ManifestError([problem for found in refused.values() for problem in found])
        return Declaring(declared, sops, Changes(declared.document.file.parent.parent))

    def add(self, file: Path, section: str, key: str, content: Sensitive[str]) -> None:
        """Declare something in ``file``, which need not be there yet; ``content`` is its fields as
        JSON, its value among them. Raises SopsError, ManifestError."""
        document = self._documents().get(file)
        if document is None and self.changes.now(file) is None:
            names = json.dumps(section), json.dumps(key)
            text = Sensitive(f"{{{names[0]}: {{{names[1]}: {content.reveal()}}}}}")
            self.make(file, text)
            return
        self._set(file, document, (section, key), content)

    def make(self, file: Path, text: Sensitive[str]) -> None:
        """A new file: its declarations in clear, as YAML. Raises SopsError, ManifestError."""
        self.changes.put(file, None, self._encrypted(file, text))

    def give(self, entry: Entry, inner: Sequence[str | int], text: Sensitive[str]) -> None:
        """A field of an entry, or of its value, as JSON. Raises SopsError."""
        document = self.own(entry)
        self._set(document.file, document, (*entry.path, *inner), text)

    def mark(self, entry: Entry, name: str, text: Sensitive[str]) -> None:
        """A cleartext field of an entry, as JSON. Raises SopsError, WrongEdit."""
        self.give(entry, (name,), text)

    def take(self, entry: Entry, name: str) -> None:
        """Take a field of an entry out of the file of this environment that has it. Raises
        SopsError; WrongEdit where only a shared file does."""
        path = (*entry.path, name)
        found = [d for d in entry.documents if d.find(path) is not None]
        own = next((document for document in found if not document.included), None)
        if own is None:
            where = found[0].name if found else "no file"
            raise WrongEdit(
                f"`{name}` of {entry.key} is declared in {where}, which is shared",
                hint="edit that file",
                place=entry.place(name),
            )
        raw = self.changes.now(own.file) or own.raw
        made = self.sops.unset(raw, path, key_types=own.key_types)
        self.changes.put(own.file, own.raw, made)

    def remove(self, entry: Entry) -> None:
        """Take an entry out of every file that declares something of it. Raises SopsError;
        WrongEdit where other environments
        read one of them."""
        shared = next((d for d in entry.documents if d.included), None)
        if shared is not None:
            raise WrongEdit(
                f"{entry.key} is declared in {shared.name}, which other environments include",
                hint="take it out there by hand, when none of them needs it",
                place=entry.place(),
            )
        for document in entry.documents:
            raw = self.changes.now(document.file) or document.raw
            made = self.sops.unset(raw, entry.path, key_types=document.key_types)
            self.changes.put(document.file, document.raw, made)

    def move(self, entry: Entry, target: Path) -> None:
        """Declare in ``target`` what an entry's own file says of it, its value too, and no longer
        there. Raises SopsError, WrongEdit, ManifestError."""
        document = self.own(entry)
        data: Any = parse(document.file, document.name, document.raw).data
        said = data[entry.section][entry.key]
        cleartext = {name: content for name, content in said.items() if name != VALUE}
        value = self.value(entry) if VALUE in said else None
        self.add(target, entry.section, entry.key, as_json(cleartext, value))
        raw = self.changes.now(document.file) or document.raw
        made = self.sops.unset(raw, entry.path, key_types=document.key_types)
        self.changes.put(document.file, document.raw, made)

    def own(self, entry: Entry) -> Document:
        """The file of this environment that declares an entry: with its value, if it has one.
        Raises WrongEdit where only included files do."""
        own = [document for document in entry.documents if not document.included]
        found = entry.holder or (own[0] if own else None)
        if found is None:
            raise WrongEdit(
                f"{entry.key} is declared in {entry.documents[0].name} only, which is shared",
                hint="edit that file",
                place=entry.place(),
            )
        return found

    def value(self, entry: Entry) -> Sensitive[str]:
        """The value of an entry as its file has it, as JSON. Raises SopsError, WrongEdit."""
        document, shape = entry.holder, entry.shape
        if document is None or shape is None:
            raise WrongEdit(f"{entry.key} has no `value` in a manifest", place=entry.place())
        plain = self.sops.decrypt(document.raw, key_types=document.key_types)
        content, flaws = values.contents(plain, {entry.path: shape})[entry.path]
        if content is None:
            raise ManifestError([entry.problem(flaw) for flaw in flaws])
        return content.text if content.mapping else Sensitive(json.dumps(content.text.reveal()))

    def file(self, section: str, key: str) -> Path:
        """The file where the neighbours of a name are: those that share most of its path; of
        several, where most are of its section. A service's first gets a file of its own, so that
        changes of different services merge."""
        folder = _folder(key)
        scores: dict[Path, tuple[int, int, int]] = {}
        for entry in self.declared.entries:
            other = _folder(entry.key)
            shared = _shared(folder, other)
            if not shared and (folder or other):
                continue
            for document in entry.documents:
                if not document.included:
                    most, same, count = scores.get(document.file, (0, 0, 0))
                    own = int(entry.section == section)
                    scores[document.file] = (max(most, shared), same + own, count + 1)
        if scores:
            return max(sorted(scores), key=lambda file: scores[file])
        first = folder[0] if folder else key
        return self.declared.document.file.parent / f"{first}{files.ENCRYPTED}"

    def _documents(self) -> dict[Path, Document]:
        return {d.file: d for e in self.declared.entries for d in e.documents if not d.included}

    def _set(
        self, file: Path, document: Document | None, path: Sequence[str | int], text: Sensitive[str]
    ) -> None:
        before = None if document is None else document.raw
        raw = self.changes.now(file) or before
        if raw is None:
            raise WrongEdit(f"{files.shown(file)} is not there")
        types = self._types(file) if document is None else document.key_types
        self.changes.put(file, before, self.sops.set(raw, path, text, key_types=types))

    def _rule(self, file: Path) -> rules.Rule:
        found = rules.read(self.changes.root)
        rule = found.match(file.relative_to(self.changes.root).as_posix())
        if rule is None:
            raise WrongEdit(
                f"no creation rule of .sops.yaml is for {files.shown(file)}",
                hint="name a file in the environment's folder that ends in .sops.yaml",
            )
        refused = [
            self.declared.trust.problem(found.document, key)
            for group in rule.groups
            for key in self.declared.trust.foreign(group)
        ]
        if refused:
            raise ManifestError(refused)
        return rule

    def _types(self, file: Path) -> frozenset[str]:
        return frozenset(key.type for group in self._rule(file).groups for key in group)

    def _encrypted(self, file: Path, text: Sensitive[str]) -> bytes:
        types = self._types(file)
        with tempfile.TemporaryDirectory(prefix="reconciler-") as folder:
            # sops needs its rules as a file, and takes what it encrypts from standard input.
            top = Path(folder)
            config = top / files.RULES_FILE
            config.write_bytes((self.changes.root / files.RULES_FILE).read_bytes())
            path = top / file.relative_to(self.changes.root)
            return self.sops.encrypt(text, path=path, config=config, key_types=types)


def in_folder(folder: Path, name: str) -> Path:
    """A file of the environment in a folder by the name that a user gives it: from here, or from
    there. Raises WrongEdit where it would be no manifest of it."""
    for path in (Path.cwd() / name, folder / name):
        absolute = Path(*path.parts)
        inside = absolute.is_relative_to(folder) and ".." not in absolute.parts
        if inside and absolute.name.endswith(files.ENCRYPTED):
            hidden = any(p.startswith(".") for p in absolute.relative_to(folder).parts)
            if absolute.name != files.ENVIRONMENT_FILE and not hidden:
                return absolute
    raise WrongEdit(
        f"{name} is not a manifest of {folder.name}",
        hint=f"name a file in {files.shown(folder)}/ that ends in {files.ENCRYPTED}",
    )


def fields(entry: Entry, without: frozenset[str]) -> dict[str, Any]:
    """The cleartext of an entry."""
    return {name: content for name, content in entry.fields.items() if name not in without}


def as_json(cleartext: Mapping[str, Any], value: Sensitive[str] | None = None) -> Sensitive[str]:
    """An entry's fields as one JSON object, with its value (JSON already) as the last of them."""
    shown = [f"{json.dumps(n)}: {json.dumps(c, ensure_ascii=False)}" for n, c in cleartext.items()]
    if value is None:
        return Sensitive(f"{{{', '.join(shown)}}}")
    return Sensitive("{" + "".join(f"{one}, " for one in shown) + f'"{VALUE}": {value.reveal()}}}')


def _folder(key: str) -> tuple[str, ...]:
    return tuple(key.split("/")[:-1])


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count
