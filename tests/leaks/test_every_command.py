"""Every command, with everything that can go wrong, says and leaves no value."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import boto3
import click
import pytest

from reconciler.cli.main import COMMANDS, reconciler
from tests import nearby
from tests.cli.run import COMMAND, environ
from tests.github.job import SHA, make_job
from tests.github.server import GitHub, running
from tests.github.state import fresh
from tests.leaks.account import inhabit, live_values, plant
from tests.leaks.calls import CALLS, ELSEWHERE, FEW, Call
from tests.leaks.canaries import Canaries, everything, spying, spying_sops
from tests.leaks.failures import FAILURES, MAIN, Ground
from tests.leaks.watch import watch
from tests.world import World


def test_every_command_is_called() -> None:
    called = {call.command for call in FEW}
    missing = sorted(set(COMMANDS) - called - set(ELSEWHERE))
    assert not missing, (
        f"the search for leaks never calls {', '.join(missing)}: add calls of each to CALLS in"
        " tests/leaks/calls.py, one of them with -vv"
    )
    gone = sorted((called | {words.split()[0] for words in ELSEWHERE}) - set(COMMANDS))
    assert not gone, f"{', '.join(gone)} is no command: take it out of tests/leaks/calls.py"


def commands(group: click.Group, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command, those within another too."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)
        elif " ".join((*path, name)) not in ELSEWHERE:
            yield (*path, name), command


@pytest.mark.parametrize("path", [" ".join(path) for path, _ in commands(reconciler)])
def test_every_form_of_a_command_is_called(path: str) -> None:
    """A command that is called in one form only may leak in another."""
    words = tuple(path.split())
    command = dict(commands(reconciler))[words]
    calls = [call.arguments for call in CALLS if call.arguments[: len(words)] == words]
    assert calls, f"CALLS in tests/leaks/calls.py has no call of {path}"
    given = {word for arguments in calls for word in arguments}
    for option in command.params:
        if option.name == "form" and isinstance(option.type, click.Choice):
            # The first is what it prints unasked.
            missing = sorted(set(option.type.choices[1:]) - given)
            assert not missing, f"CALLS has no call of {path} with {option.opts[0]} {missing}"


@pytest.mark.parametrize("name", FAILURES)
def test_no_command_leaks_whatever_fails(
    name: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = not FAILURES[name].of_aws
    calls = [call for call in FEW if every or call.needs_aws]
    search(name, calls, world, tmp_path, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("name", FAILURES)
def test_no_form_of_a_command_leaks_whatever_fails(
    name: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search(name, CALLS, world, tmp_path, monkeypatch)


def test_no_command_leaks_when_nothing_fails(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And each call does its work: what ends in an error before could show nothing."""
    codes = search(None, CALLS, world, tmp_path, monkeypatch)
    # What differs is refused by `adopt` and told by `drift`; what rules find is an error if strict.
    strict = [call for call in codes if "--strict" in call.arguments]
    assert [codes.pop(call) for call in strict] == [1]
    assert [call for call, code in codes.items() if code not in (0, 2, 4)] == []


