"""The comment leads to a manifest's line among what the pull request changes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from reconciler.cli.commands.github.shown import changed_line
from reconciler.core.model import Place
from reconciler.github.job import Job


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.chdir(tmp_path)
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}}))
    return {
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_REPOSITORY": "acme/secrets",
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_WORKSPACE": str(tmp_path),
    }


def test_a_line_is_found_by_the_digest_of_its_path(job: dict[str, str]) -> None:
    path = "manifests/production/a b](x).sops.yaml"
    found = changed_line(Job(job))(Place(path, 12, 5))
    digest = hashlib.sha256(path.encode()).hexdigest()
    assert found == f"https://github.example/acme/secrets/pull/7/files#diff-{digest}R12"


@pytest.mark.parametrize("missing", ["GITHUB_EVENT_PATH", "GITHUB_REPOSITORY"])
def test_without_a_pull_request_there_is_no_address(job: dict[str, str], missing: str) -> None:
    del job[missing]
    assert changed_line(Job(job))(Place("a", 1, 1)) is None
