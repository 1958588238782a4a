"""Fingerprints: version ids, proofs and bindings that only this environment's keys can make."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.values.sensitive import Sensitive, Token, frame, parse_token, public
from tests.core.build import KEYS, NAME, SCOPE, fingerprinter

OLD, BOTH = fingerprinter(KEYS[1]), fingerprinter(*KEYS)
NEW = fingerprinter(KEYS[0])
VALUE = Sensitive("correct horse")
parts = st.lists(st.text() | st.binary(), max_size=5)
SCOPES = [replace(SCOPE, account="210987654321"), replace(SCOPE, region="eu-west-1")]


# --- frame ----------------------------------------------------------------------------------------


def bytes_of(part: str | bytes) -> bytes:
    return part.encode() if isinstance(part, str) else part


@given(parts, parts)
def test_no_two_lists_of_parts_have_one_frame(one, other):
    same = list(map(bytes_of, one)) == list(map(bytes_of, other))
    assert (frame(*one) == frame(*other)) is same


@given(parts)
def test_a_frame_can_be_taken_apart(given_parts):
    data, found = frame(*given_parts), []
    while data:
        length = int.from_bytes(data[:8], "big")
        found.append(data[8 : 8 + length])
        data = data[8 + length :]
    assert found == list(map(bytes_of, given_parts))


def test_moving_a_byte_from_one_part_to_the_next_changes_the_frame():
    assert (
        len({frame("ab", "c"), frame("a", "bc"), frame("abc"), frame("abc", ""), frame("", "abc")})
        == 5
    )


# --- version ids ----------------------------------------------------------------------------------


def test_a_version_id_names_its_key_and_has_the_length_that_aws_allows():
    (token,) = NEW.secret_tokens(NAME, VALUE)
    assert re.fullmatch(rf"r1{NEW.kid}[0-9a-f]{{56}}", token)
    assert parse_token(token) == Token(generated=False, kid=NEW.kid)
    assert re.fullmatch(r"[0-9a-f]{6}", NEW.kid)


def test_the_same_value_has_the_same_id_in_every_release():
    # Whoever changes these writes a new version of every secret and parameter of every user.
    assert NEW.secret_tokens(NAME, VALUE) == (
        "r112e250d41531cc92e5cffe9c287b724eb543dbc290cfe47dc8967d479e90a3",
    )
    assert NEW.parameter_fingerprints(NAME, "String", VALUE) == (
        "abfe26ef1c10279450b306ba26c839fc54d46d15829d6e12acb79a7c",
    )
    assert NEW.secret_tokens(NAME, Sensitive(b"\x00")) == (
        "r112e250beac4471d690b51f5d63c295925b038f27b6c001e56f5faf88b2055d",
    )
    assert NEW.generated_token(NAME, "0" * 24) == (
        "g112e250000000000000000000000000fcf749975e2cd2ad9f2f763ef7547cc4"
    )
    assert NEW.proof(NAME) == "12e250ccec019f01920ad870e5a0b7d623147d"
    assert public("x") == "ca60d91bd616a7d6e13216d094ea7cf3970ac747f9a9dfb53e21f7800ad150fb"


def test_each_key_gives_another_id_in_the_order_of_the_keys():
    assert BOTH.kids == (NEW.kid, OLD.kid)
    assert BOTH.kid == NEW.kid
    expected = NEW.secret_tokens(NAME, VALUE) + OLD.secret_tokens(NAME, VALUE)
    assert BOTH.secret_tokens(NAME, VALUE) == expected
    assert len(set(expected)) == 2


@pytest.mark.parametrize(
    ("trust", "name", "content"),
    [
        (NEW, NAME + "x", VALUE),
        (NEW, NAME, Sensitive("another")),
        (NEW, NAME, Sensitive(b"correct horse")),
        *((fingerprinter(scope=scope), NAME, VALUE) for scope in SCOPES),
    ],
    ids=["name", "value", "binary", "account", "region"],
)
def test_whatever_differs_gives_another_version_id(trust, name, content):
    assert trust.secret_tokens(name, content) != NEW.secret_tokens(NAME, VALUE)


def test_a_version_id_does_not_depend_on_who_owns_the_secret():
    renamed = fingerprinter(scope=replace(SCOPE, owner="x", environment="y", prefix="/z"))
    assert renamed.secret_tokens(NAME, VALUE) == NEW.secret_tokens(NAME, VALUE)


@pytest.mark.parametrize(
    "other",
    ["", "EXAMPLE1-90ab-cdef-fedc-ba987EXAMPLE", "x1" + "0" * 62, "r1" + "0" * 61, "r1" + "0" * 63,
     "r1" + "G" * 62, "r1" + "A" * 62, "r1G" + "0" * 61, "r1" + "0" * 61 + "X", "r2" + "0" * 62],
)  # fmt: skip
def test_a_version_id_of_another_form_is_not_ours(other):
    assert parse_token(other) is None


@given(st.text(min_size=1), st.text(min_size=1))
def test_values_that_differ_have_different_ids(one, other):
    tokens = [NEW.secret_tokens(NAME, Sensitive(text)) for text in (one, other)]
    prints = [NEW.parameter_fingerprints(NAME, "String", Sensitive(text)) for text in (one, other)]
    assert (tokens[0] == tokens[1]) is (prints[0] == prints[1]) is (one == other)


# --- generated ------------------------------------------------------------------------------------


def test_a_generated_id_is_recognised_and_is_another_each_time():
    one, two = NEW.generated_token(NAME), NEW.generated_token(NAME)
    assert one != two
    for token in (one, two):
        assert re.fullmatch(rf"g1{NEW.kid}[0-9a-f]{{56}}", token)
        assert parse_token(token) == Token(generated=True, kid=NEW.kid)
        assert NEW.is_generated(NAME, token)


def test_a_generated_id_is_recognised_under_an_old_key():
    assert BOTH.is_generated(NAME, OLD.generated_token(NAME))
    assert BOTH.generated_token(NAME)[2:8] == NEW.kid


@given(st.integers(min_value=8, max_value=63))
def test_a_generated_id_with_one_digit_changed_is_not_ours(position):
    token = NEW.generated_token(NAME, "0" * 24)
    digit = "1" if token[position] != "1" else "2"
    assert not NEW.is_generated(NAME, token[:position] + digit + token[position + 1 :])


@pytest.mark.parametrize("scope", SCOPES)
def test_a_generated_id_of_elsewhere_is_not_ours(scope):
    assert not NEW.is_generated(NAME, fingerprinter(scope=scope).generated_token(NAME))


def test_a_generated_id_is_ours_for_one_name_and_key_only():
    assert not NEW.is_generated(NAME + "x", NEW.generated_token(NAME))
    assert not NEW.is_generated(NAME, OLD.generated_token(NAME))
    assert not NEW.is_generated(NAME, NEW.secret_tokens(NAME, VALUE)[0])
    assert not NEW.is_generated(NAME, "anything")


# --- parameters -----------------------------------------------------------------------------------


def test_a_parameter_s_fingerprint_is_of_its_type_as_well():
    prints = {
        NEW.parameter_fingerprints(NAME, type_, VALUE) for type_ in ("String", "SecureString")
    }
    assert len(prints) == 2
    assert all(re.fullmatch(r"[0-9a-f]{56}", fingerprint) for (fingerprint,) in prints)


def test_no_digest_can_be_passed_off_as_another():
    digests = [
        NEW.secret_tokens(NAME, VALUE)[0][8:],
        NEW.parameter_fingerprints(NAME, "String", VALUE)[0],
        NEW.stamp_digest(NAME, "String", "f", "s", 1),
        NEW.proof(NAME)[6:],
        NEW.bound(NAME, "v", "f").split(":")[2][6:],
        NEW.generated_token(NAME, "0" * 24)[32:],
    ]
    assert len({digest[:32] for digest in digests}) == len(digests)


@pytest.mark.parametrize(
    "other",
    [
        ("x", "String", "f", "s", 1),
        (NAME, "SecureString", "f", "s", 1),
        (NAME, "String", "g", "s", 1),
        (NAME, "String", "f", "t", 1),
        (NAME, "String", "f", "s", 2),
    ],
)
def test_a_stamp_proves_every_part_of_it(other):
    assert NEW.stamp_digest(*other) != NEW.stamp_digest(NAME, "String", "f", "s", 1)


@pytest.mark.parametrize(
    "change", [{"owner": "x"}, {"environment": "x"}, {"account": "1"}, {"region": "x"}]
)
def test_a_stamp_and_a_proof_are_of_one_owner_and_place(change):
    other = fingerprinter(scope=replace(SCOPE, **change))
    stamp = (NAME, "String", "f", "s", 1)
    assert other.stamp_digest(*stamp) != NEW.stamp_digest(*stamp)
    assert not other.is_proof(NAME, NEW.proof(NAME))


def test_a_stamp_can_be_checked_under_an_old_key_and_not_under_an_unknown_one():
    stamp = (NAME, "String", "f", "s", 1)
    assert BOTH.stamp_digest(*stamp, kid=OLD.kid) == OLD.stamp_digest(*stamp)
    assert NEW.stamp_digest(*stamp, kid=OLD.kid) is None


# --- proofs and bindings --------------------------------------------------------------------------


def test_a_proof_holds_under_an_old_key_and_for_one_name():
    assert NEW.is_proof(NAME, NEW.proof(NAME))
    assert BOTH.is_proof(NAME, OLD.proof(NAME))
    assert not NEW.is_proof(NAME, OLD.proof(NAME))
    assert not NEW.is_proof(NAME + "x", NEW.proof(NAME))


@pytest.mark.parametrize(
    "forged", ["", "x", NEW.kid, NEW.kid + "0" * 32, NEW.proof(NAME)[:-1], "é" * 38]
)
def test_a_forged_proof_is_none(forged):
    assert not NEW.is_proof(NAME, forged)


def test_a_binding_says_what_a_version_holds_and_under_which_key():
    fingerprint = public("x")
    tag = OLD.bound(NAME, "v1", fingerprint)
    assert tag.startswith(f"v1:{fingerprint[:32]}:")
    assert BOTH.binding(NAME, "v1", tag) == (fingerprint[:32], OLD.kid)
    assert BOTH.binding(NAME, "v1", NEW.bound(NAME, "v1", fingerprint)) == (
        fingerprint[:32],
        NEW.kid,
    )


def test_a_binding_fits_into_a_tag_even_for_the_longest_version_id():
    assert len(NEW.bound(NAME, "v" * 64, public("x"))) <= 256


@pytest.mark.parametrize(
    ("name", "version", "tag"),
    [
        (NAME, "v2", NEW.bound(NAME, "v1", "f" * 64)),  # of another version
        (NAME, "v2", "v2" + NEW.bound(NAME, "v1", "f" * 64)[2:]),  # moved to another version
        ("x", "v1", NEW.bound(NAME, "v1", "f" * 64)),  # copied to another secret
        (NAME, "v1", NEW.bound(NAME, "v1", "f" * 64).replace("f" * 32, "e" * 32)),
        (NAME, "v1", OLD.bound(NAME, "v1", "f" * 64)),  # a key that we do not have
        (NAME, "v1", ""),
        (NAME, "v1", "v1:ff"),
        (NAME, "v1", "v1:ff:00:00"),
    ],
)
def test_a_binding_that_is_not_ours_says_nothing(name, version, tag):
    assert NEW.binding(name, version, tag) is None


# --- what may be public ---------------------------------------------------------------------------


def test_what_plans_hold_is_not_the_version_id_and_leads_to_no_part_of_it():
    (token,) = NEW.secret_tokens(NAME, VALUE)
    shown = public(token)
    assert re.fullmatch(r"[0-9a-f]{64}", shown)
    assert shown != token
    assert token[8:] not in shown
    assert public(token[:-1]) != shown


def test_a_fingerprinter_does_not_show_its_keys():
    assert repr(BOTH) == f"Fingerprinter(kids={BOTH.kids})"
    assert not any(key in repr(vars(BOTH)) for key in KEYS)
