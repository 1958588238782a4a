"""Running ``init`` as a user without any key does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.age_key import AgeKey
from tests.inprocess import reconciler
from tests.world import World

GIVEN = ("--account", "123456789012", "--region", "us-west-2", "--prefix", "/app/production")


def made_key(home: Path) -> AgeKey:
    """The key that `init` has made last."""
    text = (home / ".config" / "sops" / "age" / "keys.txt").read_text()
    said, identity = text.splitlines()[-2:]
    return AgeKey(identity, said.removeprefix("# public key: "))


def init(
    world: World,
    home: Path,
    *arguments: str,
    variables: Mapping[str, str] | None = None,
    code: int = 0,
    stdin: int | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run ``init`` beside the home, with nothing of the tests' own keys; it ends with ``code``."""
    tools = [Path(shutil.which(name) or "").parent for name in ("git", "sh")]
    tools.insert(0, Path(sys.executable).parent)
    environment = {
        **{n: v for n, v in world.environ().items() if not n.startswith(("SOPS", "XDG"))},
        "HOME": str(home),
        "PATH": os.pathsep.join([str(home / "bin"), *map(str, dict.fromkeys(tools))]),
        **(variables or {}),
    }
    if stdin is None:
        done = reconciler(("init", *arguments), cwd=home.parent, environment=environment)
    else:
        done = subprocess.run(
            [sys.executable, "-m", "reconciler.cli.main", "init", *arguments],
            cwd=home.parent, env=environment, stdin=stdin,
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done
