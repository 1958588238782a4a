"""What is said where main is merged into a pull request, and what is left."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.github.job import make_job
from tests.github.merging import JWT, PASSWORD, USER, make_scene
from tests.github.server import running
from tests.github.state import fresh
from tests.leaks.canaries import Canaries, everything, program, spying, spying_sops


def test_merging_main_into_a_pull_request_shows_no_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it works, where it cannot, and where sops says what it should keep to itself."""
    canaries = Canaries()
    real = shutil.which("git")
    assert real is not None
    spy, temporary = tmp_path / "spy", tmp_path / "tmp"
    with running(fresh()) as server, monkeypatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("AWS_", "SOPS_"))]:
            patch.delenv(name)  # for the test's own git
        (tmp_path / "job").mkdir()
        job = make_job(tmp_path / "job", server)
        scene = make_scene(tmp_path, job)
        scene.branch()
        scene.values((USER, canaries.plant()), (JWT, canaries.plant()))
        scene.main_has((PASSWORD, canaries.plant()))
        scene.ready()
        for folder in (spy, temporary):
            folder.mkdir()
        git = spying(spy, Path(real), "git")
        tool = spying_sops(spy)
        talking = program(
            spy / "talking", f'cat; echo {canaries.planted[-1]} >&2; exec "{tool}" "$@"\n'
        )
        patch.setenv("PATH", str(spy), prepend=":")
        patch.setenv("TMPDIR", str(temporary))
        patch.setattr(tempfile, "tempdir", None)
        head = scene.head()
        scene.merge("--check", "-vv", "--sops", str(tool))
        scene.merge("--sops", str(talking), code=1)
        scene.merge("--sops", str(tool), code=1, SOPS_AGE_KEY_FILE="/nonexistent")
        scene.merge("-vv", "--sops", str(tool))
        comments = json.dumps(server.state["comments"], ensure_ascii=False)
        message = scene.git("log", "-1", "--format=%B", "change")
        scene.git("branch", "-f", "change", head)
        scene.opened()
        scene.merge("-o", "json", "--sops", str(tool))
        scene.git("branch", "-f", "change", head)
        scene.git("switch", "-q", "main")
        scene.values((USER, canaries.plant()))
        scene.ready()
        scene.merge("-vv", "--sops", str(tool), code=1)
        for script in (tool, talking, git):
            script.unlink()
        said = [text.encode() for text in (*job.seen, job.summary, comments, message)]
        assert list(temporary.iterdir()) == []
        assert canaries.found(b"\0".join([*said, *everything(tmp_path)])) == []
        given = (spy / "environment-git").read_bytes()
        assert not re.search(rb"^(export |declare -x )(SOPS|AWS)_|GITHUB_TOKEN", given, re.M)
