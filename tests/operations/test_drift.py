"""What each difference between git and AWS means, and whether somebody has to act."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler.core.applied import ANY, OFF, Applied, Attempt, Standing, Untold, named
from reconciler.core.diff import diff
from reconciler.core.digest import short_digest
from reconciler.core.drift import Drift, DriftClass
from reconciler.core.model import Key, Live, Ownership, Place, Resource, Rotation
from reconciler.core.what import What
from reconciler.kinds.kind import Settings
from reconciler.manifest import Desired
from reconciler.operations.drift import classify
from reconciler.operations.planning import Planned
from reconciler.render import difference
from tests.core.build import (
    BEGUN,
    LAST,
    NAME,
    ONCE,
    POLICY,
    PRUNING,
    ROTATED,
    ROTATING,
    SCOPE,
    by_key,
    fingerprinter,
    foreign,
    generated,
    held,
    live,
    made,
    parameter,
    schedule,
    secret,
    unmarked,
    value,
)

NOW = LAST + timedelta(days=10)
PLACE = Place("production/db.sops.yaml", 2, 3)
WHO = {"changed": LAST, "changed_by": "arn:aws:iam::123456789012:user/x"}


def drift(
    *things: Resource | Live, policy=POLICY, now=NOW, applied=OFF, fails=False
) -> tuple[Drift, ...]:
    desired = by_key(replace(t, place=PLACE) for t in things if isinstance(t, Resource))
    there = by_key(t for t in things if isinstance(t, Live))
    settings = Settings(SCOPE, policy, unmanaged_fails=fails)
    declared = Desired(settings, desired, {}, fingerprinter())
    plan = diff(desired, there, SCOPE, policy)
    return classify(Planned(plan, declared, there, {}, "arn"), now, applied=applied)


def told(*things, **options) -> list[tuple[str, str]]:
    return [
        (found.kind_of.value, difference.sentence(found)) for found in drift(*things, **options)
    ]


OWN = secret(value=value("fp-a"))

CASES: dict[str, tuple[list[Resource | Live], list[tuple[str, str]]]] = {
    "nothing": ([OWN, live(held("fp-a"))], []),
    "git is ahead by a value": ([OWN, live(held("fp-b"))], [("pending", "to update: value")]),
    "git is ahead by a field": (
        [secret(value=value("fp-a"), description="n"), live(held("fp-a"), description="o")],
        [("pending", "to update: description")],
    ),
    "git is ahead by both": (
        [secret(value=value("fp-a"), description="n"), live(held("fp-b"), description="o")],
        [("pending", "to update: description, value")],
    ),
    "a parameter's field": (
        [
            parameter(value=value("fp-a"), description="n"),
            live(held("fp-a"), kind="parameter", description="o"),
        ],
        [("pending", "to update: description")],
    ),
    "git is ahead by a secret": ([OWN], [("pending", "declared and not there: to create")]),
    "written outside": (
        [OWN, live(foreign(), **WHO)],
        [
            (
                "outside",
                "the value was written outside by arn:aws:iam::123456789012:user/x"
                " on 2025-03-01 04:00 UTC",
            )
        ],
    ),
    "written outside, nobody knows by whom": (
        [OWN, live(foreign())],
        [("outside", "the value was written outside")],
    ),
    "a generated value written outside": (
        [secret(value=generated()), live(foreign())],
        [
            (
                "outside",
                "the value was written outside; it stays, since git does not know it",
            )
        ],
    ),
    "a generated value": ([secret(value=generated()), live(made())], []),
    "a parameter's stamp is of another version": (
        [parameter(value=value("fp-a")), live(foreign("4"), kind="parameter")],
        [("outside", "the value was written outside")],
    ),
    "somebody else's value": ([secret(), live(foreign())], []),
    "deleted outside": (
        [OWN, live(held("fp-a"), deleted=True)],
        [("outside", "deleted outside: it is pending deletion")],
    ),
    "rotated": (
        [secret(value=value("fp-a", rotation="declared")), live(foreign(), rotation=ROTATING)],
        [("rotated", "rotated on 2025-03-01: rotation owns the value")],
    ),
    "rotation dropped from the manifest": (
        [OWN, live(foreign(), rotation=ROTATING)],
        [
            (
                "refused",
                "refused: rotation is on, the manifest has no rotation any more, and git does not"
                " write over what rotation owns",
            )
        ],
    ),
    "rotated once, and off": (
        [OWN, live(foreign(), rotation=ROTATED)],
        [
            (
                "refused",
                "refused: rotation wrote the live value, or may have, and git never writes over it",
            )
        ],
    ),
    "written outside where a rotation was": (
        [OWN, live(foreign(), rotation=ONCE)],
        [("outside", "the value was written outside, or by the rotation that is off now")],
    ),
    "git is ahead of what no mark speaks of": (
        [OWN, live(unmarked())],
        [("pending", "to update: value; no mark says that the live value was git's")],
    ),
    "not managed": (
        [OWN, live(held("fp-a"), ownership=Ownership.FOREIGN, rotation=Rotation(pending=True))],
        [("refused", "refused: it exists and is not managed: adopt it")],
    ),
    "not managed, and pending deletion": (
        [OWN, live(foreign(), ownership=Ownership.FOREIGN, deleted=True)],
        [("refused", "refused: it exists and is not managed: adopt it")],
    ),
    "no value yet": ([OWN, live()], [("pending", "to update: value")]),
    "rotation is on, and wrote it by no date that AWS tells": (
        [OWN, live(foreign(), rotation=BEGUN)],
        [
            (
                "refused",
                "refused: rotation is on, the manifest has no rotation any more, and git does not"
                " write over what rotation owns",
            )
        ],
    ),
    "kept": (
        [live(held())],
        [
            (
                "kept",
                "owned and no longer declared; kept, because the environment says `prune: false`",
            )
        ],
    ),
    "not ours and not declared": (
        [live(held(), ownership=Ownership.FOREIGN)],
        [("unmanaged", "below the prefix, not declared, and without owner tags")],
    ),
}


@pytest.mark.parametrize(("things", "expected"), CASES.values(), ids=CASES)
def test_a_difference_has_its_class(things, expected):
    assert told(*things) == expected


def test_what_is_to_be_pruned_is_pending():
    assert told(live(held()), policy=PRUNING) == [("pending", "no longer declared: to prune")]


def test_what_git_is_ahead_of_and_what_is_only_told_needs_nobody_to_act():
    acting = {found for found in DriftClass if found.acts}
    assert acting == {
        DriftClass.OUTSIDE,
        DriftClass.REFUSED,
        DriftClass.STUCK,
        DriftClass.OVERDUE,
        DriftClass.UNKNOWN,
    }


# --- stuck ----------------------------------------------------------------------------------------

UNENDED = replace(ROTATING, pending=True)
ROTATES = secret(value=value("fp-a", rotation="declared"))


@pytest.mark.parametrize(
    ("since", "stuck"),
    [(timedelta(minutes=59), False), (timedelta(hours=1), True), (timedelta(days=2), True)],
)
def test_a_rotation_is_stuck_when_it_has_not_ended_after_an_hour(since, stuck):
    found = drift(ROTATES, live(held("fp-a"), rotation=UNENDED, changed=NOW - since))
    assert [one.kind_of for one in found] == [DriftClass.STUCK] * stuck
    if stuck:
        when = f"{NOW - since:%Y-%m-%d %H:%M} UTC"
        assert difference.sentence(found[0]) == (
            f"a rotation has begun and not ended since {when}: AWSPENDING is on another version"
        )


def test_a_rotation_that_began_nobody_knows_when_is_stuck():
    ((kind, text),) = told(ROTATES, live(held("fp-a"), rotation=UNENDED))
    assert kind == "stuck"
    assert "ended: AWSPENDING" in text


# --- overdue --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("late", "overdue"),
    [(timedelta(hours=-1), False), (timedelta(hours=24), False), (timedelta(hours=25), True)],
)
def test_a_rotation_is_overdue_a_day_after_its_date(late, overdue):
    due = replace(ROTATING, next=NOW - late)
    expected = [("overdue", f"should have been rotated by {NOW - late:%Y-%m-%d}")] * overdue
    assert told(ROTATES, live(held("fp-a"), rotation=due)) == expected


def test_a_rotation_that_is_off_is_never_overdue():
    off = replace(ROTATED, next=NOW - timedelta(days=9))
    assert told(ROTATES, live(held("fp-a"), rotation=off)) == []


@pytest.mark.parametrize(("age", "overdue"), [(90, False), (91, True)])
def test_a_value_that_people_rotate_is_overdue_past_its_max_age(age, overdue):
    resource = replace(OWN, max_age=90)
    found = told(resource, live(held("fp-a"), changed=NOW - timedelta(days=age)))
    assert found == [("overdue", "written 91 days ago, and max_age is 90 days")] * overdue


def test_without_max_age_or_date_nothing_is_overdue():
    old = NOW - timedelta(days=999)
    assert told(OWN, live(held("fp-a"), changed=old)) == []
    assert told(replace(OWN, max_age=90), live(held("fp-a"))) == []


def test_what_is_not_ours_is_neither_stuck_nor_overdue():
    current = live(
        held(), rotation=UNENDED, ownership=Ownership.OTHER_OWNER, owner="x", changed=LAST
    )
    assert [kind for kind, _ in told(replace(ROTATES, max_age=1), current)] == ["refused"]


def test_a_schedule_does_not_repeat_what_its_secret_says():
    late = replace(UNENDED, next=LAST)
    found = drift(
        ROTATES,
        schedule(),
        live(held("fp-a"), rotation=late, changed=LAST),
        live(kind="rotation", enabled=True, rotation=late, changed=LAST),
    )
    assert [(one.key.kind, one.kind_of.value) for one in found] == [
        ("secret", "overdue"),
        ("secret", "stuck"),
    ]


# --- all of it ------------------------------------------------------------------------------------


def test_a_value_written_outside_is_said_once():
    assert len(drift(OWN, live(foreign()))) == 1  # and not again as pending


def test_each_difference_says_where_its_resource_is_declared():
    found = drift(
        OWN,
        live(foreign()),
        replace(ROTATES, key=Key("secret", "/app/production/r")),
        live(foreign(), name="/app/production/r", rotation=ROTATING),
        live(held(), name="/app/production/kept"),
    )
    assert [(one.key.name, one.place) for one in found] == [
        (NAME, PLACE),
        ("/app/production/kept", None),
        ("/app/production/r", PLACE),
    ]


def test_drift_is_sorted_by_resource():
    names = ["/app/production/b", "/app/production/a"]
    found = drift(
        *(secret(name, value=value()) for name in names), live(held(), name="/app/production/0")
    )
    assert [one.key.name for one in found] == ["/app/production/0", *sorted(names)]


# --- three points ---------------------------------------------------------------------------------

IN_APPLIED, IN_ATTEMPTED, IN_NEITHER, UNTOLD = (
    Applied(otherwise=standing, untold=why)
    for standing, why in (
        (Standing.DECLARED_IN_APPLIED, None),
        (Standing.ONLY_IN_ATTEMPTED, None),
        (Standing.IN_NEITHER, None),
        (Standing.CANNOT_TELL, Untold.SHALLOW),
    )
)
GONE: list[Resource | Live] = [OWN]
DELETING: list[Resource | Live] = [OWN, live(held("fp-a"), deleted=True)]
STRANGE: list[Resource | Live] = [OWN, live(foreign(), ownership=Ownership.FOREIGN)]
UNMARKED: list[Resource | Live] = [
    OWN,
    replace(live(held("fp-a"), ownership=Ownership.FOREIGN), marked=True),
]


@pytest.mark.parametrize(
    ("things", "applied", "expected"),
    [
        (GONE, IN_APPLIED, "outside deleted"),
        (GONE, IN_ATTEMPTED, "unknown gone"),
        (GONE, IN_NEITHER, "pending create"),
        (GONE, UNTOLD, "unknown gone"),
        (GONE, OFF, "pending create"),
        (DELETING, IN_APPLIED, "outside deleting"),
        (DELETING, IN_ATTEMPTED, "unknown deleting"),
        (DELETING, IN_NEITHER, "pending restore"),
        (DELETING, UNTOLD, "unknown deleting"),
        (DELETING, OFF, "outside deleting"),
        (STRANGE, IN_APPLIED, "outside replaced"),
        (STRANGE, IN_ATTEMPTED, "unknown not-ours"),
        (STRANGE, IN_NEITHER, "refused refused"),
        (STRANGE, UNTOLD, "refused refused"),
        (UNMARKED, IN_APPLIED, "outside unmarked"),
        (UNMARKED, OFF, "refused unmarked"),
    ],
)
def test_what_is_gone_or_not_ours_is_told_by_what_was_applied(things, applied, expected):
    (found,) = drift(*things, applied=applied)
    assert f"{found.kind_of} {found.what}" == expected
    assert found.acts is not expected.startswith("pending")
    assert difference.sentence(found)
    assert difference.advice(found, SCOPE)


def test_what_a_replacement_may_have_deleted_is_not_said_to_be_outside():
    gone = parameter(value=value("fp-a"), replace=True)
    for replaced, expected in (
        ((), DriftClass.OUTSIDE),
        ((named(DB),), DriftClass.OUTSIDE),
        ((named(DB), named(gone.key)), DriftClass.UNKNOWN),
        ((ANY,), DriftClass.UNKNOWN),
    ):
        unfinished = replace(IN_APPLIED, unfinished=("c0ffee",), replaced=frozenset(replaced))
        for declared in (gone, parameter(value=value("fp-a"))):  # whatever git says of it now
            (found,) = drift(declared, applied=unfinished)
            assert found.kind_of is expected


def test_what_a_schedule_lost_with_its_secret_is_said_once():
    (found,) = drift(OWN, schedule(), applied=IN_APPLIED)
    assert found.what is What.DELETED


def written(as_written: dict[str, bool], last: str | None = None, **fields) -> Live:
    remembered = {} if last is None else {"description": short_digest(last)}
    there = live(held("fp-a"), changed=LAST, **fields)
    return replace(there, as_written=as_written, remembered=remembered)


EDITED = secret(value=value("fp-a"), description="git's")


@pytest.mark.parametrize(
    ("resource", "current", "expected"),
    [
        (EDITED, written({"description": True}, description="old"), "pending to update"),
        (EDITED, written({}, description="old"), "pending to update"),
        (
            EDITED,
            written({"description": False}, "git's", description="theirs"),
            "outside changed outside (last changed 2025-03-01 04:00 UTC): description was"
            ' "git\'s" and is "theirs"',
        ),
        (
            EDITED,
            written({"description": False}, "before", description="theirs"),
            "outside changed outside (last changed 2025-03-01 04:00 UTC): description is"
            ' "theirs", and git declares "git\'s"',
        ),
        (EDITED, written({"description": False}, "before", description="git's"), ""),
    ],
)
def test_a_field_is_outside_where_it_is_neither_declared_nor_what_we_last_wrote(
    resource, current, expected
):
    found = [f"{one.kind_of} {difference.sentence(one)}" for one in drift(resource, current)]
    assert len(found) == bool(expected)
    assert "".join(found).startswith(expected)


TRIED = replace(IN_NEITHER, unfinished=("c0ffee",))
DB = EDITED.key


def tried(*contents: dict, **more) -> Applied:
    """Runs that did not complete, each of a commit that declared these fields of the secret."""
    attempts = tuple(Attempt({DB: fields}) for fields in contents)
    return replace(TRIED, unfinished=("c0ffee",) * len(attempts), attempted=attempts, **more)


@pytest.mark.parametrize(
    ("applied", "class_"),
    [
        (TRIED, "unknown"),  # what it declared was not read
        (replace(TRIED, attempted=(Attempt(unread=frozenset([DB])),)), "unknown"),
        (replace(IN_NEITHER, others=True), "unknown"),  # a run of no commit
        (tried({"description": "theirs"}), "unknown"),
        (tried({"description": "before"}, {"description": "theirs"}), "unknown"),
        (tried({"description": "another"}), "outside"),
        (tried({"description": "before"}), "outside"),
        (tried({}), "outside"),
        (replace(TRIED, attempted=(Attempt(),)), "outside"),
    ],
)
def test_a_field_that_a_run_may_have_left_is_unknown(applied, class_):
    """Where its commit declares what is live, and the mark does not say that it was written."""
    current = written({"description": False}, "before", description="theirs")
    (found,) = drift(EDITED, current, applied=applied)
    assert (found.kind_of.value, found.what is What.LEFT) == (class_, class_ == "unknown")


@pytest.mark.parametrize(
    ("now", "class_"),
    [
        ({"a": "1"}, "unknown"),  # one key is removed, and the other not set yet
        ({"a": "2", "c": "3"}, "unknown"),  # as declared then
        ({"a": "theirs"}, "outside"),
        ({}, "outside"),  # no run removes what its commit declares
    ],
)
def test_a_mapping_may_be_left_half_way(now, class_):
    before, wanted = {"a": "1", "b": "2"}, {"a": "2", "c": "3"}
    resource = secret(value=value("fp-a"), tags={"a": "9"})
    current = replace(
        live(held("fp-a"), tags=now),
        as_written={"tags": False},
        remembered={"tags": short_digest(before)},
    )
    applied = tried({"tags": wanted}, fields={DB: {"tags": before}})
    (found,) = drift(resource, current, applied=applied)
    assert found.kind_of.value == class_


@pytest.mark.parametrize(
    ("left", "recalls", "expected"),
    [
        ({"description": "git's"}, False, "outside"),  # version 0.1 left no mark of it
        ({"description": "theirs"}, False, "pending"),
        ({}, False, "pending"),
        ({"description": "git's"}, True, "pending"),  # it was not declared when last written
    ],
)
def test_what_no_mark_remembers_is_told_by_the_last_complete_apply(left, recalls, expected):
    current = replace(written({}, description="theirs"), recalls=recalls)
    (found,) = drift(EDITED, current, applied=replace(IN_APPLIED, fields={DB: left}))
    assert found.kind_of.value == expected
    if expected == "outside":
        assert 'was "git\'s" and is "theirs"' in difference.sentence(found)


@pytest.mark.parametrize(
    ("applied", "expected"),
    [
        (IN_APPLIED, "outside value"),
        (replace(IN_APPLIED, unfinished=("c0ffee",)), "unknown value-left"),
        (replace(IN_APPLIED, others=True), "unknown value-left"),
        (OFF, "pending update"),
    ],
)
def test_a_label_moved_back_to_where_it_came_from_is_told_by_the_record(applied, expected):
    """The mark names both versions, so that a run which stops before the move goes on."""
    (found,) = drift(OWN, replace(live(held("fp-b")), begun=True), applied=applied)
    assert f"{found.kind_of} {found.what}" == expected
    assert drift(OWN, replace(live(held("fp-a")), begun=True), applied=applied) == ()


def test_a_value_that_was_ours_is_not_what_an_adoption_left():
    applied = replace(IN_ATTEMPTED, unfinished=("c0ffee",))
    (found,) = drift(OWN, live(foreign()), applied=applied)
    assert found.what is What.VALUE_LEFT
    once = replace(live(foreign()), as_written={"value": False})
    (found,) = drift(OWN, once, applied=applied)
    assert (found.kind_of, found.what) == (DriftClass.OUTSIDE, What.VALUE)


def test_what_git_is_ahead_of_is_told_beside_what_is_outside():
    resource = secret(value=value("fp-b"), description="git's", kms_key="alias/new")
    current = replace(
        live(held("fp-a"), description="theirs", kms_key="alias/old"),
        as_written={"description": False, "kms_key": True},
    )
    assert [(one.kind_of.value, one.names) for one in drift(resource, current)] == [
        ("outside", ()),
        ("pending", ("kms_key", "value")),
    ]


def test_unmanaged_fails_where_the_environment_says_so():
    there = live(held(), ownership=Ownership.FOREIGN)
    (found,) = drift(there, fails=True)
    assert found.acts
    (found,) = drift(there)
    assert not found.acts
