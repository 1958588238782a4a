"""The ``sops:`` block of a file, checked before sops acts on it.

What stands there can make sops send a token to a foreign address, assume a foreign role, or
encrypt the next edit for a foreign recipient. So it may name only what ``.sops.yaml`` names.
"""

from __future__ import annotations

import hashlib
import shlex
from typing import Any

from reconciler.core.digest import canonical
from reconciler.core.errors import Problem
from reconciler.manifest.document import Document
from reconciler.manifest.recipients import Group, Recipient, covers, flaw, from_file
from reconciler.manifest.rules import ENCRYPTED_REGEX, Rule, Rules
from reconciler.values.sops import KEY_TYPES

BLOCK = "sops"

_FIELDS = KEY_TYPES | {"key_groups", "shamir_threshold", "lastmodified", "mac", "version"}
_OPTIONS = frozenset({"encrypted_regex", "mac_only_encrypted"})
_OTHER_RULES = frozenset(
    {"unencrypted_suffix", "encrypted_suffix", "unencrypted_regex"}
    | {"unencrypted_comment_regex", "encrypted_comment_regex"}
)


def recipients(document: Document) -> Group:
    """The keys that a file is encrypted with."""
    block = _block(document)
    groups = from_file(block) if block is not None else None
    return frozenset().union(*(groups or ()))


def any_of(document: Document) -> Group | None:
    """The keys each of which alone decrypts a file; None where it takes several of them."""
    block = _block(document)
    groups = from_file(block) if block is not None else None
    return groups[0] if groups is not None and len(groups) == 1 else None


def key_types(document: Document) -> frozenset[str]:
    """The types of key that a file is encrypted with."""
    return frozenset(recipient.type for recipient in recipients(document))


def mac(document: Document) -> str:
    """The digest of a file's MAC as it stands there, encrypted."""
    block = _block(document) or {}
    return hashlib.sha256(canonical(block.get("mac")).encode()).hexdigest()


def check(document: Document, rules: Rules, relative: str) -> list[Problem]:
    """What is wrong with a file's ``sops:`` block; warnings are among it.

    ``relative`` is the file's path as the rules see it.
    """
    block = _block(document)
    if block is None:
        return [
            document.error(
                (),
                "not-encrypted",
                "the file is not encrypted: it has no `sops` block",
                f"run {command(rules, 'encrypt --in-place', document)}",
            )
        ]
    problems = [*_check_fields(document, block)]
    if rules.problems:
        return problems  # said there; nothing here can be held against rules that are not known
    rule = rules.match(relative)
    if rule is None:
        problems.append(
            document.error(
                (BLOCK,),
                "no-rule",
                "no creation rule of .sops.yaml is for this file",
                f"add one whose path_regex matches {relative}",
            )
        )
        return problems
    groups = from_file(block)
    if groups is None:
        problems.append(
            document.error(
                (BLOCK,), "sops-block", "a key of this block is malformed", _restore(document)
            )
        )
    elif not groups:
        problems.append(
            document.error((BLOCK,), "sops-block", "the block names no key", _restore(document))
        )
    else:
        problems += _check_groups(document, block, groups, rule, rules)
    return problems


def command(rules: Rules, what: str, document: Document) -> str:
    """A command of sops for a document, which takes these rules and no others."""
    config, file = shlex.quote(rules.document.name), shlex.quote(document.name)
    return f"sops --config {config} {what} {file}"


def _restore(document: Document) -> str:
    return f"restore the file from git: git restore {shlex.quote(document.name)}"


def _block(document: Document) -> dict[str, Any] | None:
    data = document.data
    block = data.get(BLOCK) if isinstance(data, dict) else None
    return block if isinstance(block, dict) else None


def _check_fields(document: Document, block: dict[str, Any]) -> list[Problem]:
    problems = []
    for name in block:
        if name in _OTHER_RULES or (name not in _FIELDS and name not in _OPTIONS):
            problems.append(
                document.error(
                    (BLOCK, name),
                    "sops-block",
                    f"`{name}` is not allowed in the `sops` block",
                    "encrypt the file again by the rule in .sops.yaml",
                )
            )
    if block.get("encrypted_regex") != ENCRYPTED_REGEX:
        problems.append(
            document.error(
                (BLOCK, "encrypted_regex"),
                "sops-block",
                "the file was not encrypted by the rule that encrypts values and nothing else",
                f"decrypt it and encrypt it again with `encrypted_regex: {ENCRYPTED_REGEX}`",
            )
        )
    if block.get("mac_only_encrypted") is not True:
        problems.append(
            document.error(
                (BLOCK, "mac_only_encrypted"),
                "sops-block",
                "the file's MAC covers cleartext, so that nobody can edit it without the key",
                "decrypt it and encrypt it again with `mac_only_encrypted: true`",
            )
        )
    mac = block.get("mac")
    if not (isinstance(mac, str) and mac.startswith("ENC[")):
        problems.append(
            document.error((BLOCK, "mac"), "sops-block", "the file has no MAC", _restore(document))
        )
    return problems


def _check_groups(
    document: Document, block: dict[str, Any], groups: tuple[Group, ...], rule: Rule, rules: Rules
) -> list[Problem]:
    problems = []
    allowed: Group = frozenset().union(*rule.groups)
    present: Group = frozenset().union(*groups)
    unnamed = [(r, found) for r in sorted(present, key=str) if (found := flaw(r)) is not None]
    if unnamed:
        hint = "* and ? are not allowed: name one, in full"
        return [
            document.error(_where(block, recipient), "sops-block", message, hint)
            for recipient, message in unnamed
        ]
    foreign = sorted((r for r in present if not covers(allowed, r)), key=str)
    for recipient in foreign:
        problems.append(
            document.error(
                _where(block, recipient),
                "foreign-recipient",
                f"the file is encrypted for a key that .sops.yaml does not name: {recipient}",
                f"run {command(rules, 'updatekeys', document)}, or add the key to .sops.yaml",
            )
        )
    if foreign:
        return problems
    if block.get("shamir_threshold", 0) != rule.threshold or not _same_groups(groups, rule.groups):
        missing = sorted(
            str(r) for r in allowed if not any(covers(frozenset({r}), p) for p in present)
        )
        stricter = len(rule.groups) > 1 or block.get("shamir_threshold", 0) != rule.threshold
        what = "its key groups differ" if stricter else f"missing: {', '.join(missing)}"
        problems.append(
            Problem(
                document.place((BLOCK,)),
                "keys-differ",
                f"the file is not encrypted for the keys that .sops.yaml names; {what}",
                f"run {command(rules, 'updatekeys', document)}",
                warning=not stricter,
            )
        )
    return problems


def _same_groups(groups: tuple[Group, ...], allowed: tuple[Group, ...]) -> bool:
    if len(groups) != len(allowed):
        return False
    return all(
        len(ours) == len(theirs) and all(covers(theirs, recipient) for recipient in ours)
        for ours, theirs in zip(groups, allowed, strict=True)
    )


def _where(block: dict[str, Any], recipient: Recipient) -> tuple[str | int, ...]:
    """The path of a recipient in the block: its own item if it stands at the top."""
    entries = block.get(recipient.type)
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        single = from_file({recipient.type: [entry]})
        if single is not None and recipient in single[0]:
            return (BLOCK, recipient.type, index)
    return (BLOCK, "key_groups")
