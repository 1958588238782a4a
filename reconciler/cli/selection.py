"""Named resources, read afresh: what the commands begin with that act on a few by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler import kinds
from reconciler.aws.client import Aws
from reconciler.cli import walk
from reconciler.cli.options import Common
from reconciler.core.model import Key, Live, Scope
from reconciler.kinds.kind import Target
from reconciler.manifest import Cleartext, Desired
from reconciler.operations import observe, planning
from reconciler.operations.observe import Records


@dataclass(frozen=True)
class Selection:
    """The resources that names stand for, as git declares them and as they are live."""

    keys: tuple[Key, ...]
    declared: Cleartext
    desired: Desired
    live: dict[Key, Live]
    records: Records
    aws: Aws

    @property
    def scope(self) -> Scope:
        """The environment that they are of."""
        return self.desired.scope

    def target(self, key: Key) -> Target:
        """All that is known of one."""
        return observe.target(self.desired, self.records, self.live, key)


def find(environment: str, names: Sequence[str], options: Common) -> Selection:
    """Read by name, and only by name: no list is needed for a few.

    Raises UsageError for a name that neither git nor AWS has; CredentialsError, AwsError.
    """
    declared = walk.read(environment, options)
    scope = declared.settings.scope
    runner = walk.runner(declared, options)
    aws = walk.connect(scope, options)
    planning.check_account(aws, scope)
    desired = declared.decrypt(runner)
    candidates = {
        Key(kind, name if name.startswith("/") else scope.under + name)
        for name in names
        for kind in kinds.wholes()
    }
    candidates |= {kinds.holder(key) for key in desired.resources if key.name in names}
    records = observe.none_yet()
    observe.refresh(aws, records, candidates, scope, desired.fingerprinter)
    live = observe.shape(aws, records, desired.resources, desired.fingerprinter, scope)
    known = {key for key in candidates if key in live or key in desired.resources}
    keys = walk.keys(names, known | set(desired.resources), scope)
    wanted = tuple(sorted({kinds.holder(key) for key in keys}))
    return Selection(wanted, declared, desired, live, records, aws)
