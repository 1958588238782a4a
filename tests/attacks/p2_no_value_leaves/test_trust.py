"""What keeps values inside the process, beside the search for them in test_leaks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.manifest import load
from tests.world import World


def test_no_output_holds_a_future_version_id(world: World) -> None:
    """Whoever may write a secret could claim it first, with another value."""
    world.declare({"db": {"value": "one"}})
    world.converge()
    world.declare({"db": {"value": "two"}, "new": {"value": "n"}}, {"url": {"value": "u"}})
    desired = load(world.tree.manifests, "production", world.tree.sops)
    tokens: list[str] = []
    for key, sealed in desired.values.items():
        assert sealed.content is not None
        if key.kind == "secret":
            tokens += desired.fingerprinter.secret_tokens(key.name, sealed.content)
        else:
            assert isinstance(sealed.content.reveal(), str)
            tokens += desired.fingerprinter.parameter_fingerprints(
                key.name,
                "SecureString",
                sealed.content,  # type: ignore[arg-type]
            )
    assert len(tokens) == 3
    shown = ""
    for form in ("text", "markdown", "json"):
        done = world.cli("plan", "production", "-vv", "-o", form, "--out", "p.json")
        shown += done.stdout + done.stderr
    shown += Path("p.json").read_text()
    assert not any(token in shown for token in tokens)
    # What is live may be named: it cannot be claimed any more.
    assert world.labels("db")["AWSCURRENT"] in shown


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says so of itself")
def test_no_core_file_and_no_memory_for_others() -> None:
    """A process that is not dumpable leaves no core, and its /proc belongs to root."""
    script = (
        "from reconciler.cli import process; import ctypes, resource;"
        "process.harden();"
        "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["0", "(0,", "0)"]


def test_no_key_of_a_connection_is_written_to_a_file(tmp_path: Path) -> None:
    """Who has it and has recorded the connection reads the values in it."""
    script = (
        "from reconciler.cli import process; process.harden();"
        "from botocore import httpsession; from urllib3.util import ssl_; import ssl;"
        "made = [httpsession.create_urllib3_context(), ssl_.create_urllib3_context(),"
        " ssl.create_default_context()];"
        "print([context.keylog_filename for context in made])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True,
        env={**os.environ, "SSLKEYLOGFILE": str(tmp_path / "keys")},
    )  # fmt: skip
    assert done.stdout.strip() == "[None, None, None]"


def test_the_command_line_hardens_itself_first(monkeypatch: pytest.MonkeyPatch) -> None:
    from reconciler.cli import main, process

    order: list[str] = []
    monkeypatch.setattr(process, "harden", lambda: order.append("harden"))
    monkeypatch.setattr(main, "run", lambda _: order.append("run") or 0)
    with pytest.raises(SystemExit):
        main.main(["--help"])
    assert order == ["harden", "run"]


def test_git_gets_no_key_and_no_credentials(world: World, tmp_path: Path) -> None:
    real = shutil.which("git")
    assert real is not None
    folder = tmp_path / "bin"
    folder.mkdir()
    spy = folder / "git"
    spy.write_text(f'#!/bin/sh\nenv > "{tmp_path}/git-environment"\nexec {real} "$@"\n')
    spy.chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    assert world.cli("plan", "production", environment={"PATH": path}).returncode == 0
    given = (tmp_path / "git-environment").read_text()
    assert "PATH=" in given
    assert "SOPS_" not in given
    assert "AWS_" not in given


def test_strings_from_outside_cannot_drive_the_terminal(world: World) -> None:
    hostile = "a\x1b[2J\u202eb\u2066c\r::add-mask::x"
    world.declare(
        {"db": {"value": "v", "description": hostile.replace("\x1b", "").replace("\r", "")}},
        {"host": {"plaintext": "db\x1b[31m\n::error::x"}},
    )
    for form in ("text", "markdown", "json"):
        shown = world.cli("plan", "production", "-o", form).stdout
        assert shown
        for character in "\x1b\r\u202e\u2066":
            assert character not in shown, form
        assert not any(line.startswith("::") for line in shown.splitlines())


def test_a_value_is_never_an_argument(world: World, tmp_path: Path) -> None:
    """sops gets ciphertext on its standard input, and names of formats as arguments."""
    from reconciler.values.sops import find

    spy = tmp_path / "sops"
    spy.write_text(f'#!/bin/sh\necho "$@" >> "{tmp_path}/arguments"\nexec "{find()}" "$@"\n')
    spy.chmod(0o755)
    world.cli("plan", "production", "--sops", str(spy))
    arguments = (tmp_path / "arguments").read_text().splitlines()
    assert arguments
    allowed = {
        "decrypt", "--input-type", "yaml", "--output-type", "json", "--config", "/dev/null",
        "--disable-version-check",
    }  # fmt: skip
    assert {word for line in arguments for word in line.split()} <= allowed
