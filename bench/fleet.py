"""Many environments: all of them in one run, beside as many runs of one."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field

from bench.account import Account
from bench.clock import Clock
from bench.process import Run, median

EACH = 10  # secrets, and as many parameters, in each environment
LINK = 0.02  # seconds a call
SIZES = (10, 50, 200)  # environments
SAMPLE = 10  # single runs, one after the other
TIME = 150.0  # seconds that all of it takes

_COMPLETION = [sys.executable, "-c", "from reconciler.cli.start import main; main()"]
_ASKED = {
    "_RECONCILER_COMPLETE": "bash_complete",
    "COMP_WORDS": "reconciler plan team-1",
    "COMP_CWORD": "2",
}


@dataclass
class Fleet:
    """What was measured. ``together`` by how many environments, ``single`` of one run of
    ``sample``; of ``plan`` all at once. ``nothing`` is a Python that does nothing. ``load`` is the
    machine's at the beginning and at the end."""

    together: dict[int, Run] = field(default_factory=dict)
    single: Run | None = None
    sample: int = 0
    plan: Run | None = None
    completion: Run | None = None
    nothing: Run | None = None
    load: tuple[float, float] = (0.0, 0.0)


def measure(clock: Clock, *, quick: bool) -> Fleet:
    """Drift of many environments that are as declared, from a commit that holds them. Raises
    FailedError."""
    sizes = SIZES[:1] if quick else SIZES
    names = [f"team-{number:03}" for number in range(max(sizes))]
    found = Fleet()
    before = os.getloadavg()[0]

    def told(what: str, run: Run) -> Run:
        print(
            f"{clock.spent:4.0f} s        {what}: {run.wall:.2f} s, {run.cpu:.2f} s of processor,"
            f" {run.memory:.0f} MiB",
            flush=True,
        )
        return run

    with Account() as account:
        account.declare_many(names, EACH)
        plans = str(account.path("plans.json"))
        account.run("plan", "--out", plans)
        told(f"apply, {len(names)} environments", account.run("apply", "--plan", plans))
        account.run("drift")  # what the server lists is made once
        account.tell(f"latency {LINK}")
        for size in sizes:
            run = account.run("drift", *names[:size])
            found.together[size] = told(f"drift, {size} environments", run)
        found.plan = told(f"plan, {len(names)} environments", account.run("plan"))
        some = names[:: max(1, len(names) // SAMPLE)][:SAMPLE]
        found.sample = len(some)
        found.single = told("drift, one", median([account.run("drift", one) for one in some]))
        account.environment |= _ASKED
        found.completion = median([account.measure(_COMPLETION) for _ in range(SAMPLE)])
        nothing = [sys.executable, "-c", ""]
        found.nothing = median([account.measure(nothing) for _ in range(SAMPLE)])
        told("completion", found.completion)
    found.load = (before, os.getloadavg()[0])
    return found
