"""Two sides compared: first who can decrypt and what an environment may do, then resources, then
files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from reconciler import kinds
from reconciler.kinds import shipped
from reconciler.manifest.admitted import SCHEDULES
from reconciler.manifest.branch import readable, recipients, whole
from reconciler.manifest.branch.difference import Difference, Group
from reconciler.manifest.branch.side import MANIFESTS, Declaration, Side, View
from reconciler.manifest.branch.values import anew, keys
from reconciler.manifest.files import ENVIRONMENT_FILE

# What decides what a run may touch and how much of it. Everything else of an environment is told
# after that.
DESTRUCTIVE = (
    "environment",
    "owner",
    "account",
    "region",
    "prefix",
    "guards",
    SCHEDULES,
    "prune",
    "empty",
    "recovery_window",
)
# What decides who may read, or what nobody is told of.
ACCESS = ("kms_key", "include", "ignore", "readers")
_GROUPS = list(Group)


def compare(base: Side, head: Side) -> tuple[Difference, ...]:
    """Everything in which ``head`` differs from ``base``, in the order in which it is looked at."""
    renamed = renames(base, head)
    fresh = {path for path in head.files if anew(base, renamed.get(path, path), head, path)}
    found = [
        *_other_rules(base, head),
        *recipients.compare(base, head, renamed),
        *_environments(base, head, fresh),
        *_files(base, head, renamed, fresh),
    ]
    named = {finding.path for finding in found}
    found += whole.compare(base, head, renamed, fresh, named)
    return tuple(sorted(found, key=order))


def order(finding: Difference) -> tuple[int, bool, str, str, str, str]:
    """Where a finding stands among the others."""
    environment = finding.environment or ""
    place = _GROUPS.index(finding.group)
    last = finding.code != "other-rules"  # with it nothing else can be believed
    return place, last, environment, finding.code, finding.subject, finding.path


def _other_rules(base: Side, head: Side) -> Iterator[Difference]:
    was, now = base.other_rules(), head.other_rules()
    for path in sorted(was.keys() | now.keys()):
        if was.get(path) != now.get(path):
            symbol = _mark(path in was, path in now)
            yield Difference(Group.ACCESS, "other-rules", f"file {path}", path, symbol=symbol)


# --- environments -------------------------------------------------------------------------------


def _environments(base: Side, head: Side, fresh: set[str]) -> Iterator[Difference]:
    was, now = base.environments(), head.environments()
    for name in sorted(was | now):
        own = f"{name}/{ENVIRONMENT_FILE}"
        if name not in now:
            yield Difference(
                Group.DESTRUCTIVE, "environment-removed", f"environment {name}", own, name, "-"
            )
            continue
        if name not in was:
            yield Difference(
                Group.DESTRUCTIVE, "environment-added", f"environment {name}", own, name, "+"
            )
        elif not _touched(base, head, name):
            continue
        old, new = base.view(name), head.view(name)
        yield from _settings(old, new, name)
        yield from _resources(old, new, name, fresh)
        yield from readable.compare(old, new, name)


def _touched(base: Side, head: Side, environment: str) -> bool:
    was, now = base.members(environment), head.members(environment)
    return was != now or any(base.files[path] != head.files[path] for path in was)


def _settings(old: View, new: View, environment: str) -> Iterator[Difference]:
    own = f"{environment}/{ENVIRONMENT_FILE}"
    for name in sorted({*old.settings, *new.settings}):
        before, after = old.settings.get(name), new.settings.get(name)
        if before != after or (name in old.settings) != (name in new.settings):
            group = Group.DESTRUCTIVE if name in DESTRUCTIVE else Group.SETTING
            if name in ACCESS or _functions(name, before) != _functions(name, after):
                group = Group.ACCESS
            symbol = _mark(name in old.settings, name in new.settings)
            yield Difference(
                group, "setting-changed", name, own, environment, symbol, before, after
            )
    if old.fingerprint_keys != new.fingerprint_keys:
        found = keys(old.fingerprint_keys, new.fingerprint_keys)
        yield Difference(
            Group.DESTRUCTIVE,
            "fingerprint-keys-changed",
            "fingerprint_keys",
            own,
            environment,
            keys=found,
        )


def _functions(name: str, setting: Any) -> tuple[dict[str, Any], dict[str, dict[str, str]]]:
    """The functions of named schedules, each of which is handed the values that it rotates, and
    the secrets that they log in with beside these."""
    named = setting.items() if name == SCHEDULES and isinstance(setting, dict) else ()
    said = {of: one["lambda"] for of, one in named if isinstance(one, dict) and "lambda" in one}
    return said, shipped.logins(setting if name == SCHEDULES else None)


def _resources(old: View, new: View, environment: str, fresh: set[str]) -> Iterator[Difference]:
    for section, key in sorted({*old.declarations, *new.declarations}):
        was, now = old.declarations.get((section, key)), new.declarations.get((section, key))
        subject = f"{section[:-1]} {key}"
        opening = kinds.opening(section)
        if was is None and now is not None:
            yield _whole(now, subject, environment, "+")
            yield from _opened({}, now.fields, opening, subject, now.path, environment)
        elif was is not None and now is None:
            yield _whole(was, subject, environment, "-")
        elif was is not None and now is not None:
            yield from _opened(was.fields, now.fields, opening, subject, now.path, environment)
            yield from _changed(was, now, subject, environment, fresh, opening)


def _whole(declared: Declaration, subject: str, environment: str, symbol: str) -> Difference:
    fields = dict(declared.fields)
    return Difference(
        Group.RESOURCE,
        "resource-added" if symbol == "+" else "resource-removed",
        subject,
        declared.path,
        environment,
        symbol,
        None if symbol == "+" else fields,
        fields if symbol == "+" else None,
        keys(None, declared.value) if symbol == "+" else keys(declared.value, None),
    )


def _opened(
    was: Mapping[str, Any],
    now: Mapping[str, Any],
    opening: Collection[str],
    subject: str,
    path: str,
    environment: str,
) -> Iterator[Difference]:
    """Fields that say who gets at the value, or what nobody is told of it."""
    differing = [name for name in sorted(opening) if was.get(name) != now.get(name)]
    if differing:
        yield Difference(
            Group.ACCESS,
            "resource-changed",
            subject,
            path,
            environment,
            before={name: was[name] for name in differing if name in was},
            after={name: now[name] for name in differing if name in now},
        )


def _changed(
    was: Declaration,
    now: Declaration,
    subject: str,
    environment: str,
    fresh: set[str],
    opening: Collection[str],
) -> Iterator[Difference]:
    names = sorted({*was.fields, *now.fields} - {*opening})
    differing = [name for name in names if was.fields.get(name) != now.fields.get(name)]
    if differing:
        yield Difference(
            Group.RESOURCE,
            "resource-changed",
            subject,
            now.path,
            environment,
            before={name: was.fields[name] for name in differing if name in was.fields},
            after={name: now.fields[name] for name in differing if name in now.fields},
        )
    if was.value == now.value:
        return
    if now.path in fresh and was.value is not None and now.value is not None:
        found = tuple(key for key in keys(was.value, now.value) if key.symbol != "~")
        if not found:
            return  # told of the file: nobody can see which of its values are others
    else:
        found = keys(was.value, now.value)
    symbol = _mark(was.value is not None, now.value is not None)
    yield Difference(
        Group.RESOURCE, "value-changed", subject, now.path, environment, symbol, keys=found
    )


def _mark(was: bool, now: bool) -> str:
    if was and now:
        return "~"
    return "-" if was else "+"


# --- files --------------------------------------------------------------------------------------


def renames(base: Side, head: Side) -> dict[str, str]:
    """New paths of files, with the old ones: the same content, or the same MAC."""
    gone = sorted(base.files.keys() - head.files.keys())
    added = sorted(head.files.keys() - base.files.keys())
    found: dict[str, str] = {}
    signs: tuple[Callable[[Side, str], Any], ...] = (_content, _mac)
    for sign in signs:
        there = {sign(base, path): path for path in gone if path not in found.values()}
        for path in added:
            old = there.get(sign(head, path))
            if old is not None and path not in found and old not in found.values():
                found[path] = old
    return found


def _content(side: Side, path: str) -> bytes:
    return side.files[path]


def _mac(side: Side, path: str) -> str | bytes:
    mac = side.block(path).get("mac")
    return mac if isinstance(mac, str) else path.encode(errors="surrogateescape")


def _files(
    base: Side, head: Side, renamed: Mapping[str, str], fresh: set[str]
) -> Iterator[Difference]:
    others = {*base.other_rules(), *head.other_rules()}  # told before
    for path in sorted((base.odd ^ head.odd) - others):
        symbol = "+" if path in head.odd else "-"
        yield Difference(Group.DESTRUCTIVE, "not-a-file", f"file {path}", path, symbol=symbol)
    for path in sorted(head.files.keys() - others):
        differs = path.endswith(MANIFESTS) and base.files.get(path) != head.files[path]
        if differs and head.data(path) is None:
            yield Difference(Group.DESTRUCTIVE, "unreadable", f"file {path}", path)
    for path in sorted(head.files.keys() - base.files.keys() - others):
        if path in renamed:
            old = renamed[path]
            yield Difference(
                Group.FILE, "file-renamed", f"file {path}", path, before=old, after=path
            )
        else:
            yield Difference(Group.FILE, "file-added", f"file {path}", path, symbol="+")
    for path in sorted(base.files.keys() - head.files.keys() - set(renamed.values()) - others):
        yield Difference(Group.FILE, "file-removed", f"file {path}", path, symbol="-")
    for path in sorted(fresh):
        yield Difference(Group.FILE, "file-re-encrypted", f"file {path}", path)
