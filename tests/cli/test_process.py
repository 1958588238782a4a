"""What the operating system could take out of the process, and what children get."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import pytest

from reconciler.manifest.committed import Committed, committed
from reconciler.manifest.surroundings import Surroundings
from tests.cli.run import python


def test_no_core_is_written() -> None:
    shown = python(
        "import resource\n"
        "from reconciler.cli import process\n"
        "process.harden()\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE))\n"
    )
    assert shown.strip() == "(0, 0)"
    assert resource.RLIMIT_CORE >= 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has it")
def test_the_process_is_not_dumpable() -> None:
    ask = "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))\n"  # PR_GET_DUMPABLE
    shown = python(
        f"import ctypes\n{ask}from reconciler.cli import process\nprocess.harden()\n{ask}"
    )
    assert shown.split() == ["1", "0"]


def test_main_hardens_before_it_reads_anything() -> None:
    shown = python(
        "from reconciler.cli import main, process\n"
        "order = []\n"
        "process.harden = lambda: order.append('harden')\n"
        "main.run = lambda arguments: order.append('run') or 0\n"
        "try:\n"
        "    main.main(['validate'])\n"
        "except SystemExit as end:\n"
        "    print(order, end.code)\n"
    )
    assert shown.strip() == "['harden', 'run'] 0"


def test_cycles_are_looked_for_less_often_before_anything_is_imported() -> None:
    shown = python(
        "import gc, sys\n"
        "from reconciler.cli import process, start\n"
        "hold = process.hold_back_collection\n"
        "def seen():\n"
        "    print('click' in sys.modules)\n"
        "    hold()\n"
        "process.hold_back_collection = seen\n"
        "sys.argv = ['reconciler', '--version']\n"
        "try:\n"
        "    start.main()\n"
        "except SystemExit:\n"
        "    print(gc.get_threshold()[0] > 10_000)\n"
    )
    assert shown.split()[0] == "False"
    assert shown.split()[-1] == "True"


def test_nothing_is_left_to_be_looked_through_at_the_end() -> None:
    shown = python(
        "import gc\n"
        "from reconciler.cli import main\n"
        "main.run = lambda arguments: 0\n"
        "try:\n"
        "    main.main(['validate'])\n"
        "except SystemExit:\n"
        "    print(gc.get_freeze_count() > 1000 > len(gc.get_objects()))\n"
    )
    assert shown.strip() == "True"


def test_git_gets_no_key_and_no_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "git"
    fake.write_text(f"#!/bin/sh\nenv > {tmp_path}/seen\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    for name in ("AWS_SECRET_ACCESS_KEY", "SOPS_AGE_KEY", "GITHUB_TOKEN", "GIT_EXTERNAL_DIFF"):
        monkeypatch.setenv(name, "canary-3f9a")
    assert committed(Surroundings(tmp_path), "production") == Committed()
    seen = (tmp_path / "seen").read_text()
    assert "PATH=" in seen
    assert "canary-3f9a" not in seen
