"""What every command has in common that changes manifests."""

from __future__ import annotations

import os
from pathlib import Path

from reconciler.core import wholefile
from reconciler.core.errors import Exit, ManifestError, ReconcilerError
from reconciler.core.model import Key
from reconciler.manifest.cleartext import Cleartext
from reconciler.manifest.entries import Entry


class EditError(ReconcilerError):
    """A manifest that cannot be changed in this way; nothing was written."""

    code = "edit"


class WrongEdit(EditError):
    """What is asked for does not go with what the manifests declare; nothing was written."""

    exit_code = Exit.USAGE


class WrongContent(ManifestError):
    """What a command was asked to declare cannot be declared; nothing was written."""

    exit_code = Exit.USAGE


def entry_of(declared: Cleartext, key: Key) -> Entry:
    """The declaration of a resource. Raises WrongEdit where there is none."""
    for entry in declared.entries:
        if key.kind == entry.kind.NAME and entry.full_name(declared.settings) == key.name:
            return entry
    raise WrongEdit(f"no manifest declares {key}")


def replace_file(path: Path, content: bytes) -> None:
    """Write a whole file or none; what was there keeps its permissions."""
    try:
        wholefile.write(path, content)
    except OSError as error:
        raise EditError(f"{path} cannot be written: {os.strerror(error.errno or 0)}") from None
