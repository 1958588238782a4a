"""The reconciler's own repository at a commit, as people name it."""

from __future__ import annotations

import re

FORM = "OWNER/REPOSITORY@COMMIT"
_ACTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+@[0-9a-f]{40}\Z")


def is_action(text: str) -> bool:
    """Whether this is a repository at a commit; a branch or tag may mean another one tomorrow."""
    return _ACTION.match(text) is not None
