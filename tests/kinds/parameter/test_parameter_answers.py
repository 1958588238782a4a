"""Writing a parameter: never twice for one answer that was lost, and a race is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.core.diff import diff
from reconciler.core.errors import AwsError, ConflictError
from reconciler.core.model import Key, Live
from reconciler.kinds import parameter
from reconciler.kinds.kind import Job, Record
from reconciler.kinds.parameter.write import TRIES
from reconciler.values.sensitive import Sealed, Sensitive, public
from tests.core.build import NAME, POLICY, SCOPE, fingerprinter, value
from tests.core.build import parameter as declared

TRUST = fingerprinter()
KEY = Key("parameter", NAME)
PRINTS = {
    text: tuple(map(public, TRUST.parameter_fingerprints(NAME, "String", Sensitive(text))))
    for text in ("one", "two")
}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr("reconciler.kinds.parameter.write.PAUSE", 0.0)


class Store:
    """An AWS with one parameter. ``lose`` says of each put whether it is ``done`` and its answer
    ``lost``, or it is not done (``dropped``), or the answer is ``empty`` or an error."""

    def __init__(self, *fates: str) -> None:
        self.fates = list(fates)
        self.entry: dict[str, Any] | None = None
        self.puts = 0

    def write(self, request: Mapping[str, Any], by: str = "us") -> None:
        version = 1 if self.entry is None else self.entry["Version"] + 1
        self.entry = {
            "Name": request["Name"],
            "Type": request["Type"],
            "Description": request["Description"],
            "Version": version,
            "LastModifiedUser": by,
        }

    def call_once(self, service: str, operation: str, **request: Any) -> Mapping[str, Any]:
        assert operation == "put_parameter"
        self.puts += 1
        fate = self.fates.pop(0) if self.fates else "done"
        if fate in ("raced", "overtaken"):
            self.write({**request, "Description": "theirs"}, "them")
        if fate == "deleted":
            self.entry = None
        elif fate not in ("dropped", "overtaken"):
            self.write(request)
        if fate in ("lost", "dropped", "overtaken", "deleted"):
            raise AwsError("lost", operation=operation, aws_code="Lost", uncertain=True)
        if fate in ("exists", "denied"):
            code = "ParameterAlreadyExists" if fate == "exists" else "AccessDeniedException"
            raise AwsError("no", operation=operation, aws_code=code)
        if fate == "empty":
            return {}
        assert self.entry is not None
        return {"Version": self.entry["Version"]}

    def pages(self, *_: Any, **__: Any) -> list[list[Any]]:
        return [[] if self.entry is None else [self.entry]]


def write(store: Store, text: str) -> str | None:
    resource = declared(value=value(*PRINTS[text]), type="String")
    record = None if store.entry is None else Record(NAME, store.entry, fresh=True)
    live: dict[Key, Live] = {}
    if record is not None:
        live[KEY] = parameter.shape(record, resource, TRUST, SCOPE)
    (change,) = diff({KEY: resource}, live, SCOPE, POLICY).changes
    sealed = Sealed(Sensitive(text))
    job = Job(change, resource, live.get(KEY), record, sealed, SCOPE, POLICY, TRUST)
    return (parameter.create if record is None else parameter.update)(store, job)


def settled(store: Store, text: str) -> bool:
    """Whether the next plan would be empty."""
    resource = declared(value=value(*PRINTS[text]), type="String")
    live = parameter.shape(Record(NAME, store.entry), resource, TRUST, SCOPE)
    return diff({KEY: resource}, {KEY: live}, SCOPE, POLICY).changes == ()


@pytest.mark.parametrize("fate", ["done", "lost", "empty"])
def test_a_write_that_was_done_is_done_once_whatever_became_of_its_answer(fate):
    store = Store(fate, fate)
    assert write(store, "one") == "1"
    assert write(store, "two") == "2"
    assert store.puts == 2
    assert settled(store, "two")


def test_a_write_that_is_seen_not_to_have_been_done_is_done_again():
    store = Store("dropped", "done", "dropped", "dropped")
    assert write(store, "one") == "1"
    assert write(store, "two") == "2"
    assert store.puts == 5
    assert settled(store, "two")


def test_a_creation_is_tried_again_where_nothing_is_there():
    store = Store("dropped", "done")
    assert write(store, "one") == "1"
    assert store.puts == 2


def test_an_existing_parameter_with_our_stamp_is_what_was_to_be_created():
    store = Store("exists")
    assert write(store, "one") == "1"
    assert store.puts == 1


def test_what_aws_refuses_is_not_asked_for_again():
    store = Store("denied")
    with pytest.raises(AwsError) as caught:
        write(store, "one")
    assert caught.value.aws_code == "AccessDeniedException"
    assert store.puts == 1


def test_a_write_that_never_gets_through_is_a_failure():
    store = Store(*["dropped"] * 9)
    with pytest.raises(AwsError) as caught:
        write(store, "one")
    assert caught.value.uncertain
    assert store.puts == TRIES == 8


def test_where_somebody_else_wrote_instead_nothing_is_overwritten():
    store = Store("done", "overtaken")
    write(store, "one")
    with pytest.raises(ConflictError, match="version 2 was written meanwhile by them"):
        write(store, "two")
    assert store.puts == 2


def test_what_was_deleted_in_the_same_moment_is_said_to_be():
    store = Store("done", "deleted")
    write(store, "one")
    with pytest.raises(ConflictError, match=rf"^{NAME}: it was deleted meanwhile$") as caught:
        write(store, "two")
    assert caught.value.hint == "nothing was overwritten; plan again"


def test_who_wrote_is_left_out_where_aws_does_not_say(monkeypatch):
    monkeypatch.setattr(Store, "pages", lambda self, *_, **__: [[_without_user(self.entry)]])
    store = Store("done", "overtaken")
    write(store, "one")
    with pytest.raises(ConflictError, match=r"version 2 was written meanwhile$"):
        write(store, "two")


def _without_user(entry):
    return {name: content for name, content in entry.items() if name != "LastModifiedUser"}


def test_a_race_that_we_won_is_told():
    store = Store("done", "raced")
    write(store, "one")
    with pytest.raises(ConflictError, match="somebody else wrote version 2 in the same moment"):
        write(store, "two")
    assert not settled(store, "two")  # the stamp is of version 2, and 3 is live
