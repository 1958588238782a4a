"""A plan file is what was reviewed, or it is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler import kinds
from reconciler.core import planfile
from reconciler.core.digest import plan_digest
from reconciler.core.errors import PlanFileError
from reconciler.core.model import Plan
from reconciler.core.planfile.write import checksum
from tests.render import hostile
from tests.render.plans import EMPTY, EVERYTHING

KINDS = kinds.names()
VALIDATOR = jsonschema.Draft202012Validator(planfile.schema(KINDS))
TEXT = planfile.dumps([EVERYTHING])


def loads(text: str) -> tuple[Plan, ...]:
    """The plans in a file, by the kinds that there are."""
    return planfile.loads(text, KINDS)


def refused(text: str) -> str:
    """What ``loads`` says of a text that it must not take."""
    with pytest.raises(PlanFileError) as caught:
        loads(text)
    error = caught.value
    assert error.__cause__ is None
    assert "\n" not in error.message
    if "is not one that this version reads" in error.message:
        assert error.hint == "use the version that wrote the file, or plan again"
    else:
        assert error.hint == "plan again; a plan file is never edited"
    return error.message


def explanations(plan: Plan) -> Any:
    """What is in no digest and does not count when plans are compared."""
    return (
        plan.notes,
        plan.owned,
        plan.revision,
        [(c.why and c.why.on, c.place, c.value.keys if c.value else None) for c in plan.changes],
    )


@pytest.mark.parametrize("plan", [EVERYTHING, EMPTY], ids=["everything", "empty"])
def test_written_and_read_it_is_the_same(plan: Plan) -> None:
    (read,) = loads(planfile.dumps([plan]))
    assert read == plan
    assert explanations(read) == explanations(plan)
    assert plan_digest(read) == plan_digest(plan)


def test_several_plans_are_a_list() -> None:
    staging = replace(EMPTY, scope=replace(EMPTY.scope, environment="staging"))
    text = planfile.dumps([EVERYTHING, staging])
    assert [*json.loads(text)] == ["format_version", "plans"]
    assert loads(text) == (EVERYTHING, staging)
    assert loads(planfile.dumps([])) == ()
    assert all(planfile.dumps(p).endswith("}\n") for p in ([], [EMPTY], [EVERYTHING, staging]))


def test_one_environment_is_not_planned_twice() -> None:
    assert "two plans" in refused(planfile.dumps([EMPTY, EMPTY]))


@given(hostile.plans)
@hostile.patient
def test_any_plan_survives_and_fits_the_schema(plan: Plan) -> None:
    text = planfile.dumps([plan])
    (read,) = loads(text)
    assert read == plan
    assert explanations(read) == explanations(plan)
    VALIDATOR.validate(json.loads(text))
    assert planfile.dumps([read]) == text


def test_the_schema_is_a_schema_and_takes_every_form() -> None:
    VALIDATOR.check_schema(planfile.schema(KINDS))
    staging = replace(EMPTY, scope=replace(EMPTY.scope, environment="staging"))
    for plans in ([EVERYTHING], [EMPTY], [EMPTY, staging], []):
        VALIDATOR.validate(json.loads(planfile.dumps(plans)))
    broken = json.loads(TEXT)
    del broken["changes"][0]["precondition"]
    assert not VALIDATOR.is_valid(broken)
    assert not VALIDATOR.is_valid({"format_version": "1.0", "plans": []})


def test_it_has_what_the_format_promises() -> None:
    held = json.loads(TEXT)
    assert {
        "format_version", "digest", "environment", "account", "region", "prefix", "owner",
        "policy", "revision", "owned", "summary", "changes", "notes",
    } <= set(held)  # fmt: skip
    assert held["format_version"] == "2.0"
    assert held["summary"]["create"] == 6
    assert held["digest"] == plan_digest(EVERYTHING)


def test_each_change_has_a_line() -> None:
    lines = [line.removesuffix(",") for line in TEXT.splitlines()]
    for change in json.loads(TEXT)["changes"]:
        assert f"    {json.dumps(change)}" in lines
    assert '  "changes": [],' in planfile.dumps([EMPTY]).splitlines()


def test_no_log_of_a_workflow_obeys_it() -> None:
    plan = replace(EVERYTHING, revision="##[error]x ##[group]")
    text = planfile.dumps([plan])
    assert "##[" not in text
    assert loads(text)[0].revision == plan.revision


def test_a_number_without_a_meaning_is_not_written() -> None:
    policy = replace(EMPTY.policy, max_change_ratio=float("nan"))
    with pytest.raises(ValueError, match="not JSON compliant"):
        planfile.dumps([replace(EMPTY, policy=policy)])


# --- edited by hand ---------------------------------------------------------------------------


def places(content: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every scalar of a document."""
    if isinstance(content, dict):
        return [p for key, part in content.items() for p in places(part, (*path, key))]
    if isinstance(content, list):
        return [p for index, part in enumerate(content) for p in places(part, (*path, index))]
    return [path]


