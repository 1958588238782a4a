"""Files whose bytes differ, as a whole: what no comparison of resources and recipients tells.

Without the key anybody can drop a MAC, take one from another file, put a whole file of another
environment in place, or add what nothing reads. Each such file is named.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath

from reconciler import kinds
from reconciler.core.model import JSON
from reconciler.manifest.branch.difference import Difference, Group
from reconciler.manifest.branch.side import MANIFESTS, Side
from reconciler.manifest.encrypted import ciphertexts, in_clear
from reconciler.manifest.files import ENVIRONMENT_FILE, RULES_FILE
from reconciler.manifest.metadata import BLOCK
from reconciler.values.sops import KEY_TYPES

_RECIPIENTS = KEY_TYPES | {"key_groups", "shamir_threshold"}  # compared by themselves
_SEAL = frozenset({"mac", "lastmodified"})


def compare(
    base: Side, head: Side, renamed: Mapping[str, str], fresh: Collection[str], named: set[str]
) -> Iterator[Difference]:
    """What is to be told of each file that is in both; ``fresh`` are those that were encrypted
    again, ``named`` those that something else is told of."""
    by_mac = {_mac(base, path): path for path in sorted(base.files) if _mac(base, path)}
    for path in sorted(head.files):
        if base.files.get(path) == head.files[path]:
            continue
        old = renamed.get(path, path)
        if _clear(head, path) > _clear(base, old):
            yield _found("value-in-clear", path, Group.ACCESS)
        other = by_mac.get(_mac(head, path), path)
        if PurePosixPath(path).parts[0] != PurePosixPath(other).parts[0] and other != path:
            yield _found("file-copied", path, Group.DESTRUCTIVE, before=other, after=path)
        if old not in base.files or base.files[old] == head.files[path]:
            continue
        found = [] if path in fresh else list(_sealed(base, old, head, path))
        found += _options(base, old, head, path)
        yield from found
        if _rest(base, old) != _rest(head, path) or not (found or path in named or path in fresh):
            yield _found("file-changed", path, Group.FILE)


def _clear(side: Side, path: str) -> int:
    """How many values of an encrypted file are in clear text: sops leaves what it did not write."""
    document = side.document(path) if side.block(path) else None
    return 0 if document is None else len(in_clear(document))


def _mac(side: Side, path: str) -> object:
    mac = side.block(path).get("mac")
    return mac if isinstance(mac, str) else None


def _sealed(base: Side, old: str, head: Side, path: str) -> Iterator[Difference]:
    """Whether a MAC goes with the values that it is of."""
    was, now = _mac(base, old), _mac(head, path)
    same = dict(ciphertexts(base.data(old))) == dict(ciphertexts(head.data(path)))
    if was is not None and now is None:
        yield _found("mac-removed", path, Group.DESTRUCTIVE)
    elif same and was != now:
        yield _found("mac-changed", path, Group.DESTRUCTIVE)
    elif not same and was == now is not None:
        yield _found("mac-kept", path, Group.DESTRUCTIVE)


def _options(base: Side, old: str, head: Side, path: str) -> Iterator[Difference]:
    """What the `sops` block says besides recipients, MAC and date."""
    was, now = (
        {name: field for name, field in side.block(at).items() if name not in _RECIPIENTS | _SEAL}
        for side, at in ((base, old), (head, path))
    )
    if was != now and now:
        before: dict[str, JSON] = {n: was[n] for n in was if was[n] != now.get(n)}
        after: dict[str, JSON] = {n: now[n] for n in now if now[n] != was.get(n)}
        yield _found("sops-changed", path, Group.DESTRUCTIVE, before=before, after=after)


def _rest(side: Side, path: str) -> dict[str, object]:
    """What a manifest holds that nothing compares by itself."""
    data = side.data(path) if path.endswith(MANIFESTS) else None
    if not isinstance(data, dict) or PurePosixPath(path).name == ENVIRONMENT_FILE:
        return {}
    known = {BLOCK, *kinds.sections()} if path != RULES_FILE else {"creation_rules"}
    return {name: content for name, content in data.items() if name not in known}


def _found(
    code: str, path: str, group: Group, *, before: JSON = None, after: JSON = None
) -> Difference:
    return Difference(group, code, f"file {path}", path, before=before, after=after)
