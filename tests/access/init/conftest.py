"""An account, as end-to-end tests have it, and a user's home."""

from pathlib import Path

import pytest


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A user's home without any key."""
    folder = tmp_path / "home"
    (folder / "bin").mkdir(parents=True)
    return folder
