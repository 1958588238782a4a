"""What a plan says to people, word for word: changing it is a decision, not an accident."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.core.model import FieldChange, Live, Resource
from reconciler.core.reasons import Reason
from reconciler.render import reasons
from tests.core.build import (
    BEGUN,
    OFF,
    PRUNING,
    ROTATED,
    ROTATING,
    change,
    foreign,
    held,
    live,
    parameter,
    plan,
    secret,
    value,
)

Things = tuple[Resource | Live, ...]
NEW, DECLARED = secret(value=value()), secret(value=value(rotation="declared"))
TAKEN = secret(value=value(rotation="none", take=True))
FIXED = ("type", "tier")
LOWERED = live(held(), kind="parameter", type="String", tier="Advanced", fixed=FIXED)
RAISED = parameter(value=value(), type="SecureString", tier="Standard")

REFUSALS: dict[str, tuple[Things, str, str]] = {
    "not creatable": (
        (secret(uncreatable=Reason.NOT_CREATABLE),),
        "it does not exist, and it has a rotation and no value to begin with",
        "give it a `value` or `generate`, or create it and adopt it",
    ),
    "external": (
        (secret(uncreatable=Reason.EXTERNAL),),
        "it does not exist, and it is declared `external`: somebody else has to create it",
        "let its owner create it; or give it a `value` or `generate`",
    ),
    "needs a replace": (
        (RAISED, LOWERED),
        "AWS does not change its `tier` and `type` in place",
        "`replace: true` allows to delete and create it: its history and labels are lost",
    ),
    "rotated before": (
        (NEW, live(foreign(), rotation=ROTATED)),
        "rotation wrote the live value, or may have, and git never writes over it",
        "put the `rotation` back, or write `take: git` to let git take the value over",
    ),
    "a rotation has begun": (
        (NEW, live(held("fp-b"), rotation=replace(OFF, pending=True))),
        "a rotation has begun and has not ended: AWSPENDING and AWSCURRENT are on different"
        " versions",
        "wait for it, or end it; a value written now would abandon it",
    ),
    "taken while rotation is on": (
        (TAKEN, live(foreign(), rotation=ROTATING)),
        "`take: git` waits: rotation is still on, and while it is, rotation owns the value",
        "write `rotation: none` and apply that first",
    ),
    "another seed": (
        (DECLARED, live(held("fp-b"), rotation=ROTATING)),
        "the value in the manifest differs from the one that rotation began with, and rotation"
        " owns the value",
        "put the old value back, or rotate the secret to get a new one",
    ),
    "rotation dropped": (
        (NEW, live(foreign(), rotation=ROTATING)),
        "rotation is on, the manifest has no rotation any more, and git does not write over what"
        " rotation owns",
        "put the `rotation` back; or write `rotation: none`, apply that, and then `take: git`",
    ),
    "rotation dropped before it ran": (
        (NEW, live(held("fp-b"), rotation=BEGUN)),
        "rotation is on, the manifest has no rotation any more, and git does not write over what"
        " rotation owns",
        "put the `rotation` back; or write `rotation: none`, apply that, and then `take: git`",
    ),
}


@pytest.mark.parametrize(("things", "reason", "hint"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_says_why_and_what_to_do(things, reason, hint):
    found = change(*things)
    assert (reasons.reason(found.why), reasons.hint(found.why)) == (reason, hint)


def test_a_replace_says_why_for_each_field_that_forces_it():
    found = change(replace(RAISED, replace=True), LOWERED)
    assert reasons.why(found) == "AWS does not change its `tier` and `type` in place"


def test_a_prune_says_why_and_what_is_lost_in_order():
    found = change(live(held(), tags={"a": "b"}, description="x"), policy=PRUNING)
    assert reasons.why(found) == "it is owned and no longer declared"
    assert found.fields == (
        FieldChange("description", "x", None),
        FieldChange("tags", {"a": "b"}, None),
    )


def test_what_is_kept_says_why():
    (note,) = plan(live(held())).notes
    assert reasons.note(note) == (
        "owned and no longer declared; kept, because the environment says `prune: false`"
    )
