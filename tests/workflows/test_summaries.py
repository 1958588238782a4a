"""What the action adds to a step's summary, which GitHub limits.

"Job summaries are isolated between steps and each step is restricted to a maximum size of 1MiB. …
If more than 1MiB of content is added for a step, then the upload for the step will fail and an
error annotation will be created." (docs.github.com, Workflow commands for GitHub Actions)
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.trees import clean_environ
from tests.workflows.test_install import ACTION

MOST = 1024 * 1024
# Says a lot, ends as a stale plan does, and saves no plan; what it shows of one is as much again.
LOUD = """#!/bin/sh
case "$*" in
*" github plan"*) head -c 60000 /dev/zero | tr '\\0' y >>"$GITHUB_STEP_SUMMARY" ;;
*" apply"*) yes '<&>"é' | head -n "$LINES"; exit 3 ;;
*" validate"*) yes '<&>"é' | head -n "$LINES" ;;
esac
"""


def step(folder: Path, command: str, lines: int, before: str = "") -> str:
    """The summary of a step that runs one command of the action."""
    bin_ = folder / "bin"
    bin_.mkdir()
    (bin_ / "reconciler").write_text(LOUD)
    (bin_ / "reconciler").chmod(0o755)
    (folder / "plan.json").touch()
    summary = folder / "summary"
    summary.write_text(before)
    given = {
        "COMMAND": command, "ENVIRONMENT": "production", "MANIFESTS": "manifests",
        "BRANCH": "main", "BASE": "", "PLANS": "", "CONFIGURATION": "", "KEYLESS": "",
        "PLAN_FILE": str(folder / "plan.json"), "DIGEST": "", "AUDIT": "", "GITHUB_SHA": "0" * 40,
        "LINES": str(lines), "PATH": f"{bin_}{os.pathsep}{os.environ['PATH']}",
        "ACTION_PATH": str(ACTION), "RUNNER_TEMP": str(folder),
        "GITHUB_OUTPUT": str(folder / "output"), "GITHUB_STEP_SUMMARY": str(summary),
    }  # fmt: skip
    subprocess.run(
        ["bash", str(ACTION / "run.sh")], env=clean_environ() | given, capture_output=True,
        check=False, timeout=120,
    )  # fmt: skip
    return summary.read_text()


@pytest.mark.parametrize("command", ["apply", "check"])
def test_it_is_cut_after_it_was_escaped_and_by_what_the_step_has_added(
    tmp_path: Path, command: str
) -> None:
    before = "z" * 300_000 + "\n"
    text = step(tmp_path, command, 150_000, before)
    assert 900_000 < len(text.encode()) <= MOST
    inside = text.removeprefix(before).partition("<pre>\n")[2].partition("</pre>")[0]
    *lines, last = inside.splitlines()
    assert set(lines) == {'&lt;&amp;&gt;"é'}, "cut at a line, and in no character"
    assert last == f"Not all fits here: {150_000 - len(lines)} lines left out. The log has them."


def test_what_fits_is_whole(tmp_path: Path) -> None:
    text = step(tmp_path, "check", 40_000)
    assert text.count('&lt;&amp;&gt;"é\n') == 40_000
    assert "left out" not in text


def test_a_summary_that_is_full_gets_no_more_than_a_line(tmp_path: Path) -> None:
    text = step(tmp_path, "check", 10, "z" * (MOST - 2000))
    assert len(text.encode()) <= MOST
    assert "Not all fits here: 10 lines left out." in text