PLACES = places(json.loads(TEXT))
OTHERS: list[Any] = [None, True, 0, 7, "", "other", {"a": 1}, ["b"]]


@given(st.sampled_from(PLACES), st.sampled_from(OTHERS))
@settings(max_examples=400, deadline=None)
def test_no_scalar_can_be_edited(place: tuple[Any, ...], other: Any) -> None:
    edited = json.loads(TEXT)
    at = edited
    for step in place[:-1]:
        at = at[step]
    if at[place[-1]] == other and type(at[place[-1]]) is type(other):
        return
    at[place[-1]] = other
    if json.dumps(edited) != json.dumps(json.loads(TEXT)):
        refused(json.dumps(edited))


def removed(held: dict[str, Any]) -> None:
    del held["changes"][2]


def doubled(held: dict[str, Any]) -> None:
    held["changes"].append(held["changes"][0])


def reordered(held: dict[str, Any]) -> None:
    held["changes"].reverse()


def counted(held: dict[str, Any]) -> None:
    held["summary"]["prune"] = 0


def renamed(held: dict[str, Any]) -> None:
    held["changes"][0]["key"]["name"] = "/app/production/other"


def loosened(held: dict[str, Any]) -> None:
    held["policy"]["max_prunes"] = 99


def explained(held: dict[str, Any]) -> None:
    held["changes"][4]["place"] = {"path": "harmless.yaml", "line": 1, "column": 1}


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (removed, "digest: it is of other changes"),
        (doubled, "summary: it is of other changes"),
        (reordered, "checksum: it is of other content"),
        (counted, "summary: it is of other changes"),
        (renamed, "changes[0]: parameter /app/production/other: its digest"),
        (loosened, "changes[0]: "),
        (explained, "checksum: it is of other content"),
    ],
)
def test_an_edit_is_named(edit: Callable[[dict[str, Any]], None], says: str) -> None:
    held = json.loads(TEXT)
    edit(held)
    several = {"format_version": "2.0", "plans": [json.loads(TEXT), held]}
    assert refused(json.dumps(held)).startswith(f"the plan was edited: {says}")
    assert refused(json.dumps(several)).startswith(f"the plan was edited: plans[1].{says}")


def test_two_changes_of_one_resource_are_refused_whatever_the_checksums_say() -> None:
    doubled_plan = replace(EVERYTHING, changes=(*EVERYTHING.changes, EVERYTHING.changes[0]))
    assert "two of one resource" in refused(planfile.dumps([doubled_plan]))


def test_laid_out_in_another_way_it_is_the_same() -> None:
    assert loads(json.dumps(json.loads(TEXT), indent=7, sort_keys=True)) == (EVERYTHING,)


# --- versions ---------------------------------------------------------------------------------


def test_a_later_minor_version_may_say_more() -> None:
    held = json.loads(TEXT)
    held["format_version"] = "2.7"
    held["news"] = {"a": [1]}
    held["changes"][0]["news"] = "b"
    held["changes"][0]["key"]["news"] = "c"
    held["checksum"] = checksum(held)
    assert loads(json.dumps(held)) == (EVERYTHING,)
    VALIDATOR.validate(held)


@pytest.mark.parametrize("version", ["3.0", "10.0", "20.0", "", "one", "2x"])
def test_another_major_version_is_refused(version: str) -> None:
    held = json.loads(TEXT)
    held["format_version"] = version
    says = f"format_version {version} is not one that this version reads (2.x)"
    assert refused(json.dumps(held)) == says
    assert refused(json.dumps({"format_version": version, "plans": [held]})) == says


