"""A process that has itself killed: it forks a child for each run that is to die.

It has one thread, since a fork of a process whose other threads are within OpenSSL can block. On
its standard input it is told ``SCENE MOMENT POINT [PLAN FILE]``, a line each, and answers with the
child's exit code, negative for a signal.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import boto3

from reconciler import kinds
from reconciler.aws import client
from reconciler.aws.client import ATTEMPTS, Aws
from reconciler.aws.connection import FIRST_ATTEMPTS
from reconciler.aws.pacing import Pacing
from reconciler.aws.settling import Settling
from reconciler.core import planfile, review
from reconciler.kinds.parameter import write as parameter
from reconciler.operations import apply
from reconciler.operations.planning import Planned
from tests.faults.direct import SCOPE
from tests.faults.scenes import SCENES

client.SETTLING_PAUSE = 0.01  # what was just made is not known at once, and asked for again
TIMEOUT = 300  # seconds for a child, which takes half of one


class Watched:
    """A connection that tells "before" and "after" each of its calls, and of which operation.

    Its clients are made at once, and not in each child again. None has an open connection, which
    the children would share.
    """

    def __init__(self) -> None:
        self.heard: Callable[[str, str], None] = lambda *_: None
        session = boto3.session.Session()
        for event, moment in (("before-send", "before"), ("after-call", "after")):
            session.events.register(event, partial(self._tell, moment))
        self.aws = Aws(session, SCOPE.region, parallelism=1, pacing=Pacing(1000))
        for service, attempts in (
            ("sts", FIRST_ATTEMPTS),
            ("secretsmanager", ATTEMPTS),
            ("ssm", ATTEMPTS),
            ("ssm", 1),
        ):
            self.aws._connection.client(service, attempts)

    def _tell(self, moment: str, event_name: str, **_: object) -> None:
        self.heard(moment, event_name.rpartition(".")[2])


Make = Callable[[Aws], Planned]  # of a plan


def run(aws: Aws, make: Make, reviewed: str | None) -> bool:
    """A whole run; whether all was done."""
    aws._settling = Settling()  # a process knows nothing of what another one has made
    fresh = make(aws)
    todo = fresh.plan.changes
    if reviewed is not None:
        (plan,) = planfile.loads(reviewed, kinds.names())
        todo = review.by_plan(plan, fresh.plan, fresh.live).todo
    outcomes = apply.run(fresh, todo, aws, lambda _: None, threading.Event())
    return all(outcome.status == "done" for outcome in outcomes)


def kill(watched: Watched, make: Make, reviewed: str | None, moment: str, point: int) -> int:
    """Run in a child that kills itself at one of its calls; its exit code."""
    child = os.fork()
    if child == 0:
        seen = [0]

        def end(now: str, _: str) -> None:
            if now == moment:
                seen[0] += 1
                if seen[0] == point + 1:
                    os.kill(os.getpid(), signal.SIGKILL)

        code = 1
        signal.alarm(TIMEOUT)
        watched.heard = end
        try:
            code = 0 if run(watched.aws, make, reviewed) else 2
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def main() -> None:
    """Kill runs until there is no more input."""
    parameter.AFTER_DELETE = 0.0
    watched = Watched()
    gc.collect()
    gc.freeze()  # no child looks for garbage in what it shares, which would copy it
    gc.set_threshold(100_000, 50, 50)
    for line in sys.stdin:
        scene, moment, point, *plan = line.split()
        reviewed = Path(plan[0]).read_text() if plan else None
        print(kill(watched, SCENES[scene].make, reviewed, moment, int(point)), flush=True)


if __name__ == "__main__":
    main()
