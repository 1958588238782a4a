"""Secrets Manager, as far as a rotation needs it: versions of a secret, and their labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from reconciler.kinds.rotation.functions.errors import RefusedError

CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"


class Secrets:
    """Secrets, by the versions and labels that a rotation deals with."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def text(self, secret: str, **which: str) -> str | None:
        """The text of a version; None where there is no such version, or secret.

        Raises RefusedError where it holds none.
        """
        try:
            answer = self._client.get_secret_value(SecretId=secret, **which)
        except ClientError as error:
            if code(error) == "ResourceNotFoundException":
                return None
            raise
        if not isinstance(answer.get("SecretString"), str):
            raise RefusedError("the secret holds no text")
        return str(answer["SecretString"])

    def labels(self, secret: str) -> Mapping[str, list[str]]:
        """The labels of each version. Raises RefusedError where rotation is off."""
        answer = self._client.describe_secret(SecretId=secret)
        if not answer.get("RotationEnabled"):
            raise RefusedError("rotation is off")
        found: Mapping[str, list[str]] = answer.get("VersionIdsToStages") or {}
        return found

    def put(self, secret: str, token: str, text: str) -> None:
        """Store a value as AWSPENDING."""
        self._client.put_secret_value(
            SecretId=secret, ClientRequestToken=token, SecretString=text, VersionStages=[PENDING]
        )

    def move(self, secret: str, label: str, **between: str) -> None:
        """Move a label. "If the staging label is attached to a different version than the one
        specified, the operation fails."""
        self._client.update_secret_version_stage(SecretId=secret, VersionStage=label, **between)


def code(error: ClientError) -> str:
    """AWS's code of an error."""
    return str(error.response.get("Error", {}).get("Code", ""))
