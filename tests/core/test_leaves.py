"""The leaves of nested mappings and lists: all of them, once, each where its path says."""

from __future__ import annotations

from datetime import date
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.leaves import Path, dotted, fields, is_structured, leaves

scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
)


def test_leaves_stand_in_order_with_their_paths() -> None:
    node = {"b": {"y": 1, "x": None}, "a": ["p", {"k": "q"}]}
    assert list(leaves(node)) == [
        (("b", "y"), 1),
        (("b", "x"), None),
        (("a", 0), "p"),
        (("a", 1, "k"), "q"),
    ]


def test_a_list_is_one_field() -> None:
    node = {"a": {"b": [{"c": 1}], "d": 2}, "e": []}
    assert list(fields(node)) == [(("a", "b"), [{"c": 1}]), (("a", "d"), 2), (("e",), [])]


@pytest.mark.parametrize("node", [None, "", "text", 0, False, b"bytes", date(2025, 3, 1), {}, []])
def test_what_has_nothing_inside_is_a_leaf_wherever_it_stands(node: Any) -> None:
    assert list(leaves(node)) == list(fields(node)) == [((), node)]
    assert list(leaves({"a": [node]})) == [(("a", 0), node)]
    assert list(fields({"a": {"b": node}})) == [(("a", "b"), node)]


def test_mappings_and_lists_of_any_type_are_walked() -> None:
    assert list(leaves(MappingProxyType({"a": (1, 2)}))) == [(("a", 0), 1), (("a", 1), 2)]
    assert is_structured(MappingProxyType({}))
    assert is_structured(())
    assert not any(map(is_structured, (None, "text", b"bytes", 1, 1.5, True, date(2025, 3, 1))))


@given(trees)
def test_each_path_leads_to_its_leaf_and_no_leaf_is_missed(tree: Any) -> None:
    found = list(leaves(tree))
    assert len({path for path, _ in found}) == len(found) == _count(tree)
    for path, leaf in found:
        node = tree
        for part in path:
            node = node[part]
        assert node is leaf
        assert not leaf or not isinstance(leaf, (dict, list))


def test_no_depth_of_nesting_raises() -> None:
    tree: Any = "leaf"
    for _ in range(10_000):
        tree = [{"a": tree}]
    ((path, leaf),) = leaves(tree)
    assert (len(path), leaf) == (20_000, "leaf")


@pytest.mark.parametrize(
    ("path", "text"),
    [((), ""), (("a",), "a"), (("a", "b", 0, 1, "c"), "a.b[0][1].c"), ((2, "a"), "[2].a")],
)
def test_a_path_as_text(path: Path, text: str) -> None:
    assert dotted(path) == text


def _count(tree: Any) -> int:
    inner = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    return sum(map(_count, inner)) or 1
