"""The keys that git owns of a rotated value: what is declared, compared, and merged."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.digest import canonical
from reconciler.core.model import Action, Key, Ownership, Resource, Rotation, Value, Write
from reconciler.kinds.keys import members
from reconciler.render import reasons
from reconciler.values.sensitive import Sensitive, parse_token
from tests.core.build import (
    BEGUN,
    KEYS,
    NAME,
    ROTATED,
    ROTATING,
    change,
    changes,
    fingerprinter,
    foreign,
    held,
    live,
    plan,
    secret,
    value,
)
from tests.kinds.test_declarations import codes, parse

PENDING = Rotation(pending=True)
KEY = Key("keys", NAME)


def keys(want: Value, **fields: Any) -> Resource:
    return Resource(
        KEY, fields, want, requires=Key("secret", NAME), settings={"git_keys": ["host", "port"]}
    )


SHARED = replace(value("fp-a", rotation="declared"), shared=("host", "port"))

# --- compared -----------------------------------------------------------------------------------


def test_keys_as_their_mark_says_are_no_change():
    assert changes(keys(value("new", "fp-a")), live(held("fp-a"), kind="keys")) == ()


@pytest.mark.parametrize(
    ("have", "write"),
    [
        (held("fp-b", version="mark"), Write.CHANGED),
        (None, Write.FIRST),
        (held("fp-b", version="mark", kid="retired"), Write.CHANGED),
    ],
)
def test_keys_are_written_against_their_old_mark_and_nothing_else(have, write):
    found = change(keys(value("fp-a")), live(have, kind="keys"))
    assert (found.action, found.value.write, found.value.fingerprint) == ("update", write, "fp-a")
    assert found.precondition == {"version": None if have is None else "mark"}
    assert found.settings == {"git_keys": ["host", "port"]}


def test_keys_of_what_does_not_exist_come_with_its_creation():
    assert changes(keys(value("fp-a"))) == ()


@pytest.mark.parametrize("have", [held("fp-b"), None])
def test_keys_are_not_written_while_a_rotation_has_not_ended(have):
    found = change(keys(value("fp-a")), live(have, kind="keys", rotation=PENDING))
    assert (found.action, found.code) == (Action.REFUSE, "rotation-pending")


def test_keys_of_what_is_not_ours_are_refused_once_with_their_secret():
    theirs = live(foreign(), ownership=Ownership.FOREIGN)
    found = changes(
        secret(value=SHARED),
        theirs,
        keys(value("fp-a")),
        live(None, kind="keys", ownership=Ownership.FOREIGN),
    )
    assert [c.key.kind for c in found] == ["secret"]


def test_keys_that_no_lock_knows_are_unknown_until_apply():
    unknown = replace(value(), fingerprints=(), ciphertext="ct")
    found = change(keys(unknown), live(held("fp-b"), kind="keys"))
    assert (found.value.write, found.value.ciphertext) == (Write.UNKNOWN, "ct")


@pytest.mark.parametrize("rotation", [BEGUN, ROTATING])
def test_an_edited_seed_is_noted_where_git_owns_some_of_its_keys(rotation):
    found = plan(secret(value=SHARED), live(held("fp-b"), rotation=rotation))
    assert found.changes == ()
    assert [note.code for note in found.notes] == ["seed"]


def test_the_plan_names_whose_the_keys_are():
    created = change(secret(value=SHARED))
    assert reasons.why(created) == "git goes on to own its keys host, port"
    (note,) = plan(secret(value=SHARED), live(foreign(), rotation=ROTATING)).notes
    assert reasons.note(note) == (
        "rotated on 2025-03-01: rotation owns the value, and git its keys host, port"
    )


def test_an_edited_seed_is_refused_where_git_owns_none():
    want = replace(SHARED, shared=())
    found = change(secret(value=want), live(held("fp-b"), rotation=ROTATING))
    assert found.code == "seed-changed"


@pytest.mark.parametrize(
    ("want", "rotation", "code"),
    [
        (replace(SHARED, rotation="none"), ROTATING, "rotation-dropped"),
        (replace(SHARED, rotation="unset"), ROTATED, "rotated-before"),
    ],
)
def test_git_keys_open_no_way_to_revert_a_rotation(want, rotation, code):
    assert change(secret(value=want), live(foreign(), rotation=rotation)).code == code


# --- marks --------------------------------------------------------------------------------------

TEXT: Sensitive[str] = Sensitive('{"host":"h"}')


def test_a_mark_is_of_one_name_one_content_and_one_key():
    trust = fingerprinter(*KEYS)
    marks = trust.key_marks(NAME, TEXT)
    others = {*trust.key_marks(f"{NAME}x", TEXT), *trust.key_marks(NAME, Sensitive("{}"))}
    assert [mark[:6] for mark in marks] == list(trust.kids)
    assert len({*marks, *others}) == 6
    assert all(len(mark) == 62 for mark in marks)


def test_a_merged_version_is_not_taken_for_one_that_git_owns():
    trust = fingerprinter(*KEYS)
    token = trust.merged_token(NAME, TEXT)
    assert len(token) == 64
    assert parse_token(token) is None
    assert token == trust.merged_token(NAME, TEXT)
    assert token != trust.merged_token(NAME, Sensitive("{}"))


# --- merged -------------------------------------------------------------------------------------


def merged(text: str, declared: dict[str, Any]) -> str | None:
    found = members.merge(Sensitive(text), Sensitive(canonical(declared)))
    return None if found is None else found.reveal()


@pytest.mark.parametrize(
    ("text", "declared", "expected"),
    [
        ('{"a":1,"b":2}', {"a": "x"}, '{"a":"x","b":2}'),
        (' {\n "a" : 1.50 ,\n "b":\t2e400 }\n', {"b": "x"}, ' {\n "a" : 1.50 ,\n "b":\t"x" }\n'),
        ('{"a":1}', {"b": "x", "a": "y"}, '{"a":"y","b":"x"}'),
        ('{"a":1\n}', {"b": "x"}, '{"a":1,"b":"x"\n}'),
        ("{ }", {"b": "x", "c": "y"}, '{ "b":"x","c":"y"}'),
        ('{"a":{"a":1},"b":"}"}', {"a": {"b": "x"}}, '{"a":{"b":"x"},"b":"}"}'),
        ('{"\\u0061":1}', {"a": "é"}, '{"\\u0061":"é"}'),
    ],
)
def test_only_the_declared_members_change(text, declared, expected):
    assert merged(text, declared) == expected


@pytest.mark.parametrize(
    "text",
    ["", "x", "[]", '"a"', "null", '{"a":1,"a":1}', '{"a":1}}', "{'a':1}", '{"a":"\\ud800"}',
     "[" * 100_000],
)  # fmt: skip
def test_what_is_no_object_is_not_merged(text):
    assert merged(text, {"a": "x"}) is None
    assert members.names(Sensitive(text)) is None
    assert members.select(Sensitive(text), ["a"]) is None


def test_what_is_equal_is_the_very_same_text():
    text: Sensitive[str] = Sensitive('{ "a" : "x" , "b": 1}')
    assert members.merge(text, Sensitive('{"a":"x"}')) is text


scalars = st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"))
objects = st.dictionaries(
    st.text(st.characters(codec="utf-8"), max_size=4),
    st.recursive(
        scalars,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3)
        ),
        max_leaves=6,
    ),
    max_size=5,
)


@given(objects, objects, st.sampled_from([None, 0, 1, "\t"]), st.booleans())
def test_merging_is_updating_whatever_the_two_hold(before, declared, indent, ascii_):
    text = json.dumps(before, indent=indent, ensure_ascii=ascii_)
    found = merged(text, declared)
    assert found is not None
    assert json.loads(found) == {**before, **declared}
    assert list(json.loads(found))[: len(before)] == list(before)
    assert merged(found, declared) == found


# --- declared -----------------------------------------------------------------------------------

OK = {"rotation": "monthly", "git_keys": ["host"]}
VALUE = '{"host":"h","password":"p"}'
AT = ("git-keys", "git_keys")

BAD: dict[str, tuple[dict[str, Any], str | None, list[tuple[str, str]]]] = {
    "no rotation": ({"git_keys": ["host"]}, VALUE, [AT]),
    "rotation none": ({"git_keys": ["host"], "rotation": "none"}, VALUE, [AT]),
    "no value": (OK, None, [AT]),
    "generated": ({**OK, "generate": {}}, None, [AT]),
    "external": ({**OK, "external": True}, None, [AT]),
    "none named": ({**OK, "git_keys": []}, VALUE, [AT]),
    "the same twice": ({**OK, "git_keys": ["host", "host"]}, VALUE, [AT]),
    "not in the value": (
        {**OK, "git_keys": ["host", "port"]},
        VALUE,
        [("git-keys", "git_keys.1")],
    ),
    "a text": (OK, "text", [("git-keys", "value")]),
    "a list": (OK, "[]", [("git-keys", "value")]),
    "a name twice": (OK, '{"host":"a","host":"b"}', [("git-keys", "value")]),
}


def test_git_keys_that_are_in_order_have_no_flaw():
    assert codes("secret", OK, VALUE, mapping=True) == []
    assert codes("secret", OK, '{"host": 5}') == []


@pytest.mark.parametrize(("declared", "text", "expected"), BAD.values(), ids=BAD)
def test_git_keys_that_make_no_sense_are_flaws(declared, text, expected):
    assert codes("secret", declared, text) == expected


def test_a_binary_value_has_no_keys():
    assert AT in codes("secret", {**OK, "binary": True}, "e30=")


def test_the_keys_are_a_resource_with_a_value_of_their_own():
    parsed = parse("secret", OK, VALUE, mapping=True)
    found = {resource.key.kind: resource for resource in parsed.resources}
    assert list(found) == ["secret", "keys", "rotation"]
    assert found["secret"].value.shared == ("host",)
    assert found["keys"].requires == found["secret"].key
    assert parsed.sealed[found["keys"].key].content.reveal() == '{"host":"h"}'
    assert parsed.sealed[found["secret"].key].keys.reveal() == '{"host":"h"}'


def test_another_password_is_the_same_keys_and_another_host_is_not():
    def prints(text: str) -> tuple[str, ...]:
        return parse("secret", OK, text, mapping=True).resources[1].value.fingerprints

    assert prints(VALUE) == prints('{"host":"h","password":"other"}')
    assert prints(VALUE) != prints('{"host":"i","password":"p"}')
