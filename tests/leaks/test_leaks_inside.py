"""No value in what a failing process shows of its inside: debug logs, what a kill leaves.

Each search has a twin that leaks on purpose, so that it is known to find it. ``tests/leaks`` looks
into the frames of errors, and into every log, of every command.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reconciler.values.sensitive import Sensitive
from tests.leaks.failures import dying
from tests.leaks.test_leaks import Canaries, canaries, declare, everything, planted
from tests.leaks.watch import frames
from tests.world import World

__all__ = ["canaries", "planted"]

# --- tracebacks with locals -----------------------------------------------------------------------

CODE = """
def inner(content):
    raise ValueError('x')
inner(value)
"""


def test_the_search_of_frames_finds_a_leak(canaries: Canaries) -> None:
    value = canaries.plant()

    def leak() -> None:
        # As if it were the program's: compiled under another file's name.
        exec(compile(CODE, "/program.py", "exec"), {"value": value})

    with pytest.raises(ValueError, match="x") as raised:
        leak()
    assert "its core" in canaries.found(frames(raised.value))
    sealed: Sensitive[str] = Sensitive(value)
    assert canaries.found(repr([sealed, {"a": sealed}]).encode()) == []


# --- debug logs -----------------------------------------------------------------------------------

DEBUG = """
import logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
import boto3
boto3.set_stream_logger('', logging.DEBUG)
boto3.set_stream_logger('botocore', logging.DEBUG)
boto3.set_stream_logger('urllib3', logging.DEBUG)
"""


def debugged(world: World, code: str, *arguments: str) -> bytes:
    done = subprocess.run(
        [sys.executable, "-c", DEBUG + code, *arguments],
        env=world.environ(), cwd=world.tree.manifests.parent,
        capture_output=True, check=False, timeout=300,
    )  # fmt: skip
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("apply", "production", "--auto-approve"),
        ("drift", "--read-values=all"),
    ],
)
def test_nothing_is_in_the_debug_logs_of_botocore(
    planted: World, canaries: Canaries, arguments: tuple[str, ...]
) -> None:
    run = "from reconciler.cli.main import main; main()"
    seen = debugged(planted, run, *arguments, "-vv")
    assert canaries.found(seen) == []
    assert b"Traceback" not in seen


def test_the_search_of_debug_logs_finds_a_leak(world: World, canaries: Canaries) -> None:
    value = canaries.plant()
    code = (
        "client = boto3.client('secretsmanager')\n"
        "client.create_secret(Name='/x/y', SecretString=sys.argv[1])\n"
    )
    assert canaries.found(debugged(world, code, value)) != []


# --- kills ----------------------------------------------------------------------------------------


def test_the_search_would_find_what_that_child_says(
    planted: World, canaries: Canaries, tmp_path: Path
) -> None:
    main = planted.tree.path("production/main.sops.yaml").read_bytes()
    done = subprocess.run(
        [dying(tmp_path), "decrypt", "--input-type", "yaml", "--output-type", "json"],
        input=main, env=planted.environ(), capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    assert canaries.found(done.stdout) != []
    assert canaries.found(done.stderr) != []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGABRT])
def test_a_killed_run_leaves_nothing(
    planted: World, canaries: Canaries, tmp_path: Path, number: signal.Signals
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    declare(planted, canaries)
    planted.aws.latency = 0.3
    planted.aws.calls.clear()
    process = subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-m", "reconciler.cli.main", "apply", "production",
         "--auto-approve", "-vv"],
        env=planted.environ() | {"TMPDIR": str(temporary)}, cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    while not planted.aws.calls["PutSecretValue"] and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(number)
    out, err = process.communicate(timeout=300)
    planted.aws.latency = 0.0
    assert canaries.found(out, err, *everything(tmp_path)) == []
    assert not list(tmp_path.rglob("core*"))
