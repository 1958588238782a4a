"""The tests themselves: sops runs once for the same, and again for anything else."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from reconciler.core.errors import SopsError
from reconciler.values.sops import Sops, find
from tests import remembered
from tests.trees import clean_environ, make_tree


def test_the_same_is_decrypted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else nothing fails, and all the tests take twice as long."""
    ran: list[object] = []
    run = subprocess.run

    def counted(command: Sequence[str], **options: Any) -> Any:
        ran.append(command)
        return run(command, **options)

    monkeypatch.setattr(subprocess, "run", counted)
    monkeypatch.setattr(remembered, "_known", {})
    tree = make_tree(tmp_path, {"production": {}})
    file = "production/environment.sops.yaml"
    asked = Sops(find(), environment=clean_environ() | tree.environ)

    def decrypt() -> bytes:
        return asked.decrypt(tree.read(file).encode(), key_types={"age"}).reveal()

    ran.clear()
    first = decrypt()
    assert decrypt() == first
    assert len(ran) == 1
    tree.write(file, {"environment": "production"})
    assert decrypt() != first


def test_a_key_in_the_configuration_is_a_part_of_what_is_the_same(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, {"production": {}})
    environment = {**clean_environ(), "XDG_CONFIG_HOME": str(tmp_path)}
    document = tree.read("production/environment.sops.yaml").encode()
    keys = tmp_path / "sops/age/keys.txt"
    keys.parent.mkdir(parents=True)
    keys.write_text(tree.key.identity)
    Sops(find(), environment=environment).decrypt(document)
    keys.unlink()
    with pytest.raises(SopsError):
        Sops(find(), environment=environment).decrypt(document)
