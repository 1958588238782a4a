"""What the action installs, really; and sops, from a server that tells the truth or does not."""

from __future__ import annotations

import functools
import hashlib
import http.server
import os
import platform
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trees import clean_environ

ACTION = Path(__file__).parents[2] / ".github" / "actions" / "reconcile"
SOPS = "#!/bin/sh\necho sops 3.13.2\n"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def releases(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A server of releases, and the folder that it serves."""
    folder = tmp_path / "releases"
    (folder / "v3.13.2").mkdir(parents=True)
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield folder / "v3.13.2", f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def install(
    folder: Path, command: str, *, action: Path = ACTION, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the action's first step."""
    temporary = folder / "runner"
    temporary.mkdir(exist_ok=True)
    paths = [p for p in os.environ["PATH"].split(os.pathsep) if not (Path(p) / "sops").exists()]
    environment = clean_environ() | {
        "PATH": os.pathsep.join(paths),
        "ACTION_PATH": str(action),
        "RUNNER_TEMP": str(temporary),
        "GITHUB_PATH": str(folder / "path"),
        "COMMAND": command,
        "KEYLESS": "false",
        "PYTHON": sys.executable,
        **variables,
    }
    return subprocess.run(
        ["bash", str(action / "install.sh")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def installed(folder: Path) -> None:
    """Let the reconciler be there already, as in the second step of a job."""
    bin_ = folder / "runner" / "reconciler" / "bin"
    bin_.mkdir(parents=True)
    (bin_ / "reconciler").symlink_to(Path(sys.executable).parent / "reconciler")


@pytest.mark.long
def test_the_reconciler_is_installed_from_its_own_lock(tmp_path: Path) -> None:
    done = install(tmp_path, "plan", KEYLESS="true")
    assert done.returncode == 0, done.stdout + done.stderr
    bin_ = tmp_path / "runner" / "reconciler" / "bin"
    assert (tmp_path / "path").read_text() == f"{bin_}\n"
    shown = subprocess.run(
        [str(bin_ / "reconciler"), "plan", "--help"],
        env=clean_environ(),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert "Show what would change in AWS" in shown.stdout
    names = subprocess.run(
        [str(bin_ / "python"), "-m", "pip", "list", "--format", "freeze"],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    ).stdout
    assert "moto" not in names, "the sandbox and the tests are not part of a job"


def test_sops_of_the_pinned_release_is_taken(tmp_path: Path, releases: tuple[Path, str]) -> None:
    folder, url = releases
    installed(tmp_path)
    system = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    (folder / f"sops-v3.13.2.linux.{system}").write_text(SOPS)
    # The release itself is not here: a copy of the step that pins this file in its place.
    action = tmp_path / "copy" / ".github" / "actions" / "reconcile"
    shutil.copytree(ACTION, action)
    script = action / "install.sh"
    sum_ = hashlib.sha256(SOPS.encode()).hexdigest()
    script.write_text(re.sub(r"sum=[0-9a-f]{64}", f"sum={sum_}", script.read_text()))
    done = install(tmp_path, "apply", action=action, SOPS_RELEASES=url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "sops 3.13.2" in done.stdout
    assert os.access(tmp_path / "runner" / "reconciler" / "bin" / "sops", os.X_OK)


def test_another_file_than_the_release_is_refused(
    tmp_path: Path, releases: tuple[Path, str]
) -> None:
    folder, url = releases
    installed(tmp_path)
    for system in ("amd64", "arm64"):
        (folder / f"sops-v3.13.2.linux.{system}").write_text(SOPS)
    done = install(tmp_path, "apply", SOPS_RELEASES=url)
    assert done.returncode == 1
    assert "::error title=reconcile::what was fetched as sops v3.13.2 is not" in done.stdout
    assert not (tmp_path / "runner" / "reconciler" / "bin" / "sops").exists()
    assert not (tmp_path / "runner" / "sops").exists()


@pytest.mark.parametrize(("command", "keyless"), [("validate", "false"), ("plan", "true")])
def test_what_decrypts_nothing_needs_no_sops(tmp_path: Path, command: str, keyless: str) -> None:
    installed(tmp_path)
    nowhere = "http://127.0.0.1:9"
    done = install(tmp_path, command, KEYLESS=keyless, SOPS_RELEASES=nowhere)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_python_that_is_missing_is_said(tmp_path: Path) -> None:
    done = install(tmp_path, "plan", PYTHON="no-such-python")
    assert done.returncode == 1
    assert "no-such-python is missing or older than Python 3.11" in done.stdout
