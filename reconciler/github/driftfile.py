"""Drift, as `drift -o json` prints it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from reconciler.core import planfile
from reconciler.core.applied import Applied, Untold
from reconciler.core.checked import Checked
from reconciler.core.drift import Drift, DriftClass
from reconciler.core.errors import ReconcilerError
from reconciler.core.model import Key, Place, Scope

_MAJOR = "1"  # of the format


class DriftFileError(ReconcilerError):
    """A file that is not what `drift -o json` printed."""

    code = "drift-file"


def loads(text: str, kinds: Collection[str]) -> tuple[Checked, ...]:
    """The drift of each environment in it, but for those that could not be looked at. Raises
    DriftFileError."""
    try:
        every = [json.loads(text)]
    except (ValueError, RecursionError):
        every = _lines(text)
    try:
        if any(str(one["format_version"]).split(".")[0] != _MAJOR for one in every):
            problem = f"its format_version is not {_MAJOR}.x"
        else:
            results = (one.get("result", one) for one in every)
            return tuple(_found(one, kinds) for one in results if one is not None)
    except (KeyError, TypeError, ValueError, AttributeError):
        # What is wrong where is of no use: nobody writes this file by hand.
        problem = "a job wrote something else there"
    raise DriftFileError(
        f"this is not drift as JSON: {problem}", hint="write it with `reconciler drift -o json`"
    )


def _lines(text: str) -> list[Any]:
    """Of several environments there is a line each."""
    try:
        return [json.loads(line) for line in text.splitlines()] or [None]
    except (ValueError, RecursionError):
        return [None]


def _found(content: Mapping[str, Any], kinds: Collection[str]) -> Checked:
    scope = Scope(
        environment=_text(content["environment"]),
        account=_text(content["account"]),
        region=_text(content["region"]),
        prefix=_text(content["prefix"]),
        owner="",  # nothing that is shown needs it
    )
    repair = content["repair"]
    plan = None
    if repair is not None:
        (plan,) = planfile.loads(json.dumps(repair["plan"]), kinds)
    drift = tuple(map(_drift, content["drift"]))
    return Checked(scope, drift, _applied(content["applied"]), plan)


def _applied(content: Mapping[str, Any]) -> Applied:
    at, untold = _optional(content["at"]), _optional(content["untold"])
    behind = content["commits_since"]
    return Applied(
        untold=None if untold is None else Untold(untold),
        unfinished=tuple(map(_text, content["unfinished"])),
        commit=_optional(content["commit"]),
        at=None if at is None else datetime.fromisoformat(at),
        by=_optional(content["by"]),
        behind=None if behind is None else int(behind),
        proven=bool(content["proven"]),
        writer=_optional(content["written_by"]),
    )


def _drift(content: Mapping[str, Any]) -> Drift:
    key, place = content["key"], content["place"]
    return Drift(
        Key(_text(key["kind"]), _text(key["name"])),
        DriftClass(content["class"]),
        _text(content["text"]),
        None
        if place is None
        else Place(_text(place["path"]), int(place["line"]), int(place["column"])),
        advice=_text(content.get("advice") or ""),
        fails=content.get("acts") is True,
    )


def _optional(content: Any) -> str | None:
    return None if content is None else _text(content)


def _text(content: Any) -> str:
    if not isinstance(content, str):
        raise TypeError
    return content
