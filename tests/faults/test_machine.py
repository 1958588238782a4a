"""Random lives of an account, checked after every step against what may be.

Manifests are edited and reverted, applied whole, in part and after a review; runs are stopped;
other people write, delete and restore; secrets are rotated; fingerprint keys retire. What holds:

- after a clean apply live equals desired;
- a value that rotation wrote is never written over, unless git was told to take it, and but for the
  keys of it that git owns;
- what is not ours stays as it is;
- no version is lost that AWS would have kept, and AWSPREVIOUS is what AWSCURRENT was;
- a plan that has moved writes nothing.

The seed is printed on failure: MACHINE_SEED=N repeats it.
"""

from __future__ import annotations

import itertools
import json
import os
import random
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, get_state_machine_test, precondition, rule

from reconciler.core.errors import StalePlanError
from reconciler.core.model import Action, Key
from reconciler.operations.apply import Outcome
from reconciler.operations.attempt import Status
from reconciler.operations.planning import Planned
from tests.embedded import Embedded
from tests.faults import function
from tests.faults.account import Account, ask_who_calls_once
from tests.faults.direct import KEY, SCOPE, full
from tests.faults.dying import dying
from tests.faults.function import SCHEDULE, clients, json_object
from tests.faults.photo import Photo, take
from tests.limit import has_to_end

SHORT = 1_000  # steps
SEED = 2955388486  # the same lives each time: what a new seed finds is for the long test
LONG = int(os.environ.get("MACHINE_STEPS", "50000"))
STEPS = 50  # of one account's life

SECRETS = st.sampled_from(["s0", "s1", "s2"])
PARAMETERS = st.sampled_from(["p0", "p1"])
VALUES = st.sampled_from(["a", "b", "c"])
DESCRIPTIONS = st.sampled_from([None, "x", "y"])

_numbers = itertools.count()


_sandbox: list[Embedded] = []
_steps = itertools.count()


def abandoned(photo: Photo) -> bool:
    """Whether an outside write has left AWSPENDING behind: "any later invocation of RotateSecret
    assumes that a previous rotation request is still in progress and returns an error"."""
    return photo.labels.get("AWSPENDING") not in (None, photo.current)


def has_keys(photo: Photo) -> bool:
    """Whether a value is a JSON object, so that git can own keys of it."""
    return json_object(photo.value or "") is not None


def stored(value: Any) -> str:
    """A declared value as AWS holds it."""
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


