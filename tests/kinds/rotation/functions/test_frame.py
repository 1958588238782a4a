"""What all functions share: steps that may be killed and repeated, AWSPENDING, and silence."""

from __future__ import annotations

import json
import logging

import pytest

from reconciler.kinds.rotation.functions.versions import Secrets
from tests.kinds.rotation.functions.steps import STEPS, Killed, Rotating, fails, rotating
from tests.world import World

VALUES = {"random": '{"key": "k", "host": "h"}', "jwt": '{"key": "k", "host": "h"}'}
SETTINGS = {"random": {"key": "key"}, "jwt": {}}


@pytest.fixture(params=VALUES)
def made(request: pytest.FixtureRequest, world: World, monkeypatch: pytest.MonkeyPatch) -> Rotating:
    name = request.param
    return rotating(world, monkeypatch, name, VALUES[name], **SETTINGS[name])


def test_killed_at_every_call_and_run_again(made: Rotating) -> None:
    """As Secrets Manager does it: the step again, or all of them; each function has at each call
    the one where the other has the other."""
    parity = list(VALUES).index(made.handler.__module__.split(".")[-2])
    made.rotate()
    count = len(made.calls)
    assert count >= 8
    for call in range(1, count + 1):
        for when in ("before", "after"):
            all_again = (call + (when == "after") + parity) % 2
            before, token = made.value(), made.stage()
            made.calls.clear()
            made.kill = (call, when)
            for step in STEPS:
                try:
                    made.step(step, token)
                except Killed:
                    if all_again:
                        break
                    made.step(step, token)
            assert made.kill is None, (call, when)
            if all_again:
                made.rotate(token)
            made.secret.detach("AWSPENDING")
            assert made.labels()["AWSCURRENT"] == token
            assert made.value("AWSPREVIOUS") == before
            assert json.loads(made.value())["host"] == "h"
            assert json.loads(made.value())["key"] != json.loads(before)["key"]


def test_each_step_twice_changes_nothing_more(made: Rotating) -> None:
    token = made.stage()
    for step in STEPS:
        made.step(step, token)
        value, labels = made.value("AWSPENDING"), made.labels()
        made.step(step, token)
        assert (made.value("AWSPENDING"), made.labels()) == (value, labels)
    assert made.calls.count("PutSecretValue") == 1
    assert made.calls.count("UpdateSecretVersionStage") == 1


def test_a_pending_rotation_of_somebody_else_stays(made: Rotating) -> None:
    other = made.stage()
    made.step("createSecret", other)
    value = made.value("AWSPENDING")
    token = made.stage()
    made.secret.attach("AWSPENDING", other)
    line = fails(made, "createSecret", token)
    assert f"version {other} has AWSPENDING" in line
    assert line.endswith("and rotate again")
    assert made.labels()["AWSPENDING"] == other
    assert made.value("AWSPENDING") == value


def test_a_step_that_was_given_up_is_tried_again(
    made: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = made.stage()
    made.step("createSecret", token)
    made.secret.detach("AWSPENDING")
    for step in STEPS[1:]:
        assert "this rotation has no AWSPENDING" in fails(made, step, token)
    made.rotate(token)
    assert made.labels()["AWSCURRENT"] == token


def test_what_somebody_wrote_since_is_not_reverted(made: Rotating) -> None:
    token = made.stage()
    made.step("createSecret", token)
    changed = json.dumps({**json.loads(made.value()), "host": "new"})
    made.secret.detach("AWSPENDING")  # what AWS does when somebody puts a version
    made.world.put_secret(made.name, changed)
    assert "written meanwhile" in fails(made, "createSecret", token)
    assert made.value() == changed
    assert "AWSPENDING" not in made.labels()


def test_a_rotation_that_is_off(made: Rotating) -> None:
    token = made.stage()
    made.secret.enabled = False
    for step in STEPS:
        assert "rotation is off" in fails(made, step, token)
    assert made.labels()["AWSPENDING"] == token


def test_a_refusal_of_aws_is_one_line(made: Rotating) -> None:
    token = made.stage()
    made.world.client("secretsmanager").delete_secret(SecretId=made.secret.arn)
    assert "GetSecretValue: InvalidRequestException" in fails(made, "createSecret", token)


def test_debug_shows_no_body(made: Rotating, caplog: pytest.LogCaptureFixture) -> None:
    """Lambda's log level may be DEBUG, and boto's loggers write bodies there."""
    for name in ("boto3", "botocore", "urllib3"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    with caplog.at_level(logging.DEBUG):
        made.rotate()
    key = json.loads(made.value())["key"]
    assert key not in caplog.text
    assert "SecretString" not in caplog.text


def test_an_unknown_failure_names_its_type_alone(
    made: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("a value: hunter2")

    token = made.stage()
    monkeypatch.setattr(Secrets, "put", broken)
    line = fails(made, "createSecret", token)
    assert line.endswith("failed (ValueError)")
    assert "AWSPENDING" not in made.labels()
