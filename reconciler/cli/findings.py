"""What the rules find, as commands tell it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from reconciler import manifest
from reconciler.cli import failure, walk
from reconciler.cli.folding import folded
from reconciler.cli.options import Common
from reconciler.core.errors import CredentialsError, ManifestError, Problem, SopsError, UsageError
from reconciler.core.model import Plan
from reconciler.manifest import Cleartext, Desired, opened
from reconciler.manifest.document import Document
from reconciler.manifest.gitfiles import Repository
from reconciler.rules import RULES, Examination
from reconciler.rules.examine import once
from reconciler.values import sops

_NO_KEY = frozenset({"no-key", "sops-missing", "sops-timeout"})


def examination(options: Common, *, history: bool) -> Examination:
    """The rules, over the environments that are going to be added. With ``history`` git's is read,
    which takes seconds where it is long."""
    folder = walk.folder(options)
    repository = None
    if history:
        with suppress(UsageError):  # outside git nothing is known of the past
            repository = Repository(folder)
    return Examination(RULES, manifest.environments(folder), repository)


@dataclass
class Decrypted:
    """What `validate` decrypts of several environments, and which of them it cannot."""

    options: Common
    needs_key: bool = False  # that there is none is wrong
    opened: list[Document] = field(default_factory=list)
    closed: dict[str, list[Document]] = field(default_factory=dict)

    def add(
        self, declared: Cleartext, *, neighbour: bool = False
    ) -> tuple[Desired | None, list[Problem]]:
        """The values, where a key for them is here, and what is wrong with them; that there is no
        key is nothing wrong, unless it is needed. Raises SopsError where it is, and sops is
        missing."""
        needed = self.needs_key and not neighbour
        if not needed and not sops.may_decrypt(declared.document.key_types):
            return None, []
        try:
            desired = declared.decrypt(walk.runner(declared, self.options))
        except (CredentialsError, SopsError):
            if needed:
                raise
            return None, []
        except ManifestError as error:
            if needed:
                return None, list(error.problems)
            if {problem.code for problem in error.problems} == {"no-key"}:
                self.closed[declared.settings.scope.environment] = declared.documents
            return None, [problem for problem in error.problems if problem.code not in _NO_KEY]
        self.opened += declared.documents
        return desired, []

    def problems(self, environment: str) -> list[Problem]:
        """The files of an environment that a key which is here should decrypt, and does not."""
        closed = self.closed.get(environment, ())
        return [opened.problem(d) for d in closed if opened.should_open(d, self.opened)]


def tell(
    examined: Examination,
    declared: Cleartext,
    plan: Plan,
    only: Sequence[str],
    options: Common,
    told: set[tuple[str, frozenset[str]]],
) -> None:
    """Tell findings beside a plan, each rule's as one line. ``told`` grows by those that are of
    several environments, which are told of the first."""
    scope = declared.settings.scope
    keys = None
    if only:
        known = {*declared.resources(), *(change.key for change in plan.changes)}
        keys = walk.keys(only, known, scope)
    found = [p for p in examined.problems(scope.environment, keys) if p not in declared.warnings]
    every = f"reconciler validate {scope.environment} --all"
    failure.problems(folded(once(found, told), every), options)
