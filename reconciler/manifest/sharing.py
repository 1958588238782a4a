"""For whom environments are encrypted: `.sops.yaml` and all files of them, changed together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.core.errors import ManifestError, UsageError
from reconciler.manifest import files, rule_text, rules
from reconciler.manifest.changes import Changes
from reconciler.manifest.cleartext import Cleartext
from reconciler.manifest.read import must_exist, read
from reconciler.manifest.recipients import Recipient
from reconciler.manifest.surroundings import Surroundings
from reconciler.values.sops import Sops


@dataclass(frozen=True)
class Rights:
    """Who decrypts an environment, by its rule in `.sops.yaml`, which may be that of others too."""

    environment: str
    rule: rules.Rule

    @property
    def recipients(self) -> list[Recipient]:
        """All of them, sorted."""
        return sorted({key for group in self.rule.groups for key in group}, key=str)


def rights(root: Path, environments: Collection[str]) -> list[Rights]:
    """Of each environment. Raises ManifestError; UsageError where there is none of that name."""
    for name in environments:
        must_exist(root.absolute(), name)
    found = rules.read(root.absolute())
    if found.problems:
        raise ManifestError(found.problems)
    made = []
    for name in environments:
        rule = found.match(f"{name}/{files.ENVIRONMENT_FILE}")
        if rule is None:
            raise UsageError(f"no creation rule of .sops.yaml is for {name}", code="no-rule")
        made.append(Rights(name, rule))
    return made


def change(
    root: Path,
    wanted: Sequence[Rights],
    type_: str,
    identity: str,
    runner: Callable[[Cleartext], Sops],
    *,
    adds: bool,
    then: Callable[[Changes, Cleartext], None] | None = None,
) -> Changes:
    """`.sops.yaml`, and every file of these environments, with a key more or less; nothing is
    written yet. Values stay as they are. Without a key each file also has a new data key: whoever
    had that key has the old one, in git's history, and would read what is written later.
    ``runner`` is sops for an environment, ``then`` is called with each as it will be. Raises
    UsageError, ManifestError, SopsError."""
    changes = Changes(root)
    config = changes.root / files.RULES_FILE
    before = config.read_bytes()
    text = before.decode()
    for index in sorted({one.rule.index for one in wanted}):
        text = _rule(text, index, type_, identity, adds=adds)
    changes.put(config, before, text.encode())
    around = Surroundings(changes.root)
    for one in wanted:
        declared = read(around, one.environment, may_be_empty=True)
        _files(changes, declared, text.encode(), runner(declared), type_, adds=adds)
    with changes.copied() as read_one:
        for one in wanted:
            after = read_one(one.environment, may_be_empty=True)
            if then is not None:
                then(changes, after)
    return changes


def _rule(text: str, index: int, type_: str, identity: str, *, adds: bool) -> str:
    there = next(rule for rule in rules.parsed(text.encode()).rules if rule.index == index)
    if len(there.groups) != 1:
        raise UsageError(f"rule {index + 1} of .sops.yaml has key groups", hint="edit it by hand")
    own = [key.identity[0] for key in there.groups[0] if key.type == type_]
    named = sorted({*own, identity}) if adds else sorted(set(own) - {identity})
    if len(there.groups[0]) == 1 and not adds and identity in own:
        raise UsageError(f"{identity} is the only key: nobody could decrypt", code="last-key")
    if named == sorted(own):
        return text
    made = rule_text.with_recipients(text, index, type_, named)
    after = None if made is None else rules.parsed(made.encode())
    now = None if after is None else next((r for r in after.rules if r.index == index), None)
    if (
        made is None
        or now is None
        or {key.identity[0] for group in now.groups for key in group if key.type == type_}
        != set(named)
    ):
        raise UsageError(
            f"rule {index + 1} of .sops.yaml does not name its keys in one line",
            code="rule-by-hand",
            hint=f"write `{type_}: {','.join(named)}` there, and run again",
        )
    return made


def _files(
    changes: Changes, declared: Cleartext, config: bytes, sops: Sops, type_: str, *, adds: bool
) -> None:
    listing = files.environment_files(changes.root / declared.settings.scope.environment)
    every = [declared.document.file, *listing.files]
    known = {d.file: d for d in declared.documents}
    refused = declared.trust.refuse(declared.documents)
    if refused:
        raise ManifestError([problem for found in refused.values() for problem in found])
    for file in every:
        raw = file.read_bytes()
        document = known.get(file, declared.document)
        types = document.key_types | {type_}
        path = file.relative_to(changes.root)
        shared = sops.update_keys(raw, path=path, config=config, key_types=types)
        if not adds:
            shared = sops.new_data_key(shared, key_types=types)
        changes.put(file, raw, shared)
