"""What every command has in common that changes manifests."""

from __future__ import annotations

import os
from pathlib import Path

from reconciler.core import wholefile
from reconciler.core.errors import ReconcilerError
from reconciler.core.model import Key
from reconciler.manifest.cleartext import Cleartext
from reconciler.manifest.entries import Entry


class EditError(ReconcilerError):
    """A manifest that cannot be changed in this way; nothing was written."""

    code = "edit"


def entry_of(declared: Cleartext, key: Key) -> Entry:
    """The declaration of a resource. Raises EditError where there is none."""
    for entry in declared.entries:
        if key.kind == entry.kind.NAME and entry.full_name(declared.settings) == key.name:
            return entry
    raise EditError(f"no manifest declares {key}")


def replace_file(path: Path, content: bytes) -> None:
    """Write a whole file or none; what was there keeps its permissions."""
    try:
        wholefile.write(path, content)
    except OSError as error:
        raise EditError(f"{path} cannot be written: {os.strerror(error.errno or 0)}") from None
