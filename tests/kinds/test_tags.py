"""Tags: the marks by which we know our own, and AWS's rules for the others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.kinds import tags

allowed = st.text(alphabet="abzAZ019 _.:/=+-@éß", min_size=1, max_size=20)


@given(st.frozensets(allowed))
def test_the_keys_that_we_set_are_remembered(keys):
    assert tags.decode_keys(tags.encode_keys(keys)) == keys


@given(st.frozensets(allowed, max_size=3))
def test_what_remembers_them_is_a_tag_that_aws_allows(keys):
    assert tags.flaws({"x": tags.encode_keys(keys)}) == []


@pytest.mark.parametrize("key", ["=20", "a =3D b", "=3D20", "=", " ", "==", "=3=20D"])
def test_keys_that_look_like_escapes_are_remembered(key):
    assert tags.decode_keys(tags.encode_keys([key, "other"])) == {key, "other"}


def test_nothing_is_remembered_where_there_is_nothing():
    assert tags.encode_keys([]) == ""
    assert tags.decode_keys("") == frozenset()


@given(st.dictionaries(allowed, allowed))
def test_aws_s_form_and_ours_are_the_same(mapping):
    listed = tags.to_list(mapping)
    assert tags.from_list(listed) == mapping
    assert [tag["Key"] for tag in listed] == sorted(mapping)


def test_no_tags_and_a_tag_without_value():
    assert tags.from_list(None) == {}
    assert tags.from_list([{"Key": "a"}]) == {"a": ""}


def test_only_declared_tags_and_those_that_we_set_are_managed():
    live = {"a": "1", "b": "2", "c": "3", tags.KEYS: "b gone"}
    assert tags.managed(live, ["a"]) == {"a": "1", "b": "2"}
    assert tags.managed({"a": "1"}, ()) == {}


@given(st.dictionaries(st.sampled_from(["replicas", "resource_policy"]), st.just("0f" * 8)))
def test_recorded_digests_come_back(digests):
    assert tags.decode_spec(tags.encode_spec(digests)) == digests


def test_anything_else_in_the_mark_is_ignored():
    assert tags.decode_spec("replicas= x resource_policy=ff") == {"resource_policy": "ff"}


BAD = {
    "empty key": {"": "x"},
    "long key": {"k" * 129: "x"},
    "aws": {"aws:x": "y"},
    "AWS": {"AWS:x": "y"},
    "a mark of ours": {"reconciler:owner": "me"},
    "long value": {"k": "v" * 257},
    "character in a key": {"a,b": "x"},
    "character in a value": {"a": "x;y"},
    "line": {"a": "x\ny"},
    "tab": {"a\tb": "x"},
    "space that splits words and is not one": {"a\u00a0b": "x"},
    "too many": {f"k{n}": "" for n in range(45)},
    "too long together": {f"{'k' * 60}{n}": "" for n in range(5)},
}


@pytest.mark.parametrize("declared", BAD.values(), ids=BAD)
def test_what_aws_or_a_mark_does_not_allow_is_a_flaw(declared):
    found = tags.flaws(declared)
    assert len(found) == 1
    assert found[0].code == "tag"
    assert found[0].field[0] == "tags"


@pytest.mark.parametrize(
    "declared",
    [
        {},
        {"k" * 128: "v" * 256},
        {"Team Name": "a_b.c:d/e=f+g-h@i"},
        {f"k{n}": "" for n in range(50 - tags.MARKS)},
    ],
)
def test_what_aws_allows_is_no_flaw(declared):
    assert tags.flaws(declared) == []
