"""Whether what remains of a change is what was reviewed: each condition by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.core.model import (
    Action,
    Change,
    FieldChange,
    Key,
    LiveValue,
    Origin,
    Ownership,
    ValueChange,
    Write,
)
from reconciler.core.review import continues, explain, in_effect
from tests.core.build import (
    NAME,
    foreign,
    held,
    live,
    unmarked,
)

SECRET = Key("secret", NAME)


def update(*fields: FieldChange, **more: Any) -> Change:
    return Change(SECRET, Action.UPDATE, fields, **more)


def tags(before: Any, after: Any) -> FieldChange:
    return FieldChange("tags", before, after)


@pytest.mark.parametrize(
    ("now", "so"),
    [
        ({"a": "1"}, True),  # as the review saw it
        ({"a": "1", "b": "2"}, True),  # one of two was added
        ({}, True),  # one was taken away first
        ({"a": "1", "c": "9"}, False),  # somebody else added one
        ({"a": "9"}, False),
        (["a"], False),
        (None, False),
    ],
)
def test_a_mapping_on_the_way(now: Any, so: bool) -> None:
    """Tags are taken away and added one call after the other."""
    after = {"b": "2"}
    rest = update(tags(now, after))
    assert continues(update(tags({"a": "1"}, after)), rest, live(tags=now)) is so


@pytest.mark.parametrize(
    ("now", "so"),
    [
        (["eu"], True),
        ([], True),
        (["eu", "us"], True),
        (["eu", "ap"], False),
        ({"eu": "x"}, False),
        ("eu", False),
    ],
)
def test_a_list_on_the_way(now: Any, so: bool) -> None:
    reviewed = update(FieldChange("replicas", ["eu"], ["us"]))
    rest = update(FieldChange("replicas", now, ["us"]))
    assert continues(reviewed, rest, live(replicas=now)) is so


def test_a_field_that_was_reviewed_as_text_is_not_on_the_way_as_a_mapping() -> None:
    reviewed = update(FieldChange("resource_policy", "text", {"a": "1"}))
    rest = update(FieldChange("resource_policy", {}, {"a": "1"}))
    assert not continues(reviewed, rest, live(resource_policy={}))


@pytest.mark.parametrize("ownership", list(Ownership))
def test_only_what_is_owned_goes_on(ownership: Ownership) -> None:
    one = update(FieldChange("description", "a", "b"))
    there = live(description="a", ownership=ownership)
    assert continues(one, one, there) is (ownership is Ownership.OURS)
    assert not continues(one, one, None)
    assert not continues(one, one, replace(there, deleted=True))


def returned(fingerprint: str = "fp-a", changed: str | None = "monday") -> Change:
    return update(
        value=ValueChange(Write.RETURNED, fingerprint),
        precondition={"version": "v2", "changed": changed},
    )


@pytest.mark.parametrize(
    ("now", "live_value", "so"),
    [
        (returned(), held("fp-b", version="v2"), True),
        (returned(changed="tuesday"), held("fp-b", version="v2"), False),
        (returned(changed="tuesday"), None, False),
        (returned(changed="tuesday"), replace(held("fp-b", version="v2"), staged="fp-a"), True),
        (returned(changed="tuesday"), replace(held("fp-b", version="v2"), staged="fp-c"), False),
    ],
)
def test_a_return_goes_on_only_where_it_was_begun(
    now: Change, live_value: LiveValue | None, so: bool
) -> None:
    assert continues(returned(), now, live(live_value)) is so


@pytest.mark.parametrize("before", [None, Write.SAME, Write.CHANGED])
def test_a_return_that_was_not_reviewed_as_one_does_not_go_on(before: Write | None) -> None:
    reviewed = replace(returned(), value=None if before is None else ValueChange(before, "fp-a"))
    assert not continues(reviewed, returned(), live(held("fp-b", version="v2")))


def test_a_value_that_is_known_by_its_ciphertext_alone_is_never_in_effect() -> None:
    """Nobody knows what it was to be, least of all that it is what somebody else wrote."""
    change = update(value=ValueChange(Write.UNKNOWN, ciphertext="c"))
    assert not in_effect(change, live(foreign()))
    assert in_effect(update(), live(foreign()))


@pytest.mark.parametrize(
    ("origin", "version", "so"),
    [
        (Origin.GENERATED, "v1", True),
        (Origin.GENERATED, "v2", False),
        (Origin.OUTSIDE, "v1", False),
    ],
)
def test_a_value_that_was_bound(origin: Origin, version: str, so: bool) -> None:
    change = update(value=ValueChange(Write.BOUND, "fp-a"), precondition={"version": "v1"})
    assert in_effect(change, live(LiveValue(version, origin))) is so


def test_a_generated_value_is_not_what_git_was_to_write() -> None:
    change = update(value=ValueChange(Write.CHANGED, "fp-a"), precondition={"version": "v1"})
    assert not in_effect(change, live(LiveValue("v1", Origin.GENERATED)))


def test_of_a_value_that_no_mark_tells_of_nobody_is_said_to_have_written_it() -> None:
    change = update(precondition={"version": "v0"})
    assert explain(change, change, live(unmarked())) == "AWSCURRENT moved from v0 to v1"
    said = explain(change, change, live(foreign()))
    assert said == "AWSCURRENT moved from v0 to v1, not written by the reconciler"
