"""foreign-principal: a resource policy that lets in somebody of another account."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.rules import foreign_principal
from tests.rules.look import codes, secrets, told
from tests.rules.statements import STATEMENTS, policy


@pytest.mark.parametrize(("statement", "found"), STATEMENTS)
def test_principals(statement: dict[str, Any], found: str | None, tmp_path: Path) -> None:
    declared = secrets(a={"value": "v", "resource_policy": policy(**statement)})
    lines = told(tmp_path, {"production": declared}, foreign_principal)
    assert codes(lines) == ([found] if found == foreign_principal.CODE else [])
    assert all(line.startswith("production/main.sops.yaml:11:19 ") for line in lines)
