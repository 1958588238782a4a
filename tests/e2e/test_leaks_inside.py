"""No value in what a failing process shows of its inside: frames, debug logs, what a kill leaves.

Each search has a twin that leaks on purpose, so that it is known to find it.
"""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler import apply, manifest, planning, reading
from reconciler.sandbox.server import Answer, Drop
from reconciler.sensitive import Sensitive
from reconciler.sops import Sops, find
from tests.e2e.test_leaks import Canaries, canaries, declare, everything, planted, raise_status
from tests.e2e.world import World

__all__ = ["canaries", "planted"]

TESTS = str(Path(__file__).parents[1])
WRITES = ("PutSecretValue", "CreateSecret", "PutParameter")
READS = ("BatchGetSecretValue", "GetParameters")


# --- tracebacks with locals -----------------------------------------------------------------------


def frames(error: BaseException) -> bytes:
    """All that a debugger, or an error reporter, would send of an error: each frame's locals, of
    its causes and contexts too; but those of the tests, which know the values."""
    shown: list[str] = []
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        told = traceback.TracebackException.from_exception(one, capture_locals=True)
        shown += told.format_exception_only()
        for frame in told.stack:
            if not frame.filename.startswith(TESTS):
                shown.append(f"{frame.name} {json.dumps(frame.locals or {}, ensure_ascii=False)}")
        todo += [one.__cause__, one.__context__]
    return "\n".join(shown).encode()


def failing(world: World) -> Iterator[tuple[str, Callable[[], Any]]]:
    """What fails, by name: each raises, or gives outcomes with errors."""
    declared = manifest.read(world.tree.manifests, "production")
    scope = declared.settings.scope

    def plan(sops: Sops) -> Any:
        return planning.make(scope, lambda: declared.decrypt(sops), world.session())

    yield "a sops without a key", lambda: plan(Sops(find(), environment={}))
    yield "a sops that is not there", lambda: plan(Sops(Path("/nonexistent")))
    slow = Sops(find(), environment=world.environ(), timeout=0.001)
    yield "a sops that takes too long", lambda: plan(slow)
    planned = world.plan()
    for code in ("ValidationException", "InternalServiceError", "EncryptionFailure"):
        hook = raise_status(code)
        yield f"a refusal that quotes: {code}", lambda hook=hook: write(world, planned, hook)
    yield "an answer that is lost", lambda: write(world, planned, None, drop)
    yield "an answer that is no JSON", lambda: write(world, planned, None, garble)
    yield "a bug while writing", lambda: broken(world, planned)
    yield "an answer with values that is cut", lambda: cut_short(world, planned)


def write(
    world: World, planned: Any, before: Any = None, after: Any = None
) -> tuple[apply.Outcome, ...]:
    world.aws.hooks = [before] if before else []
    world.aws.after = [after] if after else []
    try:
        return apply.run(
            planned, planned.plan.changes, world.session(), lambda _: None, threading.Event()
        )
    finally:
        world.aws.hooks, world.aws.after = [], []


def drop(operation: str, body: object, answer: Answer) -> Answer | None:
    if operation in WRITES:
        raise Drop
    return None


def garble(operation: str, body: object, answer: Answer) -> Answer | None:
    if operation in WRITES:
        quoted = json.dumps(body, ensure_ascii=False).encode()
        return Answer(answer.status, dict(answer.headers), b"<html>" + quoted)
    return None


def broken(world: World, planned: Any) -> tuple[apply.Outcome, ...]:
    with pytest.MonkeyPatch.context() as patch:

        def fail(aws: Any, job: Any) -> None:
            raise RuntimeError(f"a bug quotes {job.sealed and job.sealed.content}")

        patch.setattr("reconciler.kinds.secret.update", fail)
        patch.setattr("reconciler.kinds.parameter.update", fail)
        return write(world, planned)


def cut_short(world: World, planned: Any) -> Any:
    def cut(operation: str, _: object, answer: Answer) -> Answer | None:
        if operation in READS:
            return Answer(answer.status, dict(answer.headers), answer.body[:-9])
        return None

    world.aws.after = [cut]
    try:
        return reading.judge(planned, world.session(), everything=True)
    finally:
        world.aws.after = []


def test_no_frame_of_any_failure_holds_a_value(planted: World, canaries: Canaries) -> None:
    failed = 0
    for name, act in failing(planted):
        errors: list[BaseException] = []
        try:
            outcome = act()
        except Exception as error:
            errors.append(error)
        else:
            errors += [o.error for o in outcome if isinstance(o, apply.Outcome) and o.error]
        failed += bool(errors)
        for error in errors:
            assert canaries.found(frames(error)) == [], name
    assert failed >= 7


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
        capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "production"),
        ("apply", "production", "--auto-approve"),
        ("drift", "--read-values=all"),
        ("lock",),
        ("plan", "production", "--base", "HEAD"),
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


def dying_sops(folder: Path) -> Path:
    """sops as it might crash: all plaintext on stderr, much of it on stdout, then killed."""
    script = folder / "dying-sops"
    script.write_text(
        "#!/bin/sh\n"
        f'plain=$("{find()}" "$@")\n'
        'echo "panic: $plain" >&2\n'
        'printf %.2000s "$plain"\n'
        "kill -9 $$\n"
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script


@pytest.mark.parametrize(
    "command",
    [
        ("plan", "production", "-vv"),
        ("apply", "production", "--auto-approve"),
        ("lock",),
        ("drift", "--read-values=all"),
        ("plan", "production", "--base", "HEAD"),
    ],
)
def test_a_killed_child_leaves_nothing(
    planted: World, canaries: Canaries, tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = planted.cli(*command, "--sops", str(dying_sops(tmp_path)))
    assert done.returncode == 1
    assert "error[sops-killed]" in done.stderr
    seen = [done.stdout.encode(), done.stderr.encode(), *everything(tmp_path)]
    assert canaries.found(*seen) == []


def test_the_search_would_find_what_that_child_says(
    planted: World, canaries: Canaries, tmp_path: Path
) -> None:
    main = planted.tree.path("production/main.sops.yaml").read_bytes()
    done = subprocess.run(
        [dying_sops(tmp_path), "decrypt", "--input-type", "yaml", "--output-type", "json"],
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
    out, err = process.communicate(timeout=30)
    planted.aws.latency = 0.0
    assert canaries.found(out, err, *everything(tmp_path)) == []
    assert not list(tmp_path.rglob("core*"))
