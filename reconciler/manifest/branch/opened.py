"""What a branch opens by what manifests say, and no change in AWS shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from reconciler.core.access import Declared, Opened, Opening
from reconciler.kinds import shipped
from reconciler.manifest.admitted import ENV, ENV_PREFIX, IGNORE, INCLUDE, SCHEDULES
from reconciler.manifest.branch.difference import Difference, Group
from reconciler.manifest.branch.recipients import pattern_of, rule_of
from reconciler.manifest.branch.side import Side
from reconciler.manifest.files import ENCRYPTED, RULES_FILE
from reconciler.manifest.rules import of

_SAID = {
    INCLUDE: (Opening.INCLUDED, Opening.NOT_INCLUDED),
    IGNORE: (Opening.IGNORED, Opening.NOT_IGNORED),
}


def opened(found: Iterable[Difference], head: Side, environment: str) -> Iterator[Declared]:
    """Of all differences those that open something for an environment: recipients, other files of
    rules, what is included, which findings nobody is told any more, or is again, and with whose
    login rotation functions log in."""
    members = head.members(environment)
    matched = _rules(head, members)
    for one in found:
        if one.environment not in (None, environment):
            continue
        yield from _renamed(one, environment)
        if one.group is not Group.ACCESS:
            continue
        if one.code == "other-rules" and one.symbol != "-":
            yield Declared(one.subject, Opened(Opening.RULES))
        elif one.code == "recipient-added" and (one.path in members or one.subject in matched):
            yield Declared(one.subject, Opened(Opening.RECIPIENT, str(one.after)))
        elif one.code == "reader-added":
            yield Declared(one.subject, Opened(Opening.READER, str(one.after)))
        elif one.code == "setting-changed" and one.subject in _SAID:
            yield from _said(one.subject, environment, one.before, one.after)
        elif one.code == "setting-changed" and one.subject == SCHEDULES:
            yield from _logins(one.before, one.after)
        elif one.code == "resource-changed":
            before, after = map(_items, (one.before, one.after))
            yield from _said(IGNORE, one.subject, before.get(IGNORE), after.get(IGNORE))


def _renamed(one: Difference, environment: str) -> Iterator[Declared]:
    """Variables whose names are others: what reads them may obey them."""
    if one.code == "setting-changed" and one.subject == ENV_PREFIX:
        yield Declared(environment, Opened(Opening.PREFIX, str(one.after or "nothing")))
    elif one.code in ("resource-added", "resource-changed"):
        before, after = map(_items, (one.before, one.after))
        if ENV in before or ENV in after:
            named = after.get(ENV)
            names = named.values() if isinstance(named, dict) else [named or "its key's name"]
            for name in names:
                yield Declared(one.subject, Opened(Opening.VARIABLE, str(name)))


def _logins(before: Any, after: Any) -> Iterator[Declared]:
    """Whom functions log in as, and where, if that is new."""
    was = shipped.logins(before)
    for schedule, now in sorted(shipped.logins(after).items()):
        for setting, name in sorted(now.items()):
            if was.get(schedule, {}).get(setting) != name:
                opening = Opening.LOGIN_AT if setting in shipped.LEADS else Opening.LOGIN
                yield Declared(f"schedule {schedule}", Opened(opening, name))


def subjects(found: Iterable[Difference], environment: str) -> frozenset[str]:
    """The subjects of an environment that a branch changes so that somebody may get at values."""
    return frozenset(
        one.subject
        for one in found
        if one.group is Group.ACCESS and one.environment in (None, environment)
    )


def _said(name: str, subject: str, before: Any, after: Any) -> Iterator[Declared]:
    more, less = _SAID[name]
    was, now = _items(before), _items(after)
    for item in sorted(now.keys() | was.keys()):
        if item not in now:
            yield Declared(subject, Opened(less, item))
        elif item not in was or was[item] != now[item]:
            yield Declared(subject, Opened(more, item))


def _items(content: Any) -> dict[str, Any]:
    """Codes with their reasons, or patterns."""
    if isinstance(content, dict):
        return content
    return dict.fromkeys(map(str, content)) if isinstance(content, list) else {}


def _rules(head: Side, members: Iterable[str]) -> frozenset[str]:
    """What `recipients` calls the rules that any file of the environment is encrypted by."""
    known = of(head.data(RULES_FILE), head.files.get(RULES_FILE, b""))
    data = known.document.data
    entries: Any = data.get("creation_rules") if isinstance(data, dict) else None
    found = set()
    for path in members:
        rule = known.match(path) if path.endswith(ENCRYPTED) else None
        if rule is not None:
            found.add(rule_of(pattern_of(entries[rule.index])))
    return frozenset(found)
