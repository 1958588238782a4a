"""A job of GitHub Actions, as far as a command notices."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from reconciler.cli.main import run
from reconciler.core import planfile
from reconciler.core.model import Plan
from tests.github.server import GitHub
from tests.github.state import State

SHA = "4" * 40


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass
class Job:
    """``variables`` are those of GitHub; ``folder`` is the workspace."""

    folder: Path
    server: GitHub
    variables: dict[str, str]
    seen: list[str] = field(default_factory=list)
    expected_violations: list[str] = field(default_factory=list)

    @property
    def state(self) -> State:
        """What the small GitHub holds."""
        return self.server.state

    @property
    def output(self) -> dict[str, str]:
        """The step's outputs."""
        lines = self._text("output").splitlines()
        return dict(line.split("=", 1) for line in lines)

    @property
    def summary(self) -> str:
        """The step's summary."""
        return self._text("summary")

    def _text(self, name: str) -> str:
        file = self.folder / name
        return file.read_text() if file.exists() else ""

    def asked(self, method: str, *, ending: str = "") -> list[str]:
        """The paths of the requests of one method."""
        return [
            request["path"]
            for request in self.state["requests"]
            if request["method"] == method and request["path"].endswith(ending)
        ]

    def next(self) -> None:
        """Another step: its files are empty, and nothing was asked yet."""
        for name in ("output", "summary"):
            (self.folder / name).unlink(missing_ok=True)
        self.state["requests"] = []

    def pull_request(self, number: int, **event: Any) -> None:
        """Let the event be one of this pull request, which exists."""
        self.event({"number": number, "pull_request": {"number": number}, **event})
        self.state["pulls"].append(
            {
                "number": number,
                "state": "open",
                "head": {"ref": "feature", "sha": "a" * 40},
                "base": {"ref": "main", "sha": "b" * 40},
            }
        )

    def event(self, content: Any) -> None:
        """Let the event be this."""
        (self.folder / "event.json").write_text(json.dumps(content))

    def save(self, *plans: Plan, name: str = "plan.json") -> str:
        """A plan, as `plan --out` saves it."""
        (self.folder / name).write_text(planfile.dumps(plans))
        return name

    def run(self, *arguments: str, code: int = 0, **variables: str | None) -> Done:
        """Run ``reconciler github …``; it has to end with ``code``. A variable that is None is not
        set."""
        given = {**self.variables, **variables}
        kept = {name: value for name, value in given.items() if value is not None}
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            mock.patch.dict(os.environ, kept),
        ):
            for name in given.keys() - kept.keys():
                os.environ.pop(name, None)
            ended = run(("github", *arguments))
        done = Done(ended, out.getvalue(), err.getvalue())
        self.seen += [done.out, done.err]
        assert ended == code, done
        assert "internal error" not in done.err, done.err
        assert self.state["token"] not in done.out + done.err
        return done

    def everything(self) -> Sequence[bytes]:
        """All that commands have printed, written and sent."""
        files = [p.read_bytes() for p in self.folder.glob("*") if p.name in ("output", "summary")]
        sent = json.dumps([self.state["comments"], self.state["issues"]], ensure_ascii=False)
        return [*(text.encode() for text in self.seen), *files, sent.encode()]


def make_job(folder: Path, server: GitHub) -> Job:
    """A job of a repository with a tree of manifests; the event is a push."""
    (folder / "manifests").mkdir(exist_ok=True)
    (folder / "manifests" / ".sops.yaml").touch()
    job = Job(
        folder,
        server,
        {
            "GITHUB_API_URL": server.url,
            "GITHUB_TOKEN": server.state["token"],
            "GITHUB_REPOSITORY": server.state["repository"],
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_EVENT_PATH": str(folder / "event.json"),
            "GITHUB_SHA": SHA,
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_RUN_ID": "77",
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_OUTPUT": str(folder / "output"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary"),
            "GITHUB_WORKSPACE": str(folder),
        },
    )
    job.event({"ref": "refs/heads/main"})
    return job
