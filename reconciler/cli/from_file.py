"""Importing from a file: declarations straight into sops, with the plan of adoption behind them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.cli import edited, outcomes, walk
from reconciler.cli.commands import adopt, apply
from reconciler.cli.options import Common
from reconciler.cli.terminal import out, say
from reconciler.core.errors import (
    AwsError,
    CredentialsError,
    Exit,
    ManifestError,
    ReconcilerError,
)
from reconciler.core.model import Scope
from reconciler.kinds.imported import Imported, NotImported
from reconciler.manifest import Cleartext
from reconciler.manifest.declaring import Declaring
from reconciler.manifest.edit import WrongContent
from reconciler.operations.attempt import Status
from reconciler.operations.importing import sources
from reconciler.operations.importing.declare import declarations, together
from reconciler.operations.importing.files import arrange, text
from reconciler.operations.steps import Result
from reconciler.render import names
from reconciler.render.escape import terminal


@dataclass(frozen=True)
class FromFile:
    """A file, or a folder of them, and how its values are to be declared."""

    source: Path
    form: str | None
    below: str
    one: str | None
    kind: str | None
    plaintext: bool

    def run(self, environment: str, options: Common, *, form: str, asks: bool) -> int:
        """Write manifests with its values; the exit code. Raises ReconcilerError."""
        declared = walk.read(environment, options, may_be_empty=True)
        scope = declared.settings.scope
        making = Declaring.of(declared, walk.runner(declared, options))
        found = self._declarations(declared, making)
        wanted = [one for one in found if isinstance(one, Imported)]
        folder = declared.document.file.parent
        files = arrange(folder, wanted, _flat(self.source))
        for file in files:
            making.make(file.path, text(file.declarations))
        if form == "text":
            for file in files:
                out(f"{terminal(file.path.name)}: {len(file.declarations)} to declare")
        written: list[Path] = []
        if files:
            if asks and not apply.agreed(environment, "Write these manifests of"):
                say("nothing was written", options)
                return Exit.ERROR
            try:
                written = edited.save(making.changes, declared, options)
            except ManifestError as error:
                raise WrongContent(error.problems) from None
        if form == "json":
            out(json.dumps(outcomes.as_object(list(map(result, found)), scope), indent=2))
        else:
            tell(found, scope)
            edited.tell(written)
        if files:
            say(
                f"{self.source} still has the values in clear: delete it when all is as it should"
                " be; what was ever committed has leaked, and is to be changed",
                options,
                level="warning",
            )
            if form == "text":
                self._adoption(environment, [one.key.name for one in wanted], options)
        faults = any(isinstance(one, NotImported) and one.fault for one in found)
        return Exit.PARTIAL if faults else Exit.OK

    def _declarations(self, declared: Cleartext, making: Declaring) -> list[Imported | NotImported]:
        given = sources.read(self.source, self.form, declared.trust, lambda: making.sops)
        if self.one is not None:
            given = together(given, self.one)
        return declarations(
            given,
            declared.settings,
            {entry.path for entry in declared.entries},
            kind=self.kind,
            below=self.below,
            plaintext=self.plaintext,
        )

    def _adoption(self, environment: str, keys: Sequence[str], options: Common) -> None:
        """What adopting it would do, as far as AWS can be asked."""
        try:
            adopt.show(environment, keys, options)
        except (AwsError, CredentialsError) as error:
            say(f"AWS was not asked what exists there: {error.message}", options)
        say(
            f"review and commit it; what exists in AWS: reconciler adopt {environment}; what does"
            f" not: reconciler apply {environment}",
            options,
        )


def _flat(source: Path) -> str:
    """The name of the file for what has a name of one part only."""
    return source.name.strip(".").partition(".")[0] or "imported"


def tell(found: Sequence[Imported | NotImported], scope: Scope) -> None:
    """What was declared with a note, and what was not, and why."""
    for one in found:
        if isinstance(one, NotImported):
            out(f"  not imported: {names.with_kind(one.key, scope)}: {terminal(one.reason)}")
        elif one.note:
            out(f"  {names.with_kind(one.key, scope)}: {terminal(one.note)}")
    counts = Counter(type(one) for one in found)
    out(f"Imported: {counts[Imported]}, {counts[NotImported]} not.")


def result(one: Imported | NotImported) -> Result:
    """What became of one, as an outcome."""
    if isinstance(one, Imported):
        return Result(one.key, Status.DONE, one.note)
    status = Status.REFUSED if one.fault else Status.SKIPPED
    return Result(one.key, status, error=ReconcilerError(one.reason))
