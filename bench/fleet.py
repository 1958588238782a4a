"""Many environments: all of them in one run, beside as many runs of one."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.account import Account
from bench.process import Run, median

EACH = 10  # secrets, and as many parameters, in each environment
LINK = 0.02  # seconds a call
SIZES = (10, 50, 200)  # environments
SAMPLE = 10  # single runs, one after the other


@dataclass
class Fleet:
    """What was measured. ``together`` by how many environments, ``single`` of one run."""

    together: dict[int, Run] = field(default_factory=dict)
    single: Run | None = None


def measure(quick: bool) -> Fleet:
    """Drift of many environments that are as declared. Raises FailedError."""
    sizes = SIZES[:1] if quick else SIZES
    names = [f"team-{number:03}" for number in range(max(sizes))]
    found = Fleet()
    with Account() as account:
        account.declare_many(names, EACH)
        plans = str(account.path("plans.json"))
        account.run("plan", "--out", plans)
        account.run("apply", "--plan", plans)
        account.tell(f"latency {LINK}")
        account.run("drift")  # what the server lists is made once
        for size in sizes:
            found.together[size] = account.run("drift", *names[:size])
        step = max(1, len(names) // SAMPLE)
        found.single = median([account.run("drift", name) for name in names[::step][:SAMPLE]])
    return found
