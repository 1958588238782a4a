"""Writing the record: that a run is about to write, and that everything a commit declares is
applied.

What goes wrong here never stops an apply: it is a warning, told once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from reconciler.aws.client import Aws
from reconciler.core import record as texts
from reconciler.core.applied import ANY, Untold
from reconciler.core.errors import AwsError
from reconciler.core.model import Key, Scope
from reconciler.core.record import Record
from reconciler.manifest.committed import Committed
from reconciler.manifest.gitfiles import Repository
from reconciler.operations.record import parameter, reading
from reconciler.operations.record.reading import Reading
from reconciler.values.sensitive import Fingerprinter

_TRIES = 3  # of a write between which somebody else's came
_DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
_AGAIN = frozenset({"ParameterAlreadyExists", "TooManyUpdates"})


@dataclass
class Note:
    """The record of one run of one environment, kept as the run goes on.

    ``committed`` is what the manifests are of, ``warn`` is told what could not be done.
    """

    scope: Scope
    principal: str
    trust: Fingerprinter
    committed: Committed
    folder: Path
    warn: Callable[[str], None]
    _aws: Aws | None = field(default=None, repr=False)
    _read: Reading | None = None

    def look(self, aws: Aws) -> None:
        """Read the record; warn where it cannot be believed, or is of a later commit."""
        self._aws = aws
        try:
            self._read = reading.read(aws, self.scope, self.trust, datetime.now(UTC))
        except AwsError as error:
            self._lost(error)
            return
        untold = self._read.untold
        if untold is not None and untold.acts:
            self.warn(
                f"the applied record in {parameter.name(self.scope)} is not what was written there"
                f" ({untold}); it is written again"
            )
        later = self._later()
        if later is not None:
            self.warn(
                f"commit {later} was applied last, and the one that is checked out is older: what"
                " changed in between is taken back"
            )

    def begin(self, replaces: Collection[Key] = ()) -> None:
        """Note, before the first write, that a run of this commit writes, and what it is to delete
        and create anew."""
        if self._read is None or (self.committed.commit is None and self._read.found is None):
            return  # outside git there is nothing to tell later
        present = self._present()
        tried = present.tried(self.committed.clean, replaces)
        if tried != self._read.record:
            self._write(tried)

    def complete(self) -> None:
        """Note that everything that this commit declares is applied."""
        commit = self.committed.clean
        if self._read is None or commit is None or self._later() is not None:
            return
        present = self._present()
        fresh = replace(
            present,
            manifests=self.committed.under,
            commit=commit,
            on=datetime.now(UTC).replace(microsecond=0),
            by=self.principal,
            attempted=(),
            others=False,
            replaced=(),
        )
        self._write(fresh)

    @property
    def told(self) -> bool:
        """Whether the record says already that this commit, and none since, was applied."""
        record = None if self._read is None else self._read.record
        clean = self.committed.clean
        return record is not None and record == replace(
            record, commit=clean, attempted=(), others=False, replaced=()
        )

    def _present(self) -> Record:
        read = self._read
        if read is not None and read.record is not None:
            return read.record
        # What a record said that cannot be believed is not known: there may have been runs.
        others = read is not None and read.untold is not Untold.NO_RECORD
        replaced = (ANY,) if others else ()
        return Record(self.scope.owner_id, self.committed.under, others=others, replaced=replaced)

    def _later(self) -> str | None:
        """The commit of the record, where git proves that the one checked out is older."""
        record = None if self._read is None else self._read.record
        head = self.committed.commit
        if record is None or record.commit is None or head in (None, record.commit):
            return None
        repository = Repository(self.folder)
        return record.commit if repository.is_ancestor(head, record.commit) else None

    def _write(self, record: Record) -> None:
        aws, read = self._aws, self._read
        if aws is None or read is None:
            return
        found = read.found
        for _ in range(_TRIES):
            version = 1 if found is None else found.version + 1
            said = texts.content(record)
            if said is None:
                self._say("it has no room for the path of the manifests")
                return
            text = texts.sealed(said, self.trust.record(version, said))
            tier = "Standard" if found is None else found.tier
            try:
                written = _put(aws, self.scope, text, tier)
            except AwsError as error:
                self._lost(error)
                return
            if written == version:
                mine = parameter.Stored(version, text, self.principal, tier)
                self._read = Reading(record, None, mine)
                return
            # Somebody else wrote in between, and nobody can read any more what.
            found = parameter.Stored(written, text, None, tier)
            record = replace(record, others=True, replaced=(ANY,))
        self._say("somebody else writes it at the same time")

    def _lost(self, error: AwsError) -> None:
        if error.aws_code in _DENIED:
            environment = self.scope.environment
            self._say(
                f"the role needs {parameter.WRITES} on {parameter.arn(self.scope)};"
                f" `reconciler iam apply {environment}` prints what it needs"
            )
        else:
            self._say(error.message)

    def _say(self, why: str) -> None:
        self._read = None  # once is enough
        self.warn(f"AWS gets no note of what was applied, which drift goes by: {why}")


def _put(aws: Aws, scope: Scope, text: str, tier: str) -> int:
    """The version that was written. Where the answer was lost it is looked for. Raises AwsError."""
    try:
        return parameter.put(aws, scope, text, tier)
    except AwsError as error:
        if not (error.uncertain or error.aws_code in _AGAIN):
            raise
        found = parameter.find(aws, scope)
        if found is None:
            raise
        if found.description != text:
            return parameter.put(aws, scope, text, found.tier)
        return found.version
