"""The benchmark: how long each command takes, how many calls it makes, how that grows.

    make bench                  what RESULTS.md holds, in at most fourteen minutes
    make bench ARGS=--quick     100 of each and some of 1,000, in two; writes nothing
    make bench ARGS=--many      many environments alone, in three; writes their part of RESULTS.md

Everything runs as whole processes, as a user runs them, against an embedded AWS in a process of its
own. Times are told and never judged. The exact numbers of calls are judged: where they are not
those that docs/reference/calls.md promises, or a plan of 10,000 and 10,000 takes more than 200 MiB,
it ends with 1.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench import ansible, fleet, promised, report
from bench.account import RECONCILER, ROOT, Account
from bench.clock import FULL, QUICK, Case, Clock
from bench.fleet import Fleet
from bench.process import FailedError, Run, measure, median
from bench.promised import ADOPTION, CHANGED, CREATE, UNCHANGED, UPDATE
from bench.rows import Row, Table
from tests.trees import clean_environ

WORDS = {
    UNCHANGED: ("plan", "production"),
    CHANGED: ("plan", "production"),
    ADOPTION: ("adopt", "production", "--format", "text"),
    CREATE: ("apply", "production", "--auto-approve"),
    UPDATE: ("apply", "production", "--auto-approve", "--override", "max-change-ratio"),
}
LINKS = (0.02, 0.0, 0.08)  # seconds a call
FAR, HERE, FARTHER = LINKS
# What matters most comes first: where time runs out, the rest is left out.
ORDER = (
    (CREATE, HERE),
    (UNCHANGED, FAR),
    (UNCHANGED, HERE),
    (UNCHANGED, FARTHER),
    (CHANGED, HERE),
    (CHANGED, FAR),
    (ADOPTION, HERE),
    (ADOPTION, FAR),
    (UPDATE, HERE),
    (CHANGED, FARTHER),
    (ADOPTION, FARTHER),
    (UPDATE, FAR),
    (UPDATE, FARTHER),
    (CREATE, FAR),
    (CREATE, FARTHER),
)
READS = ("Get", "List", "Describe")
ANSIBLE = 150  # seconds: where it would take longer, it is measured on a fifth
MEMORY = 200  # MiB, for a plan of 10,000 and 10,000


class Scene:
    """An account and manifests, and how they come to be as a case needs them.

    What git declares and what is live are each of a generation: None where nothing is.
    """

    def __init__(self, account: Account, count: int, generation: int | None = None) -> None:
        self.account, self.count = account, count
        self._declared = self._live = generation
        self._foreign = False

    def prepare(self, what: str) -> None:
        """Make the account and the manifests as ``what`` needs them, before each run."""
        match what:
            case promised.CREATE:
                self._reset()
                self._declare(self._declared or 0)
            case promised.ADOPTION:
                if not self._foreign:
                    self._reset()
                    self.account.tell(f"foreign {self.count}")
                    self._foreign, self._live = True, 0
                self._declare(0)
            case promised.UNCHANGED:
                assert self._live is not None
                self._declare(self._live)
            case _:
                assert self._live is not None
                if self._declared == self._live:
                    self._declare(self._live + 1)

    def done(self, what: str) -> None:
        """What was declared is live."""
        if what in (promised.CREATE, promised.UPDATE):
            self._live = self._declared

    def _reset(self) -> None:
        self.account.tell("reset")
        self._live, self._foreign = None, False

    def _declare(self, generation: int) -> None:
        if self._declared != generation:
            self.account.declare(self.count, generation)
            self._declared = generation


class Bench:
    """All measurements."""

    def __init__(self, *, quick: bool) -> None:
        self.quick = quick
        self.clock = Clock(QUICK if quick else FULL)
        self.free, self.paced = Table(), Table()
        self.load = os.getloadavg()[0]
        self.start: tuple[Run, Run] | None = None
        self.chains: dict[tuple[int, float], Run] = {}
        self.naive: dict[float, tuple[Run, Counter[str]]] = {}
        self.naive_start = 0.0  # seconds
        self.against: list[tuple[str, Run, Counter[str]]] = []
        self.compared = 5 if quick else 50
        self.fleet: Fleet | None = None

    def run(self) -> None:
        """Measure. Raises FailedError where a command that should succeed does not."""
        self.start = self._start()
        with ThreadPoolExecutor(2) as pool:
            # What waits for AWS's quotas nearly all of the time runs beside the rest.
            beside = [pool.submit(self._hundred_paced)]
            if not self.quick:
                beside.append(pool.submit(self._thousand_paced))
            self._size(100)
            self._compare()
            self.many()
            self._size(1000)
            if not self.quick:
                self._size(10_000)
            for lane in beside:
                lane.result()

    def many(self) -> None:
        """Many environments, in one run and one after the other."""
        if self.clock.fits(0 if self.quick else fleet.TIME):
            self.fleet = fleet.measure(self.clock, quick=self.quick)

    def _start(self) -> tuple[Run, Run]:
        helped, nothing = [], []
        for _ in range(10):
            helped.append(measure([*RECONCILER, "--help"], ROOT, clean_environ()))
            nothing.append(measure([sys.executable, "-c", ""], ROOT, clean_environ()))
        return median(helped), median(nothing)

    def _size(self, count: int) -> None:
        if not self.clock.fits(0):
            for what, link in ORDER:
                self._left_out(self.free, (what, count, link))
            return
        with Account() as ours, Account() as foreign:
            scenes = dict.fromkeys(WORDS, Scene(ours, count)) | {ADOPTION: Scene(foreign, count)}
            filled = False
            for what, link in ORDER:
                case = (what, count, link)
                needs = what not in (CREATE, ADOPTION)
                if not self.clock.allows(case) or (needs and not filled):
                    self._left_out(self.free, case)
                    continue
                if what == UNCHANGED:
                    scenes[what].prepare(what)
                    self._chain(ours, count, link)
                self._case(scenes[what], self.free, case)
                filled = filled or what == CREATE
                if what == UNCHANGED and link == FAR and count == 10_000:
                    self._ten_thousand_paced(scenes[what])

    def _case(self, scene: Scene, table: Table, case: Case, *, once: bool = False) -> None:
        """Run a case as often as there is time for."""
        what, count, link = case
        limits = self.clock.limits
        runs: list[Run] = []
        refused, calls = 0, Counter[str]()
        while not runs or not (
            once
            or len(runs) == limits.runs
            or sum(run.wall for run in runs) + runs[-1].wall > limits.spent
        ):
            scene.account.tell("latency 0")
            scene.prepare(what)
            scene.account.tell(f"latency {link}")
            scene.account.counted()
            runs.append(scene.account.run(*WORDS[what]))
            counted = scene.account.counted()
            calls, refused = counted.calls, refused + counted.refused
            paced = table is self.paced
            table.check(case, calls, promised.calls(what, count, paced=paced))
            scene.done(what)
        mid = median(runs)
        if table is self.free:
            self.clock.expected[case] = mid.wall
        if count == 10_000 and what == UNCHANGED and mid.memory > MEMORY:
            table.wrong.append(f"{mid.memory:.0f} MiB instead of at most {MEMORY}")
        self._add(table, Row(case, mid, len(runs), calls, refused))

    def _left_out(self, table: Table, case: Case) -> None:
        self._add(table, Row(case, None, 0, Counter(), 0, self.clock.expected.get(case)))

    def _add(self, table: Table, row: Row) -> None:
        table.add(row, f"{self.clock.spent:4.0f} s {'quotas' if table is self.paced else '      '}")

    def _chain(self, account: Account, count: int, link: float) -> None:
        """The bare pages, so that they are also kept before anything is measured against them."""
        command = [sys.executable, "-m", "bench.chain"]
        account.tell("latency 0")
        account.measure(command)
        account.tell(f"latency {link}")
        self.chains[count, link] = account.measure(command)

    # With AWS's quotas

    def _hundred_paced(self) -> None:
        """100 of each: every case, over every link; 3 parameters a second take half a minute."""
        with Account(quotas=True) as ours, Account(quotas=True) as foreign:
            own, others = Scene(ours, 100), Scene(foreign, 100)
            for link in LINKS[:1] if self.quick else LINKS:
                for what in (CREATE, UNCHANGED, CHANGED, ADOPTION, UPDATE):
                    if self.quick and what == UPDATE:
                        continue
                    case = (what, 100, link)
                    if self.clock.fits(40 if what in (CREATE, UPDATE) else 10):
                        self._case(others if what == ADOPTION else own, self.paced, case, once=True)
                    else:
                        self._left_out(self.paced, case)

    def _thousand_paced(self) -> None:
        """1,000 secrets, then 1,000 parameters, which take five and a half minutes; then plans."""
        with Account(quotas=True) as account:
            account.tell(f"latency {FAR}")
            whole = promised.calls(CREATE, 1000)
            secrets = {"PutParameter": 0, "DescribeParameters": 2}
            rest = {"CreateSecret": 0, "DescribeSecret": 0, "ListSecrets": 10}
            rest["GetServiceSetting"] = 1
            parts = (
                ("apply, create, secrets alone", False, secrets),
                ("apply, create, parameters alone", True, rest),
            )
            for what, parameters, other in parts:
                account.declare(1000, 0, parameters=parameters)
                account.counted()
                run = account.run(*WORDS[CREATE])
                counted = account.counted()
                case = (what, 1000, FAR)
                self.paced.check(case, counted.calls, +Counter({**whole, **other}))
                self._add(self.paced, Row(case, run, 1, counted.calls, counted.refused))
            own = Scene(account, 1000, generation=0)
            for what in (UNCHANGED, CHANGED):
                for link in LINKS:
                    if self.clock.fits(15):
                        self._case(own, self.paced, (what, 1000, link), once=True)
        if self.clock.fits(120):
            with Account(quotas=True) as account:
                case = (ADOPTION, 1000, FAR)
                self._case(Scene(account, 1000), self.paced, case, once=True)

    def _ten_thousand_paced(self, scene: Scene) -> None:
        """An unchanged plan only: 10,000 parameters would be written in an hour."""
        account = scene.account
        account.quotas = True
        account.tell("throttle on")
        if self.clock.fits(30):
            self._case(scene, self.paced, (UNCHANGED, 10_000, FAR), once=True)
        account.quotas = False
        account.tell("throttle off")

    # Against others

    def _compare(self) -> None:
        """Over what is as declared: ours, the naive way and Ansible, one after the other."""
        if not self.clock.fits(20):
            print("no time is left to compare with others", flush=True)
            return
        with Account() as account:
            self._fill(account, 1)
            ansible.run(account, 1)  # Python compiles what it uses at its first use
            if self.compared * ansible.run(account, 1).wall / 2 > ANSIBLE:
                self.compared = 10
            count = self.compared
            self._fill(account, count)
            naive = [sys.executable, "-m", "bench.naive"]
            self.naive_start = account.measure([*naive, "0"]).wall
            for link in LINKS:
                account.tell(f"latency {link}")
                account.counted()
                run = account.measure([*naive, str(count)])
                self.naive[link] = (run, account.counted().calls)
                print(f"{self.clock.spent:4.0f} s        naive, {count} of each: {run}", flush=True)
            account.tell(f"latency {FAR}")
            ways: tuple[tuple[str, Any], ...] = (
                ("reconciler", lambda: account.run(*WORDS[UNCHANGED])),
                (f"Ansible {ansible.version()}", lambda: ansible.run(account, count)),
            )
            for name, way in ways:
                account.counted()
                run, calls = way(), account.counted().calls
                if any(not word.startswith(READS) for word in calls):
                    raise FailedError(f"{name} wrote, where there was nothing to write: {calls}")
                self.against.append((name, run, calls))
                print(f"{self.clock.spent:4.0f} s        {name}: {run}", flush=True)

    def _fill(self, account: Account, count: int) -> None:
        scene = Scene(account, count)
        scene.prepare(CREATE)
        account.run(*WORDS[CREATE])


def main() -> int:
    """Measure, and write RESULTS.md unless it was a quick run. The exit code."""
    words = sys.argv[1:]
    if words not in ([], ["--quick"], ["--many"]):
        told = "there are --quick and --many"
        print(f"bench: {' '.join(words)} is not known; {told}", file=sys.stderr)
        return 64
    bench = Bench(quick=words == ["--quick"])
    try:
        bench.many() if words == ["--many"] else bench.run()
    except FailedError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    results = ROOT / "bench" / "RESULTS.md"
    if words == ["--many"]:
        text = report.with_many(results.read_text(), bench)
    else:
        text = report.render(bench)
    if bench.quick:
        print(text)
    else:
        results.write_text(text)
        print("written: bench/RESULTS.md")
    wrong = bench.free.wrong + bench.paced.wrong
    for line in wrong:
        print(f"bench: not as promised: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
