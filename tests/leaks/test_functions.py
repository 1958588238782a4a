"""Rotation functions that come with the reconciler: no value is in a line, a traceback or a log,
whichever call fails, at the lowest log level."""

from __future__ import annotations

import json
import logging
import traceback
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from reconciler.kinds.rotation.functions import frame
from reconciler.kinds.rotation.functions.errors import RotationError
from tests.kinds.rotation.functions.steps import STEPS, Rotating, rotating
from tests.leaks.canaries import Canaries
from tests.world import World

CLOSED = "1"  # a port on which nobody listens
SETTINGS: dict[str, dict[str, Any]] = {
    "random": {"key": "key"}, "jwt": {}, "postgres": {}, "taking turns": {"superuser": "admin"},
}  # fmt: skip


def value(function: str, canaries: Canaries) -> str:
    planted = {"key": canaries.plant(), "other": canaries.plant()}
    if function not in ("random", "jwt"):
        login = {"host": "localhost", "port": CLOSED, "username": "u"}
        planted |= {**login, "password": canaries.plant()}
    return json.dumps(planted)


@pytest.mark.parametrize("function", SETTINGS)
def test_whichever_call_fails(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str], function: str,
) -> None:  # fmt: skip
    canaries = Canaries()
    stored = value(function, canaries)
    name = function if function in ("random", "jwt") else "postgres"
    made = rotating(world, monkeypatch, name, stored, **SETTINGS[function])
    if function == "taking turns":
        world.client("secretsmanager").create_secret(
            Name="admin", SecretString=value(function, canaries)
        )
    for logger in ("", "boto3", "botocore", "urllib3"):
        monkeypatch.setattr(logging.getLogger(logger), "level", logging.DEBUG)
    lines: list[str] = []
    with caplog.at_level(logging.DEBUG):
        for call in range(12):
            for failure in ("quotes", "is lost", "never"):
                if failure == "never" and call:
                    continue
                lines += rotate(made, monkeypatch, canaries, call, failure)
    assert any("ClientError" not in line for line in lines)
    seen = [*lines, caplog.text, *capfd.readouterr()]
    assert canaries.found(*(text.encode() for text in seen)) == []


def rotate(
    made: Rotating, monkeypatch: pytest.MonkeyPatch, canaries: Canaries, call: int, failure: str
) -> list[str]:
    """All steps, of which one call fails; what Lambda would log."""
    told = []
    token = made.stage()
    calls = len(made.calls)
    every = "\n".join(canaries.planted)

    def at(when: str) -> None:
        if failure != "never" and len(made.calls) - calls == call + 1 and when == "after":
            if failure == "is lost":
                raise ReadTimeoutError(endpoint_url=every)
            raise ClientError({"Error": {"Code": "InternalError", "Message": every}}, "Any")

    monkeypatch.setattr(made, "at", at)
    for step in STEPS:
        try:
            made.step(step, token)
        except RotationError as error:
            told.append("".join(traceback.format_exception(error)))
        for version in made.secret.versions.values():
            text = version.get("secret_string")
            if text is not None and text not in canaries.planted:
                held = json.loads(text)
                canaries.planted += [text, held["key"], held.get("password", held["key"])]
    made.secret.detach("AWSPENDING")
    return told


def test_the_search_would_find_one(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The twin: without what keeps boto's loggers quiet, their bodies are found."""
    canaries = Canaries()
    made = rotating(world, monkeypatch, "random", value("random", canaries), key="key")
    monkeypatch.setattr(frame, "_quiet", lambda: None)
    for logger in ("boto3", "botocore", "urllib3"):
        monkeypatch.setattr(logging.getLogger(logger), "level", logging.DEBUG)
    with caplog.at_level(logging.DEBUG):
        made.rotate()
    assert canaries.found(caplog.text.encode()) != []
