"""The keys of a rotated JSON secret that git owns. They are declared within secrets (`git_keys`).

A tag remembers what git last wrote, so a list tells whether they are as declared. Only apply reads
the secret, to write these keys and to leave everything else as it is.
"""

from typing import TYPE_CHECKING

from reconciler.kinds.keys.declare import NAME
from reconciler.kinds.keys.fields import FIELDS
from reconciler.kinds.keys.judge import judge, share, suspect
from reconciler.kinds.keys.observe import READS, find, pages, shape
from reconciler.kinds.keys.write import create, delete, update
from reconciler.kinds.part import section

if TYPE_CHECKING:
    from reconciler.kinds import keys
    from reconciler.kinds.kind import Part

    _: Part = keys

__all__ = [
    "FIELDS", "NAME", "READS", "create", "delete", "find", "judge", "pages", "section",
    "shape", "share", "suspect", "update",
]  # fmt: skip
