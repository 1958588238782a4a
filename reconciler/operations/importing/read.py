"""What is live below a prefix and not declared yet, read with its values."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from reconciler.aws.client import Aws
from reconciler.core.model import Key, Ownership
from reconciler.kinds.kind import Record, Settings
from reconciler.kinds.parameter import NAME as PARAMETER
from reconciler.kinds.parameter import values as parameters
from reconciler.kinds.reading import Read, Unread
from reconciler.kinds.secret import NAME as SECRET
from reconciler.kinds.secret import values as secrets
from reconciler.kinds.secret.observe import CURRENT, version_at
from reconciler.kinds.secret.observe import shape as shape_secret
from reconciler.operations import observe
from reconciler.operations.importing.declare import (
    NOBODY,
    Imported,
    NotImported,
    of_parameter,
    of_secret,
)

_OTHERS = frozenset({Ownership.SERVICE, Ownership.REPLICA, Ownership.OTHER_OWNER})


def read(
    aws: Aws,
    settings: Settings,
    prefix: str,
    declared: Collection[Key],
    taken: Collection[tuple[str, str]],
    *,
    plaintext: bool = False,
) -> list[Imported | NotImported]:
    """A declaration of each secret and parameter below ``prefix``, or why it has none.

    ``declared`` are not imported again, and ``taken`` are the names that manifests use already, by
    section. Values are read 20 secrets or 10 parameters a call. Raises AwsError.
    """
    records = observe.list_all(aws, replace(settings.scope, prefix=prefix))
    listed = {
        kind: {n: r for n, r in found.items() if Key(kind, n) not in declared}
        for kind, found in records.items()
    }
    made: list[Imported | NotImported] = []
    wanted = dict(listed[SECRET])
    for name, record in listed[SECRET].items():
        reason = _left_out(record, settings)
        if reason is not None:
            made.append(NotImported(Key(SECRET, name), reason, fault=False))
            del wanted[name]
    read_secrets = secrets.read(aws, [n for n, r in wanted.items() if _has_value(r)])
    read_parameters = parameters.read(aws, listed[PARAMETER])
    names = _Names(settings, prefix, taken)
    for name, record in sorted(wanted.items()):
        made += _secret(record, read_secrets.get(name), settings, names)
    for name, record in sorted(listed[PARAMETER].items()):
        answer = read_parameters[name]
        if isinstance(answer, Unread):
            made.append(_unread(Key(PARAMETER, name), answer))
        else:
            called = names.of("parameters", name)
            made.append(of_parameter(record, answer, settings, called, plaintext=plaintext))
    return made


def _secret(
    record: Record, answer: Read | Unread | None, settings: Settings, names: _Names
) -> Iterator[Imported | NotImported]:
    if isinstance(answer, Unread):
        yield _unread(Key(SECRET, record.name), answer)
    else:
        yield of_secret(record, answer, settings, names.of("secrets", record.name))


def _unread(key: Key, answer: Unread) -> NotImported:
    return NotImported(key, f"AWS does not hand out its value ({answer.aws_code})")


def _has_value(record: Record) -> bool:
    return not record.data.get("RotationEnabled") and version_at(record, CURRENT) is not None


def _left_out(record: Record, settings: Settings) -> str | None:
    """Why a secret is nobody's to import."""
    live = shape_secret(record, None, NOBODY, settings.scope)
    if live is None or live.deleted:
        return "it is pending deletion"
    if live.ownership in _OTHERS or (live.ownership is Ownership.FOREIGN and live.owner):
        return f"it belongs to {live.owner}"
    return None


class _Names:
    """How manifests call what is imported: below the environment's prefix, if it is there, else
    below the prefix of the import, and whole where that is taken."""

    def __init__(self, settings: Settings, prefix: str, taken: Collection[tuple[str, str]]) -> None:
        self._bases = (settings.scope.under, prefix.rstrip("/") + "/")
        self._taken = set(taken)

    def of(self, section: str, full: str) -> str:
        """The name of one; each is given once."""
        base = next((base for base in self._bases if full.startswith(base)), "/")
        name = full.removeprefix(base)
        if (section, name) in self._taken:
            name = full.strip("/")
        self._taken.add((section, name))
        return name
