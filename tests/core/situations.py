"""Arbitrary declared and live resources for hypothesis, and a model of what apply does to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from reconciler.core.digest import content_digest
from reconciler.core.model import (
    Action,
    Change,
    Key,
    Live,
    LiveValue,
    Origin,
    Ownership,
    Plan,
    Policy,
    Recorded,
    Resource,
    Rotation,
    Source,
    Value,
    Write,
)
from reconciler.core.reasons import Reason
from tests.core.build import LAST

NAMES = ("/app/production/a", "/app/production/b/c", "/app/productionx", "elsewhere")
PRINTS = ("fp-a", "fp-b", "fp-c")
RECORDED = ("resource_policy",)

contents: st.SearchStrategy[Any] = st.sampled_from(
    [None, False, True, "x", "y", "", 7, [], ["x"], {}, {"k": "v"}, {"k": {"n": [1, 2]}}]
)
field_names = st.sampled_from(["description", "tags", "kms_key", "type", "fingerprint_key"])
declared_fields = st.dictionaries(field_names | st.sampled_from(RECORDED), contents, max_size=4)
rotations = st.builds(
    Rotation,
    enabled=st.booleans(),
    last=st.sampled_from([None, LAST]),
    pending=st.booleans(),
)
values = st.builds(
    Value,
    source=st.just(Source.GIT),
    fingerprints=st.lists(st.sampled_from(PRINTS), min_size=1, max_size=2, unique=True).map(tuple),
    plaintext=st.sampled_from([None, "shown"]),
    rotation=st.sampled_from(["declared", "none", "unset"]),
    take=st.booleans(),
) | st.just(Value(Source.GENERATED))
policies = st.builds(Policy, prune=st.booleans())


@st.composite
def live_values(draw: st.DrawFn) -> LiveValue | None:
    origin = draw(st.sampled_from([None, *Origin]))
    if origin is None:
        return None
    print_ = draw(st.sampled_from(PRINTS)) if origin is Origin.GIT else None
    earlier = frozenset(draw(st.sets(st.sampled_from(PRINTS)))) - {print_}
    return LiveValue(draw(st.sampled_from("123")), origin, print_, earlier=earlier)


@st.composite
def resources(draw: st.DrawFn, key: Key) -> Resource:
    fields = draw(declared_fields)
    if key.kind == "rotation":
        return Resource(key, fields, requires=Key("secret", key.name))
    value = draw(st.none() | values)
    return Resource(
        key,
        fields,
        value,
        replace=draw(st.booleans()),
        uncreatable=draw(st.sampled_from([None, Reason.EXTERNAL])) if value is None else None,
        whole=key.kind == "parameter",
    )


@st.composite
def lives(draw: st.DrawFn, key: Key) -> Live:
    fields = draw(st.dictionaries(field_names, contents, max_size=4))
    marks = {
        name: Recorded(draw(st.none() | contents.map(content_digest)))
        for name in RECORDED
        if draw(st.booleans())
    }
    secret = key.kind == "secret"
    return Live(
        key,
        {**fields, **marks},
        draw(st.sampled_from([*[Ownership.OURS] * 3, *Ownership])),
        value=None if key.kind == "rotation" else draw(live_values()),
        rotation=draw(rotations) if secret else Rotation(),
        deleted=secret and draw(st.booleans()),
        fixed=("type",) if key.kind == "parameter" else (),
        apart=secret,
    )


@st.composite
def situations(draw: st.DrawFn) -> tuple[dict[Key, Resource], dict[Key, Live]]:
    """Some resources declared, some live, some both."""
    keys = [Key(kind, name) for name in NAMES for kind in ("secret", "parameter")]
    keys += [Key("rotation", name) for name in NAMES[:2]]
    declared = draw(st.lists(st.sampled_from(keys), unique=True, max_size=4))
    there = draw(st.lists(st.sampled_from(declared or keys) | st.sampled_from(keys), max_size=4))
    return (
        {key: draw(resources(key)) for key in declared},
        {key: draw(lives(key)) for key in there},
    )


# --- a model of apply -----------------------------------------------------------------------------


def apply(plan: Plan, desired: Mapping[Key, Resource], live: Mapping[Key, Live]) -> dict[Key, Live]:
    """What is live after every change of the plan was written."""
    after = dict(live)
    for change in plan.changes:
        if change.action is Action.REFUSE:
            continue
        if change.action is Action.PRUNE:
            del after[change.key]
            continue
        old = None if change.action is Action.REPLACE else live.get(change.key)
        if change.action is Action.CREATE:
            assert change.key not in live
        after[change.key] = _written(change, desired[change.key], old)
    return after


def _written(change: Change, resource: Resource, old: Live | None) -> Live:
    old = old or Live(change.key, {}, Ownership.OURS)
    fields = {**old.fields, **{field.name: field.after for field in change.fields}}
    marks = {
        name: Recorded(content_digest(resource.fields[name]))
        for name in RECORDED
        if name in resource.fields
    }
    if "fingerprint_key" in resource.fields:
        marks["fingerprint_key"] = resource.fields["fingerprint_key"]
    new = replace(old, fields={**fields, **marks}, deleted=False, fixed=())
    if change.value is None:
        return new
    generated = change.value.write is Write.GENERATED
    origin = Origin.GENERATED if generated else Origin.GIT
    version = f"{'' if old.value is None else old.value.version}+"
    return replace(new, value=LiveValue(version, origin, change.value.fingerprint))
