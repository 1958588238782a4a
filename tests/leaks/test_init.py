"""The keys that ``init`` makes are where they belong, and nowhere else."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from reconciler.values.sops import find
from tests.access.init.conftest import home
from tests.access.init.run import GIVEN, init, made_key
from tests.leaks.canaries import Canaries, everything, spying_sops
from tests.world import World

__all__ = ["home"]


def test_init_shows_neither_of_its_keys(world: World, home: Path) -> None:
    canaries = Canaries()
    spy = home.parent / "spy"
    spy.mkdir()
    tool = spying_sops(spy)
    done = init(world, home, "repo", *GIVEN, "-vv", "--sops", str(tool))
    keys = home / ".config" / "sops" / "age" / "keys.txt"
    key = made_key(home)
    assert key.identity in keys.read_text()
    variables = {"SOPS_AGE_KEY": key.identity}
    file = home.parent / "repo/manifests/production/environment.sops.yaml"
    decrypted = subprocess.run(
        [str(find()), "decrypt", "--output-type", "json", str(file)],
        env=variables, capture_output=True, check=True,
    )  # fmt: skip
    (fingerprint_key,) = json.loads(decrypted.stdout)["fingerprint_keys"]
    canaries.planted += [fingerprint_key, key.identity]
    for kept in (keys, tool):
        kept.unlink()  # these hold the key, or themselves, by design
    said = [done.stdout.encode(), done.stderr.encode()]
    assert canaries.found(b"\0".join([*said, *everything(home.parent)])) == []
