"""One environment in git and one account in the embedded AWS, and how to run commands on them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from reconciler import manifest
from reconciler.aws.client import Aws
from reconciler.aws.pacing import Pacing
from reconciler.core import review
from reconciler.core.drift import Drift
from reconciler.core.model import Change, Key
from reconciler.operations import apply, drift, planning
from reconciler.operations.apply import Outcome
from reconciler.operations.planning import Planned
from tests import forked
from tests.embedded import Embedded
from tests.inprocess import reconciler
from tests.sandbox.conftest import deploy_function
from tests.trees import Tree, clean_environ

PREFIX = "/test/production"
FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:rotate"
FASTER = 25  # times: how much less the pauses between two tries take here
WAITING = (
    "botocore.endpoint", "reconciler.aws.client", "reconciler.kinds.parameter.write",
)  # fmt: skip
SCHEDULE = {"lambda": FUNCTION, "schedule": "rate(30 days)"}


@dataclass
class World:
    """``calls`` counts what the last command asked of AWS; ``program`` is what runs in a process
    of its own, where it is another."""

    tree: Tree
    aws: Embedded
    calls: Counter[str] = field(default_factory=Counter)
    program: Path | None = None
    touched: bool = False

    # --- git ----------------------------------------------------------------------------------

    def declare(
        self,
        secrets: Mapping[str, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
        **settings: Any,
    ) -> None:
        """Let production declare this, and nothing else."""
        content = {"secrets": dict(secrets or {}), "parameters": dict(parameters or {})}
        kept = {name: section for name, section in content.items() if section}
        self.tree.write("production/main.sops.yaml", kept)
        if settings:
            self.settings(**settings)

    def settings(self, **settings: Any) -> None:
        """Write the environment's own file again with these fields."""
        from tests.trees import default_settings

        self.tree.write(
            "production/environment.sops.yaml", default_settings("production") | settings
        )

    def _wait(self) -> None:
        """Where lists are stale, let the time pass after which one of them tells what others did,
        and AWS knows what is new: before, nothing does."""
        if self.aws.list_staleness:
            self.aws.settling.pass_by()
            if self.touched:
                self.aws.age_lists(2 * self.aws.list_staleness)
                self.touched = False

    # --- commands, in this process --------------------------------------------------------------

    def plan(self, session: Aws | None = None) -> Planned:
        """Plan production."""
        self._wait()
        before = self.aws.calls.copy()
        declared = manifest.read(self.tree.manifests, "production")
        made = planning.make(
            declared.settings.scope,
            lambda: declared.decrypt(self.tree.sops),
            session or self.session(),
        )
        self.calls = self.aws.calls - before
        return made

    def changes(self) -> dict[str, Change]:
        """The plan's changes by ``kind:name below the prefix``."""
        return {short(change.key): change for change in self.plan().plan.changes}

    def apply(self, planned: Planned | None = None) -> dict[str, Outcome]:
        """Apply a plan, or what a fresh one says; outcomes like :meth:`changes`."""
        before = self.aws.calls.copy()
        session = self.session()
        fresh = self.plan(session)
        todo = fresh.plan.changes
        if planned is not None:
            todo = review.by_plan(planned.plan, fresh.plan, fresh.live).todo
        outcomes = apply.run(fresh, todo, session, lambda _: None, threading.Event())
        self.calls = self.aws.calls - before
        return {short(outcome.change.key): outcome for outcome in outcomes}

    def converge(self) -> None:
        """Apply, and check that everything was done and nothing is left."""
        outcomes = self.apply()
        bad = {name: (o.status, o.error) for name, o in outcomes.items() if o.status != "done"}
        assert not bad, bad
        assert self.changes() == {}

    def drift(self, now: datetime | None = None) -> dict[str, Drift]:
        """Classify production's drift."""
        found = drift.classify(self.plan(), now or datetime.now(UTC))
        return {f"{short(entry.key)} {entry.kind_of}": entry for entry in found}

    def session(self) -> Aws:
        """A fresh connection with the credentials of the environment."""
        # AWS's own quotas would make tests wait; what holds them is tested by itself.
        return Aws(_session(_variables()), "us-west-2", parallelism=4, pacing=Pacing(1000))

    # --- commands, as a user runs them ------------------------------------------------------------

    def cli(
        self,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        stdin: str | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run ``reconciler`` without a terminal, beside the manifests."""
        self._wait()
        return reconciler(
            arguments,
            cwd=self.tree.manifests.parent,
            environment=self.environ() | dict(environment or {}),
            stdin=stdin,
        )

    def process(
        self, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run ``reconciler`` in a process of its own, without a terminal."""
        return subprocess.run(
            [str(self.program or forked.program()), *arguments],
            cwd=self.tree.manifests.parent,
            env=self.environ() | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def environ(self) -> dict[str, str]:
        """The variables of a user of this account and this key."""
        return {
            **clean_environ(),
            **self.tree.environ,
            "AWS_ENDPOINT_URL": self.aws.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-west-2",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }

    # --- somebody else ----------------------------------------------------------------------------

    def client(self, service: str) -> Any:
        """A plain AWS client: anybody but the reconciler, once AWS knows everywhere what is new."""
        self.aws.settling.pass_by()
        self.touched = True
        return _client(service, _variables())

    def secret(self, name: str) -> dict[str, Any]:
        """DescribeSecret of a name below the prefix."""
        described: dict[str, Any] = self.client("secretsmanager").describe_secret(
            SecretId=f"{PREFIX}/{name}"
        )
        return described

    def secret_value(self, name: str, stage: str = "AWSCURRENT") -> str:
        """What an application reads."""
        answer = self.client("secretsmanager").get_secret_value(
            SecretId=f"{PREFIX}/{name}", VersionStage=stage
        )
        return str(answer["SecretString"])

    def secret_tags(self, name: str) -> dict[str, str]:
        """A secret's tags."""
        return {tag["Key"]: tag["Value"] for tag in self.secret(name).get("Tags", [])}

    def labels(self, name: str) -> dict[str, str]:
        """Which version holds each label."""
        stages = self.secret(name).get("VersionIdsToStages", {})
        return {label: version for version, held in stages.items() for label in held}

    def put_secret(self, name: str, value: str) -> None:
        """An outside write of a secret's value."""
        self.client("secretsmanager").put_secret_value(
            SecretId=f"{PREFIX}/{name}", SecretString=value
        )

    def parameter(self, name: str) -> dict[str, Any]:
        """DescribeParameters of a name below the prefix."""
        answer = self.client("ssm").describe_parameters(
            ParameterFilters=[{"Key": "Name", "Values": [f"{PREFIX}/{name}"]}]
        )
        found: dict[str, Any] = answer["Parameters"][0]
        return found

    def parameter_value(self, name: str) -> str:
        """What an application reads."""
        answer = self.client("ssm").get_parameter(Name=f"{PREFIX}/{name}", WithDecryption=True)
        return str(answer["Parameter"]["Value"])

    def parameter_tags(self, name: str) -> dict[str, str]:
        """A parameter's tags."""
        answer = self.client("ssm").list_tags_for_resource(
            ResourceType="Parameter", ResourceId=f"{PREFIX}/{name}"
        )
        return {tag["Key"]: tag["Value"] for tag in answer["TagList"]}

    def put_parameter(self, name: str, value: str, **more: Any) -> None:
        """An outside write of a parameter."""
        self.client("ssm").put_parameter(
            Name=f"{PREFIX}/{name}", Value=value, Overwrite=True, **more
        )

    def deploy(self, **options: Any) -> str:
        """A rotation function that works; see ``deploy_function``."""
        return deploy_function(boto3.client, **options)

    def rotate(self, name: str) -> None:
        """Rotate at once, and wait for the end of it."""
        assert self.aws.wait_for_rotations()
        self.client("secretsmanager").rotate_secret(
            SecretId=f"{PREFIX}/{name}", RotateImmediately=True
        )
        assert self.aws.wait_for_rotations()

    def between(self, operation: str, act: Callable[[], None]) -> None:
        """Let somebody act just before the reconciler's next call of ``operation``."""
        done: list[bool] = []

        def hook(called: str, _: Any) -> None:
            if called == operation and not done:
                done.append(True)
                act()

        self.aws.hooks.append(hook)


def _variables() -> tuple[tuple[str, str], ...]:
    """What a session takes from this process; no test has a file of credentials."""
    given = {n: v for n, v in os.environ.items() if n.startswith("AWS_") and "_FILE" not in n}
    return tuple(sorted(given.items()))


@cache
def _session(variables: tuple[tuple[str, str], ...]) -> boto3.session.Session:
    """A session for all tests with these variables, which has found its credentials."""
    assert variables == _variables()
    return boto3.session.Session()


@cache
def _client(service: str, variables: tuple[tuple[str, str], ...]) -> Any:
    return _session(variables).client(service)


def short(key: Key) -> str:
    """A key as these tests write it."""
    return f"{key.kind}:{key.name.removeprefix(PREFIX + '/')}"


def make_world(folder: Path, aws: Embedded) -> World:
    """An empty account and a tree that declares one secret."""
    from tests.trees import make_tree

    tree = make_tree(folder, {"production": {"secrets": {"db": {"value": {"user": "u"}}}}})
    return World(tree, aws)


def account(folder: Path, aws: Embedded, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """An empty account; the process's AWS variables lead to it and to nowhere else."""
    aws.reset()
    aws.latency = aws.list_staleness = 0.0
    aws.throttle = aws.keeps_pending = False
    aws.empty_pages = True
    aws.settling.calls, aws.settling.seconds = 0, 600.0
    aws.hooks, aws.after = [], []
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "none"))
    monkeypatch.setattr("reconciler.kinds.parameter.write.AFTER_DELETE", 0.0)
    monkeypatch.setattr("reconciler.aws.client.SETTLING_PAUSE", 0.05)
    monkeypatch.setattr("reconciler.aws.client.SETTLES", 1.0)
    clock = SimpleNamespace(**{**vars(time), "sleep": lambda s: time.sleep(s / FASTER)})
    for place in WAITING:
        monkeypatch.setattr(f"{place}.time", clock)
    forked.run_functions(monkeypatch)
    monkeypatch.chdir(folder)
    yield make_world(folder, aws)
    assert aws.failures == []
