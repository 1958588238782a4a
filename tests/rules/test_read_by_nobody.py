"""read-by-nobody: declared, and no application may read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.rules import read_by_nobody
from tests.rules.look import told


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({}, []),
        ({"readers": {"api": ["*"]}}, []),
        ({"readers": {"api": ["d*"]}}, ["jwt"]),
        ({"readers": {"api": ["jwt"], "cron": ["db"]}}, []),
    ],
)
def test_what_no_pattern_covers(settings: dict[str, Any], found: list[str], tmp_path: Path) -> None:
    secrets = {"db": {"value": "v"}, "jwt": {"value": "v"}}
    lines = told(
        tmp_path, {"production": {"secrets": secrets, "settings": settings}}, read_by_nobody
    )
    assert [line.split(": ", 1)[1] for line in lines] == [
        f"no application may read {name}: nothing under `readers` covers it" for name in found
    ]
