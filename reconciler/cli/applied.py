"""What the commands do with the record of the last apply."""

from __future__ import annotations

from datetime import UTC, datetime

from reconciler.aws.client import Aws
from reconciler.cli import walk
from reconciler.cli.options import Common
from reconciler.cli.terminal import say
from reconciler.core.applied import OFF, Applied
from reconciler.core.model import Plan
from reconciler.manifest import Cleartext
from reconciler.manifest.committed import committed
from reconciler.operations import record
from reconciler.operations.planning import Compared, Declares, Planned


def known(
    declared: Cleartext,
    compared: Compared[Declares],
    aws: Aws,
    now: datetime,
    options: Common,
    *,
    deep: bool = False,
) -> Applied:
    """What is known of the last apply, ``deep`` for what no list returns, too; nothing where the
    environment says `record: none`."""
    if not declared.settings.record:
        return OFF
    return record.known(compared, aws, walk.around(options), now, deep=deep)


def recreated(declared: Cleartext, compared: Compared[Declares], aws: Aws, options: Common) -> Plan:
    """The plan, with what of it somebody deleted outside with its last value. The record is read
    only where something is created that rotates. Raises AwsError."""
    plan, resources = compared.plan, compared.desired.resources
    if not record.suspects(plan, resources):
        return plan
    return record.told(plan, resources, known(declared, compared, aws, datetime.now(UTC), options))


def note(planned: Planned, aws: Aws, options: Common) -> record.Note | None:
    """The record of an apply that is about to write; None where the environment wants none."""
    if not planned.desired.settings.record:
        return None
    folder, scope = walk.folder(options), planned.plan.scope
    made = record.Note(
        scope,
        planned.principal,
        planned.desired.fingerprinter,
        committed(walk.around(options), scope.environment),
        folder,
        lambda text: say(text, options, level="warning"),
    )
    made.look(aws)
    return made
