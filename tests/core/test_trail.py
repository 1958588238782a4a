"""What audit logs say of a plan: what was written, when and by whom, and what of it is missing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from reconciler.core.digest import change_digest
from reconciler.core.model import Action, Change, Key, Plan
from reconciler.core.reasons import Reason, Why
from reconciler.core.trail import Trail, follow
from tests.core.build import POLICY, SCOPE

ONE, TWO = (Change(Key("secret", f"{SCOPE.under}{name}"), Action.CREATE) for name in ("a", "b"))
REFUSED = Change(Key("secret", f"{SCOPE.under}c"), Action.REFUSE, why=Why(Reason.EXTERNAL))
PLAN = Plan(SCOPE, POLICY, (ONE, REFUSED, TWO))
A, B, C = (change_digest(change, SCOPE, POLICY) for change in (ONE, TWO, REFUSED))


def line(digest: str | None, **given: Any) -> str:
    """A line of an audit log of ``SCOPE``'s environment."""
    said = {
        "change": digest,
        "outcome": "done",
        "time": "2025-06-01T12:00:00Z",
        "principal": "arn:aws:iam::123456789012:role/apply",
        "environment": SCOPE.environment,
        "kind": "secret",
        "name": f"{SCOPE.under}other",
    }
    return json.dumps({**said, **given}) + "\n"


def test_what_was_written_when_and_by_whom() -> None:
    early = line(A, time="2025-06-01T14:00:00+02:00", principal="one")
    late = line(B, time="2025-06-01T13:00:00Z", principal="two")
    noon, one = datetime(2025, 6, 1, 12, tzinfo=UTC), datetime(2025, 6, 1, 13, tzinfo=UTC)
    for logs in ([early, late], [early + late]):
        found = follow(PLAN, logs)
        assert found == Trail({A: ONE, B: TWO}, {A: noon, B: one}, ("one", "two"), ())
        assert found.written[A].tzinfo is UTC
        assert (found.missing, found.last) == ((), one)
    assert follow(PLAN, [late, early]).last == one
    assert follow(PLAN, [late, early]).by == ("two", "one")
    assert follow(PLAN, [line(A), line(B)]).by == ("arn:aws:iam::123456789012:role/apply",)


def test_what_no_log_shows_as_written_is_missing() -> None:
    assert follow(PLAN, []) == Trail({A: ONE, B: TWO}, {}, (), ())
    assert (follow(PLAN, []).missing, follow(PLAN, []).last) == ((ONE, TWO), None)
    assert follow(PLAN, [line(B)]).missing == (ONE,)


def test_what_did_not_end_well_is_not_written() -> None:
    for outcome in ("failed", "begun", None):
        found = follow(PLAN, [line(A, outcome=outcome), line("other", outcome=outcome)])
        assert (found.written, found.by, found.others) == ({}, (), ())
    assert follow(PLAN, [line(A, outcome="failed") + line(A)]).missing == (TWO,)


def test_what_the_same_environment_was_written_by_other_plans() -> None:
    names = [line("x", name="/n"), line("y", name="/m"), line("z", name="/n", kind="parameter")]
    elsewhere = line("x", environment="staging", name="/elsewhere")
    found = follow(PLAN, [*names, names[0], elsewhere, line(None, name="/none")])
    assert found.others == ("secret /n", "secret /m", "parameter /n", "secret /none")
    assert found.written == {}


def test_a_change_that_the_plan_refused_was_written_by_another() -> None:
    assert follow(PLAN, [line(C)]).others == (f"secret {SCOPE.under}other",)


def test_a_line_that_is_cut_off_or_is_no_object_says_nothing() -> None:
    cut = line(A)[:-10] + "\n"
    assert follow(PLAN, [cut + '[1]\n"x"\nnull\n\n' + line(B)]).missing == (ONE,)
