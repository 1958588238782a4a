"""Running ``init`` as a user without any key does, and an `age-keygen` for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.age_key import AgeKey, new_age_key
from tests.inprocess import reconciler
from tests.world import World

GIVEN = ("--account", "123456789012", "--region", "us-west-2", "--prefix", "/app/production")


def install_keygen(home: Path) -> AgeKey:
    """An `age-keygen` that prints what age's own prints."""
    key = new_age_key()
    program = home / "bin" / "age-keygen"
    program.write_text(
        "#!/bin/sh\n"
        'test -z "$AWS_SECRET_ACCESS_KEY" || exit 1\n'
        "echo '# created: 2026-11-24T12:00:00Z'\n"
        f"echo '# public key: {key.recipient}'\n"
        f"echo '{key.identity}'\n"
    )
    program.chmod(0o755)
    return key


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
