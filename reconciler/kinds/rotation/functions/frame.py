"""What all rotation functions share: four steps that may each be repeated, and none that tells a
value.

Secrets Manager calls a function with one step after the other, and with the same token again where
one failed. So each step looks first at what is there already.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from reconciler.kinds.rotation.functions.errors import (
    RefusedError,
    RotationError,
    UnfinishedError,
)
from reconciler.kinds.rotation.functions.versions import (
    CURRENT,
    PENDING,
    Secrets,
    code,
)


class Function(Protocol):
    """What a function does of its own."""

    def make(self, current: str) -> str:
        """The new value. It may try the service first: nothing is stored yet. Raises
        RefusedError."""

    def follows(self, current: str, pending: str) -> bool:
        """Whether the value was made from the current one. If not, somebody has written since."""

    def put(self, current: str, pending: str) -> None:
        """Set the new value in the service; again, where it is set already. Raises RefusedError,
        UnfinishedError."""

    def test(self, current: str, pending: str) -> None:
        """Use the new value. Where a schedule is set, AWS calls this with a copy of the current
        one. Raises RefusedError, UnfinishedError."""


class Rotation:
    """One rotation of one secret."""

    def __init__(self, secrets: Secrets, function: Function, secret: str, token: str) -> None:
        self._secrets = secrets
        self._function = function
        self._secret = secret
        self._token = token

    def create(self) -> None:
        """createSecret: make the new value, once."""
        labels = self._secrets.labels(self._secret)
        if CURRENT in labels.get(self._token, ()):
            return
        for version, held in labels.items():
            if PENDING in held and CURRENT not in held and version != self._token:
                raise RefusedError(
                    f"another rotation is pending: version {version} has AWSPENDING; cancel it, or"
                    " remove that label, and rotate again"
                )
        pending = self._secrets.text(self._secret, VersionId=self._token)
        current = self._current()
        if pending is None:
            self._secrets.put(self._secret, self._token, self._function.make(current))
        elif PENDING not in labels.get(self._token, ()):
            # It was given up, and is tried again.
            if not self._function.follows(current, pending):
                raise RefusedError("the secret was written meanwhile: rotate again")
            self._secrets.move(self._secret, PENDING, MoveToVersionId=self._token)

    def set(self) -> None:
        """setSecret: let the service take the new value."""
        if self._under_way():
            self._function.put(self._current(), self._pending())

    def test(self) -> None:
        """testSecret: use the new value."""
        if self._under_way():
            self._function.test(self._current(), self._pending())

    def finish(self) -> None:
        """finishSecret: the new value is the one that applications read."""
        if labels := self._under_way():
            between = {"MoveToVersionId": self._token}
            for version, held in labels.items():
                if CURRENT in held:
                    between["RemoveFromVersionId"] = version
            self._secrets.move(self._secret, CURRENT, **between)

    def give_up(self) -> None:
        """Take AWSPENDING from our own version: while it is there, AWS starts no rotation."""
        held = self._secrets.labels(self._secret).get(self._token, ())
        if PENDING in held and CURRENT not in held:
            self._secrets.move(self._secret, PENDING, RemoveFromVersionId=self._token)

    def _under_way(self) -> Mapping[str, list[str]]:
        """The labels while the new value waits; none where it is AWSCURRENT already."""
        labels = self._secrets.labels(self._secret)
        held = labels.get(self._token, ())
        if CURRENT not in held and PENDING not in held:
            raise RefusedError("this rotation has no AWSPENDING")
        return {} if CURRENT in held else labels

    def _current(self) -> str:
        found = self._secrets.text(self._secret, VersionStage=CURRENT)
        if found is None:
            raise RefusedError("the secret has no value to begin with: apply writes the first")
        return found

    def _pending(self) -> str:
        found = self._secrets.text(self._secret, VersionId=self._token)
        if found is None:
            raise RefusedError("this rotation has no value yet")
        return found


def handle(
    event: Mapping[str, Any], make: Callable[[Mapping[str, Any], Secrets], Function]
) -> None:
    """Run the step that an event names, with the function that ``make`` makes of its settings.

    Raises RotationError, one line that holds no value and has no cause.
    """
    _quiet()
    secrets = Secrets(_client())
    step, secret = str(event["Step"]), str(event["SecretId"])
    function = make(settings(), secrets)
    rotation = Rotation(secrets, function, secret, str(event["ClientRequestToken"]))
    steps = {
        "createSecret": rotation.create,
        "setSecret": rotation.set,
        "testSecret": rotation.test,
        "finishSecret": rotation.finish,
    }
    said, refused = _words(steps[step])
    if refused or (said and step == "createSecret"):
        # What nobody uses yet may go; why it could not is less worth telling than the reason.
        also, _ = _words(rotation.give_up)
        said += f"; AWSPENDING stays: {also}" if also not in ("", said) else ""
    if said:
        _fail(f"{step} of {secret}: {said}")


def settings() -> Mapping[str, Any]:
    """What the schedule declares of the function."""
    found: Mapping[str, Any] = json.loads(os.environ.get("SETTINGS", "{}"))
    return found


def _words(run: Callable[[], None]) -> tuple[str, bool]:
    """Why something failed, without a value, and whether it is certain that nothing was changed;
    empty where it did not."""
    try:
        run()
    except RefusedError as error:
        return str(error), True
    except UnfinishedError as error:
        return str(error), False
    except ClientError as error:
        # Not its message, which may quote what was sent.
        return f"{error.operation_name}: {code(error)}", False
    except BotoCoreError as error:
        return f"no answer from Secrets Manager ({type(error).__name__})", False
    except Exception as error:
        return f"failed ({type(error).__name__})", False
    return "", False


def _fail(line: str) -> NoReturn:
    raise RotationError(line)


def _quiet() -> None:
    """boto's loggers write bodies at DEBUG, whatever level Lambda is set to."""
    for name in ("boto3", "botocore", "urllib3"):
        logging.getLogger(name).setLevel(logging.INFO)


def _client() -> Any:
    limits = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 3})
    return boto3.client("secretsmanager", config=limits)
