"""Somebody outside, or git: the same difference, told apart by who made it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from reconciler.core.applied import Applied, Standing
from reconciler.core.drift import Drift
from reconciler.core.model import Key
from reconciler.operations import drift
from reconciler.render import difference
from reconciler.sandbox import state
from tests import world
from tests.drift.outside import OURS, ROWS, THEIRS, Row
from tests.embedded import Embedded
from tests.faults import function
from tests.faults.account import Account
from tests.faults.direct import SCOPE

Declared = dict[str, dict[str, Any]]


def declared(**other: Mapping[str, Any] | None) -> Declared:
    """All rows as git declares them now, but for these, by name."""
    found: Declared = {"secrets": {}, "parameters": {}}
    for row in ROWS:
        fields = other.get(row.name, row.declared)
        if fields is not None:
            found[row.section][row.name] = dict(fields)
    return found


BEFORE = declared(**{row.name: row.before for row in ROWS})
FIRST = declared(moved_back={**dict(BEFORE["secrets"]["moved_back"]), "value": "one"})


class Environment:
    """An account with all rows as they are declared, which can be had again at any time."""

    def __init__(self, aws: Embedded, folder: Path) -> None:
        self.account = Account(aws, shared=True)
        self.saved = folder / "state.json"
        kms = boto3.client("kms")
        for alias in (OURS, THEIRS):
            kms.create_alias(AliasName=alias, TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
        for content in (FIRST, declared()):
            self.apply(content)
        self.declared = dict.fromkeys(self.account.git.resources, True)
        state.save(self.saved)

    def apply(self, content: Declared) -> None:
        self.account.declare(content)
        bad = {key: o.error for key, o in self.account.apply().items() if o.status != "done"}
        assert not bad, bad
        assert self.account.aws.wait_for_rotations()

    def again(self) -> None:
        self.account.aws.reset()
        with self.account.aws.lock:
            state.load(self.saved)
        self.account.declare(declared())

    def drift(self, applied: set[Key], *, deep: bool = False) -> dict[str, list[Drift]]:
        """What drift tells, by name; ``applied`` is what the last complete apply declared."""
        planned = self.account.plan()
        read = drift.read_deep(planned, self.account.connect()) if deep else {}
        known = Applied(dict.fromkeys(applied, Standing.DECLARED_IN_APPLIED), Standing.IN_NEITHER)
        found: dict[str, list[Drift]] = {}
        for entry in drift.classify(planned, datetime.now(UTC), read, known):
            found.setdefault(entry.key.name.removeprefix(SCOPE.under), []).append(entry)
        return found

    @property
    def applied(self) -> set[Key]:
        return set(self.account.git.resources)


@pytest.fixture(scope="module")
def environment(
    embedded_aws: Embedded, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Environment]:
    folder = tmp_path_factory.mktemp("who-moved")
    with pytest.MonkeyPatch.context() as patch:
        lives = world.account(folder, embedded_aws, patch)
        next(lives)
        function.install(patch)
        yield Environment(embedded_aws, folder)
        next(lives, None)


def told(found: list[Drift]) -> list[str]:
    return [f"{entry.kind_of} {entry.what}" for entry in found if entry.acts]


def check(row: Row, found: list[Drift]) -> None:
    assert sorted(told(found)) == sorted(row.found), [difference.sentence(entry) for entry in found]
    for entry in found:
        assert difference.advice(entry, SCOPE), entry
    acting = [difference.sentence(entry) for entry in found if entry.acts]
    assert any(row.says in sentence for sentence in acting), acting


def test_the_table_is_long_enough() -> None:
    assert len(ROWS) >= 40
    assert len({row.name for row in ROWS}) == len(ROWS)


def test_nothing_is_told_of_what_nobody_touched(environment: Environment) -> None:
    environment.again()
    assert environment.drift(environment.applied, deep=True) == {}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_alone(environment: Environment, row: Row) -> None:
    environment.again()
    row.act(row.full)
    assert environment.account.aws.wait_for_rotations()
    if row.deep:
        assert told(environment.drift(environment.applied).get(row.name, [])) == []
    found = environment.drift(environment.applied, deep=row.deep)
    assert set(found) == {row.name}
    check(row, found[row.name])


def test_all_at_once(environment: Environment) -> None:
    environment.again()
    for row in ROWS:
        row.act(row.full)
    assert environment.account.aws.wait_for_rotations()
    found = environment.drift(environment.applied, deep=True)
    for row in ROWS:
        check(row, found[row.name])


@pytest.mark.parametrize("deep", [False, True])
def test_their_twins_are_pending(environment: Environment, deep: bool) -> None:
    environment.again()
    environment.apply(BEFORE)
    applied = set(environment.account.git.resources)
    environment.account.declare(declared())
    found = environment.drift(applied, deep=deep)
    for row in ROWS:
        entries = found.get(row.name, [])
        assert told(entries) == [], [difference.sentence(entry) for entry in entries]
    pending = {name for name, entries in found.items() if entries}
    # What git does not know, and what it no longer declares, is not for apply to bring.
    assert {row.name for row in ROWS} - pending <= {"generated", "policy_open"}


def test_what_git_declares_again_as_it_is_live_is_neither(environment: Environment) -> None:
    """Whoever did it: once git accepts it, nothing is left to tell but the mark to write."""
    environment.again()
    for row in ROWS:
        if row.name in ("description", "kms_key", "tag", "rescheduled", "rotation_off"):
            row.act(row.full)
    accepted = {
        row.name: row.before
        for row in ROWS
        if row.name in ("description", "kms_key", "tag", "rescheduled", "rotation_off")
    }
    environment.account.declare(declared(**accepted))
    found = environment.drift(environment.applied)
    assert {told(entries) == [] for entries in found.values()} == {True}
    assert json.dumps(sorted(found)) == json.dumps(sorted(accepted))
    environment.apply(declared(**accepted))
    assert environment.drift(environment.applied) == {}
