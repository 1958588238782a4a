"""Reading values of parameters, 10 a call. Only commands that compare, copy or hand out do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconciler.aws.client import Aws, Response
from reconciler.kinds.reading import TRUNCATED, Read, Unread
from reconciler.values.sensitive import Sensitive

BATCH = 10  # parameters a call of GetParameters


def read(aws: Aws, names: Iterable[str]) -> dict[str, Read | Unread]:
    """The value of each name, decrypted, with the number of its version.

    Raises AwsError where a call fails as a whole.
    """
    wanted = sorted(set(names))
    batches = [wanted[start : start + BATCH] for start in range(0, len(wanted), BATCH)]
    found: dict[str, Read | Unread] = dict.fromkeys(wanted, Unread(TRUNCATED))
    for answers in aws.each(lambda batch: _batch(aws, batch), batches):
        found.update(answers)
    return found


def _batch(aws: Aws, names: Sequence[str]) -> dict[str, Read | Unread]:
    return _values(aws.call("ssm", "get_parameters", Names=list(names), WithDecryption=True), names)


def _values(answer: Response, names: Sequence[str]) -> dict[str, Read | Unread]:
    # Nothing here raises: a traceback's frames would hold the answer.
    found: dict[str, Read | Unread] = {
        str(name): Unread("ParameterNotFound", gone=True)
        for name in answer.get("InvalidParameters") or ()
    }
    for entry in answer.get("Parameters") or ():
        name, version, value = entry.get("Name"), entry.get("Version"), entry.get("Value")
        if version and isinstance(value, str):
            found[str(name)] = Read(Sensitive(value), str(version))
    return {name: one for name, one in found.items() if name in names}