def search(
    name: str | None,
    calls: Sequence[Call],
    world: World,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> dict[Call, int]:
    """Call one command after another while something fails, and look for every planted value in
    all that came out and all that was left; the exit codes."""
    canaries = Canaries()
    plant(world, canaries)
    inhabit(world, canaries)
    seen: list[bytes] = []
    codes: dict[Call, int] = {}
    failure = FAILURES[name] if name is not None else None
    # What urllib3 says is heard once of each call, and wherever the network is at fault.
    way = nearby.far() if failure is None or failure.on_the_way else contextlib.nullcontext()
    with monkeypatch.context() as patch, running(fresh()) as github, way:
        in_a_job(folder, github, patch)
        with_profile(folder, "production", patch)
        tool, git = spy_on_children(folder, patch)
        if failure is not None:
            tool = failure.arrange(Ground(world, canaries, folder, patch)) or tool
        options = ("--sops", str(tool), "--pace", "1000")
        for call in calls:
            before = world.aws.calls.total()
            codes[call], out = watch(world, call, *options, value=canaries.plant())
            seen.append(out)
            assert call.needs_aws or world.aws.calls.total() == before, call
        seen.append(json.dumps(github.state["comments"], ensure_ascii=False).encode())
    world.aws.hooks, world.aws.after = [], []
    canaries.planted += live_values(world)
    for script in (tool, git):
        script.unlink(missing_ok=True)  # they would be found to hold themselves
    if failure is not None and failure.in_clear:
        world.tree.path(MAIN).unlink()
    bugs = [call for call, out in zip(calls, seen, strict=False) if b"internal error" in out]
    assert bool(bugs) == (failure is not None and failure.bug), bugs
    assert failure is None or any(failure.shows in out for out in seen), "nothing has failed"
    assert canaries.found(b"\0".join([*seen, *everything(folder)])) == []
    # git has no use for a key or a credential, whoever calls it.
    given = (folder / "spy" / "environment-git").read_bytes()
    assert not re.search(rb"^(export |declare -x )(SOPS|AWS)_|GITHUB_TOKEN", given, re.MULTILINE)
    return codes


def with_profile(folder: Path, name: str, patch: pytest.MonkeyPatch) -> None:
    """Give somebody a profile of AWS's tools, with the credentials that the environment has."""
    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    lines = [f"[profile {name}]", *(f"{key.lower()} = {os.environ[key]}" for key in keys)]
    file = folder / "aws-config"
    file.write_text("\n".join(lines) + "\n")
    patch.setenv("AWS_CONFIG_FILE", str(file))


def test_the_sandbox_says_nothing_of_what_it_keeps(tmp_path: Path) -> None:
    """It is AWS to others, values included; what it prints is for whoever started it."""
    canaries = Canaries()
    process = subprocess.Popen(
        [*COMMAND, "sandbox", "--port", "0", "-vv"],
        env=environ(), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    starts = process.stdout.readline()
    first = process.stdout.readline()
    second = process.stdout.readline()
    key = second.decode().split("AWS_ACCESS_KEY_ID=")[1].split()[0]
    client = boto3.client(
        "secretsmanager", "us-west-2", endpoint_url=first.decode().strip().split("=", 1)[1],
        aws_access_key_id=key, aws_secret_access_key="x",
    )  # fmt: skip
    client.create_secret(Name="/a/b", SecretString=canaries.plant())
    with pytest.raises(client.exceptions.ResourceExistsException):
        client.create_secret(Name="/a/b", SecretString=canaries.plant())
    assert client.get_secret_value(SecretId="/a/b")["SecretString"] == canaries.planted[-2]
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=300)
    assert canaries.found(starts, first, second, rest, *everything(tmp_path)) == []


def in_a_job(folder: Path, github: GitHub, patch: pytest.MonkeyPatch) -> None:
    """A job of GitHub Actions for a pull request, whose files are searched as well."""
    job = make_job(folder, github)
    job.pull_request(7)
    github.state["compare"] = {f"{SHA}...refs/heads/main": {"status": "identical", "files": []}}
    for name, value in job.variables.items():
        patch.setenv(name, value)


def spy_on_children(folder: Path, patch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A sops and a git that keep what they are given, and a place of its own for temporary files;
    all of it below the folder that is searched."""
    spy, temporary = folder / "spy", folder / "tmp"
    spy.mkdir()
    temporary.mkdir()
    git = shutil.which("git")
    assert git is not None
    patch.setenv("PATH", str(spy), prepend=":")
    patch.setenv("TMPDIR", str(temporary))
    patch.setattr(tempfile, "tempdir", None)
    return spying_sops(spy), spying(spy, Path(git), "git")
