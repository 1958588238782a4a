"""A rotation step by step, in this process, as Secrets Manager goes through it."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest

from reconciler.kinds import shipped
from reconciler.kinds.rotation.functions import frame
from reconciler.kinds.rotation.functions.errors import RotationError
from reconciler.sandbox.account import secrets_of
from tests.world import PREFIX, World

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


class Killed(BaseException):
    """What ends a function in the middle: Lambda's timeout, a lost machine."""


@dataclass
class Rotating:
    """One secret and the handler of its function. ``calls`` are those that the function makes of
    Secrets Manager; ``kill`` is the number of one, and whether to end before or after it."""

    world: World
    name: str
    handler: Callable[[Mapping[str, Any], object], None]
    calls: list[str] = field(default_factory=list)
    kill: tuple[int, str] | None = None

    @property
    def secret(self) -> Any:
        """The secret in the embedded AWS."""
        return secrets_of("us-west-2").secrets.find(f"{PREFIX}/{self.name}")

    def stage(self) -> str:
        """What AWS does first: a version without a value that has AWSPENDING; its token."""
        token = str(uuid.uuid4())
        self.secret.enabled = True
        self.secret.new_version(token, time.time())
        self.secret.attach("AWSPENDING", token)
        return token

    def step(self, step: str, token: str) -> None:
        """One step."""
        event = {"SecretId": self.secret.arn, "ClientRequestToken": token, "Step": step}
        self.handler(event, None)

    def rotate(self, token: str | None = None) -> str:
        """All four steps; afterwards AWS takes AWSPENDING away."""
        token = token or self.stage()
        for step in STEPS:
            self.step(step, token)
        self.secret.detach("AWSPENDING")
        return token

    def value(self, stage: str = "AWSCURRENT") -> str:
        """What is stored."""
        return self.world.secret_value(self.name, stage)

    def labels(self) -> dict[str, str]:
        """Which version has which label."""
        return self.world.labels(self.name)

    def at(self, when: str) -> None:
        """End here, if it is the time."""
        if self.kill == (len(self.calls), when):
            self.kill = None
            raise Killed

    def client(self) -> Any:
        """What the function gets: each call is counted, and one of them may be its last."""
        client = boto3.session.Session().client("secretsmanager", region_name="us-west-2")

        def before(model: Any, **_: Any) -> None:
            self.calls.append(model.name)
            self.at("before")

        client.meta.events.register("before-call.secretsmanager", before)
        client.meta.events.register("after-call.secretsmanager", lambda **_: self.at("after"))
        return client


def rotating(
    world: World, monkeypatch: pytest.MonkeyPatch, function: str, value: str, /, **settings: Any
) -> Rotating:
    """A secret of this value, and the function with these settings, its defaults included."""
    from importlib import import_module

    name = f"rotates-{uuid.uuid4().hex[:8]}"
    world.client("secretsmanager").create_secret(Name=f"{PREFIX}/{name}", SecretString=value)
    module = import_module(f"reconciler.kinds.rotation.functions.{function}.handler")
    said = shipped.FUNCTIONS[function].settings.model_validate(settings)
    monkeypatch.setenv("SETTINGS", json.dumps(said.model_dump(exclude_none=True)))
    made = Rotating(world, name, module.handler)
    # One client for all of a test: making one takes longer than a rotation.
    client = made.client()
    monkeypatch.setattr(frame, "_client", lambda: client)
    return made


def fails(made: Rotating, step: str, token: str) -> str:
    """The one line with which a step ends; it has no cause and no context."""
    with pytest.raises(RotationError) as caught:
        made.step(step, token)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(f"{step} of arn:aws:secretsmanager:")
    return line
