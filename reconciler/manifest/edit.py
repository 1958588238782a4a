"""Changing values in manifests: through sops, with everything else of a file left as it is."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.core import wholefile
from reconciler.core.errors import ManifestError, ReconcilerError
from reconciler.core.model import Key
from reconciler.manifest.cleartext import Cleartext
from reconciler.manifest.document import Document
from reconciler.manifest.encrypted import VALUE
from reconciler.manifest.entries import Entry
from reconciler.values.sensitive import Sensitive
from reconciler.values.sops import Sops


class EditError(ReconcilerError):
    """A manifest that cannot be changed in this way; nothing was written."""

    code = "edit"


@dataclass(frozen=True)
class Edit:
    """A new value for a resource, as JSON; ``inner`` leads to one field of a mapping."""

    key: Key
    value: Sensitive[str]
    inner: Sequence[str] = ()


def entry_of(declared: Cleartext, key: Key) -> Entry:
    """The declaration of a resource. Raises EditError where there is none."""
    for entry in declared.entries:
        if key.kind == entry.kind.NAME and entry.full_name(declared.settings) == key.name:
            return entry
    raise EditError(f"no manifest declares {key}")


def write(declared: Cleartext, edits: Iterable[Edit], sops: Sops) -> list[Path]:
    """Put new values in the place of old ones; the files that were written.

    Each file is written as a whole or not at all, after sops has encrypted all its values. Raises
    EditError where git gives no value to change, or a file has changed since it was read;
    ManifestError where sops may not ask a file's keys.
    """
    documents: dict[Document, bytes] = {}
    edits = list(edits)
    holders = [entry_of(declared, edit.key).holder for edit in edits]
    refused = declared.trust.refuse(dict.fromkeys(h for h in holders if h is not None))
    if refused:
        raise ManifestError([problem for found in refused.values() for problem in found])
    for edit in edits:
        entry = entry_of(declared, edit.key)
        document = entry.holder
        if document is None:
            raise EditError(
                f"{entry.key} has no `value` in a manifest",
                hint="declare one with: sops --config manifests/.sops.yaml edit FILE",
                place=entry.place(),
            )
        documents[document] = sops.set(
            documents.get(document, document.raw),
            (*entry.path, VALUE, *edit.inner),
            edit.value,
            key_types=document.key_types,
        )
    for document, content in documents.items():
        if document.file.read_bytes() != document.raw:
            raise EditError(f"{document.name} has changed meanwhile", hint="run again")
        replace_file(document.file, content)
    return [document.file for document in documents]


def replace_file(path: Path, content: bytes) -> None:
    """Write a whole file or none; what was there keeps its permissions."""
    try:
        wholefile.write(path, content)
    except OSError as error:
        raise EditError(f"{path} cannot be written: {os.strerror(error.errno or 0)}") from None
