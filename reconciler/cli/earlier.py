"""The manifests of another commit, for `plan --base`."""

from __future__ import annotations

from reconciler import kinds
from reconciler.cli import failure, walk
from reconciler.cli.options import Common
from reconciler.core.model import Plan, Write
from reconciler.manifest import Cleartext
from reconciler.manifest.branch import Side, of_commit
from reconciler.manifest.gitfiles import Repository
from reconciler.manifest.trust import Trust
from reconciler.operations.planning import Planned


def side(revision: str, options: Common) -> Side:
    """The manifests in a commit. Raises UsageError where git does not know it."""
    repository = Repository(walk.folder(options))
    return of_commit(repository, repository.commit(revision))


def named(planned: Planned, declared: Cleartext, base: Side, options: Common) -> Plan:
    """The plan with the names of the keys that differ from those in the base; what of the base
    cannot be read is told in warnings."""
    from reconciler.operations import reading

    plan = planned.plan
    wanted = {
        kinds.holder(change.key)
        for change in plan.changes
        if change.value is not None and change.value.write in (Write.CHANGED, Write.RETURNED)
    }
    runner = walk.runner(declared, options)
    found = reading.at(
        base, plan.scope.environment, wanted, runner, Trust(walk.folder(options).absolute())
    )
    failure.problems(found.problems, options)
    return reading.named(plan, planned.desired.values, found.values)
