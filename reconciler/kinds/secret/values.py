"""Reading values of secrets, 20 a call. Only commands that compare, copy or hand out values do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from reconciler.aws.client import Aws, Response
from reconciler.core.errors import AwsError
from reconciler.kinds.reading import TRUNCATED, Read, Unread
from reconciler.values.sensitive import Sensitive

# Pending deletion is an invalid request.
_GONE = frozenset({"ResourceNotFoundException", "InvalidRequestException"})
BATCH = 20  # secrets a call of BatchGetSecretValue


def read(aws: Aws, names: Iterable[str]) -> dict[str, Read | Unread]:
    """The value at AWSCURRENT of each name, with the version that holds it.

    AWS names what it could not read in ``Errors``: that is no failure of the call. Raises AwsError
    where a call fails as a whole.
    """
    wanted = sorted(set(names))
    batches = [wanted[start : start + BATCH] for start in range(0, len(wanted), BATCH)]
    found: dict[str, Read | Unread] = dict.fromkeys(wanted, Unread(TRUNCATED))
    for answers in aws.each(lambda batch: _batch(aws, batch), batches):
        found.update(answers)
    return found


def current(aws: Aws, name: str, version: str | None = None) -> Read:
    """The value at AWSCURRENT of one secret, by the call that a policy allows secret by secret;
    of this ``version`` and no other: "If you use both … the two parameters must refer to the same
    secret version".

    Raises AwsError, also where the answer lacks the value: that never means an empty secret.
    """
    which: dict[str, Any] = {} if version is None else {"VersionId": version}
    answer = aws.call(
        "secretsmanager", "get_secret_value", SecretId=name, VersionStage="AWSCURRENT", **which
    )
    found = _value(answer)
    del answer
    if found is None:
        raise AwsError(
            f"{name}: AWS answered without the value",
            operation="GetSecretValue",
            aws_code=TRUNCATED,
            hint="run again",
        )
    return found


def _batch(aws: Aws, names: Sequence[str]) -> dict[str, Read | Unread]:
    return _values(
        aws.call("secretsmanager", "batch_get_secret_value", SecretIdList=list(names)), names
    )


def _values(answer: Response, names: Sequence[str]) -> dict[str, Read | Unread]:
    # Nothing here raises: a traceback's frames would hold the answer.
    found: dict[str, Read | Unread] = {}
    for entry in answer.get("Errors") or ():
        code = str(entry.get("ErrorCode") or "Unknown")
        found[_name(str(entry.get("SecretId")), names)] = Unread(code, gone=code in _GONE)
    for entry in answer.get("SecretValues") or ():
        value = _value(entry)
        if value is not None:
            found[str(entry.get("Name"))] = value
    return {name: one for name, one in found.items() if name in names}


def _name(identifier: str, names: Sequence[str]) -> str:
    """The name that was asked for; in an ARN six characters more stand after it."""
    for name in names:
        if identifier[:-7].endswith(f":secret:{name}"):
            return name
    return identifier


def _value(entry: Response) -> Read | None:
    """A value; None where the answer was truncated, which never means an empty secret."""
    version = entry.get("VersionId")
    if not version:
        return None
    if isinstance(entry.get("SecretString"), str):
        return Read(Sensitive(entry["SecretString"]), str(version))
    if isinstance(entry.get("SecretBinary"), bytes):
        return Read(Sensitive(entry["SecretBinary"]), str(version))
    return None
