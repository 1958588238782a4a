"""Random lives of an account: people outside and edits of git, with runs that are whole, partial
and killed. After every step drift says of each difference who made it, as the oracle saw it.

The seed is printed on failure: MACHINE_SEED=N repeats that life.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.core.applied import Applied, Attempt, Standing
from reconciler.core.model import JSON, Key
from reconciler.core.what import What
from reconciler.operations import apply, drift
from reconciler.operations.apply import Outcome
from reconciler.operations.attempt import Status
from reconciler.operations.planning import Planned
from reconciler.render import difference
from tests.drift.oracle import Content, Oracle
from tests.faults import function
from tests.faults.account import Account, ask_who_calls_once
from tests.faults.direct import SCOPE, full
from tests.faults.dying import dying
from tests.faults.function import SCHEDULE, clients
from tests.faults.photo import Photo, take

SHORT, SEED = 2_000, 145642026  # steps, the same in each run
LONG = int(os.environ.get("MACHINE_STEPS", "20000"))
LIFE = 40  # steps of one account
SECRETS, ROTATES, PARAMETERS = ("s0", "s1"), ("r0",), ("p0", "p1")
WEEK, MONTH = "rate(7 days)", "rate(30 days)"
PARTS = {"enabled": "on", "lambda": "schedule", "tags": "t"}
ITSELF = {What.DELETED, What.DELETING, What.REPLACED, What.UNMARKED, What.GONE, What.NOT_OURS,
          What.CREATE, What.RESTORE, What.REFUSED}  # fmt: skip


def content(photo: Photo | None) -> Content | None:
    """What is there, in the parts that the oracle knows."""
    if photo is None or photo.deleted:
        return None
    rules = photo.rules or {}
    return {
        "value": photo.value,
        "description": photo.said or None,
        "t": photo.tags.get("t"),
        "on": photo.rotating,
        "schedule": rules.get("ScheduleExpression") if photo.rotating else None,
    }


def declared_parts(fields: dict[str, Any]) -> Content:
    """What a declaration declares, in the same parts."""
    found = {"value": fields.get("value", fields.get("plaintext"))}
    if "description" in fields:
        found["description"] = fields["description"]
    if "tags" in fields:
        found["t"] = fields["tags"]["t"]
    if "rotation" in fields:
        rotation = fields["rotation"]
        found["on"] = rotation != "none"
        if rotation != "none":
            found["schedule"] = rotation["schedule"]
    return found


class Life:
    """One account, and everybody who acts on it."""

    def __init__(self, account: Account, seed: int) -> None:
        account.aws.reset()
        account.aws.settling.calls = 0
        account.calm()
        self.account, self.chance, self.oracle = account, random.Random(seed), Oracle()
        self.git: dict[str, dict[str, Any]] = {"secrets": {}, "parameters": {}}
        account.declare(self.git)  # not what an earlier life declared
        self.numbers = iter(range(10**6))
        self.declarations: list[dict[Key, Mapping[str, JSON]]] = []  # of each attempt
        self.complete: dict[Key, Mapping[str, JSON]] = {}
        self.seen: Planned | None = None  # as drift saw it last
        self.planned: Planned | None = None  # the same, while nobody but git has moved since
        self.steps: list[Callable[[], str | None]] = [
            *[self.edit] * 6, *[self.apply] * 3, self.apply_only, self.kill, *[self.outside] * 8,
        ]  # fmt: skip

    @property
    def declared(self) -> dict[str, Content]:
        return {
            name: declared_parts(fields)
            for section in self.git.values()
            for name, fields in section.items()
        }

    def live(self) -> dict[str, tuple[Content | None, bool]]:
        """What is there, and whether it has our marks."""
        found = {}
        for key, photo in sorted(take(self.account.aws).items()):
            tags = photo.tags
            owned = "reconciler:owner" in tags
            if key.kind == "secret":
                owned = owned and "reconciler:proof" in tags
            found[key.name.removeprefix(SCOPE.under)] = content(photo), owned
        return found

    # --- git ------------------------------------------------------------------------------------

    def edit(self) -> str:
        name = self.chance.choice((*SECRETS, *ROTATES, *PARAMETERS))
        section = "parameters" if name in PARAMETERS else "secrets"
        pick = self.chance.choice
        if pick([True] + [False] * 5):
            self.git[section].pop(name, None)
        else:
            value = "seed" if name in ROTATES else pick("abc")
            fields: dict[str, Any] = {"plaintext" if name in PARAMETERS else "value": value}
            if text := pick([None, "x", "y"]):
                fields["description"] = text
            if name in SECRETS and (tag := pick([None, "1", "2"])):
                fields["tags"] = {"t": tag}
            if name in ROTATES:
                chosen = pick([None, "none", WEEK, MONTH])
                if chosen:
                    scheduled = {**SCHEDULE, "schedule": chosen}
                    fields["rotation"] = "none" if chosen == "none" else scheduled
            self.git[section][name] = fields
        self.account.declare(self.git)
        self.planned = self.seen
        return f"git declares {name}: {self.git[section].get(name)}"

    # --- runs -----------------------------------------------------------------------------------

    def apply(self) -> str:
        self.after(self.account.apply().values(), None)
        return "apply"

    def apply_only(self) -> str | None:
        only = self.chance.choice((*SECRETS, *ROTATES, *PARAMETERS))
        planned = self.account.plan()
        todo = [change for change in planned.plan.changes if change.key.name == full(only)]
        if not todo:
            return None
        told = apply.run(planned, todo, self.account.connect(), lambda _: None, threading.Event())
        self.after(told, only)
        return f"apply --only {only}"

    def after(self, outcomes: Collection[Outcome], only: str | None) -> None:
        """What the oracle is told of a run that came to its end."""
        assert self.account.aws.wait_for_rotations()
        bad = {str(o.change.key): o.error for o in outcomes if o.status is Status.FAILED}
        assert not bad, bad
        live = self.live()
        for name, parts in self.declared.items():
            there, owned = live.get(name, (None, False))
            if only in (None, name):
                # AWS writes a parameter only as a whole: also what git does not declare of it.
                written = there or parts if name in PARAMETERS else parts
                if parts.get("on") is False:
                    written = {**written, "schedule": None}  # it took it away
                self.oracle.wrote(name, there, written, owned=owned)
        self.look(live)
        self.ended(whole=only is None and all(o.status is Status.DONE for o in outcomes))

    def kill(self) -> str:
        """A run that dies at one of its writes, which is done or not."""
        point, effect = self.chance.randrange(6), self.chance.random() < 0.5
        with dying(self.account.aws, point, effect=effect) as death:
            outcomes = self.account.apply()
        if not death.dead:
            self.after(outcomes.values(), None)
            return "apply, since there was less to do"
        assert self.account.aws.wait_for_rotations()
        live = self.live()
        for name, (there, owned) in live.items():
            self.oracle.killed(name, there, owned=owned, whole=name in PARAMETERS)
        self.look(live)
        self.ended(whole=False)
        return f"killed at write {point}, {death.writes[-1]} {'done' if effect else 'not done'}"

    def ended(self, *, whole: bool) -> None:
        """What the record would note of a run, and the oracle knows."""
        self.oracle.ended(self.declared, whole=whole)
        fields = {key: one.fields for key, one in self.account.git.resources.items()}
        if whole:
            self.complete, self.declarations = fields, []
        else:
            self.declarations.append(fields)

    def look(self, live: dict[str, tuple[Content | None, bool]]) -> None:
        for name, (there, owned) in live.items():
            self.oracle.seen(name, there, owned=owned)
        for name in {*self.oracle.things} - {*live}:
            self.oracle.gone(name)

    # --- people ---------------------------------------------------------------------------------

    def outside(self) -> str | None:
        live = self.live()
        names = [name for name, (there, _) in live.items() if there is not None]
        gone = [n for n, (there, _) in live.items() if there is None and n not in PARAMETERS]
        act: str | None
        if gone and self.chance.random() < 0.3:
            name = self.chance.choice(gone)
            clients["secretsmanager"].restore_secret(SecretId=full(name))
            act = "restores"
        elif names:
            name = self.chance.choice(names)
            acts = self.on_parameters if name in PARAMETERS else self.on_secrets
            act = self.chance.choice(acts)(self, full(name), live[name][0] or {})
        else:
            return None
        if act is None:
            return None
        assert self.account.aws.wait_for_rotations()
        self.look(self.live())
        return f"somebody {act} {name}"

    def puts(self, name: str, _: Content) -> str | None:
        if name.endswith(ROTATES):
            return None
        value = f"outside-{next(self.numbers)}"
        clients["secretsmanager"].put_secret_value(SecretId=name, SecretString=value)
        return "puts a value into"

    def moves_back(self, name: str, there: Content) -> str | None:
        labels = take(self.account.aws)[Key("secret", name)].labels
        if "AWSPREVIOUS" not in labels or name.endswith(ROTATES):
            return None
        clients["secretsmanager"].update_secret_version_stage(
            SecretId=name,
            VersionStage="AWSCURRENT",
            MoveToVersionId=labels["AWSPREVIOUS"],
            RemoveFromVersionId=labels["AWSCURRENT"],
        )
        return "moves AWSCURRENT back of"

    def describes(self, name: str, _: Content) -> str:
        text = self.chance.choice(["", "x", "y", "theirs"])
        clients["secretsmanager"].update_secret(SecretId=name, Description=text)
        return f"describes as {text!r}"

    def tags(self, name: str, _: Content) -> str:
        text = self.chance.choice(["1", "2", "theirs"])
        clients["secretsmanager"].tag_resource(SecretId=name, Tags=[{"Key": "t", "Value": text}])
        return f"tags as {text}"

    def untags(self, name: str, there: Content) -> str | None:
        if there["t"] is None:
            return None
        clients["secretsmanager"].untag_resource(SecretId=name, TagKeys=["t"])
        return "takes the tag off"

    def deletes(self, name: str, _: Content) -> str:
        clients["secretsmanager"].delete_secret(SecretId=name)
        return "deletes"

    def destroys(self, name: str, _: Content) -> str:
        clients["secretsmanager"].delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
        return "deletes at once"

    def recreates(self, name: str, there: Content) -> str:
        self.destroys(name, there)
        self.oracle.gone(name.removeprefix(SCOPE.under))
        clients["secretsmanager"].create_secret(Name=name, SecretString="theirs")
        return "re-creates"

    def disowns(self, name: str, _: Content) -> str:
        clients["secretsmanager"].untag_resource(SecretId=name, TagKeys=["reconciler:owner"])
        return "takes the owner tag off"

    def switches(self, name: str, there: Content) -> str | None:
        if not name.endswith(ROTATES):
            return None
        client = clients["secretsmanager"]
        if there["on"] and self.chance.random() < 0.5:
            client.cancel_rotate_secret(SecretId=name)
            return "switches rotation off of"
        rule = self.chance.choice([WEEK, MONTH, "rate(90 days)"])
        client.rotate_secret(
            SecretId=name,
            RotateImmediately=False,
            RotationLambdaARN=SCHEDULE["lambda"],
            RotationRules={"ScheduleExpression": rule},
        )
        return f"sets {rule} on"

    def puts_parameter(self, name: str, there: Content) -> str:
        clients["ssm"].put_parameter(
            Name=name, Value=f"outside-{next(self.numbers)}", Overwrite=True
        )
        self.oracle.took(name.removeprefix(SCOPE.under))
        return "puts a value into"

    def deletes_parameter(self, name: str, _: Content) -> str:
        clients["ssm"].delete_parameter(Name=name)
        return "deletes"

    on_secrets = (puts, moves_back, describes, tags, untags, switches, switches, deletes, destroys,
                  recreates, disowns)  # fmt: skip
    on_parameters = (puts_parameter, puts_parameter, deletes_parameter)

    # --- what drift says --------------------------------------------------------------------------

    def applied(self) -> Applied:
        """What the record and git would say."""
        oracle, found = self.oracle, {}
        for key in self.account.git.resources:
            name = key.name.removeprefix(SCOPE.under)
            tried = [name in attempt for attempt in oracle.attempts]
            if name in oracle.complete:
                standing = (
                    Standing.DECLARED_IN_APPLIED if all(tried) else Standing.ONLY_IN_ATTEMPTED
                )
            else:
                standing = Standing.ONLY_IN_ATTEMPTED if any(tried) else Standing.IN_NEITHER
            found[key] = standing
        return Applied(
            found,
            Standing.IN_NEITHER,
            fields=self.complete,
            unfinished=("c0ffee",) * len(self.declarations),
            attempted=tuple(map(Attempt, self.declarations)),
        )

    def check(self) -> None:
        known, self.planned = self.planned, None
        planned = self.account.plan() if known is None else self.account.planned_again(known)
        self.seen = planned
        found = drift.classify(planned, datetime.now(UTC), applied=self.applied())
        told: dict[str, dict[str, set[str]]] = {}
        for entry in found:
            name, of = entry.key.name.removeprefix(SCOPE.under), entry.kind_of.value
            if of in ("kept", "unmanaged", "rotated") or entry.what in (What.PRUNE, What.MARK):
                continue
            assert difference.sentence(entry)
            parts = [field.name for field in entry.fields] or list(entry.names)
            if entry.what in ITSELF:
                parts = ["itself"]
            elif not parts and entry.what is not What.UPDATE:
                parts = ["value"]
            for part in parts:
                there = told.setdefault(name, {})
                there.setdefault(PARTS.get(part, part), set()).add(of)
        for name, declared in self.declared.items():
            expected, said = self.oracle.expects(name, declared), told.get(name, {})
            if "itself" in expected:
                said = {"itself": said.get("itself", set())}
            if "on" in expected and "schedule" in declared:
                # What is off has no schedule: that is told with it, or not.
                expected.pop("schedule"), said.pop("schedule", None)
            assert set(said) == set(expected), (name, said, expected)
            for part, classes in expected.items():
                assert said[part], (name, said, expected)
                assert said[part] <= classes, (name, part, said, expected)


@pytest.fixture
def lives(account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    account.aws.keep_log = False
    account.parallelism, account.shared = 1, True  # in one order, so that a seed repeats a life
    function.install(monkeypatch)
    ask_who_calls_once(monkeypatch)
    yield account
    account.aws.keep_log = True


def live(account: Account, steps: int, seed: int) -> None:
    for number in range(seed, seed + steps // LIFE):
        life, log = Life(account, number), []
        try:
            while len(log) < LIFE:
                did = life.chance.choice(life.steps)()
                if did is not None:
                    log.append(did)
                    life.check()
        except BaseException as error:
            error.add_note("\n".join([f"MACHINE_SEED={number}", *log]))
            raise


def test_a_short_life(lives: Account) -> None:
    live(lives, SHORT, int(os.environ.get("MACHINE_SEED", SEED)))


@pytest.mark.long
def test_a_long_life(lives: Account) -> None:
    live(lives, LONG, int(os.environ.get("MACHINE_SEED", random.randrange(2**32))))
