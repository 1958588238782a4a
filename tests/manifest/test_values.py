"""Decrypted values: their form has to be the one that was read from the ciphertext."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.manifest.encrypted import Shape
from reconciler.manifest.values import contents, fingerprint_keys
from reconciler.values.sensitive import Sensitive
from tests.canary import CANARY


def decrypted(tree: Any) -> Sensitive[bytes]:
    return Sensitive(json.dumps(tree).encode())


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (CANARY, False),
        ("", True),
        (5, True),
        (None, True),
        (True, True),
        ({"a": CANARY}, True),
        (CANARY, {"a": True}),
        ({"a": CANARY, "b": CANARY}, {"a": True}),
        ({"a": CANARY}, {"a": True, "b": True}),
        ({"a": {"b": 1}}, {"a": {"b": True}}),
        ({"a": [CANARY]}, {"a": [True, True]}),
        ({"a": CANARY}, {"a": [True]}),
        ({"a": [1]}, {"a": [True]}),
        ("\ud800", True),
    ],
)
def test_a_value_of_another_form_is_refused(value: Any, shape: Shape) -> None:
    tree = decrypted({"secrets": {"x": {"value": value}}})
    ((content, flaws),) = contents(tree, {("secrets", "x"): shape}).values()
    assert content is None
    assert {flaw.code for flaw in flaws} == {"sops-differs"}
    assert CANARY not in str(flaws)


@pytest.mark.parametrize("tree", [{}, {"secrets": []}, {"secrets": {"x": CANARY}}, [], None])
def test_a_value_that_is_missing_is_refused(tree: Any) -> None:
    ((content, flaws),) = contents(decrypted(tree), {("secrets", "x"): True}).values()
    assert content is None
    assert [flaw.code for flaw in flaws] == ["sops-differs"]


def test_what_is_no_json_is_refused() -> None:
    wanted: dict[tuple[str, str], Shape] = {("secrets", "x"): True}
    ((content, flaws),) = contents(Sensitive(f"{{{CANARY}".encode()), wanted).values()
    assert content is None
    assert CANARY not in str(flaws)


@pytest.mark.parametrize("keys", [None, [], "5f" * 32, ["5f" * 32, "6f" * 32]])
def test_fingerprint_keys_of_another_form(keys: Any) -> None:
    found, flaws = fingerprint_keys(decrypted({"fingerprint_keys": keys}), 1)
    assert found == []
    assert [flaw.code for flaw in flaws] == ["sops-differs"]