@pytest.mark.parametrize("version", ["1.0", "1.9", "0.9"])
def test_an_earlier_version_is_told_in_one_line_to_plan_again(version: str) -> None:
    earlier: dict[str, Any] = {"format_version": version, "reason": "of another form"}
    for held in (earlier, {"format_version": version, "plans": [earlier]}):
        with pytest.raises(PlanFileError) as caught:
            loads(json.dumps(held))
        assert caught.value.message == (
            f"an earlier version made this plan (format {version}): plan again"
        )
        assert caught.value.hint is None


# --- anything else ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not JSON"),
        ("{", "not JSON (line 1, column 2)"),
        ("[]", "not an object"),
        ('"x"', "not an object"),
        ("{}", "format_version is missing"),
        ('{"format_version": 1}', "format_version is not a text"),
        ('{"format_version": "2.0"}', "digest is missing"),
        ('{"format_version": "2.0", "plans": {}}', "plans is not a list"),
        ('{"format_version": "2.0", "plans": [1]}', "plans[0] is not an object"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("NaN", "a number without a meaning"),
        ("1e999", "a number without a meaning"),
        ("9" * 5_000, "a number without a meaning"),
        ('{"a": 1, "a": 2}', "twice"),
    ],
)
def test_what_is_no_plan_is_told_so(text: str, says: str) -> None:
    assert says in refused(text)


@pytest.mark.parametrize(
    ("path", "content", "says"),
    [
        (("changes",), {}, "changes is not a list"),
        (("changes", 0), 1, "changes[0] is not an object"),
        (("changes", 0, "action"), "destroy", "changes[0].action is not one of 'create', 'update'"),
        (("changes", 0, "key"), "x", "changes[0].key is not an object"),
        (("changes", 0, "key", "name"), 1, "changes[0].key.name is not a text"),
        (("changes", 0, "fields", 0, "known"), 1, "changes[0].fields[0].known is not true or"),
        (("changes", 0, "value", "write"), "x", "changes[0].value.write is not one of"),
        (("changes", 0, "settings"), [], "changes[0].settings is not an object"),
        (("policy", "max_prunes"), True, "policy.max_prunes is not a whole number"),
        (("policy", "max_prunes"), -1, "policy.max_prunes is not zero or more"),
        (("policy", "max_change_ratio"), "1", "policy.max_change_ratio is not a number"),
        (("owned",), 1.5, "owned is not a whole number"),
        (("revision",), 5, "revision is not a text"),
        (("notes", 0, "code"), None, "notes[0].code is not one of"),
        (("notes", 0, "code"), "news", "notes[0].code is not one of 'kept', 'rotated'"),
        (("changes", 0, "key", "kind"), "**secret**", "changes[0].key.kind is not one of keys, "),
        (("changes", 0, "losses"), [{"loss": "x"}], "changes[0].losses[0].loss is not one of"),
        (("changes", 0, "why"), {"reason": "x"}, "changes[0].why.reason is not one of"),
        (("notes", 0, "on"), "today", "notes[0].on is not a date"),
    ],
)
def test_a_wrong_type_is_named(path: tuple[Any, ...], content: Any, says: str) -> None:
    held = json.loads(TEXT)
    at = held
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = content
    assert says in refused(json.dumps(held))


@pytest.mark.parametrize("forged", ["2\nDone: 3 applied", "2\u2028Done", "2\r\x1b[2KDone"])
def test_what_a_file_says_cannot_look_like_a_message(forged: str) -> None:
    held = json.loads(TEXT)
    held["format_version"] = forged
    assert refused(json.dumps(held)).isprintable()
    held = json.loads(TEXT)
    held["changes"][0]["key"]["name"] = forged
    assert refused(json.dumps(held)).isprintable()


def test_half_a_character_is_refused() -> None:
    held = json.loads(TEXT)
    held["changes"][0]["key"]["name"] = "\ud800"
    assert "half a character" in refused(json.dumps(held))


def test_nesting_within_what_python_takes_is_no_crash() -> None:
    for depth in (300, 900, 5_000):
        held = TEXT.replace('"before": null', f'"before": {"[" * depth}{"]" * depth}', 1)
        assert refused(held) == "this is not a plan: it is nested too deeply"


@given(st.text(max_size=40))
def test_any_text_is_a_plan_or_refused(text: str) -> None:
    refused(text)
