"""What is live below a prefix and not declared yet, read with its values."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from reconciler import kinds
from reconciler.aws.client import Aws
from reconciler.aws.recogniser import UnverifiedRecogniser
from reconciler.core.model import Key
from reconciler.kinds.imported import Imported, NotImported
from reconciler.kinds.kind import Named, Record, Settings
from reconciler.kinds.reading import Unread
from reconciler.operations import observe


def read(
    aws: Aws,
    settings: Settings,
    prefix: str,
    declared: Collection[Key],
    taken: Collection[tuple[str, str]],
    *,
    named: Collection[str] = (),
    plaintext: bool = False,
) -> list[Imported | NotImported]:
    """A declaration of each resource below ``prefix``, or why it has none. Where full names are
    given as ``named``, those alone.

    ``declared`` are not imported again, and ``taken`` are the names that manifests use already, by
    section. Raises AwsError.
    """
    if named:
        records = _by_name(aws, settings, named)
    else:
        records = observe.list_all(aws, replace(settings.scope, prefix=prefix))
    names = _Names(settings, prefix, taken)
    made: list[Imported | NotImported] = []
    for kind, found in records.items():
        new = {name: record for name, record in found.items() if Key(kind, name) not in declared}
        made += _of_kind(aws, kinds.named(kind), new, settings, names, plaintext=plaintext)
    return made


def absent(
    names: Collection[str], found: Collection[Imported | NotImported], declared: Collection[Key]
) -> list[str]:
    """Of these full names, those that are not declared and that AWS has nothing of."""
    there = {one.key.name for one in found} | {key.name for key in declared}
    return [name for name in names if name not in there]


def _by_name(aws: Aws, settings: Settings, names: Collection[str]) -> observe.Records:
    # Whose each is, is asked by adopt; whatever it is, it is read and declared.
    trust = UnverifiedRecogniser(())
    records = observe.none_yet()
    for kind in records:
        answers = kinds.named(kind).find(aws, sorted(names), settings.scope, trust)
        records[kind] = {name: record for name, record in answers.items() if record is not None}
    return records


def _of_kind(
    aws: Aws,
    kind: Named,
    records: dict[str, Record],
    settings: Settings,
    names: _Names,
    *,
    plaintext: bool,
) -> list[Imported | NotImported]:
    made: list[Imported | NotImported] = []
    wanted = dict(records)
    for name, record in records.items():
        reason = kind.left_out(record, settings)
        if reason is not None:
            made.append(NotImported(Key(kind.NAME, name), reason, fault=False))
            del wanted[name]
    answers = kind.read(aws, [name for name, record in wanted.items() if kind.has_value(record)])
    section = kind.section.SECTION
    for name, record in sorted(wanted.items()):
        answer = answers.get(name)
        if isinstance(answer, Unread):
            why = f"AWS does not return its value ({answer.aws_code})"
            made.append(NotImported(Key(kind.NAME, name), why))
        else:
            called = names.of(section, name)
            made.append(kind.imported(record, answer, settings, called, plaintext=plaintext))
    return made


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