class Machine(RuleBasedStateMachine):
    """``git`` is the manifest of now, ``foreign`` what others made, ``settled`` says that nothing
    has happened since an apply that left nothing."""

    def __init__(self) -> None:
        super().__init__()
        aws = _sandbox[0]
        aws.reset()
        aws.settling.calls = 0  # what lags is tried at each call that a run can be killed at
        aws.hooks, aws.after = [], []
        self.account = Account(aws, parallelism=2, shared=True)
        self.git: dict[str, dict[str, Any]] = {"secrets": {}, "parameters": {}}
        self.former = [self.git]
        self.keys = [KEY]
        self.foreign: set[Key] = set()
        self.reviewed: Planned | None = None
        self.settled = False

    # --- git ------------------------------------------------------------------------------------

    def edit(self, section: str, name: str, fields: dict[str, Any] | None, now: bool) -> None:
        """Declare something else; ``now``: and apply it."""
        next(_steps)
        changed = {kept: dict(entries) for kept, entries in self.git.items()}
        if fields is None:
            changed[section].pop(name, None)
        else:
            changed[section][name] = fields
        self.git = changed
        self.former.append(changed)
        self.declare()
        if now:
            self.settled = self.apply_whole()

    def declare(self) -> None:
        self.account.declare(self.git, keys=self.keys)
        self.settled = False

    @rule(
        name=SECRETS,
        value=VALUES,
        description=DESCRIPTIONS,
        rotation=st.sampled_from(["unset", "unset", "on", "on", "none"]),
        taken=st.booleans(),
        now=st.booleans(),
    )
    def declare_secret(
        self,
        name: str,
        value: str,
        description: str | None,
        rotation: str,
        taken: bool,
        now: bool,
    ) -> None:
        fields: dict[str, Any] = {"value": value}
        if description is not None:
            fields["description"] = description
        if rotation == "on":
            fields["rotation"] = SCHEDULE
        else:
            if rotation == "none":
                fields["rotation"] = "none"
            if taken:
                fields["take"] = "git"
        self.edit("secrets", name, fields, now)

    @rule(name=SECRETS, host=VALUES, password=VALUES, now=st.booleans())
    def declare_shared(self, name: str, host: str, password: str, now: bool) -> None:
        """A value of which git owns one key, and rotation the other."""
        value = {"host": host, "password": password}
        fields = {"value": value, "rotation": SCHEDULE, "git_keys": ["host"]}
        self.edit("secrets", name, fields, now)

    @rule(name=SECRETS, rotation=st.booleans(), now=st.booleans())
    def declare_generated(self, name: str, rotation: bool, now: bool) -> None:
        more = {"rotation": SCHEDULE} if rotation else {}
        self.edit("secrets", name, {"generate": {}, **more}, now)

    @precondition(lambda self: bool(self.git["secrets"]))
    @rule(name=SECRETS, now=st.booleans())
    def declare_external(self, name: str, now: bool) -> None:
        self.edit("secrets", name, {"external": True, "tags": {"team": "t"}}, now)

    @rule(
        name=PARAMETERS,
        value=VALUES,
        description=DESCRIPTIONS,
        secure=st.booleans(),
        now=st.booleans(),
    )
    def declare_parameter(
        self, name: str, value: str, description: str | None, secure: bool, now: bool
    ) -> None:
        fields: dict[str, Any] = {"value" if secure else "plaintext": value, "replace": True}
        if description is not None:
            fields |= {"description": description, "tags": {"d": description}}
        self.edit("parameters", name, fields, now)

    @rule(name=SECRETS, now=st.booleans())
    def undeclare_secret(self, name: str, now: bool) -> None:
        self.edit("secrets", name, None, now)

    @rule(name=PARAMETERS, now=st.booleans())
    def undeclare_parameter(self, name: str, now: bool) -> None:
        self.edit("parameters", name, None, now)

    @rule(back=st.integers(2, 6), now=st.booleans())
    def revert(self, back: int, now: bool) -> None:
        next(_steps)
        self.git = self.former[-min(back, len(self.former))]
        self.former.append(self.git)
        self.declare()
        if now:
            self.settled = self.apply_whole()

    @precondition(lambda self: self.settled)
    @rule()
    def retire_key(self) -> None:
        """A new key comes first; only once nothing is left under the old one does that one go."""
        next(_steps)
        self.keys = [f"{next(_numbers):064x}", *self.keys]
        self.declare()
        if self.apply_whole():
            self.keys = self.keys[:1]
            self.declare()
            assert self.account.changes() == {}
            self.settled = True

    # --- apply ----------------------------------------------------------------------------------

    def run(self, reviewed: Planned | None = None) -> dict[Key, Outcome] | None:
        """One run, with what holds whatever came of it; None where the plan was stale."""
        before = take(self.account.aws)
        try:
            outcomes = self.account.apply(reviewed)
        except StalePlanError:
            assert take(self.account.aws) == before
            return None
        self.quiet()
        after = take(self.account.aws)
        for key in self.foreign:
            assert after.get(key) == before.get(key), key
        for key, photo in before.items():
            if key.kind == "secret":
                self.check_secret(key, photo, after[key])
            else:
                self.check_parameter(key, photo, after.get(key))
        return outcomes

    def quiet(self) -> None:
        assert self.account.aws.wait_for_rotations()

    def check_secret(self, key: Key, before: Photo, after: Photo) -> None:
        assert before.versions.items() <= after.versions.items(), f"{key} lost a version"
        if after.current == before.current:
            assert after.labels.get("AWSPREVIOUS") == before.labels.get("AWSPREVIOUS"), key
            return
        assert after.labels.get("AWSPREVIOUS") == before.current, key
        declared = self.git["secrets"][key.name.removeprefix(SCOPE.under)]
        # The rest of what `git_keys` made is nobody's but rotation's, also where none has come yet.
        merged = "git_keys" in declared and (before.current or "").startswith("k1")
        if before.rotating or merged:
            assert "git_keys" in declared, f"{key} was written while rotation is on"
            kept = json.loads(before.value or "")
            assert json.loads(after.value or "") == {**kept, "host": declared["value"]["host"]}, key
            return
        if before.rotated and not (before.current or "").startswith(("r1", "g1")):
            assert declared.get("take") == "git", f"{key}: a rotated value was reverted"
        assert after.value == stored(declared["value"]), key

    def check_parameter(self, key: Key, before: Photo, after: Photo | None) -> None:
        declared = self.git["parameters"].get(key.name.removeprefix(SCOPE.under))
        if after is None:
            kind = "SecureString" if "value" in (declared or {}) else "String"
            assert declared is None or kind != before.type, f"{key} was deleted"
        elif after.type == before.type:
            assert before.versions.items() <= after.versions.items(), f"{key} lost a version"
            assert len(after.versions) <= len(before.versions) + 1, f"{key} was written twice"

    def apply_whole(self) -> bool:
        """Apply until nothing is left but refusals, schedules that AWS refuses while a rotation has
        not ended, and keys of what is no JSON object (a removal comes before what waits for it);
        whether nothing at all is left."""
        stuck = self.stuck()
        for _ in range(3):
            outcomes = self.run()
            assert outcomes is not None
            stuck |= self.stuck()  # a rotation may have ended meanwhile
            bad = {
                str(key): str(outcome.error)
                for key, outcome in outcomes.items()
                if outcome.status not in (Status.DONE, Status.REFUSED) and key not in stuck
            }
            assert not bad, bad
            left = self.account.changes()
            if all(c.action is Action.REFUSE or c.key in stuck for c in left.values()):
                break
        else:
            raise AssertionError(f"never ends: {sorted(map(str, left))}")
        self.check_desired(set(left))
        return not left

    def stuck(self) -> set[Key]:
        """What cannot be written, as AWS is now."""
        photos = take(self.account.aws)
        return {
            *(Key("rotation", key.name) for key, photo in photos.items() if abandoned(photo)),
            *(Key("keys", key.name) for key, photo in photos.items() if not has_keys(photo)),
        }

    def check_desired(self, refused: set[Key]) -> None:
        live = take(self.account.aws)
        ours = {key for key in live if key not in self.foreign}
        for section, kind in (("secrets", "secret"), ("parameters", "parameter")):
            for name, declared in self.git[section].items():
                key = Key(kind, full(name))
                ours.discard(key)
                if key in refused or Key("rotation", key.name) in refused:
                    continue
                photo = live[key]
                assert not photo.deleted, key
                if "description" in declared:
                    assert photo.said == declared["description"], key
                if kind == "secret":
                    self.check_declared_secret(key, declared, photo)
                    if "git_keys" in declared and has_keys(photo) and not abandoned(photo):
                        # Where another value came and went, no list shows it: the mark tells what
                        # git last wrote, and rotation takes the key along.
                        assert Key("keys", key.name) not in refused, key
                        host = json.loads(photo.value or "")["host"]
                        assert host == declared["value"]["host"], key
                else:
                    want = declared.get("value", declared.get("plaintext"))
                    assert photo.value == want, key
                    assert photo.type == ("SecureString" if "value" in declared else "String")
        for key in ours:
            # No longer declared, and ours as far as our marks prove it: gone. What was pending
            # deletion when a key retired was not bound again.
            photo = live[key]
            proof = photo.tags.get("reconciler:proof", "")[:6]
            if not photo.deleted and "reconciler:owner" in photo.tags:
                assert key.kind == "secret", f"{key} was kept"
                assert proof not in self.account.git.fingerprinter.kids, f"{key} was kept"

    def check_declared_secret(self, key: Key, declared: dict[str, Any], photo: Photo) -> None:
        rotation = declared.get("rotation")
        if rotation is not None:
            assert photo.rotating == (rotation != "none"), key
        owned_by_rotation = rotation not in (None, "none") and (
            photo.rotated or not (photo.current or "").startswith("r1")
        )
        if "value" in declared and "git_keys" not in declared and not owned_by_rotation:
            kept = (photo.current or "").startswith("g1")
            assert photo.value == declared["value"] or kept, key

    @rule()
    def apply(self) -> None:
        next(_steps)
        self.settled = self.apply_whole()

    @rule()
    def review(self) -> None:
        next(_steps)
        self.reviewed = self.account.plan()

    @precondition(lambda self: self.reviewed is not None)
    @rule()
    def apply_reviewed(self) -> None:
        next(_steps)
        self.run(self.reviewed)
        self.settled = False

    @rule(point=st.integers(0, 8), effect=st.booleans(), reviewed=st.booleans())
    def crash(self, point: int, effect: bool, reviewed: bool) -> None:
        """A run that dies at one of its writes."""
        next(_steps)
        plan = self.account.plan() if reviewed else None
        with dying(self.account.aws, point, effect=effect):
            self.run(plan)
        self.reviewed = plan or self.reviewed
        self.settled = False

    # --- others -----------------------------------------------------------------------------------

    def photo(self, kind: str, name: str) -> Photo | None:
        return take(self.account.aws).get(Key(kind, full(name)))

    @rule(name=SECRETS | st.just("x"), claims=st.sampled_from([False, False, False, True]))
    def outside_put_secret(self, name: str, claims: bool) -> None:
        next(_steps)
        photo = self.photo("secret", name)
        client = clients["secretsmanager"]
        value = f"outside-{next(_numbers)}"
        if photo is None and not (claims or name == "x"):
            return
        if photo is None:
            client.create_secret(Name=full(name), SecretString=value)
            self.foreign.add(Key("secret", full(name)))
        elif not photo.deleted:
            client.put_secret_value(SecretId=full(name), SecretString=value)
        self.settled = False

    @rule(name=PARAMETERS | st.just("x"), claims=st.sampled_from([False, False, False, True]))
    def outside_put_parameter(self, name: str, claims: bool) -> None:
        next(_steps)
        photo = self.photo("parameter", name)
        if photo is None and not (claims or name == "x"):
            return
        more: dict[str, Any] = {"Overwrite": True} if photo else {"Type": "String"}
        value = f"outside-{next(_numbers)}"
        clients["ssm"].put_parameter(Name=full(name), Value=value, **more)
        if photo is None:
            self.foreign.add(Key("parameter", full(name)))
        self.settled = False

    @rule(name=SECRETS)
    def outside_delete_secret(self, name: str) -> None:
        next(_steps)
        photo = self.photo("secret", name)
        if photo is not None and not photo.deleted:
            clients["secretsmanager"].delete_secret(SecretId=full(name))
            self.settled = False

    @rule(name=SECRETS)
    def outside_restore_secret(self, name: str) -> None:
        next(_steps)
        if self.photo("secret", name) is not None:
            clients["secretsmanager"].restore_secret(SecretId=full(name))
            self.settled = False

    @rule(name=PARAMETERS)
    def outside_delete_parameter(self, name: str) -> None:
        next(_steps)
        if self.photo("parameter", name) is not None:
            clients["ssm"].delete_parameter(Name=full(name))
            self.foreign.discard(Key("parameter", full(name)))
            self.settled = False

    @rule(name=SECRETS)
    def rotate(self, name: str) -> None:
        next(_steps)
        photo = self.photo("secret", name)
        if photo is None or not photo.rotating or photo.deleted:
            return
        if not abandoned(photo):
            clients["secretsmanager"].rotate_secret(SecretId=full(name))
            self.quiet()
            self.settled = False


@pytest.fixture
def machine(account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Machine]]:
    """The machine, on an account whose rotation function answers at once."""
    account.aws.keep_log = False
    _sandbox[:] = [account.aws]
    function.install(monkeypatch)
    ask_who_calls_once(monkeypatch)
    yield Machine
    account.aws.keep_log = True


def live(machine: type[Machine], steps: int, seed: int) -> None:
    """Lives, until there have been so many steps."""
    seed = int(os.environ.get("MACHINE_SEED", seed))
    run = get_state_machine_test(
        machine,
        settings=settings(
            max_examples=4,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    began = next(_steps)
    while next(_steps) - began < steps:
        try:
            with has_to_end():
                hypothesis.seed(seed)(run)()
        except BaseException as error:
            error.add_note(f"MACHINE_SEED={seed}")
            raise
        seed += 1


def test_a_short_life(machine: type[Machine]) -> None:
    live(machine, SHORT, SEED)


@pytest.mark.long
def test_a_long_life(machine: type[Machine]) -> None:
    live(machine, LONG, random.randrange(2**32))
