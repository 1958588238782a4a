"""Whoever edits a saved plan and repairs its checksums hides nothing under the same digest."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import kinds
from reconciler.core import planfile
from reconciler.core.digest import plan_digest
from reconciler.core.errors import PlanFileError
from reconciler.core.model import Plan, Policy
from reconciler.core.planfile.format import PlanFile
from reconciler.core.planfile.write import checksum
from reconciler.render import markdown, text
from tests.render import hostile
from tests.render.plans import EVERYTHING

KINDS = kinds.names()
STOPPED = replace(EVERYTHING, policy=Policy(prune=True, max_prunes=9, max_change_ratio=0.1))

# What stays outside of every digest, and is shown as unverified by `show`: the commit, places, the
# names of keys and what a branch opens by `--base`, dates, and what is told of what is not changed
# or what only the applied record knows.
OUTSIDE = (
    ("revision",),
    ("notes",),
    ("opened",),
    ("base",),
    ("changes", int, "place"),
    ("changes", int, "value", "keys"),
    ("changes", int, "why", "on"),
)

Path = tuple[Any, ...]
OTHERS: list[Any] = [None, True, False, 0, 1, 7, 0.5, "", "other", "secret", "keys", "2025-01-01"]
OTHERS += [{}, {"a": 1}, [], ["b"]]
WORDS = [
    "create", "update", "replace", "prune", "refuse", "changed", "returned", "written-outside",
    "not-managed", "deleted", "replica", "key-readers", "kept",
]  # fmt: skip


def leaves(content: Any, path: Path = ()) -> Iterator[Path]:
    """Every scalar, every empty list or object, and every whole part that may be null."""
    if path:
        yield path
    if isinstance(content, dict):
        for key, part in content.items():
            yield from leaves(part, (*path, key))
    elif isinstance(content, list):
        for index, part in enumerate(content):
            yield from leaves(part, (*path, index))


def is_outside(path: Path) -> bool:
    return any(
        len(path) >= len(form)
        and all(
            p == f or (f is int and isinstance(p, int)) for p, f in zip(path, form, strict=False)
        )
        for form in OUTSIDE
    )


def _fits(step: Any, part: Any) -> bool:
    return step == part or (part is int and isinstance(step, int))


def edited(content: Any, path: Path, new: Any) -> Any:
    """The content with another part at this place; DROPPED takes it out of its list."""
    found = at = copy.copy(content)
    for step in path[:-1]:
        at[step] = copy.copy(at[step])
        at = at[step]
    if new is DROPPED:
        del at[path[-1]]
    else:
        at[path[-1]] = new
    return found


DROPPED = object()


def repaired(content: Any, digest: str | None = None) -> str | None:
    """The file with every digest, the summary and the checksum made anew; None where it says
    nothing that could be digested, or another digest than asked for."""
    try:
        plan = PlanFile.model_validate_json(json.dumps(content)).plain()
        return planfile.dumps([plan]) if digest in (None, plan_digest(plan)) else None
    except ValueError:
        return None


def shown(plan: Plan) -> tuple[str, str]:
    plan = replace(plan, titles=kinds.titles())
    return text.plan(plan), markdown.plan([plan])


def check(content: Any, before: tuple[str, str], path: Path, new: Any) -> None:
    """Refused, or under another digest, or shown in the same way."""
    changed = edited(content, path, new)
    changed["checksum"] = checksum(changed)
    said = json.dumps(changed) if changed.get("digest") == content["digest"] else None
    for attempt in (said, repaired(changed, content["digest"])):
        if attempt is None:
            continue
        try:
            (after,) = planfile.loads(attempt, KINDS)
        except PlanFileError:
            continue
        assert is_outside(path) or shown(after) == before, path


@pytest.mark.parametrize("plan", [EVERYTHING, STOPPED], ids=["everything", "stopped by a guard"])
def test_every_leaf_of_a_plan_that_holds_everything(plan: Plan) -> None:
    """Each change among the others, and what it holds where it is alone: a file of all of them
    would be read a thousand times."""
    alone = [replace(plan, changes=(change,)) for change in plan.changes]
    assert len(alone) > 20
    for one, within in [(plan, False), *((one, True) for one in alone)]:
        content = json.loads(planfile.dumps([one]))
        before = shown(one)
        for path in leaves(content):
            if within == (len(path) > 2):
                for new in (DROPPED, "other"):
                    check(content, before, path, new)


@given(hostile.plans, st.data())
@hostile.patient
def test_any_leaf_of_any_plan(plan: Plan, data: st.DataObject) -> None:
    content = json.loads(planfile.dumps([plan]))
    path = data.draw(st.sampled_from(list(leaves(content))))
    new = data.draw(st.sampled_from([DROPPED, *OTHERS, *WORDS]) | hostile.contents)
    check(content, shown(plan), path, new)


def test_a_blanked_reason_and_blanked_losses_take_nothing_out_of_destructive() -> None:
    content = json.loads(planfile.dumps([EVERYTHING]))
    for index, change in enumerate(content["changes"]):
        if change["why"] is None and not change["losses"]:
            continue
        blanked = edited(content, ("changes", index, "why"), None)
        blanked["changes"][index]["losses"] = []
        blanked["checksum"] = checksum(blanked)
        with pytest.raises(PlanFileError, match="its digest is of other content"):
            planfile.loads(json.dumps(blanked), KINDS)
        whole = repaired(blanked)
        assert whole is not None
        assert json.loads(whole)["digest"] != content["digest"]


def test_what_is_owned_cannot_lift_a_guard_under_the_same_digest() -> None:
    content = json.loads(planfile.dumps([STOPPED]))
    for owned in (21, 10_000):
        lifted = edited(content, ("owned",), owned)
        lifted["checksum"] = checksum(lifted)
        with pytest.raises(PlanFileError, match="digest: it is of other changes"):
            planfile.loads(json.dumps(lifted), KINDS)


@pytest.mark.parametrize("kind", ["x\n# Approved", "**secret**", "Secret", ""])
def test_a_kind_that_there_is_not_is_refused_in_one_line(kind: str) -> None:
    content = json.loads(planfile.dumps([EVERYTHING]))
    forged = repaired(edited(content, ("changes", 0, "key", "kind"), kind))
    assert forged is not None
    with pytest.raises(PlanFileError) as caught:
        planfile.loads(forged, KINDS)
    assert "changes[0].key.kind is not one of keys, parameter, rotation, secret" in str(
        caught.value.message
    )
    assert caught.value.message.isprintable()
