"""Files that name a key that is here, by all that others of the same keys tell, and do not decrypt.

Anybody can write a recipient into a file's ``sops:`` block, with a data key that it cannot open: to
somebody who checks with the key such a file must not pass for one of another key.
"""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.core.errors import Problem
from reconciler.manifest import metadata
from reconciler.manifest.document import Document


def should_open(document: Document, opened: Iterable[Document]) -> bool:
    """Whether a key that decrypted one of ``opened`` is among those that the document names."""
    if document.any_of is None:
        return False
    return any(o.any_of is not None and o.any_of <= document.any_of for o in opened)


def problem(document: Document) -> Problem:
    """What is wrong with a document that should open and does not."""
    return document.error(
        (metadata.BLOCK,),
        "key-fails",
        "a key that is here decrypts other files for the same keys, and not this one",
        "run again where keys are asked over a network; else restore the file from git, and find"
        " out who changed it",
    )
