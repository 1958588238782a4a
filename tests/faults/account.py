"""An account in the embedded AWS and the manifest of the moment: plan, apply, and look."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import boto3
import pytest

from reconciler.aws.client import Aws
from reconciler.aws.pacing import Pacing
from reconciler.aws.settling import Settling
from reconciler.core import review
from reconciler.core.errors import Exit
from reconciler.core.model import Change, Key
from reconciler.manifest import Desired
from reconciler.operations import apply, observe, planning
from reconciler.operations.apply import Outcome
from reconciler.operations.attempt import Status
from reconciler.operations.planning import Planned
from tests.embedded import Embedded
from tests.faults.direct import SCOPE, desired

_CONNECTIONS: dict[tuple[str, int], Aws] = {}


@dataclass
class Account:
    """``chance`` decides everything that a test leaves to chance; its seed is ``seed``."""

    aws: Embedded
    seed: int = 5
    git: Desired = field(default_factory=lambda: desired({}))
    parallelism: int = 8
    shared: bool = False  # one connection for all runs: making one takes longer than most runs
    pace: float = 1000.0  # times AWS's quotas: none of them slows a run down

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self._lock = threading.Lock()

    def often(self, share: float) -> bool:
        """True for this share of the questions."""
        with self._lock:
            return self.chance.random() < share

    def declare(self, declared: Mapping[str, Mapping[str, Any]], **more: Any) -> None:
        """Let git declare this, and nothing else."""
        self.git = desired(declared, **more)

    def connect(self) -> Aws:
        """A connection, a fresh one unless it is ``shared``."""
        which = self.aws.url, self.parallelism
        if self.shared and which in _CONNECTIONS:
            known = _CONNECTIONS[which]
            known._known.clear()
            known._settling = Settling()  # what an earlier run made, this one does not wait for
            return known
        session = boto3.session.Session()
        made = Aws(session, SCOPE.region, parallelism=self.parallelism, pacing=Pacing(self.pace))
        if self.shared:
            _CONNECTIONS[which] = made
        return made

    def plan(self) -> Planned:
        """What apply would do now."""
        if self.aws.list_staleness:
            self.aws.settling.pass_by()
        return planning.make(SCOPE, lambda: self.git, self.connect())

    def planned_again(self, last: Planned) -> Planned:
        """The same as :meth:`plan`, where nothing but git has changed since ``last``."""
        records = {reader: dict(found) for reader, found in last.records.items()}
        aws = self.connect()
        plan, live = planning._diff(aws, self.git, records, SCOPE)
        observe.confirm(aws, records, plan, SCOPE, self.git.recogniser)
        plan, live = planning._diff(aws, self.git, records, SCOPE)
        return replace(last, plan=plan, desired=self.git, live=live, records=records)

    def changes(self) -> dict[Key, Change]:
        """The changes of a plan."""
        return {change.key: change for change in self.plan().plan.changes}

    def apply(
        self, reviewed: Planned | None = None, stop: threading.Event | None = None
    ) -> dict[Key, Outcome]:
        """Apply what was reviewed, or else all; each outcome once."""
        aws = self.connect()
        if self.aws.list_staleness:
            self.aws.settling.pass_by()  # else nothing would tell that something is new
        fresh = planning.make(SCOPE, lambda: self.git, aws)
        todo = fresh.plan.changes
        if reviewed is not None:
            todo = review.by_plan(reviewed.plan, fresh.plan, fresh.live).todo
        told: list[Outcome] = []
        outcomes = apply.run(fresh, todo, aws, told.append, stop or threading.Event())
        assert sorted(o.change.key for o in told) == sorted(o.change.key for o in outcomes)
        return {outcome.change.key: outcome for outcome in outcomes}

    def client(self, service: str) -> Any:
        """A plain AWS client: anybody but the reconciler."""
        return boto3.client(service)

    def calm(self) -> None:
        """No trouble any more."""
        self.aws.hooks, self.aws.after = [], []
        self.aws.list_staleness = 0.0

    def refuse(self, code: str, share: float, *operations: str, status: int = 400) -> None:
        """Let this share of the calls (of these operations) fail without effect."""

        def hook(operation: str, _: Any) -> tuple[int, str, str] | None:
            due = (not operations or operation in operations) and self.often(share)
            return (status, code, "no") if due else None

        self.aws.hooks.append(hook)

    def spoil(self, share: float, change: Callable[[Any], Any]) -> None:
        """Let ``change`` spoil this share of the answers, once the calls have had their effect."""

        def hook(_operation: str, _body: Any, answer: Any) -> Any:
            return change(answer) if self.often(share) else None

        self.aws.after.append(hook)


def ask_who_calls_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a life in which nobody becomes somebody else: it is the first call of every run."""
    ask, known = planning.caller_account, list[tuple[str, str]]()

    def asked(aws: Aws) -> tuple[str, str]:
        if not known:
            known.append(ask(aws))
        return known[0]

    monkeypatch.setattr(planning, "caller_account", asked)


def exit_code(outcomes: Mapping[Key, Outcome]) -> Exit:
    """What ``reconciler apply`` would return."""
    whole = all(outcome.status is Status.DONE for outcome in outcomes.values())
    return Exit.OK if whole else Exit.PARTIAL


def assert_true_report(account: Account, outcomes: Mapping[Key, Outcome]) -> None:
    """Each outcome says what the account shows: done is done, failed is not, whoever looks."""
    left = account.changes()
    for key, outcome in outcomes.items():
        if outcome.status is Status.DONE:
            assert key not in left, f"seed {account.seed}: {key} is reported as done"
        elif not apply.uncertain(outcome):
            assert key in left, f"seed {account.seed}: {key} is reported as {outcome.status}"
            assert outcome.error is not None or outcome.status is not Status.FAILED


def assert_ends(account: Account) -> None:
    """The next run does the rest, and the one after it has nothing to do."""
    outcomes = account.apply()
    bad = {str(k): (o.status.value, str(o.error)) for k, o in outcomes.items() if o.error}
    assert not bad, f"seed {account.seed}: {bad}"
    assert account.changes() == {}, f"seed {account.seed}"
