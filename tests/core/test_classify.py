"""Who moved, by the three points alone: each difference with all that is told of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from reconciler.core import applied, classify
from reconciler.core.applied import ANY, Applied, Attempt, Standing, Untold, named
from reconciler.core.classify import GRACE, STUCK_AFTER, Deep, Known
from reconciler.core.digest import short_digest
from reconciler.core.drift import Drift, DriftClass, Moved
from reconciler.core.model import (
    Action,
    Change,
    FieldChange,
    Key,
    Live,
    Note,
    Ownership,
    Place,
    Plan,
    Recorded,
    Resource,
    Rotation,
    ValueChange,
    Write,
)
from reconciler.core.reasons import Notable, Reason, Why
from reconciler.core.what import What
from tests.core import build
from tests.core.build import NAME, POLICY, PRUNING, SCOPE

PLACE = Place("manifests/production.yaml", 3, 1)
NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
SINCE = datetime(2025, 5, 1, tzinfo=UTC)
BY = "arn:aws:iam::123456789012:user/somebody"
SECRET, PART = Key("secret", NAME), Key("rotation", NAME)

DECLARED, ATTEMPTED, NEITHER, CANNOT = (
    Standing.DECLARED_IN_APPLIED,
    Standing.ONLY_IN_ATTEMPTED,
    Standing.IN_NEITHER,
    Standing.CANNOT_TELL,
)
EXTERNAL = Why(Reason.EXTERNAL)


def known(*things: Resource | Live, **given: Any) -> Known:
    """What is told from, with the plan of these things unless one is given."""
    declared = [
        replace(one, place=one.place or PLACE) for one in things if isinstance(one, Resource)
    ]
    lives = [one for one in things if isinstance(one, Live)]
    given.setdefault("plan", build.plan(*declared, *lives))
    given.setdefault("now", NOW)
    return Known(build.by_key(declared), build.by_key(lives), **given)


def told(*things: Resource | Live, **given: Any) -> tuple[Drift, ...]:
    return classify.classify(known(*things, **given))


def planned(*changes: Change, notes: Collection[Note] = ()) -> Plan:
    return Plan(SCOPE, POLICY, changes, tuple(notes))


def standing(whole: Standing, part: Standing | None = None, **given: Any) -> Applied:
    """What is known of the secret, and of its part; of everything else, the opposite."""
    other = NEITHER if whole is not NEITHER else DECLARED
    return Applied({SECRET: whole, PART: whole if part is None else part}, other, **given)


def live(**given: Any) -> Live:
    """A live secret, changed ``SINCE`` by ``BY``, with anything of a ``Live`` in ``given``."""
    kind = given.pop("kind", "secret")
    fields = given.pop("fields", {})
    base = build.live(kind=kind, changed=SINCE, changed_by=BY)
    return replace(base, fields=fields, **given)


def outside(what: What, **given: Any) -> Drift:
    return Drift(
        SECRET, DriftClass.OUTSIDE, what=what, **{"place": PLACE, "since": SINCE, "by": BY} | given
    )


def unknown(what: What, **given: Any) -> Drift:
    return replace(outside(what, **given), kind_of=DriftClass.UNKNOWN)


def pending(what: What = What.UPDATE, *names: str, key: Key = SECRET, **given: Any) -> Drift:
    return Drift(key, DriftClass.PENDING, place=PLACE, what=what, names=names, **given)


def refused(what: What = What.REFUSED, *, key: Key = SECRET, **given: Any) -> Drift:
    return Drift(key, DriftClass.REFUSED, place=PLACE, what=what, **given)


# --- what is gone -------------------------------------------------------------------------------

THERE = build.secret(value=build.value(), description="x")
OTHERS = build.secret(uncreatable=Reason.EXTERNAL, description="x")
NO_DATE: dict[str, Any] = {"since": None, "by": None}
CREATED = (pending(What.CREATE, "description", "value"),)
DELETED = (outside(What.DELETED, **NO_DATE),)
GONE = (unknown(What.GONE, **NO_DATE),)


@pytest.mark.parametrize(
    ("known_of", "expected"),
    [
        (applied.OFF, CREATED),
        (Applied(untold=Untold.NO_RECORD), CREATED),
        (Applied(untold=Untold.NO_GIT), CREATED),
        (Applied(untold=Untold.DENIED), GONE),
        (Applied(untold=Untold.SHALLOW), GONE),
        (standing(CANNOT), GONE),
        (standing(NEITHER), CREATED),
        (standing(ATTEMPTED), GONE),
        (standing(DECLARED), DELETED),
        (standing(DECLARED, untold=Untold.OFF), DELETED),
        (standing(DECLARED, replaced=frozenset({named(SECRET)})), GONE),
        (standing(DECLARED, replaced=frozenset({ANY})), GONE),
        (standing(DECLARED, replaced=frozenset({named(PART)})), DELETED),
    ],
)
def test_what_is_absent(known_of: Applied, expected: tuple[Drift, ...]) -> None:
    assert told(THERE, applied=known_of) == expected


@pytest.mark.parametrize(
    ("known_of", "expected"),
    [
        (standing(NEITHER), refused(because=EXTERNAL)),
        (standing(ATTEMPTED), unknown(What.GONE, because=EXTERNAL, **NO_DATE)),
        (standing(DECLARED), outside(What.DELETED, because=EXTERNAL, **NO_DATE)),
    ],
)
def test_what_is_absent_and_cannot_be_created(known_of: Applied, expected: Drift) -> None:
    assert told(OTHERS, applied=known_of) == (expected,)


def test_without_a_record_nothing_was_ever_there() -> None:
    """What is told where nothing of a record is given."""
    assert Known({}, {}, planned(), NOW).applied == applied.OFF
    assert told(THERE) == CREATED


@pytest.mark.parametrize("known_of", [standing(one) for one in Standing])
def test_what_is_declared_absent_and_is(known_of: Applied) -> None:
    assert told(build.secret(description=None), applied=known_of) == ()


@pytest.mark.parametrize(
    ("whole", "part", "is_new"),
    [
        (DECLARED, DECLARED, False),
        (DECLARED, ATTEMPTED, False),
        (ATTEMPTED, DECLARED, False),
        (NEITHER, NEITHER, True),
        (NEITHER, DECLARED, True),
        (DECLARED, NEITHER, True),
    ],
)
def test_a_part_is_told_of_where_it_is_new(whole: Standing, part: Standing, is_new: bool) -> None:
    expected = (pending(What.CREATE, "enabled", key=PART),) if is_new else ()
    assert told(build.schedule(), applied=standing(whole, part)) == expected


# --- what is not ours ---------------------------------------------------------------------------


@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("ownership", [Ownership.FOREIGN, Ownership.OTHER_OWNER])
def test_what_is_not_ours(ownership: Ownership, marked: bool) -> None:
    there = live(ownership=ownership, owner="other/production", marked=marked, deleted=True)
    (change,) = build.plan(THERE, there).changes
    why = change.why
    assert change.action is Action.REFUSE
    assert why is not None
    lost = What.UNMARKED if marked else What.REPLACED
    fits = What.UNMARKED if marked else What.REFUSED
    for known_of, expected in {
        DECLARED: outside(lost, because=why),
        ATTEMPTED: unknown(What.NOT_OURS, because=why),
        NEITHER: refused(fits, because=why),
        CANNOT: refused(fits, because=why),
    }.items():
        assert told(THERE, there, applied=standing(known_of)) == (expected,)
        assert told(THERE, there, applied=standing(known_of), plan=planned()) == ()


@pytest.mark.parametrize("whole", list(Standing))
def test_a_part_that_is_not_ours_is_told_of_where_it_is_refused(whole: Standing) -> None:
    part = NEITHER if whole in (DECLARED, ATTEMPTED) else DECLARED
    there = live(kind="rotation", ownership=Ownership.FOREIGN, owner="other")
    change = Change(PART, Action.REFUSE, why=Why(Reason.REQUIRES))
    found = told(build.schedule(), there, applied=standing(whole, part), plan=planned(change))
    is_told = whole in (NEITHER, CANNOT)
    assert found == ((refused(key=PART, because=Why(Reason.REQUIRES)),) if is_told else ())


# --- what is pending deletion -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known_of", "expected"),
    [
        (applied.OFF, outside(What.DELETING)),
        (Applied(untold=Untold.NO_GIT), outside(What.DELETING)),
        (Applied(untold=Untold.DENIED), unknown(What.DELETING)),
        (standing(DECLARED), outside(What.DELETING)),
        (standing(ATTEMPTED), unknown(What.DELETING)),
        (standing(NEITHER), pending(What.RESTORE, "description")),
    ],
)
def test_what_is_pending_deletion(known_of: Applied, expected: Drift) -> None:
    there = live(deleted=True, value=build.held())
    assert told(THERE, there, applied=known_of) == (expected,)


@pytest.mark.parametrize(
    ("known_of", "expected"),
    [
        (standing(DECLARED), outside(What.DELETING, because=EXTERNAL)),
        (standing(ATTEMPTED), unknown(What.DELETING, because=EXTERNAL)),
        (standing(NEITHER), refused(because=EXTERNAL)),
    ],
)
def test_what_is_pending_deletion_and_refused(known_of: Applied, expected: Drift) -> None:
    plan = planned(Change(SECRET, Action.REFUSE, why=EXTERNAL))
    assert told(THERE, live(deleted=True), applied=known_of, plan=plan) == (expected,)


def test_what_is_restored_with_the_value_that_it_has() -> None:
    change = Change(SECRET, Action.RESTORE, value=ValueChange(Write.SAME, "fp-a"))
    found = told(THERE, live(deleted=True), applied=standing(NEITHER), plan=planned(change))
    assert found == (pending(What.RESTORE),)


def test_what_is_pending_deletion_without_a_change() -> None:
    found = told(THERE, live(deleted=True), applied=standing(NEITHER), plan=planned())
    assert found == (unknown(What.DELETING),)


def test_a_part_of_what_is_pending_deletion_is_told_of_where_it_is_refused() -> None:
    there = live(kind="rotation", deleted=True)
    for change in ([], [Change(PART, Action.UPDATE)]):
        assert told(build.schedule(), there, plan=planned(*change)) == ()
    change = [Change(PART, Action.REFUSE, why=EXTERNAL)]
    expected = (refused(key=PART, because=EXTERNAL),)
    assert told(build.schedule(), there, plan=planned(*change)) == expected


# --- values -------------------------------------------------------------------------------------

MINE = standing(DECLARED)
BACK = build.held("fp-old")
GIT = build.secret(value=build.value())
MADE = build.secret(value=build.generated())
UNWRITTEN: Mapping[str, bool] = {"value": False}
REMEMBERED: Mapping[str, bool] = {"value": True}


@pytest.mark.parametrize(
    ("declared", "there", "what"),
    [
        (GIT, {"value": build.foreign()}, What.VALUE),
        (MADE, {"value": build.foreign()}, What.GENERATED),
        (GIT, {"value": build.foreign(), "rotation": build.ONCE}, What.VALUE_OR_ROTATION),
        (MADE, {"value": build.foreign(), "rotation": build.ONCE}, What.VALUE_OR_ROTATION),
        (GIT, {"value": build.foreign(), "rotation": build.ROTATING}, None),
        (GIT, {"value": build.foreign(), "rotation": build.BEGUN}, None),
        (GIT, {"value": build.foreign(), "rotation": build.ROTATED}, None),
        (build.secret(), {"value": build.foreign()}, None),
        (GIT, {"value": None}, None),
        (GIT, {"value": build.held()}, None),
        (GIT, {"value": build.held("fp-b")}, None),
        (GIT, {"value": build.held("fp-b"), "as_written": REMEMBERED}, None),
        (GIT, {"value": build.held("fp-b"), "as_written": UNWRITTEN}, What.VALUE),
        (GIT, {"value": build.held(), "as_written": UNWRITTEN}, What.VALUE),
        (GIT, {"value": BACK, "begun": True}, What.VALUE),
        (GIT, {"value": build.held(), "begun": True}, None),
        (GIT, {"value": build.foreign(), "as_written": REMEMBERED}, What.VALUE),
        (GIT, {"value": build.unmarked("fp-old")}, None),
    ],
)
def test_what_happened_to_a_value(
    declared: Resource, there: dict[str, Any], what: What | None
) -> None:
    found = told(declared, live(**there), applied=MINE, plan=planned())
    assert found == (() if what is None else (outside(what),))


@pytest.mark.parametrize(
    ("known_of", "there", "left"),
    [
        # A value that is owned by no mark, of what a run that did not end was to adopt.
        (standing(ATTEMPTED), {"value": build.foreign()}, True),
        (standing(NEITHER), {"value": build.foreign()}, False),
        (standing(CANNOT), {"value": build.foreign()}, False),
        (standing(ATTEMPTED), {"value": build.foreign(), "as_written": REMEMBERED}, True),
        (standing(ATTEMPTED), {"value": build.foreign(), "as_written": UNWRITTEN}, False),
        # The value from which a run that did not end was to move AWSCURRENT away.
        (standing(DECLARED, unfinished=("abc",)), {"value": BACK, "begun": True}, True),
        (standing(DECLARED, others=True), {"value": BACK, "begun": True}, True),
        (standing(ATTEMPTED), {"value": BACK, "begun": True}, False),
    ],
)
def test_a_value_that_a_run_may_have_left(
    known_of: Applied, there: dict[str, Any], left: bool
) -> None:
    expected = unknown(What.VALUE_LEFT) if left else outside(What.VALUE)
    assert told(GIT, live(**there), applied=known_of, plan=planned()) == (expected,)


def test_of_a_part_the_whole_says_whether_its_value_may_be_left() -> None:
    part = Resource(PART, {}, build.value(), requires=SECRET)
    there = live(kind="rotation", value=build.foreign())
    for whole, other, class_ in (
        (ATTEMPTED, DECLARED, DriftClass.UNKNOWN),
        (DECLARED, ATTEMPTED, DriftClass.OUTSIDE),
    ):
        (found,) = told(part, there, applied=standing(whole, other), plan=planned())
        assert found.kind_of is class_


def test_a_run_that_began_is_not_told_from_a_record_that_cannot_be_read() -> None:
    there = live(value=BACK, begun=True)
    assert told(GIT, there, applied=Applied(untold=Untold.DENIED), plan=planned()) == ()


def test_a_refusal_is_told_with_the_value_and_not_again() -> None:
    why = Why(Reason.ROTATED_BEFORE)
    there = live(value=build.foreign(), rotation=build.ONCE)
    assert told(GIT, there, applied=MINE) == (outside(What.VALUE_OR_ROTATION, because=why),)


def test_a_forged_mark() -> None:
    assert told(GIT, live(forged=True), applied=MINE, plan=planned()) == (outside(What.MARK),)
    change = Change(SECRET, Action.REFUSE, why=EXTERNAL)
    found = told(GIT, live(forged=True), applied=MINE, plan=planned(change))
    assert found == (outside(What.MARK), refused(because=EXTERNAL))


# --- fields -------------------------------------------------------------------------------------

NEW, OLD, THEIRS = "new", "old", "theirs"
FIELD = build.secret(description=NEW)


def remembered(now: Any, last: Any, **given: Any) -> Live:
    """A secret whose description is ``now``, and whose mark remembers ``last``."""
    written = short_digest(now) == short_digest(last)
    return live(
        fields={"description": now},
        as_written={"description": written},
        remembered={"description": short_digest(last)},
        recalls=True,
        **given,
    )


def moved(was: Any, now: Any = THEIRS, *, known: bool = True, name: str = "description") -> Moved:
    return Moved(name, was, now, NEW, known)


def applied_fields(**fields: Any) -> Applied:
    return standing(DECLARED, fields={SECRET: fields})


@pytest.mark.parametrize(
    ("there", "known_of", "expected"),
    [
        (remembered(THEIRS, NEW), MINE, moved(NEW)),
        (remembered(THEIRS, OLD), MINE, moved(None, known=False)),
        (remembered(THEIRS, OLD), applied_fields(description=OLD), moved(OLD)),
        (remembered(THEIRS, NEW), applied_fields(description=OLD), moved(NEW)),
        (remembered(None, NEW), MINE, moved(NEW, None)),
        # As we last wrote it, or as declared: nobody moved it.
        (remembered(OLD, OLD), MINE, None),
        (remembered(NEW, OLD), MINE, None),
        # No mark remembers it: the last complete apply does, unless the mark recalls everything.
        (live(fields={"description": THEIRS}), applied_fields(description=OLD), moved(OLD)),
        (live(fields={"description": THEIRS}), applied_fields(description=NEW), moved(NEW)),
        (live(fields={"description": OLD}), applied_fields(description=OLD), None),
        (live(fields={"description": THEIRS}), MINE, None),
        (live(fields={"description": THEIRS}, recalls=True), applied_fields(description=OLD), None),
        # What the mark remembers goes before what was applied.
        (replace(remembered(OLD, OLD), recalls=False), applied_fields(description=NEW), None),
        (
            replace(remembered(THEIRS, OLD), recalls=False),
            applied_fields(description=THEIRS),
            moved(None, known=False),
        ),
    ],
)
def test_who_moved_a_field(there: Live, known_of: Applied, expected: Moved | None) -> None:
    found = told(FIELD, there, applied=known_of, plan=planned())
    assert found == (() if expected is None else (outside(What.CHANGED, fields=(expected,)),))


def test_fields_that_moved_are_told_together_by_name() -> None:
    names = ("tags", "description", "kms_key")
    there = live(
        fields=dict.fromkeys(names, THEIRS),
        as_written=dict.fromkeys(names, False),
        remembered=dict.fromkeys(names, short_digest(NEW)),
        outside={"kms_key": What.RESCHEDULED},
    )
    declared = Resource(SECRET, dict.fromkeys(names, NEW))
    assert told(declared, there, applied=MINE, plan=planned()) == (
        outside(What.CHANGED, fields=(moved(NEW), moved(NEW, name="tags"))),
        outside(What.RESCHEDULED, fields=(moved(NEW, name="kms_key"),)),
    )
    off = replace(there, outside={"kms_key": What.RESCHEDULED, "tags": What.SWITCHED})
    assert told(declared, off, applied=MINE, plan=planned()) == (
        outside(What.CHANGED, fields=(moved(NEW),)),
        outside(What.SWITCHED, fields=(moved(NEW, name="tags"),)),
    )
    on = replace(there, outside=dict.fromkeys(names, What.SWITCHED))
    (one,) = told(declared, on, applied=MINE, plan=planned())
    assert one.what is What.SWITCHED


def test_what_happened_to_several_is_told_in_the_order_of_the_words() -> None:
    names = {"a": What.SWITCHED, "b": What.WRITTEN, "c": What.CHANGED}
    there = live(
        fields=dict.fromkeys(names, THEIRS),
        as_written=dict.fromkeys(names, False),
        remembered=dict.fromkeys(names, short_digest(NEW)),
        outside=names,
    )
    found = told(Resource(SECRET, dict.fromkeys(names, NEW)), there, applied=MINE, plan=planned())
    assert [one.what for one in found] == sorted(names.values())


@pytest.mark.parametrize(("name", "is_told"), [("fingerprint_key", False), ("description", True)])
def test_a_mark_is_no_field_that_somebody_moves(name: str, is_told: bool) -> None:
    there = live(
        fields={name: THEIRS}, as_written={name: False}, remembered={name: short_digest(NEW)}
    )
    assert bool(told(Resource(SECRET, {name: NEW}), there, applied=MINE, plan=planned())) is is_told


def test_what_only_a_digest_is_known_of_is_not_compared_with_what_is_live() -> None:
    there = live(
        fields={"resource_policy": build.recorded(OLD)},
        as_written={"resource_policy": False},
        remembered={"resource_policy": short_digest(OLD)},
    )
    found = told(Resource(SECRET, {"resource_policy": NEW}), there, applied=MINE, plan=planned())
    assert found == ()


def tried(*contents: Any, name: str = "description", **given: Any) -> Applied:
    """Runs that did not complete, one of each of these contents."""
    attempts = tuple(Attempt({SECRET: {name: content}}) for content in contents)
    commits = tuple(str(place) for place, _ in enumerate(contents))
    return standing(DECLARED, unfinished=commits, attempted=attempts, **given)


@pytest.mark.parametrize(
    ("known_of", "there", "left"),
    [
        (tried(THEIRS), remembered(THEIRS, NEW), True),
        (tried(OLD), remembered(THEIRS, NEW), False),
        (standing(DECLARED, others=True), remembered(THEIRS, NEW), True),
        # What is known to have been written last no run has to write again.
        (
            tried(THEIRS),
            replace(remembered(THEIRS, NEW), remembered={"description": short_digest(THEIRS)}),
            False,
        ),
        (tried(THEIRS, fields={SECRET: {"description": THEIRS}}), remembered(THEIRS, NEW), True),
    ],
)
def test_a_field_that_a_run_may_have_left(known_of: Applied, there: Live, left: bool) -> None:
    (found,) = told(FIELD, there, applied=known_of, plan=planned())
    assert found == replace(
        (unknown(What.LEFT) if left else outside(What.CHANGED)), fields=found.fields
    )
    assert [one.name for one in found.fields] == ["description"]


@pytest.mark.parametrize(
    ("recalls", "before", "left"),
    [
        (False, {"tags": ["a", "b"]}, False),  # it was written: the run had no more to write
        (False, {"tags": ["a", "c"]}, True),
        (False, {}, True),
        (True, {"tags": ["a", "b"]}, True),  # the mark recalls that it was never declared
    ],
)
def test_what_was_ours_where_no_mark_remembers(
    recalls: bool, before: dict[str, Any], left: bool
) -> None:
    there = live(fields={"tags": ["a"]}, as_written={"tags": False}, recalls=recalls)
    known_of = tried(["a", "b"], name="tags", fields={SECRET: before})
    (found,) = told(Resource(SECRET, {"tags": ["n"]}), there, applied=known_of, plan=planned())
    assert (found.what is What.LEFT) is left


def test_what_is_written_as_a_whole_is_never_left_half_way() -> None:
    for whole, what in ((True, What.WRITTEN), (False, What.LEFT)):
        declared = replace(FIELD, whole=whole)
        (found,) = told(declared, remembered(THEIRS, NEW), applied=tried(THEIRS), plan=planned())
        assert found.what is what
        assert found.kind_of is (DriftClass.OUTSIDE if whole else DriftClass.UNKNOWN)


def test_a_refusal_is_told_with_the_field() -> None:
    change = Change(SECRET, Action.REFUSE, (FieldChange("description", THEIRS, NEW),), why=EXTERNAL)
    found = told(FIELD, remembered(THEIRS, NEW), applied=MINE, plan=planned(change))
    assert found == (outside(What.CHANGED, fields=(moved(NEW),), because=EXTERNAL),)


# --- what no list returns -----------------------------------------------------------------------

POLICIES = Resource(SECRET, {"resource_policy": NEW}, whole=True)


def deep_moved(was: Any, *, known: bool) -> Drift:
    fields = (Moved("resource_policy", was, THEIRS, NEW, known),)
    return outside(What.CHANGED, fields=fields, **NO_DATE)


@pytest.mark.parametrize(
    ("last", "now", "expected"),
    [
        (build.recorded(NEW), THEIRS, (deep_moved(NEW, known=True),)),
        (build.recorded(OLD), THEIRS, (deep_moved(None, known=False),)),
        (build.recorded(OLD), OLD, ()),  # git is ahead
        (build.recorded(OLD), NEW, ()),
        (build.recorded(NEW), NEW, ()),
        (Recorded(None), THEIRS, ()),  # nothing is known of it
        (OLD, THEIRS, ()),  # a list returns it
        (None, THEIRS, ()),
    ],
)
def test_who_moved_what_no_list_returns(last: Any, now: Any, expected: tuple[Drift, ...]) -> None:
    deep = {SECRET: Deep({"resource_policy": now})}
    there = live(fields={"resource_policy": last})
    assert told(POLICIES, there, applied=MINE, deep=deep, plan=planned()) == expected


@pytest.mark.parametrize(("wrote", "left"), [(["c"], True), (["a", "b"], False)])
def test_what_no_list_returns_and_a_run_may_have_left(wrote: list[str], left: bool) -> None:
    """The mark says whether the content of that run was written: then it has no more to write."""
    there = live(fields={"resource_policy": build.recorded(wrote)})
    deep = {SECRET: Deep({"resource_policy": ["a"]})}
    known_of = tried(["a", "b"], name="resource_policy")
    (found,) = told(POLICIES, there, applied=known_of, deep=deep, plan=planned())
    assert found.what is (What.LEFT if left else What.CHANGED)
    assert (found.since, found.by) == (None, None)


def test_several_of_what_no_list_returns() -> None:
    names = ("b", "a", "c")
    # Of the last the mark remembers what git does not declare any more.
    there = live(fields={name: build.recorded(NEW) for name in names})
    deep = {SECRET: Deep(dict.fromkeys(names, THEIRS))}
    declared = Resource(SECRET, dict.fromkeys(("a", "b"), NEW))
    found = told(declared, there, applied=MINE, deep=deep, plan=planned())
    fields = tuple(Moved(name, NEW, THEIRS, NEW, True) for name in ("a", "b"))
    more = Drift(
        SECRET,
        DriftClass.UNMANAGED,
        place=PLACE,
        what=What.UNDECLARED,
        fields=(Moved("c", None, THEIRS),),
    )
    assert found == (outside(What.CHANGED, fields=fields, **NO_DATE), more)


def test_a_refusal_and_a_change_are_told_with_what_no_list_returns() -> None:
    there = live(fields={"resource_policy": build.recorded(NEW)})
    deep = {SECRET: Deep({"resource_policy": THEIRS})}
    field = FieldChange("resource_policy", THEIRS, NEW)
    refusal = planned(Change(SECRET, Action.REFUSE, (field,), why=EXTERNAL))
    expected = deep_moved(NEW, known=True)
    found = told(POLICIES, there, applied=MINE, deep=deep, plan=refusal)
    assert found == (replace(expected, because=EXTERNAL),)
    update = planned(Change(SECRET, Action.UPDATE, (field,)))
    assert told(POLICIES, there, applied=MINE, deep=deep, plan=update) == (expected,)


# --- what nobody declared -----------------------------------------------------------------------


def undeclared(name: str, now: Any = THEIRS, *, fails: bool = False) -> Drift:
    return Drift(
        SECRET,
        DriftClass.UNMANAGED,
        place=PLACE,
        what=What.UNDECLARED,
        fields=(Moved(name, None, now),),
        fails=fails,
    )


OPEN = outside(What.OPEN_POLICY, **NO_DATE)


@pytest.mark.parametrize(
    ("deep", "beside", "expected"),
    [
        (Deep({"other": THEIRS}), {}, (undeclared("other"),)),
        (Deep({"other": None}), {}, ()),
        (Deep({"description": NEW}), {}, ()),
        (Deep(beside={"description": THEIRS}), {}, (undeclared("description"),)),
        (Deep(), {"description": THEIRS}, (undeclared("description"),)),
        (Deep(beside={"tags": "deep"}), {"tags": THEIRS}, (undeclared("tags", "deep"),)),
        (Deep({"tags": "deep"}), {"tags": THEIRS}, (undeclared("tags"),)),
        (Deep({"description": THEIRS}, open=frozenset({"description"})), {}, (OPEN,)),
        (Deep({"description": NEW}, open=frozenset({"description"})), {}, ()),
        (Deep({"other": THEIRS}, open=frozenset({"other"})), {}, (OPEN,)),
        (Deep({"b": THEIRS, "a": THEIRS}), {}, (undeclared("a"), undeclared("b"))),
    ],
)
@pytest.mark.parametrize("fails", [False, True])
def test_what_nobody_declared_on_what_is_owned(
    deep: Deep, beside: dict[str, Any], expected: tuple[Drift, ...], fails: bool
) -> None:
    there = live(fields={"description": NEW}, beside=beside)
    given: dict[str, Any] = {"applied": MINE, "plan": planned(), "unmanaged_fails": fails}
    expected = tuple(
        replace(one, fails=fails and one.kind_of is DriftClass.UNMANAGED) for one in expected
    )
    assert told(FIELD, there, deep={SECRET: deep}, **given) == expected
    assert told(FIELD, there, **given) == ()  # it was not read


@pytest.mark.parametrize(
    ("name", "given", "is_told"),
    [
        (f"{SCOPE.under}x", {}, True),
        ("elsewhere", {}, False),
        (SCOPE.prefix, {}, False),
        (f"{SCOPE.under}x", {"owner": "other/production"}, False),
        (f"{SCOPE.under}x", {"deleted": True}, False),
        (f"{SCOPE.under}x", {"ownership": Ownership.OURS}, False),
        (f"{SCOPE.under}x", {"ownership": Ownership.SERVICE}, False),
    ],
)
@pytest.mark.parametrize("fails", [False, True])
def test_what_nobody_manages(name: str, given: dict[str, Any], is_told: bool, fails: bool) -> None:
    there = build.live(**{"name": name, "ownership": Ownership.FOREIGN, **given})
    key = Key("secret", name)
    expected = Drift(key, DriftClass.UNMANAGED, what=What.FOREIGN, fails=fails)
    found = told(there, plan=planned(), unmanaged_fails=fails)
    assert found == ((expected,) if is_told else ())
    assert told(build.secret(name), there, plan=planned(), unmanaged_fails=fails) == ()


# --- dates --------------------------------------------------------------------------------------

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
PENDING = Rotation(pending=True)
STUCK = DriftClass.STUCK


@pytest.mark.parametrize(
    ("ago", "rotation", "is_stuck"),
    [
        (STUCK_AFTER, PENDING, True),
        (STUCK_AFTER - SECOND, PENDING, False),
        (STUCK_AFTER + SECOND, PENDING, True),
        (None, PENDING, True),
        (STUCK_AFTER, Rotation(), False),
    ],
)
def test_a_rotation_that_does_not_end(
    ago: timedelta | None, rotation: Rotation, is_stuck: bool
) -> None:
    changed = None if ago is None else NOW - ago
    found = told(FIELD, live(rotation=rotation, changed=changed), applied=MINE, plan=planned())
    expected = replace(outside(What.STUCK, since=changed), kind_of=STUCK)
    assert found == ((expected,) if is_stuck else ())


def test_how_long_a_rotation_may_take() -> None:
    assert (timedelta(hours=1), timedelta(hours=24)) == (STUCK_AFTER, GRACE)


@pytest.mark.parametrize(
    ("rotation", "since"),
    [
        (Rotation(enabled=True, next=NOW - GRACE - SECOND), NOW - GRACE - SECOND),
        (Rotation(enabled=True, next=NOW - GRACE), None),
        (Rotation(enabled=True, next=NOW + DAY), None),
        (Rotation(enabled=False, next=NOW - GRACE - SECOND), None),
        (Rotation(enabled=True), None),
    ],
)
@pytest.mark.parametrize("max_age", [None, 0, 100])
def test_a_rotation_that_is_late(
    rotation: Rotation, since: datetime | None, max_age: int | None
) -> None:
    """It is told of rather than the age of the value."""
    there = live(rotation=rotation, changed=NOW - 2 * DAY)
    found = told(replace(FIELD, max_age=max_age), there, applied=MINE, plan=planned())
    late = Drift(SECRET, DriftClass.OVERDUE, place=PLACE, what=What.LATE, since=since)
    aged = replace(late, what=What.AGED, since=NOW - 2 * DAY, days=(2, 0))
    expected = late if since is not None else aged if max_age == 0 else None
    assert found == (() if expected is None else (expected,))


@pytest.mark.parametrize(
    ("changed", "days"),
    [
        (NOW - 31 * DAY, 31),
        (NOW - 31 * DAY + SECOND, None),
        (NOW - 30 * DAY, None),
        (None, None),
    ],
)
def test_a_value_that_is_too_old(changed: datetime | None, days: int | None) -> None:
    found = told(replace(FIELD, max_age=30), live(changed=changed), applied=MINE, plan=planned())
    aged = Drift(
        SECRET,
        DriftClass.OVERDUE,
        place=PLACE,
        what=What.AGED,
        since=changed,
        days=None if days is None else (days, 30),
    )
    assert found == (() if days is None else (aged,))


def test_the_dates_of_a_part_are_told_with_its_whole() -> None:
    there = live(kind="rotation", rotation=PENDING, changed=None)
    assert told(build.schedule(), there, applied=MINE, plan=planned()) == ()


# --- git is ahead -------------------------------------------------------------------------------

VALUE = ValueChange(Write.CHANGED, "fp-a")
SAME = ValueChange(Write.SAME, "fp-a")
DESCRIPTION = FieldChange("description", THEIRS, NEW)
TAGS = FieldChange("tags", OLD, NEW)
MARKED = FieldChange("fingerprint_key", "kid-0", "kid-1")
MARK, UNMARKED = Why(Reason.MARK, names=("description",)), Why(Reason.UNMARKED)
WRITTEN = Why(Reason.WRITTEN_OUTSIDE)
QUIET = live(value=build.held(), fields={"description": NEW})
MOVED = remembered(THEIRS, NEW, value=build.held())
VALUED = live(value=build.foreign(), fields={"description": NEW})
BOTH = build.secret(value=build.value(), description=NEW)


@pytest.mark.parametrize(
    ("there", "change", "expected"),
    [
        # Nobody moved anything.
        (QUIET, {"fields": (DESCRIPTION,)}, pending(What.UPDATE, "description")),
        (QUIET, {"fields": (DESCRIPTION, TAGS)}, pending(What.UPDATE, "description", "tags")),
        (QUIET, {"value": VALUE}, pending(What.UPDATE, "value")),
        (QUIET, {"value": VALUE, "fields": (TAGS,)}, pending(What.UPDATE, "tags", "value")),
        (QUIET, {"value": SAME, "fields": (TAGS,)}, pending(What.UPDATE, "tags")),
        (QUIET, {"value": SAME}, pending()),
        (QUIET, {"fields": (MARKED,)}, pending(What.UPDATE, "fingerprint_key")),
        (QUIET, {"why": MARK}, pending(because=MARK)),
        (QUIET, {"why": UNMARKED, "value": VALUE}, pending(What.UPDATE, "value", because=UNMARKED)),
        (QUIET, {"why": WRITTEN, "value": VALUE}, pending(What.UPDATE, "value")),
        (QUIET, {"action": Action.REPLACE, "fields": (TAGS,)}, pending(What.REPLACE, "tags")),
        (QUIET, {"action": Action.RESTORE}, pending(What.RESTORE)),
        (QUIET, {"action": Action.CREATE}, pending(What.CREATE)),
        (QUIET, {"action": Action.ADOPT}, pending()),
        (
            QUIET,
            {"action": Action.REFUSE, "why": EXTERNAL, "fields": (TAGS,)},
            refused(because=EXTERNAL),
        ),
        (
            QUIET,
            {"value": VALUE, "settings": {"git_keys": ["user", "host"]}},
            pending(What.UPDATE, "user", "host"),
        ),
        (QUIET, {"value": VALUE, "settings": {"git_keys": "user"}}, pending(What.UPDATE, "value")),
        (QUIET, {"value": SAME, "settings": {"git_keys": ["user"]}}, pending()),
        # Somebody moved the description.
        (MOVED, {"fields": (DESCRIPTION,)}, None),
        (MOVED, {"fields": (DESCRIPTION, TAGS)}, pending(What.UPDATE, "tags")),
        (MOVED, {"fields": (DESCRIPTION,), "value": VALUE}, pending(What.UPDATE, "value")),
        (MOVED, {"fields": (DESCRIPTION,), "value": SAME}, None),
        (MOVED, {"fields": (DESCRIPTION, MARKED)}, None),
        (MOVED, {"fields": (DESCRIPTION,), "why": MARK}, pending(because=MARK)),
        (MOVED, {"fields": (DESCRIPTION,), "why": WRITTEN}, None),
        (MOVED, {"action": Action.REFUSE, "why": EXTERNAL, "fields": (DESCRIPTION,)}, None),
        # Somebody wrote the value.
        (VALUED, {"value": VALUE}, None),
        (VALUED, {"value": VALUE, "fields": (TAGS,)}, pending(What.UPDATE, "tags")),
        (VALUED, {"value": VALUE, "fields": (MARKED,)}, None),
        (VALUED, {"value": VALUE, "why": UNMARKED}, None),
        (VALUED, {"value": VALUE, "why": WRITTEN}, None),
        (VALUED, {"action": Action.REFUSE, "why": EXTERNAL, "fields": (TAGS,)}, None),
        # Somebody changed the mark: it is told with that.
        (replace(QUIET, forged=True), {"why": MARK}, None),
        (replace(QUIET, forged=True), {"why": UNMARKED}, pending(because=UNMARKED)),
        (replace(QUIET, forged=True), {"fields": (TAGS,)}, pending(What.UPDATE, "tags")),
    ],
)
def test_what_of_a_change_is_not_there_because_of_somebody_else(
    there: Live, change: dict[str, Any], expected: Drift | None
) -> None:
    plan = planned(Change(SECRET, **{"action": Action.UPDATE, **change}))
    found = told(BOTH, there, applied=MINE, plan=plan)
    rest = [one for one in found if one.kind_of in (DriftClass.PENDING, DriftClass.REFUSED)]
    assert rest == ([] if expected is None else [expected])
    because = EXTERNAL if change.get("action") is Action.REFUSE else None
    assert {one.because for one in found if one not in rest} <= {because}


def test_nothing_differs() -> None:
    assert told(BOTH, QUIET, applied=MINE) == ()


# --- the rest -----------------------------------------------------------------------------------


def test_what_is_to_be_pruned() -> None:
    there = live()
    plan = build.plan(there, policy=PRUNING)
    assert [change.action for change in plan.changes] == [Action.PRUNE]
    assert told(there, plan=plan) == (Drift(SECRET, DriftClass.PENDING, what=What.PRUNE),)


@pytest.mark.parametrize("code", list(Notable))
def test_what_a_plan_notes(code: Notable) -> None:
    declared, gone = Note(SECRET, code, date(2025, 3, 1)), Note(Key("secret", "/gone"), code)
    found = told(FIELD, live(fields={"description": NEW}), plan=planned(notes=(declared, gone)))
    expected = (
        (
            Drift(gone.key, DriftClass(code), because=gone),
            Drift(SECRET, DriftClass(code), place=PLACE, because=declared),
        )
        if code in (Notable.KEPT, Notable.ROTATED)
        else ()
    )
    assert found == tuple(sorted(expected, key=lambda one: one.key))


def test_what_a_closer_look_has_found() -> None:
    looked = {SECRET: ["one", "two"], Key("secret", "/other"): ["three"]}
    found = told(FIELD, live(fields={"description": NEW}), looked=looked)
    assert found == tuple(Drift(SECRET, DriftClass.OUTSIDE, text, PLACE) for text in looked[SECRET])


def test_differences_are_sorted_by_resource_then_class() -> None:
    names = [f"{SCOPE.under}{name}" for name in "cab"]
    things = [build.secret(name, description=NEW) for name in names]
    lives = [
        build.live(name=name, rotation=PENDING, description=OLD, changed=SINCE) for name in names
    ]
    found = told(*things, *lives, applied=MINE, looked={Key("secret", names[0]): ["seen"]})
    assert [(one.key.name[-1], one.kind_of) for one in found] == [
        *[("a", DriftClass.PENDING), ("a", STUCK)],
        *[("b", DriftClass.PENDING), ("b", STUCK)],
        *[("c", DriftClass.OUTSIDE), ("c", DriftClass.PENDING), ("c", STUCK)],
    ]
