"""Who can decrypt: in the creation rules, and in each file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.core.model import JSON
from reconciler.manifest.branch.difference import Difference, Group
from reconciler.manifest.branch.side import Side
from reconciler.manifest.files import ENCRYPTED, RULES_FILE
from reconciler.manifest.recipients import Group as Keys
from reconciler.manifest.recipients import from_file, from_rule
from reconciler.manifest.rules import Rules, of

_EVERY_PATH = "(every path)"


def compare(base: Side, head: Side, renamed: Mapping[str, str]) -> Iterator[Difference]:
    """Recipients added and removed, in `.sops.yaml` and per file, and rules that are others."""
    yield from _rules(base, head)
    known = of(base.data(RULES_FILE), base.files.get(RULES_FILE, b""))
    others = head.other_rules()
    for path in sorted(head.files):
        if not path.endswith(ENCRYPTED) or path in others or path == RULES_FILE:
            continue
        old = renamed.get(path, path)
        if base.files.get(old) != head.files[path] or old != path:
            yield from _file(base, old, head, path, known)


def _rules(base: Side, head: Side) -> Iterator[Difference]:
    was, now = _by_pattern(base), _by_pattern(head)
    for pattern in sorted({*was, *now}):
        subject = rule_of(pattern)
        old, new = was.get(pattern), now.get(pattern)
        if old is None or new is None:
            symbol, code = ("+", "rule-added") if old is None else ("-", "rule-removed")
            yield _found(code, subject, RULES_FILE, symbol)
        yield from _differences(_of_rule(old), _of_rule(new), subject, RULES_FILE)
        if old is not None and new is not None:
            yield from _options(old, new, subject)
    if [p for p in was if p in now] != [p for p in now if p in was]:
        yield _found("rules-reordered", ".sops.yaml: the first rule that matches counts",
                     RULES_FILE, before=list(was), after=list(now))  # fmt: skip


def _by_pattern(side: Side) -> dict[str, Mapping[str, Any]]:
    """The rules in their order, by what they match; of equal patterns only the first counts."""
    data = side.data(RULES_FILE)
    entries = data.get("creation_rules") if isinstance(data, dict) else None
    found: dict[str, Mapping[str, Any]] = {}
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict):
            found.setdefault(pattern_of(entry), entry)
    return found


def pattern_of(rule: Mapping[str, Any]) -> str:
    """What a creation rule is told apart by."""
    return str(rule.get("path_regex", _EVERY_PATH))


def rule_of(pattern: str) -> str:
    """What a creation rule is called."""
    return f".sops.yaml, rule {pattern}"


def _of_rule(rule: Mapping[str, Any] | None) -> set[str]:
    groups = None if rule is None else from_rule(rule)
    return _names(groups)


def _names(groups: tuple[Keys, ...] | None) -> set[str]:
    return {str(recipient) for group in groups or () for recipient in group}


def _options(old: Mapping[str, Any], new: Mapping[str, Any], subject: str) -> Iterator[Difference]:
    """What a rule says besides its recipients: what is encrypted, how many keys it takes."""
    for name in ("encrypted_regex", "mac_only_encrypted", "shamir_threshold"):
        if old.get(name) != new.get(name):
            before, after = old.get(name), new.get(name)
            yield _found("rule-changed", f"{subject}: {name}", RULES_FILE, before=before,
                         after=after)  # fmt: skip
    was, now = from_rule(old), from_rule(new)
    if now is None and was is not None:
        yield _found("rule-unreadable", subject, RULES_FILE)
    elif (
        was is not None and now is not None and set(was) != set(now) and _names(was) == _names(now)
    ):
        yield _found("key-groups-changed", subject, RULES_FILE)


def _file(base: Side, old: str, head: Side, path: str, known: Rules) -> Iterator[Difference]:
    subject = f"file {path}"
    groups = from_file(head.block(path))
    if not groups:
        code = "not-encrypted" if not head.block(path) else "recipients-unreadable"
        if head.data(path) is not None:
            yield _found(code, subject, path)
        return
    if old in base.files:
        before = from_file(base.block(old)) or ()
        yield from _differences(_names(before), _names(groups), subject, path)
        regrouped = set(before) != set(groups) and _names(before) == _names(groups)
        threshold = [side.block(p).get("shamir_threshold", 0) for side, p in
                     ((base, old), (head, path))]  # fmt: skip
        if regrouped or threshold[0] != threshold[1]:
            yield _found("key-groups-changed", subject, path)
        return
    # A new file: whoever the rules of the base do not name for it is new.
    rule = known.match(path)
    allowed = _names(None if rule is None else rule.groups)
    yield from _differences(allowed & _names(groups), _names(groups), subject, path)


def _differences(was: set[str], now: set[str], subject: str, path: str) -> Iterator[Difference]:
    for name in sorted(now - was):
        yield _found("recipient-added", subject, path, "+", after=name)
    for name in sorted(was - now):
        yield _found("recipient-removed", subject, path, "-", before=name)


def _found(
    code: str,
    subject: str,
    path: str,
    symbol: str = "~",
    *,
    before: JSON = None,
    after: JSON = None,
) -> Difference:
    group = Group.ACCESS if code == "recipient-added" else Group.DESTRUCTIVE
    return Difference(group, code, subject, path, None, symbol, before, after)
