"""The record as text: what is written is read again, and nothing that anybody writes is obeyed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core import record as texts
from reconciler.core.applied import ANY, Untold, named
from reconciler.core.digest import canonical
from reconciler.core.model import Key
from reconciler.core.record import Record

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
OWNER = "test/production"
commits = st.text("0123456789abcdef", min_size=40, max_size=40)
records = st.builds(
    Record,
    owner=st.just(OWNER),
    manifests=st.text(max_size=60),
    commit=commits,
    on=st.just(NOW),
    by=st.text(max_size=300),
    attempted=st.lists(commits, max_size=40).map(tuple),
    others=st.booleans(),
    replaced=st.lists(st.text("abc", min_size=7, max_size=7), max_size=99).map(tuple),
)


@given(records)
def test_what_is_written_is_read_again(record: Record) -> None:
    said = texts.content(record)
    assert said is not None
    text = texts.sealed(said, "a" * 38)
    assert len(text) <= texts.LIMIT
    parsed = texts.parse(text, OWNER, NOW)
    assert not isinstance(parsed, Untold)
    found, content, proof = parsed
    assert (content, proof) == (said, "a" * 38)
    # What has no room is the oldest, and that there was more is told.
    kept = record.attempted[len(record.attempted) - len(found.attempted) :]
    assert found.attempted == kept
    assert found.others is (record.others or kept != record.attempted)
    assert (record.by or "").endswith(found.by or "")
    assert found.replaced in (record.replaced, (ANY,))
    assert replace(found, by=record.by, attempted=(), others=False, replaced=()) == replace(
        record, attempted=(), others=False, replaced=()
    )


def test_a_path_that_has_no_room_is_not_written() -> None:
    assert texts.content(Record(OWNER, "x" * 1000)) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just("1" * 40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.data())
def test_nothing_that_anybody_writes_is_believed_or_breaks_it(data: st.DataObject) -> None:
    said = texts.content(data.draw(records))
    held = json.loads(texts.sealed(said or "", "a" * 38))
    name = data.draw(st.sampled_from([*held, "more"]))
    held[name] = data.draw(json_values)
    text = data.draw(st.sampled_from([json.dumps(held), json.dumps(held)[:-5]]) | st.text())
    parsed = texts.parse(text, OWNER, NOW)
    if not isinstance(parsed, Untold):
        record, content, _ = parsed
        assert texts.content(record) == content or record.by is not None


def test_a_run_of_no_commit_is_noted_also_before_the_first_complete_one() -> None:
    first = Record(OWNER, "manifests").tried(None)
    assert (first.others, first.attempted) == (True, ())
    assert first.names(None)


def test_what_was_replaced_is_in_order() -> None:
    keys = [Key("parameter", f"/p/{n}") for n in range(20)]
    replaced = Record(OWNER, "manifests").tried(None, keys).replaced
    assert replaced == tuple(sorted(map(named, keys)))


def test_runs_are_noted_once() -> None:
    record = Record(OWNER, "manifests", commit="a" * 40, on=NOW, by="x")
    assert record.tried("a" * 40) is record
    tried = record.tried("b" * 40).tried("b" * 40)
    assert tried.attempted == ("b" * 40,)
    assert tried.tried(None).tried(None).others is True
    key = Key("parameter", "/test/production/p")
    again = record.tried("a" * 40, {key}).tried("a" * 40, {key})
    assert (again.attempted, again.replaced) == ((), (named(key),))


# --- each thing that is looked at -----------------------------------------------------------------

COMMIT, LONGER = "0123456789abcdef0123456789abcdef01234567", "0123456789abcdef" * 4
APPLIED: dict[str, Any] = {"commit": COMMIT, "on": "2025-03-01T11:00:00Z", "by": "arn:x"}
GOOD: dict[str, Any] = {
    "reconciler": 1,
    "owner": OWNER,
    "manifests": "manifests",
    "applied": APPLIED,
    "attempted": [LONGER],
    "others": False,
    "replaced": ["abcdefg"],
    "proof": "a" * 38,
}


def told(**changed: Any) -> object:
    return texts.parse(json.dumps({**GOOD, **changed}), OWNER, NOW)


def test_a_record_says_what_it_holds() -> None:
    whole = Record(
        OWNER,
        "manifests",
        COMMIT,
        datetime(2025, 3, 1, 11, tzinfo=UTC),
        "arn:x",
        (LONGER,),
        replaced=("abcdefg",),
    )
    said = {name: content for name, content in GOOD.items() if name != "proof"}
    assert told() == (whole, canonical(said), "a" * 38)
    assert texts.content(whole) == canonical(said)
    assert texts.sealed(canonical(said), "a" * 38) == canonical(GOOD)
    never = told(applied=None, others=True)
    assert isinstance(never, tuple)
    assert never[0] == replace(whole, commit=None, on=None, by=None, others=True)
    nobody = told(applied={**APPLIED, "by": None})
    assert isinstance(nobody, tuple)
    assert nobody[0] == replace(whole, by=None)


MALFORMED: dict[str, dict[str, Any]] = {
    "one field more": {"more": 1},
    "no format": {"reconciler": None},
    "format 0": {"reconciler": 0},
    "a format as text": {"reconciler": "2"},
    "an owner of no text": {"owner": 1},
    "a folder of no text": {"manifests": None},
    "others that is no truth": {"others": 0},
    "attempted as text": {"attempted": LONGER},
    "attempted as a mapping": {"attempted": {}},
    "attempted of numbers": {"attempted": [1]},
    "an attempted that is no commit": {"attempted": ["x"]},
    "replaced as text": {"replaced": "abcdefg"},
    "replaced as a mapping": {"replaced": {}},
    "replaced of numbers": {"replaced": [1]},
    "a proof of no text": {"proof": None},
    "half a character as a proof": {"proof": "\ud800"},
    "half a character": {"manifests": "\ud800"},
    "applied as a list": {"applied": []},
    "applied with one more": {"applied": {**APPLIED, "more": 1}},
    "applied without a commit": {"applied": {"on": APPLIED["on"], "by": None}},
    "a commit that is none": {"applied": {**APPLIED, "commit": COMMIT[1:]}},
    "a commit and more": {"applied": {**APPLIED, "commit": COMMIT + "\n"}},
    "a commit in capitals": {"applied": {**APPLIED, "commit": COMMIT.upper()}},
    "a day that is none": {"applied": {**APPLIED, "on": "2025-02-30T11:00:00Z"}},
    "a time of no text": {"applied": {**APPLIED, "on": 1}},
    "somebody of no text": {"applied": {**APPLIED, "by": 1}},
}


@pytest.mark.parametrize("changed", MALFORMED.values(), ids=MALFORMED)
def test_a_record_of_another_form_tells_nothing(changed: dict[str, Any]) -> None:
    assert told(**changed) is Untold.MALFORMED


@pytest.mark.parametrize("text", ["", "[]", "1", "null", "{}", "[" * 100_000])
def test_what_is_no_record_tells_nothing(text: str) -> None:
    assert texts.parse(text, OWNER, NOW) is Untold.MALFORMED


@pytest.mark.parametrize("missing", list(GOOD))
def test_a_record_that_lacks_something_tells_nothing(missing: str) -> None:
    held = {name: content for name, content in GOOD.items() if name != missing}
    assert texts.parse(json.dumps(held), OWNER, NOW) is Untold.MALFORMED


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"reconciler": 2}, Untold.FUTURE),
        ({"reconciler": 2, "more": 1}, Untold.FUTURE),
        ({"owner": "other/production"}, Untold.OTHER_OWNER),
        ({"applied": {**APPLIED, "on": "2025-03-01T13:00:01Z"}}, Untold.FUTURE),
        ({"applied": {**APPLIED, "on": "2025-03-01T13:00:00Z"}}, None),
    ],
)
def test_a_record_that_is_not_this_environment_s_or_of_the_future(
    changed: dict[str, Any], why: Untold | None
) -> None:
    found = told(**changed)
    assert found is why if why else isinstance(found, tuple)


def test_what_has_no_room_goes_in_order() -> None:
    """Names of what was replaced first, then the oldest runs, then the start of who applied it."""
    runs = tuple(f"{n:040x}" for n in range(30))
    long = Record(OWNER, "m", COMMIT, NOW, "y" * 100, runs, replaced=("abcdefg", "bcdefgh"))
    said = texts.content(long)
    assert said is not None
    room = texts.LIMIT - len(f',"proof":"{"a" * 38}"')
    found = json.loads(said)
    assert found["replaced"] == [ANY]
    assert found["others"] is True
    assert found["attempted"] == list(runs[len(runs) - len(found["attempted"]) :])
    assert found["applied"]["by"] == "y" * 100
    assert room - 43 < len(said) <= room  # one more run has no room
    crowded = replace(long, manifests="m" * 680, attempted=(), replaced=("abcdefg",))
    said = texts.content(crowded)
    assert said is not None
    assert json.loads(said)["applied"]["by"] == "y" * 64
    assert json.loads(said)["replaced"] == ["abcdefg"]
    exact = replace(crowded, manifests="m" * (680 + room - len(said)))
    assert len(texts.content(exact) or "") == room
    assert len(texts.sealed(texts.content(exact) or "", "a" * 38)) == 1024  # of a description
    assert texts.content(replace(exact, manifests=exact.manifests + "m")) is None
