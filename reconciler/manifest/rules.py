"""The creation rules of ``.sops.yaml``: for whom each file may be encrypted, and how.

Rules are matched as sops does: the path relative to the file of rules, the first rule that matches.
RE2's expressions are Go's, which sops is written in, and take time in proportion to the path: a
branch brings its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import re2

from reconciler.core.errors import Problem
from reconciler.manifest.document import Data, Document, parse
from reconciler.manifest.files import RULES_FILE, load
from reconciler.manifest.recipients import Group, flaw, from_rule

ENCRYPTED_REGEX = "^(value|fingerprint_keys)$"

_KEYS = frozenset(
    {"age", "pgp", "kms", "aws_profile", "gcp_kms", "hckms", "azure_keyvault"}
    | {"hc_vault_transit_uri", "key_groups", "shamir_threshold"}
)
_OPTIONS = frozenset({"path_regex", "encrypted_regex", "mac_only_encrypted"})

_QUIET = re2.Options()
_QUIET.log_errors = False


class Pattern(Protocol):
    """A compiled expression of RE2."""

    def search(self, text: bytes) -> object | None:
        """The first match, None without."""


@dataclass(frozen=True)
class Rule:
    """One creation rule: where it applies and the groups of recipients that it names."""

    index: int
    pattern: Pattern | None  # None: every path
    groups: tuple[Group, ...]
    threshold: int


@dataclass(frozen=True)
class Rules:
    """All rules of one ``.sops.yaml``, and what is wrong with it."""

    document: Document
    rules: tuple[Rule, ...]
    problems: tuple[Problem, ...]

    def match(self, relative: str) -> Rule | None:
        """The rule for a file, by its path relative to the file of rules."""
        path = relative.encode(errors="surrogateescape")
        for rule in self.rules:
            if rule.pattern is None or rule.pattern.search(path):
                return rule
        return None


def of(data: Data, raw: bytes) -> Rules:
    """The rules in a text that was read already, with what is wrong with it."""
    document = Document(Path(RULES_FILE), RULES_FILE, raw, data)
    problems: list[Problem] = []
    rules: list[Rule] = []
    _read_rules(document, rules, problems)
    return Rules(document, tuple(rules), tuple(problems))


def parsed(raw: bytes) -> Rules:
    """The rules in a text of ``.sops.yaml``."""
    return of(parse(Path(RULES_FILE), RULES_FILE, raw, anchors=True).data, raw)


def read(root: Path) -> Rules:
    """The rules of a manifests' folder."""
    file = root / RULES_FILE
    document = load(root, file, anchors=True)
    if not file.exists():
        problem = document.error(
            (),
            "no-rules",
            "there is no .sops.yaml with creation rules here",
            "it says for whom each environment's files are encrypted",
        )
        return Rules(document, (), (problem,))
    problems = list(document.problems)
    rules: list[Rule] = []
    if not problems:
        _read_rules(document, rules, problems)
    return Rules(document, tuple(rules), tuple(problems))


def _read_rules(document: Document, rules: list[Rule], problems: list[Problem]) -> None:
    def wrong(path: Sequence[str | int], message: str, hint: str | None = None) -> None:
        problems.append(document.error(path, "sops-rules", message, hint))

    data = document.data
    entries = data.get("creation_rules") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(entries, list) or not entries:
        wrong((), "there is no list of `creation_rules`")
        return
    for index, entry in enumerate(entries):
        path = ("creation_rules", index)
        if not isinstance(entry, dict):
            wrong(path, "a creation rule is a mapping")
            continue
        for name in sorted(entry.keys() - _KEYS - _OPTIONS):
            wrong((*path, name), f"`{name}` is not allowed in a creation rule here")
        if entry.get("encrypted_regex") != ENCRYPTED_REGEX:
            wrong(
                (*path, "encrypted_regex"),
                "a creation rule has to encrypt values and nothing else",
                f"write `encrypted_regex: {ENCRYPTED_REGEX}`",
            )
        if entry.get("mac_only_encrypted") is not True:
            wrong(
                (*path, "mac_only_encrypted"),
                "a creation rule has to leave cleartext editable without a key",
                "write `mac_only_encrypted: true`",
            )
        rule = _rule(index, entry, path, wrong)
        if rule is not None:
            rules.append(rule)


def _rule(
    index: int, entry: Mapping[str, Any], path: tuple[str | int, ...], wrong: Any
) -> Rule | None:
    regex = entry.get("path_regex")
    pattern = None
    if regex is not None:
        pattern = _compile(regex)
        if pattern is None:
            wrong((*path, "path_regex"), "this `path_regex` is not understood", "keep it simple")
            return None
    groups = from_rule(entry)
    if groups is None:
        wrong(path, "the rule's keys are not understood", "see sops's documentation of .sops.yaml")
        return None
    if not any(groups):
        wrong(path, "the rule names no key to encrypt to")
        return None
    flaws = {found for group in groups for key in group if (found := flaw(key)) is not None}
    if flaws:
        for message in sorted(flaws):
            wrong(path, message, "* and ? are not allowed: name one, in full")
        return None
    threshold = entry.get("shamir_threshold", 0)
    if not isinstance(threshold, int):
        wrong((*path, "shamir_threshold"), "this is not a whole number")
        return None
    if threshold == 0 and len(groups) > 1:
        threshold = len(groups)  # sops's own default
    return Rule(index, pattern, groups, threshold)


def _compile(regex: object) -> Pattern | None:
    if not isinstance(regex, str):
        return None
    try:
        compiled: Pattern = re2.compile(regex, _QUIET)
    except (re2.error, UnicodeEncodeError):
        return None
    return compiled
