"""The digests that marks and version ids hold: the same in every release, and of one thing alone.

Whoever changes one of these makes what every release before wrote look like somebody else's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from reconciler.values.sensitive import Fingerprinter, Sensitive
from tests.core.build import KEYS, NAME, SCOPE, fingerprinter

OLD, BOTH, NEW = fingerprinter(KEYS[1]), fingerprinter(*KEYS), fingerprinter(KEYS[0])
TEXT = Sensitive('{"host":"x"}')
STAMP = (NAME, "String", "f" * 56, "0" * 16, 3)

PINNED: dict[str, tuple[Callable[[Fingerprinter], object], object]] = {
    "a value": (
        lambda f: f.secret_tokens(NAME, TEXT)[0],
        "r112e2502caa278ab8d672c5cd73af538fe8183eccf5d8b48abbd0bccb96b072",
    ),
    "a value of bytes": (
        lambda f: f.secret_tokens(NAME, Sensitive(b"\xff"))[0],
        "r112e250dca75dcaa1872f55bdf81814b7cf73b7a68886f2c818987f2c5dc09e",
    ),
    "a generated value": (
        lambda f: f.generated_token(NAME, "0" * 24),
        "g112e250000000000000000000000000fcf749975e2cd2ad9f2f763ef7547cc4",
    ),
    "a parameter": (
        lambda f: f.parameter_fingerprints(NAME, "String", TEXT)[0],
        "d27e4b463e4c37a3521f7c08e8f7f1ff5d7e0cb8d14370f3f04ff170",
    ),
    "a stamp": (
        lambda f: f.stamp_digest(*STAMP),
        "23df33dec573e05f33f1419898e1dc8f",
    ),
    "an owner": (
        lambda f: f.proof(NAME),
        "12e250ccec019f01920ad870e5a0b7d623147d",
    ),
    "what was applied": (
        lambda f: f.applied(NAME, "all"),
        "12e250ed9eac715d6831e6fd1d6c1fa9030e5b",
    ),
    "a record": (
        lambda f: f.record(3, "{}"),
        "12e25016f184ff74960253bda05ee49a53df64",
    ),
    "a binding": (
        lambda f: f.bound(NAME, "v1", "f" * 56),
        "v1:ffffffffffffffffffffffffffffffff:12e25079bef1cf88a1ca3c07511b427bcb2c04",
    ),
    "keys that git owns": (
        lambda f: f.key_marks(NAME, TEXT)[0],
        "12e250e768327acf4a9d497caebddebb39a280767ba5c97738a5afe3075550",
    ),
    "a value with them": (
        lambda f: f.merged_token(NAME, TEXT),
        "k112e250cc34008c2f1918fe99f46501e3568d090c12af6607214d557df4c984",
    ),
    "a copy": (
        lambda f: f.copied_token(NAME, "other", "v1"),
        "c112e2507b6e1656a7935c0fd4cdf1ce809840c474e6ebef2f23baba6f32c78c",
    ),
}


@pytest.mark.parametrize(("digest", "pinned"), PINNED.values(), ids=PINNED)
def test_a_digest_is_the_same_in_every_release(
    digest: Callable[[Fingerprinter], object], pinned: object
) -> None:
    assert digest(NEW) == digest(BOTH) == pinned
    assert digest(OLD) != pinned
    for other in (replace(SCOPE, account="210987654321"), replace(SCOPE, region="eu-west-1")):
        assert digest(fingerprinter(KEYS[0], scope=other)) != pinned


EACH: list[Callable[[Fingerprinter], tuple[str, ...]]] = [
    lambda f: f.secret_tokens(NAME, TEXT),
    lambda f: f.parameter_fingerprints(NAME, "String", TEXT),
    lambda f: f.key_marks(NAME, TEXT),
]


@pytest.mark.parametrize("made", EACH)
def test_there_is_one_under_every_key(made: Callable[[Fingerprinter], tuple[str, ...]]) -> None:
    assert made(BOTH) == made(NEW) + made(OLD)


RECOGNISED: dict[str, Callable[[Fingerprinter, Fingerprinter], list[bool]]] = {
    "a generated value": lambda by, f: [
        by.is_generated(NAME, f.generated_token(NAME)),
        by.is_generated("other", f.generated_token(NAME)),
        by.is_generated(NAME, f.secret_tokens(NAME, TEXT)[0]),
        by.is_generated(NAME, "v1"),
    ],
    "a stamp": lambda by, f: [
        by.is_stamp(*STAMP, f.kid, str(f.stamp_digest(*STAMP))),
        by.is_stamp(*STAMP, f.kid, "0" * 32),
        by.is_stamp(*STAMP[:4], 4, f.kid, str(f.stamp_digest(*STAMP))),
    ],
    "an owner": lambda by, f: [
        by.is_proof(NAME, f.proof(NAME)),
        by.is_proof("other", f.proof(NAME)),
    ],
    "what was applied": lambda by, f: [
        by.is_applied(NAME, "all", f.applied(NAME, "all")),
        by.is_applied("other", "all", f.applied(NAME, "all")),
        by.is_applied(NAME, "more", f.applied(NAME, "all")),
    ],
    "a record": lambda by, f: [
        by.is_record(3, "{}", f.record(3, "{}")),
        by.is_record(4, "{}", f.record(3, "{}")),
        by.is_record(3, "[]", f.record(3, "{}")),
    ],
    "a binding": lambda by, f: [
        by.binding(NAME, "v1", f.bound(NAME, "v1", "f" * 56)) == ("f" * 32, f.kid),
        by.binding("other", "v1", f.bound(NAME, "v1", "f" * 56)) is not None,
        by.binding(NAME, "v2", f.bound(NAME, "v1", "f" * 56)) is not None,
        by.binding(NAME, "v2", f.bound(NAME, "v1", "f" * 56).replace("v1", "v2")) is not None,
        by.binding(NAME, "v1", f.bound(NAME, "v1", "f" * 56) + ":") is not None,
    ],
}


@pytest.mark.parametrize("recognised", RECOGNISED.values(), ids=RECOGNISED)
def test_only_what_is_of_this_thing_under_a_known_key_is_recognised(
    recognised: Callable[[Fingerprinter, Fingerprinter], list[bool]],
) -> None:
    for by, made in ((NEW, NEW), (BOTH, NEW), (BOTH, OLD)):
        first, *others = recognised(by, made)
        assert first
        assert not any(others)
    assert not any(recognised(NEW, OLD))
