"""The rules, over the environments of one run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from reconciler.core.errors import Problem
from reconciler.core.model import Key, Live, Plan
from reconciler.manifest import Cleartext
from reconciler.manifest.gitfiles import Repository
from reconciler.rules.equality import RunKey
from reconciler.rules.ignoring import Ignored
from reconciler.rules.rule import Finding, Rule, Subject
from reconciler.rules.together import Together
from reconciler.values.sensitive import Sealed


class Examination:
    """Environments put side by side; all that is kept of their values are digests of the run.

    ``every`` are the names of all environments that there are.
    """

    def __init__(
        self, rules: Sequence[Rule], every: Collection[str], repository: Repository | None = None
    ) -> None:
        self._rules = rules
        self._every = frozenset(every)
        self._repository = repository
        self._run_key = RunKey()
        self._subjects: dict[str, Subject] = {}
        self._together: Together | None = None

    def add(
        self,
        declared: Cleartext,
        values: Mapping[Key, Sealed] | None = None,
        live: Mapping[Key, Live] | None = None,
    ) -> None:
        """Look at an environment: at its values where it was decrypted, at what is live where AWS
        was asked."""
        subject = Subject(
            declared,
            digests=None if values is None else self._run_key.digests(_encrypted(declared, values)),
            written=None if live is None else _written(live),
            now=datetime.now(UTC),
            repository=self._repository,
        )
        self._subjects[subject.environment] = subject
        self._together = None

    def problems(self, environment: str, only: Collection[Key] | None = None) -> list[Problem]:
        """What is found in an environment, as warnings; of ``only`` some of its resources."""
        subject = replace(self._subjects[environment], together=self._beside())
        settings = subject.declared.settings
        found = [
            _problem(subject, code, finding)
            for code, finding in self._find(subject)
            if only is None or (finding.entry and finding.entry.resource_key(settings) in only)
        ]
        in_order = sorted(
            dict.fromkeys(found), key=lambda p: (p.place.path, p.place.line, p.place.column, p.code)
        )
        return list(once(in_order, set()))

    def of(self, environment: str, codes: Collection[str]) -> Iterator[tuple[str, Finding]]:
        """What rules that look at one environment alone find in it, ignored or not."""
        for rule in self._rules:
            if rule.CODE in codes:
                for finding in rule.find(self._subjects[environment]):
                    yield rule.CODE, finding

    def _beside(self) -> Together:
        if self._together is None:
            complete = self._every <= self._subjects.keys()
            self._together = Together(self._subjects, complete=complete)
        return self._together

    def _find(self, subject: Subject) -> Iterator[tuple[str, Finding]]:
        ignored = Ignored(subject, {rule.CODE for rule in self._rules})
        conclusive = set()
        for rule in self._rules:
            if rule.conclusive(subject):
                conclusive.add(rule.CODE)
            for finding in rule.find(subject):
                if not ignored.covers(rule.CODE, finding):
                    yield rule.CODE, finding
        yield from ignored.flaws(conclusive)


def once(found: Iterable[Problem], told: set[tuple[str, frozenset[str]]]) -> Iterator[Problem]:
    """Problems without those that say again of one what was said of another; ``told`` grows."""
    for problem in found:
        if problem.pair is not None:
            if (problem.code, problem.pair) in told:
                continue
            told.add((problem.code, problem.pair))
        yield problem


def _problem(subject: Subject, code: str, finding: Finding) -> Problem:
    entry = finding.entry
    if finding.place is not None:
        place = finding.place
    elif entry is not None:
        place = entry.place(*finding.field)
    else:
        place = subject.declared.document.place(finding.field)
    return Problem(
        place,
        code,
        finding.message,
        finding.hint or None,
        warning=True,
        subject="" if entry is None else entry.key,
        pair=finding.pair,
    )


def _encrypted(declared: Cleartext, values: Mapping[Key, Sealed]) -> dict[Key, Sealed]:
    """The values that git does not show."""
    keys = [e.resource_key(declared.settings) for e in declared.entries if e.shape is not None]
    return {key: values[key] for key in keys if key in values}


def _written(live: Mapping[Key, Live]) -> dict[Key, datetime]:
    return {key: one.changed for key, one in live.items() if one.changed is not None}


def unreplaced(plan: Plan, live: Mapping[Key, Live]) -> dict[Key, Live]:
    """What is live and stays so: a value that the plan writes again is no longer of interest."""
    replaced = {change.key for change in plan.changes if change.value is not None}
    return {key: one for key, one in live.items() if key not in replaced}
