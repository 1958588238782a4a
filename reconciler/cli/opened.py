"""What manifests open beside the changes of a plan, for `plan`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reconciler import kinds, rules
from reconciler.cli import walk
from reconciler.cli.options import Common
from reconciler.core.access import Declared, Opened, Opening
from reconciler.core.model import Plan
from reconciler.manifest import Cleartext, branch
from reconciler.manifest.branch import Difference, Side
from reconciler.manifest.entries import Entry
from reconciler.manifest.gitfiles import Repository
from reconciler.rules import Examination


@dataclass(frozen=True)
class Since:
    """All that the manifests differ in from those of a commit."""

    commit: str
    found: Sequence[Difference]
    head: Side


def since(revision: str, options: Common) -> Since:
    """What differs since the branch left a revision, as `diff` compares. Raises UsageError."""
    folder = walk.folder(options)
    repository = Repository(folder)
    asked = repository.commit(revision)
    commit = repository.fork_point(asked, repository.commit("HEAD")) or asked
    head = branch.of_folder(folder, branch.READ)
    base = branch.of_commit(repository, commit, branch.READ)
    return Since(commit, branch.compare(base, head), head)


def told(plan: Plan, declared: Cleartext, examined: Examination, compared: Since | None) -> Plan:
    """The plan with what the manifests open: what rules on access find of it, ignored or not, and
    since a commit all that no change of the plan shows."""
    environment = plan.scope.environment
    found: list[Declared] = []
    touched: frozenset[str] = frozenset()
    if compared is not None:
        found += branch.opened(compared.found, compared.head, environment)
        touched = branch.subjects(compared.found, environment)
    found += _findings(plan, declared, examined, touched)
    return replace(
        plan,
        opened=tuple(dict.fromkeys(found)),
        base=None if compared is None else compared.commit,
    )


def _findings(
    plan: Plan, declared: Cleartext, examined: Examination, touched: frozenset[str]
) -> Iterator[Declared]:
    opening = {kinds.holder(change.key) for change in plan.changes if change.access}

    def concerns(entry: Entry | None) -> bool:
        if entry is None:
            return bool(touched)
        return subject(entry) in touched or entry.resource_key(declared.settings) in opening

    for code, one in examined.of(plan.scope.environment, rules.ACCESS):
        if concerns(one.entry):
            where = plan.scope.environment if one.entry is None else subject(one.entry)
            yield Declared(where, Opened(Opening.FOUND, f"{code}: {one.message}"))


def subject(entry: Entry) -> str:
    """A declaration as `diff` calls it."""
    return f"{entry.section[:-1]} {entry.key}"
