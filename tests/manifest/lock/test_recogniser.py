"""Without the keys, what is ours is recognised by its form, and just as with them."""

from __future__ import annotations

import pytest

from reconciler.aws.recogniser import Recogniser, UnverifiedRecogniser
from reconciler.core.model import Scope
from reconciler.kinds.parameter import stamp
from reconciler.values.sensitive import Fingerprinter, Sensitive, public

SCOPE = Scope("production", "123456789012", "us-west-2", "/a", "team")
NAME = "/a/db"
BOTH = Fingerprinter([Sensitive("aa" * 32), Sensitive("bb" * 32)], SCOPE)
SECOND = Fingerprinter([Sensitive("bb" * 32)], SCOPE)
FOREIGN = Fingerprinter([Sensitive("cc" * 32)], SCOPE)
KEYLESS = UnverifiedRecogniser(BOTH.kids)
ALL: tuple[Recogniser, ...] = (BOTH, KEYLESS)


def test_keyless_knows_the_same_keys() -> None:
    assert KEYLESS.kids == BOTH.kids
    assert KEYLESS.kid == BOTH.kid


@pytest.mark.parametrize("writer", [BOTH, SECOND])
def test_what_we_wrote_is_recognised_with_and_without_keys(writer: Fingerprinter) -> None:
    print_ = public("anything")
    mark = stamp.make(NAME, "String", "ab" * 28, "0" * 16, 3, writer)
    for trust in ALL:
        assert trust.is_proof(NAME, writer.proof(NAME))
        assert trust.is_generated(NAME, writer.generated_token(NAME))
        assert trust.binding(NAME, "v1", writer.bound(NAME, "v1", print_)) == (
            print_[:32],
            writer.kid,
        )
        assert mark.is_ours(NAME, "String", trust)


def test_what_others_wrote_is_not_recognised() -> None:
    mark = stamp.make(NAME, "String", "ab" * 28, "0" * 16, 3, FOREIGN)
    for trust in ALL:
        assert not trust.is_proof(NAME, FOREIGN.proof(NAME))
        assert not trust.is_generated(NAME, FOREIGN.generated_token(NAME))
        assert trust.binding(NAME, "v1", FOREIGN.bound(NAME, "v1", "f" * 64)) is None
        assert not mark.is_ours(NAME, "String", trust)


@pytest.mark.parametrize(
    "tag",
    ["", "v1", "v1:short", "v2:" + "f" * 32 + ":" + BOTH.kid + "0" * 32,
     "v1:" + "f" * 31 + ":" + BOTH.kid + "0" * 32, "v1:" + "f" * 32 + ":" + BOTH.kid + "0" * 31,
     "v1:" + "f" * 32 + ":" + BOTH.kid + "g" * 32, "v1:" + "f" * 32 + ":" + BOTH.kid + "0" * 33],
)  # fmt: skip
def test_what_is_malformed_binds_nothing(tag: str) -> None:
    for trust in ALL:
        assert trust.binding(NAME, "v1", tag) is None


@pytest.mark.parametrize("proof", ["", BOTH.kid, BOTH.kid + "0" * 31, BOTH.kid + "x" * 32])
def test_what_is_malformed_proves_nothing(proof: str) -> None:
    for trust in ALL:
        assert not trust.is_proof(NAME, proof)


def test_a_forgery_is_taken_at_its_word_without_keys_and_not_with_them() -> None:
    forged = BOTH.kid + "0" * 32
    generated = "g1" + BOTH.kid + "0" * 56
    assert KEYLESS.is_proof(NAME, forged)
    assert not BOTH.is_proof(NAME, forged)
    assert KEYLESS.is_generated(NAME, generated)
    assert not BOTH.is_generated(NAME, generated)
    assert KEYLESS.binding(NAME, "v", f"v:{'f' * 32}:{forged}")
    assert BOTH.binding(NAME, "v", f"v:{'f' * 32}:{forged}") is None
