"""Locks merge entry by entry, in both forms."""

from __future__ import annotations

import pytest

from reconciler.manifest.merge import Unmerged, merge_lock

HEAD = b"# a comment\nformat: 3\nkeys: aaaaaa\n\n"
EARLIER = HEAD.replace(b"format: 3", b"format: 2")
PATH = "manifests/production/main.fingerprints.lock"
AGAIN = "reconciler lock production"


def text(head: bytes = HEAD, mac: str = "", **lines: str) -> bytes:
    entries = [(f"secret /{name}", ct) for name, ct in sorted(lines.items())]
    if b"format: 3" not in head:
        files = [("file main.sops.yaml", f"mac:{mac}")] if mac else []
        return head + "".join(f"{name} {ct}\n" for name, ct in [*files, *entries]).encode()
    files = [("file", f"mac:{mac}")] if mac else []
    return head + "".join(f"{n}\n{ct}\n\n" for n, ct in [*files, *entries]).encode() + b"# end\n"


def unasked(sides: tuple[str, str, str]) -> str | None:
    raise AssertionError(sides)


def merged_(base: bytes, ours: bytes, theirs: bytes) -> bytes:
    result, lacking = merge_lock(base, ours, theirs, PATH, AGAIN, unasked)
    assert lacking == []
    return result


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
    for head in (HEAD, EARLIER):
        sides = (text(head, **base), text(head, **ours), text(head, **theirs))
        assert merged_(*sides) == text(head, **merged)
        assert merged_(sides[0], sides[2], sides[1]) == text(head, **merged)


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
        merged_(text(**base), text(**ours), text(**theirs))
    assert "secret /a" in raised.value.message
    assert raised.value.hint is not None
    assert raised.value.hint.endswith("reconciler lock production")


def test_the_head_is_taken_from_the_side_that_changed_it() -> None:
    other = HEAD.replace(b"aaaaaa", b"bbbbbb")
    assert merged_(text(), text(other), text()) == text(other)
    assert merged_(text(), text(), text(other)) == text(other)
    for third in (HEAD.replace(b"aaaaaa", b"cccccc"), EARLIER):
        with pytest.raises(Unmerged):
            merged_(text(), text(other), text(third))


@pytest.mark.parametrize("head", [HEAD, EARLIER])
def test_of_a_macs_two_changes_neither_is_taken(head: bytes) -> None:
    """The merged file has a third one, which whoever merged it knows."""
    sides = [text(head, mac=mac) for mac in "123"]
    asked = []

    def find(macs: tuple[str, str, str]) -> str | None:
        asked.append(macs)
        return known

    known: str | None = None
    assert merge_lock(*sides, PATH, AGAIN, find) == (
        text(head), ["main.sops.yaml" if head == EARLIER else "manifests/production/main.sops.yaml"]
    )  # fmt: skip
    known = "4"
    assert merge_lock(*sides, PATH, AGAIN, find) == (text(head, mac="4"), [])
    assert asked == [("1", "2", "3")] * 2
    assert merged_(sides[0], sides[1], sides[0]) == sides[1]
