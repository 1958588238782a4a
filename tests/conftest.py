"""The embedded AWS that all tests of one process share: only one can run in a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reconciler.sandbox.server import Sandbox


@pytest.fixture(scope="session")
def embedded_aws() -> Iterator[Sandbox]:
    """The server, whatever state the last test left it in."""
    with Sandbox() as sandbox:
        yield sandbox
