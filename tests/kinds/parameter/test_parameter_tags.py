"""Which tags of a parameter are set and removed with a write, and what no write does without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from reconciler.core.errors import AwsError, ConflictError
from reconciler.core.model import Action, Change, FieldChange, ValueChange, Write
from reconciler.kinds import parameter, tags
from reconciler.kinds.kind import Job, Record
from reconciler.values.sensitive import Sealed, Sensitive
from tests.core.build import NAME, POLICY, SCOPE, live
from tests.core.build import parameter as declared
from tests.kinds.parameter.test_parameter_answers import KEY, TRUST, Store

OWNER = {tags.OWNER: SCOPE.owner_id}
STACK = {"aws:cloudformation:stack-name": "web"}
CHANGED = FieldChange("tags", {}, {"a": "b"})


class Tagging(Store):
    """The same with tags; ``asked`` is what was done with them, or with the parameter."""

    def __init__(self, held: Mapping[str, str], *fates: str) -> None:
        super().__init__(*fates)
        self.held = dict(held)
        self.asked: list[tuple[str, object]] = []

    def call(self, _: str, operation: str, needs: str = "", **request: Any) -> Mapping[str, Any]:
        if operation == "list_tags_for_resource":
            return {"TagList": tags.to_list(self.held)}
        given = request.get("Tags")
        said = request.get("TagKeys") if given is None else tags.from_list(given)
        self.asked.append((operation.split("_")[0], said))
        if operation == "delete_parameter" and "gone" in self.fates:
            raise AwsError("no", operation=operation, aws_code="ParameterNotFound")
        if operation == "delete_parameter" and "denied" in self.fates:
            raise AwsError("no", operation=operation, aws_code="AccessDeniedException")
        return {}


def job(*fields: FieldChange, action: Action = Action.UPDATE, **content: Any) -> Job:
    change = Change(
        KEY, action, fields, ValueChange(Write.CHANGED, "f"), precondition={"version": "1"}
    )
    resource = declared(type="String", **content)
    there = live(kind="parameter", fingerprint_key="kid-1", type="String")
    record = Record(NAME, {"Name": NAME, "Type": "String", "Version": 1}, fresh=True)
    sealed = Sealed(Sensitive("two"))
    return Job(change, resource, there, record, sealed, SCOPE, POLICY, TRUST)


def update(held: Mapping[str, str], what: Job) -> list[tuple[str, object]]:
    store = Tagging(held)
    store.entry = {"Name": NAME, "Type": "String", "Description": "", "Version": 1}
    assert parameter.update(store, what) == "2"  # type: ignore[arg-type]
    return store.asked


def marked(*keys: str) -> dict[str, str]:
    return {**OWNER, tags.KEYS: tags.encode_keys(keys)}


@pytest.mark.parametrize(
    ("held", "wanted", "asked"),
    [
        (marked("a") | {"a": "b"}, {"a": "b"}, []),
        (marked("a") | {"a": "x"}, {"a": "b"}, [("add", {"a": "b"})]),
        (OWNER, {"a": "b"}, [("add", {"a": "b", tags.KEYS: "a"})]),
        (
            marked("a", "c") | {"a": "b", "c": "d", "theirs": "x"},
            {"a": "b"},
            [("remove", ["c"]), ("add", {tags.KEYS: "a"})],
        ),
        (marked("a") | {"a": "b"}, {}, [("remove", ["a", tags.KEYS])]),
        ({**OWNER, "theirs": "x"}, {}, []),
    ],
)
def test_only_what_differs_is_set_and_only_what_was_ours_is_removed(
    held: dict[str, str], wanted: dict[str, str], asked: list[object]
) -> None:
    assert update(held, job(CHANGED, tags=wanted)) == asked


def test_where_tags_are_not_declared_none_is_removed() -> None:
    outside = job(FieldChange("description", "a", "b"))
    outside = replace(outside, live=replace(live(kind="parameter"), fields={}))
    assert update(marked("a") | {"a": "b"}, outside) == []
    assert update({"theirs": "x"}, outside) == [("add", OWNER)]


def test_the_owner_is_looked_at_where_somebody_else_wrote_and_not_else() -> None:
    theirs = {tags.OWNER: "other/production"}
    assert update(theirs, job(FieldChange("description", "a", "b"))) == []
    for unknown in (None, replace(live(kind="parameter"), fields={})):
        outside = replace(job(FieldChange("description", "a", "b")), live=unknown)
        with pytest.raises(ConflictError, match="belongs to other/production now"):
            update(theirs, outside)


def test_only_an_adoption_asks_for_a_stack() -> None:
    assert update({**OWNER, **STACK}, job(CHANGED, tags={})) == []
    with pytest.raises(ConflictError, match="belongs to CloudFormation stack web now"):
        update({**OWNER, **STACK}, job(CHANGED, action=Action.ADOPT, tags={}))


@pytest.mark.parametrize("wanted", [{}, {"a": "b"}])
def test_a_new_parameter_has_the_mark_of_its_tags_only_where_it_has_some(
    wanted: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Tagging({})
    sent: list[Mapping[str, Any]] = []
    monkeypatch.setattr(store, "write", sent.append)
    store.entry = {"Version": 1}
    new = replace(job(tags=wanted), record=None, live=None)
    assert parameter.create(store, new) == "1"  # type: ignore[arg-type]
    expected = {**wanted, **(marked(*wanted) if wanted else OWNER)}
    assert tags.from_list(sent[0]["Tags"]) == expected


@pytest.mark.parametrize("sealed", [None, Sealed(None)])
def test_without_a_value_in_the_manifest_nothing_is_written(sealed: Sealed | None) -> None:
    for what in (replace(job(), sealed=sealed), replace(job(), resource=None)):
        with pytest.raises(ConflictError, match="has no value in the manifest any more"):
            update({}, what)


def test_what_has_been_deleted_meanwhile_is_not_created_by_an_update() -> None:
    with pytest.raises(ConflictError, match="has been deleted meanwhile"):
        update({}, replace(job(), record=None))


@pytest.mark.parametrize(("action", "waits"), [(Action.REPLACE, [30.0]), (Action.PRUNE, [])])
def test_only_what_is_created_again_waits_as_long_as_aws_asks(
    action: Action, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("reconciler.kinds.parameter.write.time.sleep", slept.append)
    monkeypatch.setattr("reconciler.kinds.parameter.write.AFTER_DELETE", 30.0)
    store = Tagging({})
    parameter.delete(store, job(action=action))  # type: ignore[arg-type]
    assert slept == waits
    parameter.delete(Tagging({}, "gone"), job(action=Action.PRUNE))  # type: ignore[arg-type]
    with pytest.raises(AwsError):
        parameter.delete(Tagging({}, "denied"), job(action=action))  # type: ignore[arg-type]
