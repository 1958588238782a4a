"""The stamp in a parameter's description: written, found again, and not to be forged."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.core.digest import content_digest
from reconciler.kinds.parameter.declare import Declaration, check
from reconciler.kinds.parameter.stamp import LENGTH, LIMIT, join, make, split
from tests.core.build import KEYS, NAME, SCOPE, fingerprinter

TRUST = fingerprinter()
FP, SPEC = "0f" * 28, content_digest(None)
STAMP = make(NAME, "String", FP, SPEC, 3, TRUST)


def test_a_stamp_has_the_documented_form():
    assert str(STAMP) == f"[r1:3:{TRUST.kid}:{FP}:{SPEC}:{STAMP.own}]"
    assert len(STAMP.own) == 32


@given(st.none() | st.text(min_size=1))
@example("ends in a space ")
@example("ends in a line\n")
@example(f"quotes another: {STAMP}")
@example("[r1:1:x]")
def test_a_description_comes_back_as_people_wrote_it(description):
    assert split(join(description, STAMP)) == (description, STAMP)


@given(st.text())
def test_a_description_without_a_stamp_is_left_as_it_is(text):
    assert split(text) == (text or None, None)


@pytest.mark.parametrize("nothing", [None, ""])
def test_no_description_is_none(nothing):
    assert split(nothing) == (None, None)


@pytest.mark.parametrize(
    "damaged",
    [
        f"{STAMP} and more",
        f"{STAMP}\n",
        str(STAMP)[:-1],
        str(STAMP).replace("r1", "r2"),
        str(STAMP).replace(":3:", ":0:"),
        str(STAMP).replace(":3:", "::"),
        str(STAMP).upper(),
    ],
)
def test_a_damaged_stamp_is_text(damaged):
    assert split(damaged) == (damaged, None)


def test_a_stamp_is_ours_where_it_was_made():
    assert STAMP.is_ours(NAME, "String", TRUST)


def test_a_stamp_is_ours_while_its_key_is_in_the_environment():
    old = make(NAME, "String", FP, SPEC, 3, fingerprinter(KEYS[1]))
    assert old.is_ours(NAME, "String", fingerprinter(*KEYS))
    assert not old.is_ours(NAME, "String", TRUST)


@pytest.mark.parametrize(
    ("name", "type_"), [(NAME + "x", "String"), (NAME, "SecureString"), (NAME, "StringList")]
)
def test_a_stamp_copied_to_another_parameter_or_type_is_not_ours(name, type_):
    assert not STAMP.is_ours(name, type_, TRUST)


@pytest.mark.parametrize(
    "forged",
    [
        {"version": 4},
        {"fingerprint": "1f" * 28},
        {"spec": "1" * 16},
        {"own": "0" * 32},
        {"kid": "000000"},
    ],
    ids=lambda forged: next(iter(forged)),
)
def test_a_stamp_with_a_part_replaced_is_not_ours(forged):
    assert not replace(STAMP, **forged).is_ours(NAME, "String", TRUST)


@pytest.mark.parametrize("change", [{"owner": "x"}, {"environment": "x"}, {"account": "1" * 12}])
def test_a_stamp_of_another_owner_is_not_ours(change):
    assert not STAMP.is_ours(NAME, "String", fingerprinter(scope=replace(SCOPE, **change)))


def test_the_longest_description_fits_with_the_longest_stamp():
    longest = make(NAME, "String", FP, SPEC, 9_999_999_999, TRUST)
    assert len(f" {longest}") == LENGTH
    allowed = "x" * (LIMIT - LENGTH)
    assert check(Declaration(plaintext="v", description=allowed), has_value=False) == []
    assert len(join(allowed, longest)) == LIMIT == 1024
    assert split(join(allowed, longest)) == (allowed, longest)


def test_a_longer_description_is_refused_with_the_room_that_there_is():
    longer = Declaration(plaintext="v", description="x" * (LIMIT - LENGTH + 1))
    (flaw,) = check(longer, has_value=False)
    assert (flaw.code, flaw.field) == ("too-long", ("description",))
    assert "894" in flaw.message
