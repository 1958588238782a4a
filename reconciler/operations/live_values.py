"""Live values, each read once by the kind that holds it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler import kinds
from reconciler.aws.client import Aws
from reconciler.core.model import Key
from reconciler.kinds.reading import TRUNCATED, Read, Unread


def read(aws: Aws, keys: Iterable[Key]) -> Mapping[Key, Read | Unread]:
    """The value that each resource has, or is part of. Raises AwsError where a call fails as a
    whole."""
    wanted = list(keys)
    by_reader: dict[str, set[str]] = {}
    for key in wanted:
        holder = kinds.holder(key)
        by_reader.setdefault(holder.kind, set()).add(holder.name)
    answers = {
        Key(reader, name): answer
        for reader, names in sorted(by_reader.items())
        for name, answer in kinds.named(reader).read(aws, names).items()
    }
    return {key: answers.get(kinds.holder(key), Unread(TRUNCATED)) for key in wanted}
