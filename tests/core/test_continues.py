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


@pytest.mark.parametrize(
    ("before", "now", "after"),
    [
        ({"a": "1", "b": "2"}, {"a": "1"}, None),
        (None, {"a": "1"}, {"a": "1", "b": "2"}),
        (["eu", "us"], ["eu"], None),
        (None, ["eu"], ["eu", "us"]),
    ],
)
def test_what_is_set_or_removed_as_a_whole_is_never_on_the_way(
    before: Any, now: Any, after: Any
) -> None:
    reviewed, rest = update(tags(before, after)), update(tags(now, after))
    assert not continues(reviewed, rest, live(tags=now))


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


def test_an_adoption_goes_on_with_what_is_not_owned_yet() -> None:
    adopt = Change(
        SECRET,
        Action.ADOPT,
        value=ValueChange(Write.BOUND, "fp-a"),
        precondition={"version": "v1"},
    )
    there = live(foreign(), ownership=Ownership.FOREIGN)
    assert continues(adopt, adopt, there)
    assert explain(adopt, adopt, there) == "the environment's policy changed"
    assert not continues(update(), update(), there)


@pytest.mark.parametrize(
    ("write", "fingerprint", "version", "so"),
    [
        (Write.SAME, "fp-a", "v2", True),  # the value is there: only the rest is written again
        (Write.SAME, "fp-old", "v2", False),  # by a key of before, and somebody has moved it
        (Write.SAME, "fp-old", "v1", True),
        (Write.CHANGED, "fp-a", "v2", False),
    ],
)
def test_a_value_that_moved_is_written_again_only_as_the_same(
    write: Write, fingerprint: str, version: str, so: bool
) -> None:
    reviewed = update(value=ValueChange(Write.CHANGED, "fp-a"), precondition={"version": "v1"})
    rest = update(value=ValueChange(write, "fp-a"), precondition={"version": version})
    assert continues(reviewed, rest, live(held(fingerprint, version=version))) is so


@pytest.mark.parametrize(("ciphertext", "so"), [("c", True), ("d", False)])
def test_without_a_key_the_ciphertext_is_what_was_reviewed(ciphertext: str, so: bool) -> None:
    reviewed = update(
        value=ValueChange(Write.UNKNOWN, ciphertext="c"), precondition={"version": "v1"}
    )
    rest = replace(reviewed, value=ValueChange(Write.UNKNOWN, ciphertext=ciphertext))
    assert continues(reviewed, rest, live(held("fp-b"))) is so


def test_what_was_copied_is_in_effect_once_it_is_there() -> None:
    copied = Change(SECRET, Action.ADOPT, value=ValueChange(Write.COPIED))
    assert in_effect(copied, live(held("fp-b")))
    assert not in_effect(copied, live(None))


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
