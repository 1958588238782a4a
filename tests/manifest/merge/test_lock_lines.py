"""Locks merge line by line."""

from __future__ import annotations

import pytest

from reconciler.manifest.merge import Unmerged, merge_lock

HEAD = b"# a comment\nformat: 1\nkeys: aaaaaa\n\n"
PATH = "manifests/production/fingerprints.lock"


def text(head: bytes = HEAD, **lines: str) -> bytes:
    return head + b"".join(f"secret /{name} {ct}\n".encode() for name, ct in sorted(lines.items()))


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged"),
    [
        ({"a": "1", "b": "1"}, {"a": "2", "b": "1"}, {"a": "1", "b": "2"}, {"a": "2", "b": "2"}),
        ({"a": "1"}, {"a": "1", "b": "1"}, {"a": "1", "c": "1"}, {"a": "1", "b": "1", "c": "1"}),
        ({"a": "1", "b": "1"}, {"b": "1"}, {"a": "1"}, {}),
        ({"a": "1"}, {"a": "2"}, {"a": "2"}, {"a": "2"}),
        ({"a": "1"}, {"a": "1", "b": "1"}, {"a": "1", "b": "1"}, {"a": "1", "b": "1"}),
        ({}, {"a": "1"}, {}, {"a": "1"}),
    ],
)
def test_what_either_side_changed(
    base: dict[str, str], ours: dict[str, str], theirs: dict[str, str], merged: dict[str, str]
) -> None:
    assert merge_lock(text(**base), text(**ours), text(**theirs), PATH) == text(**merged)
    assert merge_lock(text(**base), text(**theirs), text(**ours), PATH) == text(**merged)


@pytest.mark.parametrize(
    ("base", "ours", "theirs"),
    [
        ({"a": "1"}, {"a": "2"}, {"a": "3"}),
        ({"a": "1"}, {}, {"a": "2"}),
        ({}, {"a": "1"}, {"a": "2"}),
    ],
)
def test_what_both_changed_differently(
    base: dict[str, str], ours: dict[str, str], theirs: dict[str, str]
) -> None:
    with pytest.raises(Unmerged) as raised:
        merge_lock(text(**base), text(**ours), text(**theirs), PATH)
    assert "secret /a" in raised.value.message
    assert raised.value.hint is not None
    assert raised.value.hint.endswith("reconciler lock production")


def test_the_head_is_taken_from_the_side_that_changed_it() -> None:
    other = HEAD.replace(b"aaaaaa", b"bbbbbb")
    assert merge_lock(text(), text(other), text(), PATH) == text(other)
    assert merge_lock(text(), text(), text(other), PATH) == text(other)
    with pytest.raises(Unmerged):
        merge_lock(text(), text(other), text(HEAD.replace(b"aaaaaa", b"cccccc")), PATH)


def test_of_a_macs_two_changes_neither_is_taken() -> None:
    """The merged file has a third one: the lock says nothing of it until it is written again."""
    sides = [text() + f"file main.sops.yaml mac:{n}\n".encode() for n in (1, 2, 3)]
    assert merge_lock(*sides, PATH) == text()
    assert merge_lock(sides[0], sides[1], sides[0], PATH) == sides[1]
