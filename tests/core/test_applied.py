"""What is known of the last apply: of which resource, and what a run may have left half way."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.core import applied
from reconciler.core.applied import ANY, Applied, Attempt, Standing, Untold, named
from reconciler.core.digest import short_digest
from reconciler.core.model import JSON, Key

KEY, OTHER = Key("secret", "/app/production/db"), Key("parameter", "/app/production/db")
ACTS = {"malformed", "other-owner", "future", "unknown-key", "false"}


def never(_: JSON) -> bool:
    return False


def test_the_words_that_machines_read() -> None:
    """`drift --format json` says them, and a file of an earlier drift is read by them."""
    assert set(Untold) == {
        *ACTS,
        *("off", "no-record", "denied", "no-git", "shallow", "unknown-commit", "elsewhere"),
        *("uncommitted", "unreadable"),
    }


@pytest.mark.parametrize("untold", [None, *Untold])
def test_which_records_somebody_has_to_look_at(untold: Untold | None) -> None:
    assert Applied(untold=untold).acts is (untold in ACTS)
    assert untold is None or untold.acts is (untold in ACTS)


def test_without_a_record_nothing_can_be_told() -> None:
    assert (
        Applied(
            {},
            Standing.CANNOT_TELL,
            Untold.OFF,
            {},
            (),
            (),
            False,
            proven=True,
            replaced=frozenset(),
        )
        == applied.OFF
    )
    assert Applied().untold is None
    assert Attempt() == Attempt({}, frozenset())


def test_the_standing_of_a_resource_or_what_is_said_of_all_others() -> None:
    known = Applied({KEY: Standing.DECLARED_IN_APPLIED}, Standing.IN_NEITHER)
    assert known.standing(KEY) is Standing.DECLARED_IN_APPLIED
    assert known.standing(OTHER) is Standing.IN_NEITHER
    assert Applied().standing(KEY) is Standing.CANNOT_TELL


def test_the_name_that_a_record_has_for_a_resource() -> None:
    assert named(KEY) == short_digest("secret:/app/production/db")
    assert named(KEY) != named(OTHER)


@pytest.mark.parametrize(
    ("replaced", "may_be"),
    [((), False), ((named(KEY),), True), ((named(OTHER),), False), ((ANY,), True), (("*",), True)],
)
def test_what_a_run_may_have_deleted(replaced: tuple[str, ...], may_be: bool) -> None:
    assert Applied(replaced=frozenset(replaced)).may_be_replaced(KEY) is may_be


def attempt(content: Any, name: str = "tags", key: Key = KEY) -> Attempt:
    return Attempt({key: {name: content}})


def known(*attempts: Attempt, before: Any = None, **given: Any) -> Applied:
    fields = {} if before is None else {KEY: {"tags": before}}
    commits = tuple(str(place) for place, _ in enumerate(attempts))
    return Applied(**{"fields": fields, "unfinished": commits, "attempted": attempts, **given})


@pytest.mark.parametrize(
    ("what", "now", "left"),
    [
        (known(), "x", False),
        (known(attempt("x")), "x", True),
        (known(attempt("y")), "x", False),
        (known(attempt("y"), attempt("x")), "x", True),
        (known(attempt(False)), None, True),  # what is absent is off
        (known(attempt("x", "other")), "x", False),
        (known(attempt("x", key=OTHER)), "x", False),
        (known(attempt("y"), before="x"), "x", False),
        # Nobody knows what it was to write.
        (known(others=True), "x", True),
        (known(unfinished=("abc",)), "x", True),
        (known(attempt("y"), unfinished=("abc", "def")), "x", True),
        (known(attempt("y"), unfinished=()), "x", False),
        (known(Attempt(unread=frozenset({KEY}))), "x", True),
        (known(attempt("y"), Attempt(unread=frozenset({KEY}))), "x", True),
        (known(Attempt(unread=frozenset({OTHER}))), "x", False),
    ],
)
def test_what_a_run_may_have_left(what: Applied, now: Any, left: bool) -> None:
    assert what.may_be_left(KEY, "tags", now, never) is left


@pytest.mark.parametrize(
    ("before", "wanted", "now", "left"),
    [
        (["a", "b"], ["b", "c"], ["b"], True),
        (["a", "b"], ["b", "c"], ["a", "c"], True),
        (["a", "b"], ["b", "c"], [], True),
        (["a", "b"], ["b", "c"], ["b", "d"], False),
        (["a"], ["c"], "a", False),
        ("a", ["c"], ["a"], False),
        ("a", ["c", "d"], ["c"], True),  # on the way from what another run was to write
        (["a"], "c", ["a"], False),
        (None, ["c", "d"], ["c"], True),
        ({"a": 1, "b": 1}, {"b": 1, "c": 1}, {"b": 1}, True),
        ({"a": 1, "b": 1}, {"b": 2, "c": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1, "b": 1}, {"b": 2, "c": 1}, {"b": 1, "c": 1}, True),
        ({"a": 1, "b": 1}, {"b": 2, "c": 1}, {"a": 1}, False),  # what stays never goes
        ({"a": 1, "b": 1}, {"b": 2, "c": 1}, {"b": 3}, False),
        ({"a": 1, "b": 1}, {"b": 2, "c": 1}, {"b": 1, "d": 1}, False),
        ({"a": 1}, {"c": 1}, {}, True),
        ({"a": 1}, {"c": 1}, ["a"], False),
        ({"a": 1}, "c", {"a": 1}, False),
        ("a", {"c": 1, "d": 1}, {"e": 1}, False),
        ({"a": 1}, ["c"], {"a": 1}, False),
        (["c"], {"a": 1}, [], False),
    ],
)
def test_what_is_between_two_declarations(before: Any, wanted: Any, now: Any, left: bool) -> None:
    assert known(attempt(wanted), before=before).may_be_left(KEY, "tags", now, never) is left


def test_between_two_runs_that_did_not_complete() -> None:
    what = known(attempt(["a", "b"]), attempt(["b", "c"]), before="other")
    assert what.may_be_left(KEY, "tags", ["a", "c"], never)


def test_what_is_known_to_be_written_no_run_has_to_write() -> None:
    what = known(attempt("x"), attempt("y"))
    assert not what.may_be_left(KEY, "tags", "x", lambda content: content == "x")
    assert what.may_be_left(KEY, "tags", "y", lambda content: content == "x")
