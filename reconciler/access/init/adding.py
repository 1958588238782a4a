"""An environment more, in manifests that are there: its folder, and its rule in `.sops.yaml`."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from reconciler.access.init.files import Answers
from reconciler.core.errors import ManifestError, UsageError
from reconciler.manifest import rule_text, rules
from reconciler.manifest.changes import Changes
from reconciler.manifest.files import ENVIRONMENT_FILE, RULES_FILE, shown
from reconciler.manifest.recipients import Recipient
from reconciler.manifest.rules import Rule
from reconciler.manifest.trust import Trust
from reconciler.values.sensitive import Sensitive
from reconciler.values.sops import Sops


def rule_for(root: Path, environment: str) -> Rule | None:
    """The rule that says already for whom its files are encrypted. Raises ManifestError where
    `.sops.yaml` is not understood, or names a key that sops may not ask."""
    found = rules.read(root)
    if found.problems:
        raise ManifestError(found.problems)
    rule = found.match(f"{environment}/{ENVIRONMENT_FILE}")
    if rule is not None:
        trust = Trust(root)
        named = frozenset().union(*rule.groups)
        refused = [trust.problem(found.document, key) for key in trust.foreign(named)]
        if refused:
            raise ManifestError(refused)
    return rule


def add(
    root: Path, answers: Answers, rule: Rule | None, files: Mapping[str, Sensitive[str]], sops: Sops
) -> Changes:
    """The environment, encrypted and checked; nothing is written yet. ``files`` are in clear, by
    their names in its folder. Raises UsageError, ManifestError, SopsError."""
    changes = Changes(root)
    config = changes.root / RULES_FILE
    before = config.read_bytes()
    text = before
    if rule is None:
        text = _with_rule(before, answers, root)
        changes.put(config, before, text)
        types = {answers.key_type}
    else:
        types = {recipient.type for group in rule.groups for recipient in group}
    for name, content in encrypted(answers.environment, text, files, types, sops).items():
        changes.put(changes.root / answers.environment / name, None, content)
    with changes.staged(answers.environment, may_be_empty=True):
        return changes


def encrypted(
    environment: str,
    config: bytes,
    files: Mapping[str, Sensitive[str]],
    types: set[str],
    sops: Sops,
) -> dict[str, bytes]:
    """Files of an environment as the rules in ``config`` encrypt them. Raises SopsError."""
    with tempfile.TemporaryDirectory(prefix="reconciler-") as folder:
        # sops needs its rules as a file.
        top = Path(folder)
        (top / RULES_FILE).write_bytes(config)
        return {
            name: sops.encrypt(
                text, path=top / environment / name, config=top / RULES_FILE, key_types=types
            )
            for name, text in files.items()
        }


def named(rule: Rule) -> str:
    """The keys of a rule, as people read them."""
    return ", ".join(sorted(str(key) for group in rule.groups for key in group))


def names_only(rule: Rule, type_: str, recipient: str) -> bool:
    """Whether a rule is for this key and no other."""
    keys = {key for group in rule.groups for key in group}
    return {(key.type, key.identity[0]) for key in keys} == {(type_, recipient)}


def _with_rule(before: bytes, answers: Answers, root: Path) -> bytes:
    lines = rule_text.rule(answers.environment, answers.key_type, answers.recipient)
    try:
        made = rule_text.with_rule(before.decode(), lines)
    except UnicodeDecodeError:
        made = None
    after = None if made is None else rules.parsed(made.encode())
    there = rules.parsed(before)
    wanted = Recipient(answers.key_type, (answers.recipient,))
    if (
        made is None
        or after is None
        or after.problems
        or len(after.rules) != len(there.rules) + 1
        or [(r.groups, r.threshold) for r in after.rules[:-1]]
        != [(r.groups, r.threshold) for r in there.rules]
        or {replace(key, identity=key.identity[:1]) for key in after.rules[-1].groups[0]}
        != {wanted}
    ):
        raise UsageError(
            f"{shown(root / RULES_FILE)}: the rules are not a list in lines of its own",
            code="rule-by-hand",
            hint="add this rule by hand, and run again: " + " ".join(map(str.strip, lines)),
        )
    return made.encode()
