"""Values as ciphertext: which of their keys differ, and which files were encrypted again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.core.leaves import dotted, leaves
from reconciler.manifest.branch.difference import MemberChange
from reconciler.manifest.branch.side import Side
from reconciler.manifest.document import Data
from reconciler.manifest.encrypted import ciphertexts
from reconciler.values.sops import KEY_TYPES


def keys(before: Data, after: Data) -> tuple[MemberChange, ...]:
    """The keys in which two values differ, by name; none where neither has any inside."""
    was, now = _by_name(before), _by_name(after)
    found = []
    for name in sorted(was.keys() | now.keys()):
        if name and was.get(name) != now.get(name):
            symbol = "+" if name not in was else "-" if name not in now else "~"
            found.append(MemberChange(symbol, name))
    return tuple(found)


def _by_name(value: Data) -> dict[str, Data]:
    return {dotted(path): leaf for path, leaf in leaves(value) if leaf not in (None, {}, [])}


def anew(base: Side, old: str, head: Side, new: str) -> bool:
    """Whether a file was encrypted under a new data key: then all its ciphertext is another, be its
    values others or not. Whoever has no key of a file can only ever replace all of it so."""
    if base.files.get(old, b"") == head.files[new] or old not in base.files:
        return False
    was, now = dict(ciphertexts(base.data(old))), dict(ciphertexts(head.data(new)))
    common = was.keys() & now.keys()
    if not common or any(was[path] == now[path] for path in common):
        return False
    return not (_data_keys(base.block(old)) & _data_keys(head.block(new)))


def _data_keys(block: Mapping[str, Any]) -> set[str]:
    """The file's data key, as it is encrypted for each recipient."""
    found = set()
    groups = block.get("key_groups")
    for group in [block, *(groups if isinstance(groups, list) else ())]:
        for type_ in KEY_TYPES:
            entries = group.get(type_) if isinstance(group, dict) else None
            for entry in entries if isinstance(entries, list) else ():
                if isinstance(entry, dict) and isinstance(entry.get("enc"), str):
                    found.add(entry["enc"])
    return found
