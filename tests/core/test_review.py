"""What was reviewed against what would be done now: due, done, or moved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.core.digest import plan_digest
from reconciler.core.errors import Exit, StalePlanError
from reconciler.core.model import (
    Action,
    Change,
    FieldChange,
    Key,
    Live,
    Ownership,
    Place,
    Plan,
    Policy,
    Recorded,
    Resource,
    ValueChange,
    Write,
)
from reconciler.core.reasons import Loss, Lost, Reason
from reconciler.core.review import Selection, by_digest, by_plan, in_effect
from tests.core.build import (
    LAST,
    NAME,
    POLICY,
    PRUNING,
    ROTATED,
    ROTATING,
    SCOPE,
    by_key,
    foreign,
    generated,
    held,
    live,
    made,
    parameter,
    plan,
    recorded,
    schedule,
    secret,
    value,
)

Things = list[Resource | Live]


def select(then: Things, now: Things, *, policy: Policy = POLICY, was: Policy | None = None):
    """What apply makes of a plan of ``then`` once things are as ``now``."""
    reviewed = plan(*then, policy=was or policy)
    current = by_key(thing for thing in now if isinstance(thing, Live))
    return by_plan(reviewed, plan(*now, policy=policy), current)


def stale(then: Things, now: Things, **policies: Policy) -> str:
    """What apply says of what moved."""
    with pytest.raises(StalePlanError) as caught:
        select(then, now, **policies)
    assert caught.value.exit_code is Exit.STALE
    assert "nothing was written" in caught.value.hint
    prefix = "the reviewed plan is stale:\n  "
    assert caught.value.message.startswith(prefix)
    return caught.value.message.removeprefix(prefix)


def keys(selected) -> list[str]:
    return [f"{change.action} {change.key.kind}" for change in selected]


CHANGED = secret(value=value("fp-new"))
OLD, NEW = live(held("fp-old", version="v1")), live(held("fp-new", version="v2"))
DESCRIBED = secret(value=value("fp-a"), description="new")
UNDESCRIBED, DONE = (live(held("fp-a"), description=text) for text in ("old", "new"))

# --- by digest ------------------------------------------------------------------------------------


def test_the_reviewed_digest_selects_the_whole_plan():
    fresh = plan(CHANGED, OLD)
    assert by_digest(plan_digest(fresh), fresh) == Selection(fresh.changes)


def test_another_digest_is_stale_and_says_both():
    fresh = plan(CHANGED, OLD)
    with pytest.raises(StalePlanError) as caught:
        by_digest("0" * 64, fresh)
    assert "0" * 64 in caught.value.hint
    assert plan_digest(fresh) in caught.value.hint
    assert "--plan" in caught.value.hint
    assert caught.value.message == "the plan is not the one that was reviewed"


def test_after_a_part_was_done_a_digest_is_stale():
    other = live(held("fp-a"), name="/app/production/b", description="old")
    wanted = replace(DESCRIBED, key=other.key)
    reviewed = plan(CHANGED, OLD, wanted, other)
    with pytest.raises(StalePlanError):
        by_digest(plan_digest(reviewed), plan(CHANGED, NEW, wanted, other))


# --- due ------------------------------------------------------------------------------------------


def test_what_has_not_moved_is_due():
    selected = select([CHANGED, OLD], [CHANGED, OLD])
    assert keys(selected.todo) == ["update secret"]
    assert (selected.done, selected.unreviewed) == ((), ())


def test_the_fresh_change_is_written_with_its_own_explanations():
    placed = replace(CHANGED, place=Place("a.yaml", 9, 1))
    assert select([CHANGED, OLD], [placed, OLD]).todo[0].place == placed.place


def test_an_empty_plan_selects_nothing():
    assert select([], []) == Selection(())


def test_a_squash_merge_is_not_stale():
    reviewed = replace(plan(CHANGED, OLD), revision="abc", owned=3)
    fresh = replace(plan(replace(CHANGED, place=Place("moved.yaml", 2, 2)), OLD), revision="def")
    assert keys(by_plan(reviewed, fresh, by_key([OLD])).todo) == ["update secret"]


def test_an_unrelated_outside_change_is_not_stale():
    noise = live(foreign(), name="/app/production/other", ownership=Ownership.FOREIGN)
    assert keys(select([CHANGED, OLD], [CHANGED, OLD, noise]).todo) == ["update secret"]


def test_an_outside_change_of_another_field_is_not_stale():
    touched = replace(OLD, fields={"description": "touched"})
    assert keys(select([CHANGED, OLD], [CHANGED, touched]).todo) == ["update secret"]


def test_a_rotation_does_not_make_a_metadata_change_stale():
    wanted = secret(value=value("fp-a", rotation="declared"), description="new")
    before = live(held("fp-a"), rotation=ROTATING, description="old")
    after = live(foreign("v9"), rotation=ROTATING, description="old")
    assert keys(select([wanted, before], [wanted, after]).todo) == ["update secret"]


def test_a_rotation_does_not_make_its_schedule_stale():
    now = live(kind="rotation", enabled=True, schedule="rate(9 days)")
    rule = schedule(schedule="rate(30 days)")
    moved = replace(now, rotation=ROTATING, changed=LAST)
    assert keys(select([rule, now], [rule, moved]).todo) == ["update rotation"]


def test_a_rotation_does_not_make_a_prune_stale():
    before = live(foreign("v1"), rotation=ROTATING)
    after = live(foreign("v2"), rotation=ROTATING)
    assert keys(select([before], [after], policy=PRUNING).todo) == ["prune secret"]


# --- refused and unreviewed -----------------------------------------------------------------------

REFUSED = secret("/app/production/zz", uncreatable=Reason.NOT_CREATABLE)


def test_a_refused_change_blocks_no_other():
    selected = select([CHANGED, OLD, REFUSED], [CHANGED, OLD, REFUSED])
    assert keys(selected.todo) == ["update secret", "refuse secret"]
    assert selected.unreviewed == ()


def test_what_is_refused_since_the_review_is_reported_and_blocks_no_other():
    selected = select([CHANGED, OLD], [CHANGED, OLD, REFUSED])
    assert keys(selected.todo) == ["update secret", "refuse secret"]


def test_a_refusal_that_has_gone_is_not_stale():
    assert select([REFUSED], []) == Selection(())


def test_what_was_refused_at_review_is_unreviewed_now():
    allowed = secret("/app/production/zz", value=value())
    selected = select([REFUSED, CHANGED, OLD], [allowed, CHANGED, OLD])
    assert keys(selected.todo) == ["update secret"]
    assert keys(selected.unreviewed) == ["create secret"]


def test_a_change_that_was_not_reviewed_is_named_and_not_selected():
    selected = select([CHANGED, OLD], [CHANGED, OLD, secret("/app/production/b", value=value())])
    assert [c.key.name for c in selected.todo] == [NAME]
    assert [c.key.name for c in selected.unreviewed] == ["/app/production/b"]


def test_a_further_change_of_what_is_done_is_unreviewed():
    more = secret(value=value("fp-a"), description="new", tags={"a": "b"})
    selected = select([DESCRIBED, UNDESCRIBED], [more, DONE])
    assert selected.todo == ()
    assert keys(selected.done) == ["update secret"]
    assert [[f.name for f in c.fields] for c in selected.unreviewed] == [["tags"]]


# --- done -----------------------------------------------------------------------------------------

REPLACED = parameter(value=value("fp-a"), replace=True, type="SecureString", description="x")
CLEAR = live(
    held("fp-a", version="7"),
    kind="parameter",
    type="String",
    description="x",
    fixed=("type",),
)
SECURE = live(held("fp-a", version="1"), kind="parameter", type="SecureString", description="x")
SEEDED = secret(value=value("fp-a", rotation="declared"))
DONE_CASES: dict[str, tuple[Things, Things, Policy]] = {
    "create": ([CHANGED], [CHANGED, NEW], POLICY),
    "create of a generated value": (
        [secret(value=generated())],
        [secret(value=generated()), live(made())],
        POLICY,
    ),
    "create of a seed": ([SEEDED], [SEEDED, live(held("fp-a"), rotation=ROTATING)], POLICY),
    "create of a seed that was rotated since": (
        [SEEDED],
        [SEEDED, live(foreign("v9"), rotation=ROTATING)],
        POLICY,
    ),
    "a value": ([CHANGED, OLD], [CHANGED, NEW], POLICY),
    "a description": ([DESCRIBED, UNDESCRIBED], [DESCRIBED, DONE], POLICY),
    "a removal": (
        [secret(description=None), live(foreign(), description="x")],
        [secret(description=None), live(foreign())],
        POLICY,
    ),
    "a prune": ([OLD], [], PRUNING),
    "a prune with a recovery window": ([OLD], [replace(OLD, deleted=True)], PRUNING),
    "a restore": ([CHANGED, replace(NEW, deleted=True)], [CHANGED, NEW], POLICY),
    "a replace": ([REPLACED, CLEAR], [REPLACED, SECURE], POLICY),
    "a schedule": (
        [schedule(schedule="rate(9 days)"), live(kind="rotation", enabled=False)],
        [
            schedule(schedule="rate(9 days)"),
            live(kind="rotation", enabled=True, schedule="rate(9 days)"),
        ],
        POLICY,
    ),
}


@pytest.mark.parametrize(("then", "now", "policy"), DONE_CASES.values(), ids=DONE_CASES)
def test_what_is_in_effect_already_is_done(then, now, policy):
    selected = select(then, now, policy=policy)
    assert len(selected.done) == 1
    assert (selected.todo, selected.unreviewed) == ((), ())


@pytest.mark.parametrize(
    ("now", "so"),
    [(made("v1"), True), (made("v2"), False), (foreign("v1"), False), (held("fp-b"), False)],
)
def test_an_adopted_generated_value_is_in_effect_while_its_version_is_live(now, so):
    bound = Change(
        Key("secret", NAME),
        Action.ADOPT,
        value=ValueChange(Write.BOUND, "fp-a"),
        precondition={"version": "v1"},
    )
    assert in_effect(bound, live(now)) is so


# --- going on after a crash -----------------------------------------------------------------------

POLICED = secret(value=value("fp-a"), resource_policy={"a": 1}, description="x")
BOTH = secret(value=value("fp-new"), description="new", tags={"a": "b"})
RULE = schedule(schedule="rate(9 days)")
TAGGED = parameter(value=value("fp-a"), tags={"a": "2"}, description="new")
REPLICATED = secret(value=value("fp-a"), replicas=[{"region": "eu-west-1"}])


def copied(*regions: str) -> Live:
    """Recorded as copied to us-east-1; these are its replicas by now."""
    record = recorded([{"region": "us-east-1"}])
    return live(
        held("fp-a"),
        replicas=replace(record, content=[{"region": name} for name in regions], known=True),
    )


CONTINUED: dict[str, tuple[Things, Things, str]] = {
    "created, before its resource policy": (
        [POLICED],
        [POLICED, live(held("fp-a"), description="x", resource_policy=Recorded(None))],
        "update secret",
    ),
    "created with its seed, before its resource policy": (
        [replace(POLICED, value=value("fp-a", rotation="declared"))],
        [
            replace(POLICED, value=value("fp-a", rotation="declared")),
            live(foreign(), rotation=ROTATING, description="x"),
        ],
        "update secret",
    ),
    "created by a generated value, before its resource policy": (
        [replace(POLICED, value=generated())],
        [replace(POLICED, value=generated()), live(made(), description="x")],
        "update secret",
    ),
    "created, before the schedule was set": (
        [SEEDED, RULE],
        [SEEDED, RULE, live(held("fp-a")), live(kind="rotation", enabled=False)],
        "update rotation",
    ),
    "the value was written, the metadata was not": (
        [BOTH, live(held("fp-old"), description="old", tags={})],
        [BOTH, live(held("fp-new", version="v2"), description="old", tags={})],
        "update secret",
    ),
    "value and description were written, tags were not": (
        [BOTH, live(held("fp-old"), description="old", tags={})],
        [BOTH, live(held("fp-new", version="v2"), description="new", tags={})],
        "update secret",
    ),
    "the new value was staged, and did not serve yet": (
        [CHANGED, OLD],
        [CHANGED, live(held("fp-old"))],
        "update secret",
    ),
    "a replica was removed, the new one was not added yet": (
        [REPLICATED, copied("us-east-1")],
        [REPLICATED, copied()],
        "update secret",
    ),
    "a replica was added, the old one was not removed yet": (
        [REPLICATED, copied("us-east-1")],
        [REPLICATED, copied("us-east-1", "eu-west-1")],
        "update secret",
    ),
    "restored, before the value was written": (
        [BOTH, live(held("fp-old"), description="old", tags={}, deleted=True)],
        [BOTH, live(held("fp-old"), description="old", tags={})],
        "update secret",
    ),
    "restored, before the description was written": (
        [DESCRIBED, replace(UNDESCRIBED, deleted=True)],
        [DESCRIBED, UNDESCRIBED],
        "update secret",
    ),
    "a secret was restored, before its schedule was set": (
        [RULE, live(kind="rotation", enabled=False, deleted=True)],
        [RULE, live(kind="rotation", enabled=False)],
        "update rotation",
    ),
    "replaced: deleted, and not created": ([REPLACED, CLEAR], [REPLACED], "create parameter"),
    "replaced: created, before another field was set": (
        [replace(REPLACED, fields={**REPLACED.fields, "description": "y"}), CLEAR],
        [replace(REPLACED, fields={**REPLACED.fields, "description": "y"}), SECURE],
        "update parameter",
    ),
    "replaced without a value of ours: deleted, and not created": (
        [replace(REPLACED, value=None), CLEAR],
        [replace(REPLACED, value=None)],
        "create parameter",
    ),
    "another run of ours wrote the same value of a parameter": (
        [TAGGED, live(held("fp-a", version="7"), kind="parameter", description="old")],
        [TAGGED, live(held("fp-a", version="8"), kind="parameter", description="old")],
        "update parameter",
    ),
    "a parameter's tags were set, and its stamp was not": (
        [TAGGED, live(held("fp-a"), kind="parameter", tags=recorded({}), description="old")],
        [TAGGED, live(held("fp-a"), kind="parameter", tags=recorded({}), description="old")],
        "update parameter",
    ),
}


@pytest.mark.parametrize(("then", "now", "rest"), CONTINUED.values(), ids=CONTINUED)
def test_what_was_done_in_part_goes_on(then, now, rest):
    selected = select(then, now)
    assert keys(selected.todo) == ([rest] if rest else [])
    assert selected.unreviewed == ()


# --- moved ----------------------------------------------------------------------------------------

BY = "arn:aws:sts::123456789012:assumed-role/ops/ann"
STRING = parameter(value=value("fp-new"), description="new")
STRING_OLD = live(held("fp-old", version="3"), kind="parameter", description="old")
MOVED: dict[str, tuple[Things, Things, str]] = {
    "a value written outside": (
        [CHANGED, OLD],
        [CHANGED, live(foreign("v9"))],
        f"secret {NAME}: AWSCURRENT moved from v1 to v9, not written by the reconciler",
    ),
    "a value written outside, by somebody known": (
        [STRING, STRING_OLD],
        [STRING, replace(STRING_OLD, value=foreign("4"), changed_by=BY)],
        f"parameter {NAME}: the version moved from 3 to 4, written by {BY}, not by the reconciler",
    ),
    "a value written by another run of ours": (
        [CHANGED, OLD],
        [CHANGED, live(held("fp-else", version="v9"))],
        f"secret {NAME}: AWSCURRENT moved from v1 to v9, written by a reconciler with this"
        " environment's key",
    ),
    "a first value that came from elsewhere": (
        [CHANGED, live()],
        [CHANGED, live(foreign("v9"))],
        f"secret {NAME}: AWSCURRENT moved from nothing to v9, not written by the reconciler",
    ),
    "a value that has gone": (
        [CHANGED, OLD],
        [CHANGED, live()],
        f"secret {NAME}: AWSCURRENT moved from v1 to nothing",
    ),
    "a value that was live meanwhile, and was rolled back": (
        [CHANGED, OLD],
        [CHANGED, live(held("fp-old", earlier=["fp-new"]))],
        f"secret {NAME}: it changed in AWS after the plan, and the value would return to an earlier"
        " one",
    ),
    "a rotation in between, where a value is to be written": (
        [
            secret(value=value("fp-new", rotation="none", take=True)),
            live(foreign(), rotation=ROTATED),
        ],
        [
            secret(value=value("fp-new", rotation="none", take=True)),
            live(foreign("v2"), rotation=ROTATED),
        ],
        f"secret {NAME}: AWSCURRENT moved from v1 to v2, not written by the reconciler",
    ),
    "created by somebody else meanwhile": (
        [CHANGED],
        [CHANGED, live(foreign(), ownership=Ownership.FOREIGN)],
        f"secret {NAME}: it exists now, not written by the reconciler",
    ),
    "created by another run meanwhile, with another value": (
        [CHANGED],
        [CHANGED, OLD],
        f"secret {NAME}: it exists now, written by a reconciler with this environment's key",
    ),
    "generated, and written outside since": (
        [secret(value=generated())],
        [secret(value=generated()), live(foreign())],
        f"secret {NAME}: it exists now, not written by the reconciler",
    ),
    "a seed that another value took the place of, and not by rotation": (
        [SEEDED],
        [SEEDED, live(foreign())],
        f"secret {NAME}: it exists now, not written by the reconciler",
    ),
    "a seed that another run of ours took the place of": (
        [SEEDED],
        [SEEDED, live(held("fp-else"), rotation=ROTATING)],
        f"secret {NAME}: it exists now, written by a reconciler with this environment's key",
    ),
    "created empty meanwhile": (
        [CHANGED],
        [CHANGED, live(ownership=Ownership.FOREIGN)],
        f"secret {NAME}: it exists now",
    ),
    "deleted meanwhile": (
        [DESCRIBED, UNDESCRIBED],
        [DESCRIBED],
        f"secret {NAME}: it does not exist any more",
    ),
    "pending deletion meanwhile": (
        [DESCRIBED, UNDESCRIBED],
        [DESCRIBED, replace(UNDESCRIBED, deleted=True)],
        f"secret {NAME}: it is pending deletion now",
    ),
    "done, and pending deletion since": (
        [DESCRIBED, UNDESCRIBED],
        [DESCRIBED, replace(DONE, deleted=True)],
        f"secret {NAME}: it is pending deletion now",
    ),
    "done, and released since": (
        [DESCRIBED, UNDESCRIBED],
        [DESCRIBED, replace(DONE, ownership=Ownership.FOREIGN)],
        f"secret {NAME}: this environment no longer owns it",
    ),
    "to be restored, and another value is in git": (
        [CHANGED, replace(OLD, deleted=True)],
        [secret(value=value("fp-newer")), replace(OLD, deleted=True)],
        f"secret {NAME}: the value in git changed",
    ),
    "a schedule's secret is pending deletion meanwhile": (
        [RULE, live(kind="rotation", enabled=False)],
        [RULE, live(kind="rotation", enabled=False, deleted=True)],
        f"rotation {NAME}: it is pending deletion now",
    ),
    "taken over by another owner": (
        [DESCRIBED, UNDESCRIBED],
        [DESCRIBED, replace(UNDESCRIBED, ownership=Ownership.OTHER_OWNER, owner="them/production")],
        f"secret {NAME}: this environment no longer owns it: them/production does",
    ),
    "released": (
        [DESCRIBED, UNDESCRIBED],
        [DESCRIBED, replace(UNDESCRIBED, ownership=Ownership.FOREIGN)],
        f"secret {NAME}: this environment no longer owns it",
    ),
    "a field changed in AWS": (
        [DESCRIBED, UNDESCRIBED],
        [DESCRIBED, replace(UNDESCRIBED, fields={"description": "third"})],
        f"secret {NAME}: description changed in AWS or in git",
    ),
    "a replica was added by somebody": (
        [REPLICATED, copied("us-east-1")],
        [REPLICATED, copied("us-east-1", "ap-south-1")],
        f"secret {NAME}: replicas changed in AWS or in git",
    ),
    "a field changed in git": (
        [DESCRIBED, UNDESCRIBED],
        [replace(DESCRIBED, fields={"description": "third"}), UNDESCRIBED],
        f"secret {NAME}: description changed in AWS or in git",
    ),
    "a field more in git": (
        [DESCRIBED, UNDESCRIBED],
        [replace(DESCRIBED, fields={"description": "new", "tags": {"a": "b"}}), UNDESCRIBED],
        f"secret {NAME}: tags changed in AWS or in git",
    ),
    "many fields changed": (
        [secret(**dict.fromkeys("abcdef", 1)), live(foreign(), **dict.fromkeys("abcdef", 0))],
        [secret(**dict.fromkeys("abcdef", 2)), live(foreign(), **dict.fromkeys("abcdef", 0))],
        f"secret {NAME}: a, b, c, d, e, f changed in AWS or in git",
    ),
    "a value more in git": (
        [secret(description="new"), live(description="old")],
        [secret(description="new", value=value()), live(description="old")],
        f"secret {NAME}: the value in git changed",
    ),
    "a reviewed field was undone in git after it was set": (
        [BOTH, live(held("fp-old"), description="old", tags={})],
        [
            secret(value=value("fp-new"), tags={"a": "b"}),
            live(held("fp-new", version="v1"), description="old", tags={}),
        ],
        f"secret {NAME}: description changed in AWS or in git",
    ),
    "the value changed in git": (
        [CHANGED, OLD],
        [secret(value=value("fp-newer")), OLD],
        f"secret {NAME}: the value in git changed",
    ),
    "the value of a secret to be created changed in git": (
        [CHANGED],
        [secret(value=value("fp-newer"))],
        f"secret {NAME}: the value in git changed",
    ),
    "git went back": (
        [CHANGED, OLD],
        [secret(value=value("fp-old")), OLD],
        f"secret {NAME}: nothing is to be done any more, and it is not what was reviewed",
    ),
    "refused now": (
        [CHANGED, OLD],
        [CHANGED, replace(OLD, rotation=replace(OLD.rotation, pending=True))],
        f"secret {NAME}: it is refused now: a value written during a rotation would abandon it half"
        " way (rotation-pending)",
    ),
    "an update became a replace": (
        [REPLACED, replace(SECURE, fields={"type": "SecureString", "description": "old"})],
        [
            REPLACED,
            replace(CLEAR, fields={"type": "String", "description": "old"}, value=SECURE.value),
        ],
        f"parameter {NAME}: to update became to replace",
    ),
    "a replaced parameter was deleted and git changed": (
        [REPLACED, CLEAR],
        [replace(REPLACED, fields={**REPLACED.fields, "description": "y"})],
        f"parameter {NAME}: it does not exist any more",
    ),
    "a replaced parameter was deleted and git has a field more": (
        [REPLACED, CLEAR],
        [replace(REPLACED, fields={**REPLACED.fields, "tags": {"a": "b"}})],
        f"parameter {NAME}: it does not exist any more",
    ),
    "a replaced parameter was deleted and its value changed in git": (
        [REPLACED, CLEAR],
        [replace(REPLACED, value=value("fp-b"))],
        f"parameter {NAME}: it does not exist any more",
    ),
    "a replaced parameter was deleted and has no value in git": (
        [REPLACED, CLEAR],
        [replace(REPLACED, value=None)],
        f"parameter {NAME}: it does not exist any more",
    ),
    "many settings changed and one did not": (
        [replace(RULE, settings={**dict.fromkeys("abcdef", 1), "g": 1})],
        [replace(RULE, settings={**dict.fromkeys("abcdef", 2), "g": 1})],
        f"rotation {NAME}: a, b, c, d, e, f changed in git",
    ),
    "a schedule is to rotate at once now": (
        [RULE, live(kind="rotation", enabled=True, schedule="rate(30 days)")],
        [
            replace(RULE, settings={"rotate_immediately": True}),
            live(kind="rotation", enabled=True, schedule="rate(30 days)"),
        ],
        f"rotation {NAME}: rotate_immediately changed in git",
    ),
    "a schedule of a secret now created is to rotate at once": (
        [SEEDED, RULE],
        [
            SEEDED,
            replace(RULE, settings={"rotate_immediately": True}),
            live(held("fp-a")),
            live(kind="rotation", enabled=False),
        ],
        f"rotation {NAME}: it exists now",
    ),
}


@pytest.mark.parametrize(("then", "now", "said"), MOVED.values(), ids=MOVED)
def test_what_moved_is_stale_and_says_how(then, now, said):
    assert stale(then, now) == said


PRUNES: dict[str, tuple[Things, str]] = {
    "written since": (
        [live(foreign("v9"))],
        "AWSCURRENT moved from v1 to v9, not written by the reconciler",
    ),
    "declared again": (
        [secret(value=value("fp-old")), OLD],
        "nothing is to be done any more, and it is not what was reviewed",
    ),
    "declared again, and differing": ([CHANGED, OLD], "to prune became to update"),
    "not ours any more": (
        [replace(OLD, ownership=Ownership.FOREIGN)],
        "this environment no longer owns it",
    ),
}


@pytest.mark.parametrize(("now", "said"), PRUNES.values(), ids=PRUNES)
def test_a_prune_that_moved_is_stale(now, said):
    assert stale([OLD], now, policy=PRUNING) == f"secret {NAME}: {said}"


POLICY_CASES: dict[str, Things] = {
    "update": [DESCRIBED, UNDESCRIBED],
    "value": [CHANGED, OLD],
    "create": [CHANGED],
}


@pytest.mark.parametrize("things", POLICY_CASES.values(), ids=POLICY_CASES)
def test_another_policy_makes_every_change_stale(things):
    said = stale(things, things, was=POLICY, policy=replace(POLICY, recovery_window=7))
    assert said == f"secret {NAME}: the environment's policy changed"


def test_everything_that_moved_is_said_and_nothing_is_selected():
    other = replace(DESCRIBED, key=replace(DESCRIBED.key, name="/app/production/b"))
    there = replace(UNDESCRIBED, key=other.key)
    said = stale([CHANGED, OLD, other, there], [CHANGED, live(foreign("v9")), other])
    assert said == (
        "secret /app/production/b: it does not exist any more\n  "
        f"secret {NAME}: AWSCURRENT moved from v1 to v9, not written by the reconciler"
    )


def test_one_that_moved_stops_those_that_did_not():
    other = replace(DESCRIBED, key=replace(DESCRIBED.key, name="/app/production/b"))
    there = replace(UNDESCRIBED, key=other.key)
    assert NAME not in stale([CHANGED, OLD, other, there], [CHANGED, OLD, other])


@pytest.mark.parametrize("name", ["environment", "account", "region", "prefix", "owner"])
def test_a_plan_of_another_place_is_stale(name):
    elsewhere = replace(SCOPE, **{name: "other"})
    with pytest.raises(StalePlanError) as caught:
        by_plan(plan(), plan(scope=elsewhere), {})
    assert caught.value.message.startswith(
        "the plan is of production (123456789012, us-west-2, /app/production), and this is "
    )
    assert name == "owner" or "other" in caught.value.message
    assert caught.value.hint == "apply it where it was made, or plan again"


def test_a_restore_that_somebody_else_did_with_another_value_is_stale():
    then = [BOTH, live(held("fp-old"), description="old", tags={}, deleted=True)]
    now = [BOTH, live(foreign("v9"), description="old", tags={})]
    assert "AWSCURRENT moved from v1 to v9" in stale(then, now)


def test_a_restore_that_is_still_due_is_due():
    things = [CHANGED, replace(OLD, deleted=True)]
    assert keys(select(things, things).todo) == [f"{Action.RESTORE} secret"]


# --- a value written outside, where only fields were reviewed ------------------------------------


def test_fields_are_written_and_a_value_that_was_written_outside_meanwhile_is_not():
    outside = live(foreign("v9"), description="old")
    selected = select([DESCRIBED, UNDESCRIBED], [DESCRIBED, outside])
    (todo,) = selected.todo
    assert (todo.action, todo.value, todo.why) == (Action.UPDATE, None, None)
    assert todo.losses == ()
    assert [field.name for field in todo.fields] == ["description"]
    assert "version" not in todo.precondition
    # The value is what was not reviewed: told, and not written.
    (left,) = selected.unreviewed
    assert left.key == todo.key
    assert (left.value.write, left.fields) == (Write.CHANGED, ())
    assert left.losses == (Lost(Loss.OVERWRITTEN_PREVIOUS),)


def test_what_is_lost_with_the_fields_stays_with_them():
    want = replace(DESCRIBED, fields={"kms_key": "alias/b"})
    before = live(held("fp-a"), kms_key="alias/a")
    selected = select([want, before], [want, replace(before, value=foreign("v9"))])
    assert selected.todo[0].losses == (Lost(Loss.KEY_READERS),)
    assert selected.unreviewed[0].losses == (Lost(Loss.OVERWRITTEN_PREVIOUS),)


def test_what_is_written_only_as_a_whole_is_not_taken_apart():
    field = FieldChange("description", "old", "new")
    reviewed = Change(Key("parameter", NAME), Action.UPDATE, (field,))
    fresh = replace(reviewed, value=ValueChange(Write.CHANGED, "fp-a"))
    there = live(foreign("9"), kind="parameter", description="old")
    with pytest.raises(StalePlanError):
        by_plan(Plan(SCOPE, POLICY, (reviewed,)), Plan(SCOPE, POLICY, (fresh,)), by_key([there]))


def test_a_value_of_ours_that_moved_meanwhile_is_not_taken_apart():
    """Git has moved on: that is another change than the one that was reviewed."""
    edited = replace(DESCRIBED, value=value("fp-b"))
    said = stale([DESCRIBED, UNDESCRIBED], [edited, UNDESCRIBED])
    assert said.startswith(f"secret {NAME}: ")


def test_where_nothing_was_written_outside_the_fields_are_the_whole_change():
    selected = select([DESCRIBED, UNDESCRIBED], [DESCRIBED, UNDESCRIBED])
    assert keys(selected.todo) == ["update secret"]
    assert selected.unreviewed == ()


def test_fields_that_are_in_effect_are_done_whatever_was_written_outside():
    outside = live(foreign("v9"), description="new")
    selected = select([DESCRIBED, UNDESCRIBED], [DESCRIBED, outside])
    assert selected.todo == ()
    assert keys(selected.done) == ["update secret"]
    assert keys(selected.unreviewed) == ["update secret"]


def test_without_a_declared_value_there_is_none_to_leave_out():
    want = secret(description="new")
    outside = live(foreign("v9"), description="old")
    assert select([want, outside], [want, outside]).unreviewed == ()


def test_a_restore_is_not_taken_apart():
    """What comes back from deletion with another value is not what was reviewed."""
    before = live(held("fp-a"), description="old", deleted=True)
    now = live(foreign("v9"), description="old", deleted=True)
    assert stale([DESCRIBED, before], [DESCRIBED, now]).startswith(f"secret {NAME}: ")
