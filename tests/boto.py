"""botocore reads and parses what each service can do for each session; in one process of many
sessions, once is enough."""

from __future__ import annotations

from functools import cache

import botocore.session
from botocore.loaders import Loader, create_loader


@cache
def _loader(search_path: str | None = None) -> Loader:
    return create_loader(search_path)


def share_models() -> None:
    """Let all sessions of this process have one loader, as all clients of a session do."""
    botocore.session.create_loader = _loader
