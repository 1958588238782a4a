"""A value of which a plan without a key knows nothing but its ciphertext."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.core.digest import change_digest
from reconciler.core.model import Action, Resource, Source, Value, Write
from tests.core.build import (
    BEGUN,
    OFF,
    POLICY,
    ROTATED,
    ROTATING,
    SCOPE,
    change,
    changes,
    foreign,
    held,
    live,
    parameter,
    plan,
    secret,
)

CIPHERTEXT = "c" * 64


def unknown(rotation: str = "unset", *, take: bool = False) -> Value:
    return Value(Source.GIT, (), None, rotation, take, CIPHERTEXT)


@pytest.mark.parametrize("declared", [secret, parameter])
def test_whether_it_is_another_is_unknown(declared: type[Resource]) -> None:
    kind = declared(value=unknown()).key.kind
    found = change(declared(value=unknown()), live(held("fp-a"), kind=kind))
    assert found.action is Action.UPDATE
    assert found.value is not None
    assert (found.value.write, found.value.fingerprint) == (Write.UNKNOWN, None)
    assert found.value.ciphertext == CIPHERTEXT
    assert found.precondition == {"version": "v1"}


@pytest.mark.parametrize(("rotation", "write"), [("unset", Write.FIRST), ("declared", Write.SEED)])
def test_a_first_one_is_bound_by_its_ciphertext(rotation: str, write: Write) -> None:
    found = change(secret(value=unknown(rotation)))
    assert found.action is Action.CREATE
    assert found.value is not None
    assert (found.value.write, found.value.ciphertext) == (write, CIPHERTEXT)


@pytest.mark.parametrize("rotation", [ROTATING, BEGUN, replace(OFF, pending=True)])
@pytest.mark.parametrize("ruled", ["declared", "none", "unset"])
def test_while_rotation_is_on_nothing_is_written(rotation: object, ruled: str) -> None:
    made = plan(secret(value=unknown(ruled)), live(held("fp-a"), rotation=rotation))  # type: ignore[arg-type]
    assert made.changes == ()
    assert [note.code for note in made.notes] == ["unknown"]


def test_what_rotation_wrote_is_left_alone() -> None:
    assert changes(secret(value=unknown("declared")), live(foreign(), rotation=ROTATING)) == ()
    refused = change(secret(value=unknown()), live(foreign(), rotation=ROTATED))
    assert refused.code == "rotated-before"
    taken = change(secret(value=unknown(take=True)), live(foreign(), rotation=ROTATED))
    assert taken.value is not None
    assert taken.value.write is Write.UNKNOWN


def test_the_ciphertext_is_in_the_digest_and_changes_no_other() -> None:
    found = change(secret(value=unknown()), live(held("fp-a")))
    other = change(secret(value=replace(unknown(), ciphertext="d" * 64)), live(held("fp-a")))
    digests = {change_digest(c, SCOPE, POLICY) for c in (found, other)}
    assert len(digests) == 2
