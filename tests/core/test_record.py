"""The record as text: what is written is read again, and nothing that anybody writes is obeyed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from reconciler.core import record as texts
from reconciler.core.applied import ANY, Untold, named
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


def test_runs_are_noted_once() -> None:
    record = Record(OWNER, "manifests", commit="a" * 40, on=NOW, by="x")
    assert record.tried("a" * 40) is record
    tried = record.tried("b" * 40).tried("b" * 40)
    assert tried.attempted == ("b" * 40,)
    assert tried.tried(None).tried(None).others is True
    key = Key("parameter", "/test/production/p")
    again = record.tried("a" * 40, {key}).tried("a" * 40, {key})
    assert (again.attempted, again.replaced) == ((), (named(key),))
