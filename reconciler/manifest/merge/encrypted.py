"""Encrypted files of which both branches changed another value.

Such two always differ in ``lastmodified`` and ``mac``, and git cannot choose: the MAC is over all
values, so neither side's is that of the merged file. With the key a new one is made. It is made
only of values that had a valid MAC on their own side, and nothing else in the text is touched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reconciler import kinds
from reconciler.core.errors import ManifestError, Problem, SopsError
from reconciler.manifest import encrypted, metadata
from reconciler.manifest.document import parse
from reconciler.manifest.files import ENVIRONMENT_FILE
from reconciler.manifest.merge import paths
from reconciler.manifest.merge.text import Unmerged
from reconciler.manifest.rules import Rules
from reconciler.manifest.trust import Trust
from reconciler.values.sensitive import Sensitive
from reconciler.values.sops import Sops

_SEAL = re.compile(rb" +(lastmodified|mac): (.*)\n\Z")


def merge(
    base: bytes,
    ours: bytes,
    theirs: bytes,
    *,
    path: str,
    relative: str,
    rules: Rules,
    trust: Trust,
    sops: Sops,
) -> bytes:
    """The merged file, with a MAC of its own where both sides changed values.

    ``relative`` is the path as the creation rules see it. Raises Unmerged where both changed a
    field, or where a side is not in order; ManifestError where it names keys that sops may not ask;
    SopsError without a usable key.
    """
    found = paths.merge(base, ours, theirs, path)
    merged = found.raw
    if not found.unsealed:
        return merged
    for side in (ours, theirs):
        key_types = _checked(side, path, relative, rules, trust)
        sops.decrypt(side, key_types=key_types)  # its MAC is valid
    key_types = _checked(merged, path, relative, rules, trust)
    try:
        plain = sops.decrypt(merged, key_types=key_types, ignore_mac=True)
    except SopsError as error:
        if error.code != "tampered":
            raise
        # Each side decrypts by itself: what one of them adds is under a data key of its own.
        raise Unmerged(
            f"{path}: one side was encrypted with a new data key, and the other has new values",
            hint="take the file of the new data key, and set the other's values there",
        ) from None
    leaf, _ = next(encrypted.ciphertexts(parse(Path(path), path, merged).data), (None, None))
    if leaf is None:
        raise Unmerged(
            f"{path}: no value is left in it", hint="remove the file, or encrypt it again"
        )
    # A value set to itself keeps its ciphertext: sops makes only the MAC again.
    value = _at(plain, leaf)
    if value is None:
        raise SopsError(f"{path}: sops gave something else than the file", code="sops-differs")
    sealed = sops.set(merged, leaf, value, key_types=key_types, ignore_mac=True)
    result = _with_seal(merged, sealed)
    again = sops.decrypt(result, key_types=key_types)
    if not _same(plain, again):
        raise SopsError(f"{path}: sops changed more than the MAC", code="sops-differs")
    return result


def _checked(raw: bytes, path: str, relative: str, rules: Rules, trust: Trust) -> frozenset[str]:
    """The types of key of a file that passes all checks that come before sops."""
    document = parse(Path(path), path, raw)
    # An environment's own file has keys where others have sections.
    sections = () if relative.endswith(f"/{ENVIRONMENT_FILE}") else kinds.sections()
    found: list[Problem] = [
        *document.problems,
        *rules.problems,
        *metadata.check(document, rules, relative),
        *encrypted.check(document, frozenset(sections)),
    ]
    errors = [problem for problem in found if not problem.warning]
    if errors:
        raise Unmerged(
            f"{path}: {errors[0].message}", hint="repair it on its own branch, and merge again"
        )
    document.recipients = metadata.recipients(document)
    refused = trust.refuse([document])
    if refused:
        raise ManifestError(refused[document])
    return metadata.key_types(document)


def _at(plain: Sensitive[bytes], leaf: Sequence[str | int]) -> Sensitive[str] | None:
    """The value of a leaf; None where sops's output has none."""
    node = _tree(plain)
    try:
        for part in leaf:
            node = node[part]
    except (KeyError, IndexError, TypeError):
        return None
    return Sensitive(json.dumps(node))


def _tree(plain: Sensitive[bytes]) -> Any:
    """What was decrypted, None where it is no JSON: the error would quote it."""
    try:
        return json.loads(plain.reveal())
    except (ValueError, RecursionError):
        return None


def _with_seal(merged: bytes, sealed: bytes) -> bytes:
    """The merged text, with the two lines that sops made. sops lays out the rest again, and that
    is nobody's change."""
    fresh = {m[1]: line for line in sealed.splitlines(keepends=True) if (m := _SEAL.match(line))}
    lines = []
    for line in merged.splitlines(keepends=True):
        match = _SEAL.match(line)
        lines.append(fresh.get(match[1], line) if match else line)
    return b"".join(lines)


def _same(one: Sensitive[bytes], other: Sensitive[bytes]) -> bool:
    tree = _tree(one)
    return tree is not None and bool(tree == _tree(other))
