"""never-rotated: a secret that nothing rotates, and nobody is reminded of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.rules import never_rotated
from tests.rules.look import told

HERE = "arn:aws:lambda:us-west-2:123456789012:function:rotate"


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"value": "v"}, True),
        ({"generate": {}}, True),
        ({"value": "v", "rotation": "none"}, True),
        ({"value": "v", "max_age": "90 days"}, False),
        ({"value": "v", "rotation": {"lambda": HERE, "schedule": "rate(30 days)"}}, False),
        ({"external": True}, False),
    ],
)
def test_a_secret_that_nothing_rotates(fields: dict[str, Any], found: bool, tmp_path: Path) -> None:
    lines = told(tmp_path, {"production": {"secrets": {"db": fields}}}, never_rotated)
    assert lines == (
        ["production/main.sops.yaml:2:5 never-rotated: nothing rotates db: it has neither a"
         " rotation nor a `max_age`"] if found else []
    )  # fmt: skip
