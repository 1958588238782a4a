"""What commands do that read an object's value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconciler.aws.client import Aws
from reconciler.core.errors import AwsError
from reconciler.core.model import Key, Live, Resource, Scope
from reconciler.core.reasons import Why
from reconciler.kinds.comparison import Comparison
from reconciler.kinds.equal import equal
from reconciler.kinds.imported import Imported, NotImported
from reconciler.kinds.judging import judged
from reconciler.kinds.kind import Record, Settings, Target
from reconciler.kinds.reading import Read, Unread, Verdict
from reconciler.kinds.represent import represent
from reconciler.values.sensitive import Sealed, Sensitive
from tests.kinds.toy.declare import NAME, SECTION
from tests.kinds.toy.observe import BUCKET


def read(aws: Aws, names: Iterable[str]) -> dict[str, Read | Unread]:
    """One call each."""
    return {name: _read(aws, name) for name in names}


def _read(aws: Aws, name: str) -> Read | Unread:
    try:
        answer = aws.call("s3", "get_object", Bucket=BUCKET, Key=name.lstrip("/"))
    except AwsError as error:
        return Unread(error.aws_code, gone=error.aws_code == "NoSuchKey")
    return Read(Sensitive(answer["Body"].read().decode()), str(answer["ETag"]))


def judge(target: Target, answer: Read) -> Verdict:
    """Whether it is the declared one."""
    return judged(target, answer, false=False)


def undecided(live: Live) -> bool:
    """Its metadata says it."""
    return False


def barriers(
    aws: Aws, wanted: Sequence[tuple[Resource, Live]], scope: Scope
) -> Sequence[Why | None]:
    """Nothing keeps any."""
    return [None] * len(wanted)


def compared(resource: Resource, sealed: Sealed, answer: Read) -> Comparison:
    """An equal value is written once more, with metadata."""
    if resource.value is None or not equal(sealed, answer.content):
        return Comparison(answer.version)
    return Comparison(answer.version, resource.value.fingerprints[0])


def left_out(record: Record, settings: Settings) -> str | None:
    """All are imported."""
    return None


def has_value(record: Record) -> bool:
    """Always."""
    return True


def imported(
    record: Record, value: Read | None, settings: Settings, name: str, *, plaintext: bool
) -> Imported | NotImported:
    """Its value below its name."""
    key = Key(NAME, record.name)
    if value is None:
        return NotImported(key, "it has no value")
    return Imported(key, SECTION, name, {}, represent(value.content))
