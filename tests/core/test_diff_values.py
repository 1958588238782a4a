"""When a value is written: who wrote the live one, and what rotation has to do with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone
from itertools import product

import pytest

from reconciler.core.model import (
    Action,
    Key,
    LiveValue,
    Note,
    Rotation,
    Value,
    ValueChange,
    Write,
)
from reconciler.core.reasons import Loss, Lost, Notable, Reason, Why
from reconciler.render import reasons
from tests.core.build import (
    BEGUN,
    LAST,
    NAME,
    OFF,
    ONCE,
    ROTATED,
    ROTATING,
    change,
    changes,
    foreign,
    generated,
    held,
    live,
    made,
    parameter,
    plan,
    secret,
    unmarked,
    value,
)

PENDING = replace(OFF, pending=True)
RULED = {rule: value("fp-a", rotation=rule) for rule in ("declared", "none", "unset")}
DECLARED, NONE, UNSET = RULED["declared"], RULED["none"], RULED["unset"]
TAKE_NONE, TAKE_UNSET = replace(NONE, take=True), replace(UNSET, take=True)

WRITTEN: dict[str, tuple[Value, LiveValue | None, Rotation, Write]] = {
    "another value than the one we wrote": (UNSET, held("fp-b"), OFF, Write.CHANGED),
    "a value that we generated, now in git": (UNSET, made(), OFF, Write.CHANGED),
    "one that somebody wrote outside": (UNSET, foreign(), OFF, Write.CHANGED),
    "the same with `rotation: none`": (NONE, foreign(), OFF, Write.CHANGED),
    "before rotation is turned on": (DECLARED, held("fp-b"), OFF, Write.CHANGED),
    "outside, before rotation ever was on": (DECLARED, foreign(), OFF, Write.CHANGED),
    "back to an earlier one": (UNSET, held("fp-b", earlier=["fp-a"]), OFF, Write.RETURNED),
    "back, after a write outside": (UNSET, foreign(earlier=["fp-a"]), OFF, Write.RETURNED),
    "git takes it from a rotation that ended": (TAKE_NONE, foreign(), ROTATED, Write.CHANGED),
    "git takes it where rotation is unset": (TAKE_UNSET, foreign(), ROTATED, Write.CHANGED),
    "back, taken from a rotation": (TAKE_NONE, foreign(earlier=["fp-a"]), ROTATED, Write.RETURNED),
    "ours again after a rotation": (UNSET, held("fp-b"), ROTATED, Write.CHANGED),
    "generated after a rotation": (UNSET, made(), ROTATED, Write.CHANGED),
    "the first of a secret without one": (UNSET, None, OFF, Write.FIRST),
    "the first of a rotated secret is its seed": (DECLARED, None, OFF, Write.SEED),
    "the first where rotation is `none`": (NONE, None, OFF, Write.FIRST),
    "a generated one where there is none": (generated(), None, OFF, Write.GENERATED),
}


@pytest.mark.parametrize(("want", "have", "rotation", "write"), WRITTEN.values(), ids=WRITTEN)
def test_a_value_is_written(want, have, rotation, write):
    found = change(secret(value=want), live(have, rotation=rotation))
    assert found.action is Action.UPDATE
    assert found.value is not None
    assert found.value.write is write
    assert found.value.fingerprint == (None if write is Write.GENERATED else "fp-a")
    assert found.precondition == {"version": None if have is None else "v1"}
    assert found.code is None


LEFT_ALONE: dict[str, tuple[Value | None, LiveValue | None, Rotation, bool]] = {
    # want, have, rotation, and whether the plan notes that rotation owns the value
    "it is the declared one": (UNSET, held("fp-a"), OFF, False),
    "it is the declared one and rotation is on": (UNSET, held("fp-a"), ROTATING, False),
    "it is the declared one and a rotation has begun": (UNSET, held("fp-a"), PENDING, False),
    "it is the seed, not rotated yet": (DECLARED, held("fp-a"), BEGUN, False),
    "rotation wrote it": (DECLARED, foreign(), ROTATING, True),
    "rotation wrote it, by no date that AWS tells": (DECLARED, foreign(), BEGUN, True),
    "rotation wrote it and is to be turned on again": (DECLARED, foreign(), ROTATED, True),
    "rotation is to be turned on again, and AWS has forgotten it": (
        DECLARED,
        foreign(),
        ONCE,
        False,
    ),
    "rotation wrote it and the next one has begun": (
        DECLARED,
        foreign(),
        replace(ROTATING, pending=True),
        True,
    ),
    "it is generated": (generated(), made(), OFF, False),
    "it was generated and then written outside": (generated(), foreign(), OFF, False),
    "it was generated and then rotated": (generated("declared"), foreign(), ROTATING, True),
    "it is another one and is now declared generated": (generated(), held("fp-b"), OFF, False),
    "it is somebody else's": (None, foreign(), OFF, False),
    "it is somebody else's and rotated": (None, foreign(), ROTATING, True),
    "it is somebody else's and there is none": (None, None, OFF, False),
}


@pytest.mark.parametrize(("want", "have", "rotation", "noted"), LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_a_value_is_left_alone(want, have, rotation, noted):
    found = plan(secret(value=want), live(have, rotation=rotation))
    assert found.changes == ()
    assert [note.code for note in found.notes] == ["rotated"] * noted


REFUSED: dict[str, tuple[Value, LiveValue | None, Rotation, str]] = {
    "another seed while rotation is on": (DECLARED, held("fp-b"), ROTATING, "seed-changed"),
    "another seed before the first rotation": (DECLARED, held("fp-b"), BEGUN, "seed-changed"),
    "a seed where we generated one": (DECLARED, made(), ROTATING, "seed-changed"),
    "rotation dropped from the manifest": (UNSET, foreign(), ROTATING, "rotation-dropped"),
    "rotation dropped and never run": (UNSET, held("fp-b"), BEGUN, "rotation-dropped"),
    "`none`, and rotation is still on": (NONE, foreign(), ROTATING, "rotation-dropped"),
    "`take: git` while rotation is on": (TAKE_NONE, foreign(), ROTATING, "rotation-on"),
    "`take: git` on an unset rotation that is on": (TAKE_UNSET, foreign(), BEGUN, "rotation-on"),
    "rotated once, rotation unset": (UNSET, foreign(), ROTATED, "rotated-before"),
    "rotated once, rotation `none`": (NONE, foreign(), ROTATED, "rotated-before"),
    "rotation was once set up, AWS has no date": (NONE, foreign(), ONCE, "rotated-before"),
    "another seed that no mark speaks of": (DECLARED, unmarked(), BEGUN, "seed-changed"),
    "a rotation has begun": (UNSET, held("fp-b"), PENDING, "rotation-pending"),
    "a rotation has begun, there is no value": (UNSET, None, PENDING, "rotation-pending"),
    "a rotation has begun, one is to be generated": (
        generated(),
        None,
        PENDING,
        "rotation-pending",
    ),
    "git takes over and a rotation has begun": (
        TAKE_NONE,
        foreign(),
        replace(ROTATED, pending=True),
        "rotation-pending",
    ),
}


@pytest.mark.parametrize(("want", "have", "rotation", "code"), REFUSED.values(), ids=REFUSED)
def test_a_value_is_refused(want, have, rotation, code):
    found = change(secret(value=want), live(have, rotation=rotation))
    assert (found.action, found.code, found.value) == (Action.REFUSE, code, None)
    assert reasons.reason(found.why)
    assert reasons.hint(found.why)


def test_a_value_that_no_mark_speaks_of_is_written_over_and_said_so():
    found = change(secret(value=value("fp-a")), live(unmarked()))
    assert found.value == ValueChange(Write.CHANGED, "fp-a")
    assert (found.why, found.losses) == (Why(Reason.UNMARKED), ())
    assert changes(secret(value=generated()), live(unmarked())) == ()


HAVES = [
    None,
    held("fp-a"),
    held("fp-b"),
    held("fp-b", earlier=["fp-a"]),
    made(),
    foreign(),
    unmarked(),
]
SITUATIONS = [
    (replace(want, rotation=rule, take=take), have, Rotation(enabled, last, None, pending))
    for want in (value("fp-a"), generated())
    for rule, take, have, enabled, last, pending in product(
        RULED, (False, True), HAVES, (False, True), (None, LAST), (False, True)
    )
]


def written(want: Value, have: LiveValue | None, rotation: Rotation) -> bool:
    found = changes(secret(value=want), live(have, rotation=rotation))
    return any(change.value is not None for change in found)


def test_while_rotation_is_on_git_never_writes_over_a_value():
    on = [s for s in SITUATIONS if s[2].enabled and s[1] is not None]
    assert [s for s in on if written(*s)] == []
    assert len(on) > 200


def test_what_rotation_once_wrote_stays_unless_git_takes_it():
    rotated = [s for s in SITUATIONS if s[2].last and s[1] == foreign() and not s[0].take]
    assert [s for s in rotated if written(*s)] == []


def test_nothing_is_written_while_a_rotation_has_not_ended():
    assert [s for s in SITUATIONS if s[2].pending and written(*s)] == []


def test_a_generated_value_is_never_made_again():
    there = [s for s in SITUATIONS if s[0].source == "generated" and s[1] is not None]
    assert [s for s in there if written(*s)] == []


def test_the_declared_value_is_never_written_again():
    assert [s for s in SITUATIONS if s[1] == held("fp-a") and written(*s)] == []


def test_every_fingerprint_key_recognises_the_live_value():
    assert changes(secret(value=value("fp-new-key", "fp-a")), live(held("fp-a"))) == ()


def test_the_first_fingerprint_key_writes():
    found = change(secret(value=value("fp-new-key", "fp-old-key")), live(held("fp-b")))
    assert found.value.fingerprint == "fp-new-key"


def test_a_return_is_recognised_by_the_fingerprint_that_is_written():
    found = change(secret(value=value("fp-new-key", "fp-a")), live(held("fp-b", earlier=["fp-a"])))
    assert found.value.write is Write.CHANGED  # AWS holds no version of that id


def test_a_value_without_fingerprint_counts_as_changed():
    unknown = replace(value(), fingerprints=())
    found = change(secret(value=unknown), live(held("fp-a")))
    assert (found.value.write, found.value.fingerprint) == (Write.CHANGED, None)


def test_a_value_shared_with_rotation_is_gits_until_rotation_is_on():
    want = replace(value("fp-b", rotation="declared"), shared=True)
    (change,) = changes(secret(value=want), live(held("fp-a"), rotation=OFF))
    assert change.value.write is Write.CHANGED


def test_of_keys_that_git_shares_a_changed_seed_is_only_noted():
    want = replace(DECLARED, shared=("host",))
    found = plan(secret(value=want), live(held("fp-b"), rotation=ROTATING))
    assert found.changes == ()
    assert found.notes == (Note(Key("secret", NAME), Notable.SEED, names=("host",)),)
    dropped = replace(want, rotation="unset")
    assert change(secret(value=dropped), live(held("fp-b"), rotation=ROTATING)).code == (
        "rotation-dropped"
    )


KEYLESS = replace(UNSET, fingerprints=(), ciphertext="c")


@pytest.mark.parametrize("rotation", [ROTATING, PENDING])
@pytest.mark.parametrize("want", [KEYLESS, replace(KEYLESS, rotation="declared")])
def test_without_a_key_nobody_knows_whether_a_seed_of_a_rotation_differs(want, rotation):
    found = plan(secret(value=want), live(held("fp-b"), rotation=rotation))
    assert found.changes == ()
    assert found.notes == (Note(Key("secret", NAME), Notable.UNKNOWN),)


@pytest.mark.parametrize(
    ("rotation", "code"),
    [(ROTATING, "rotation-dropped"), (replace(ROTATED, pending=True), "rotated-before")],
)
def test_without_a_key_too_what_rotation_wrote_is_refused_where_git_would_write(rotation, code):
    found = change(secret(value=KEYLESS), live(foreign(), rotation=rotation))
    assert (found.action, found.code) == (Action.REFUSE, code)


def test_a_plaintext_value_is_shown():
    found = change(secret(value=value("fp-a", plaintext="db.internal")), live(held("fp-b")))
    assert found.value.plaintext == "db.internal"


def test_the_date_of_the_rotation_is_noted():
    (note,) = plan(secret(value=DECLARED), live(foreign(), rotation=ROTATING)).notes
    assert reasons.note(note) == "rotated on 2025-03-01: rotation owns the value"


def test_the_note_of_a_rotation_names_the_keys_that_stay_git_s():
    want = replace(DECLARED, shared=("host",))
    (note,) = plan(secret(value=want), live(foreign(), rotation=ROTATING)).notes
    assert note == Note(Key("secret", NAME), Notable.ROTATED, LAST.date(), ("host",))


def test_a_rotation_without_date_is_noted_without_one():
    (note,) = plan(secret(value=DECLARED), live(foreign(), rotation=BEGUN)).notes
    assert reasons.note(note) == "rotated: rotation owns the value"
    assert note.key.name == NAME


def test_no_note_says_that_rotation_owns_a_value_that_git_takes_over():
    assert plan(secret(value=TAKE_NONE), live(foreign(), rotation=ROTATED)).notes == ()


def test_a_metadata_change_keeps_the_note_that_rotation_owns_the_value():
    found = plan(
        secret(value=DECLARED, description="new"),
        live(foreign(), rotation=ROTATING, description="old"),
    )
    assert [c.action for c in found.changes] == [Action.UPDATE]
    assert found.changes[0].value is None
    assert found.changes[0].precondition == {}
    assert [note.code for note in found.notes] == ["rotated"]


def test_a_value_that_returns_to_one_of_ours_takes_nothing_away():
    found = change(secret(value=UNSET), live(held("fp-b", earlier=["fp-a"])))
    assert (found.value.write, found.why, found.losses) == (Write.RETURNED, None, ())


def test_the_reason_names_who_wrote_outside_and_when():
    found = change(
        secret(value=UNSET), live(foreign(), changed=LAST, changed_by="arn:aws:iam::1:user/x")
    )
    assert reasons.why(found) == (
        "the live value was written outside by arn:aws:iam::1:user/x on 2025-03-01,"
        " and will be overwritten"
    )
    assert found.losses == (Lost(Loss.OVERWRITTEN_PREVIOUS),)


def test_the_reason_says_both_that_a_value_is_outside_s_and_that_it_returns():
    found = change(secret(value=UNSET), live(foreign(earlier=["fp-a"])))
    assert (found.value.write, found.why) == (Write.RETURNED, Why(Reason.WRITTEN_OUTSIDE))


def test_only_a_written_value_has_the_reason_that_no_mark_speaks_of_it():
    current = live(unmarked("fp-a"), description="old")
    assert change(secret(value=UNSET, description="new"), current).why is None


def test_an_ordinary_change_needs_no_reason():
    assert change(secret(value=UNSET), live(held("fp-b"))).why is None


@pytest.mark.parametrize("rotation", [ROTATING, BEGUN])
def test_a_dropped_rotation_says_whose_value_it_protects(rotation):
    have = foreign() if rotation is ROTATING else held("fp-b")
    found = change(secret(value=UNSET), live(have, rotation=rotation))
    assert found.why == Why(Reason.ROTATION_DROPPED)
    assert "what rotation owns" in reasons.reason(found.why)


@pytest.mark.parametrize("have", [held("fp-b", earlier=["fp-a"]), held("fp-b")])
def test_only_a_value_that_returns_is_bound_to_the_date_of_the_last_change(have):
    """A rollback puts every label back where a plan of before saw it: only time tells."""
    at = LAST.astimezone(timezone(timedelta(hours=2)))
    returns = bool(have.earlier)
    found = change(secret(value=UNSET), live(have, changed=at))
    expected = {"version": "v1", "changed": "2025-03-01T04:00:00+00:00"}
    assert found.precondition == (expected if returns else {"version": "v1"})


def test_a_value_that_a_plan_without_a_key_does_not_know_may_return():
    found = change(
        secret(value=replace(UNSET, fingerprints=(), ciphertext="c")),
        live(held("fp-b"), changed=LAST),
    )
    assert found.value.write is Write.UNKNOWN
    assert found.precondition == {"version": "v1", "changed": "2025-03-01T04:00:00+00:00"}


def test_a_parameter_that_returns_has_a_version_of_its_own_and_needs_no_date():
    current = live(held("fp-b", earlier=["fp-a"]), kind="parameter", changed=LAST)
    found = change(parameter(value=UNSET), current)
    assert found.value.write is Write.RETURNED
    assert found.precondition == {"version": "v1"}
