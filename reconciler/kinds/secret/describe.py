"""One secret read afresh, and calls whose repeat AWS refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reconciler.aws.client import Aws, require
from reconciler.core.errors import AwsError
from reconciler.kinds.kind import Record
from reconciler.kinds.secret.terms import SERVICE

# What AWS answers to the repeat of what it has done, and to a move of a label that has moved.
REFUSED = frozenset({"InvalidParameterException", "InvalidRequestException"})


def describe(aws: Aws, name: str) -> Record | None:
    """One secret read afresh; None only where AWS says that there is no such secret."""
    try:
        data = aws.call(SERVICE, "describe_secret", needs="Name", SecretId=name)
    except AwsError as error:
        if error.aws_code == "ResourceNotFoundException":
            return None
        raise
    if require(data, "Name", "describe_secret") != name:
        # AWS takes a name without its ARN's six characters for the secret's own.
        return None
    return Record(name, data, fresh=True)


def primary_elsewhere(record: Record) -> str | None:
    """The secret of another account that this one is a replica of, which no list tells."""
    across = record.data.get("CrossAccountPrimary")
    return str(across.get("PrimarySecretARN") or "one elsewhere") if across else None


@contextmanager
def unless(done: Callable[[], bool]) -> Iterator[None]:
    """A call whose repeat AWS refuses: after a lost answer a refusal may only say that the first
    try was done, so that is looked at before the call has failed."""
    try:
        yield
    except AwsError as error:
        if not (error.uncertain or error.aws_code in REFUSED) or not done():
            raise
