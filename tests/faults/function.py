"""A rotation function that runs in this process, for tests that rotate very often."""

from __future__ import annotations

import itertools
import json
import threading
from types import TracebackType
from typing import Any

import boto3
import pytest

SCHEDULE = {
    "lambda": "arn:aws:lambda:us-west-2:123456789012:function:rotate",
    "schedule": "rate(30 days)",
}
clients: dict[str, Any] = {}  # anybody's but the reconciler's

_numbers = itertools.count()


def json_object(text: str) -> dict[str, Any] | None:
    """The JSON object that a value is, if it is one: what is generated may only begin like one."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


class Function:
    """A rotation function that works at once, in place of a child process that runs one."""

    def __init__(self, _function: Any, _url: str, _key: object) -> None:
        pass

    def __enter__(self) -> Function:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None

    def invoke(self, event: str, _stopping: threading.Event) -> None:
        asked = json.loads(event)
        name, token = asked["SecretId"], asked["ClientRequestToken"]
        client = clients["secretsmanager"]
        if asked["Step"] == "createSecret":
            made = f"rotated-{next(_numbers)}"
            live = client.get_secret_value(SecretId=name)["SecretString"]
            held = json_object(live)
            if held is not None:
                made = json.dumps(held | {"password": made})
            client.put_secret_value(
                SecretId=name,
                ClientRequestToken=token,
                SecretString=made,
                VersionStages=["AWSPENDING"],
            )
        elif asked["Step"] == "finishSecret":
            stages = client.describe_secret(SecretId=name)["VersionIdsToStages"]
            current = next(v for v, held in stages.items() if "AWSCURRENT" in held)
            client.update_secret_version_stage(
                SecretId=name,
                VersionStage="AWSCURRENT",
                MoveToVersionId=token,
                RemoveFromVersionId=current,
            )


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the sandbox call it in place of every function."""
    clients.update({service: boto3.client(service) for service in ("secretsmanager", "ssm")})
    monkeypatch.setattr("reconciler.sandbox.rotation.RunningFunction", Function)
    monkeypatch.setattr("reconciler.sandbox.rotation._function", lambda *_: "any")
