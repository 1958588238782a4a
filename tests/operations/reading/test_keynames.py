"""Names of keys that differ between two JSON values."""

from __future__ import annotations

import json
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.kinds.differing import differing
from reconciler.values.sensitive import Sensitive

JSON = st.recursive(
    st.text(max_size=5) | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)


def names(before: object, after: object) -> list[str] | None:
    def sealed(content: object) -> Sensitive[str]:
        return Sensitive(content if isinstance(content, str) else json.dumps(content))

    found = differing(sealed(before), sealed(after))
    if found is None:
        return None
    marks = {(None, True): "+", (True, None): "-", (True, True): "~"}
    return [f"{marks[bool(k.before) or None, bool(k.after) or None]}{k.name}" for k in found]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": "1"}, {"a": "1"}, []),
        ({"a": "1"}, {"a": "2"}, ["~a"]),
        ({"a": "1"}, {"b": "1"}, ["-a", "+b"]),
        ({"a": {"b": "1", "c": "2"}}, {"a": {"b": "1", "c": "3"}}, ["~a.c"]),
        ({"a": {"b": "1"}}, {"a": "1"}, ["+a", "-a.b"]),
        ({"a": 1}, {"a": True}, ["~a"]),
        ({"a": 1}, {"a": 1.0}, ["~a"]),
        ({"a": []}, {"a": {}}, ["~a"]),
        ({"a": "x"}, '{"a":   "x"}', []),
        ({}, {"a": "1"}, ["+a"]),
        ({}, {"": {}}, ['+""']),
        ({"a.b": "1"}, {"a": {"b": "1"}}, ["+a.b", '-"a.b"']),
        ({"a": "x"}, "text", None),
        ("[1]", {"a": "x"}, None),
        ("text", "other", None),
        ("[" * 100_000, {"a": "x"}, None),
    ],
)
def test_names(before: object, after: object, expected: list[str] | None) -> None:
    assert names(before, after) == expected


@given(st.dictionaries(st.text(max_size=4), JSON), st.dictionaries(st.text(max_size=4), JSON))
def test_nothing_is_named_where_they_are_the_same_and_something_where_not(
    before: dict[str, object], after: dict[str, object]
) -> None:
    assert names(before, before) == []
    same = json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)
    assert (names(before, after) == []) is same


def test_bytes_have_no_keys_and_nothing_is_raised() -> None:
    try:
        assert differing(Sensitive(b'{"a": 1}'), Sensitive('{"a": 2}')) is None
    except Exception:
        pytest.fail(traceback.format_exc())
