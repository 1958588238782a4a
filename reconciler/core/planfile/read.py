"""From the text of a plan file to plans, trusting nothing in it."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

from pydantic import ValidationError

from reconciler.core.digest import change_digest, digest_of
from reconciler.core.errors import PlanFileError
from reconciler.core.model import Plan
from reconciler.core.planfile.format import FORMAT_VERSION, KINDS, PlanFile, PlanFiles
from reconciler.core.planfile.write import CHECKSUM, checksum, summary

Form = TypeVar("Form", PlanFile, PlanFiles)

_MAJOR = int(FORMAT_VERSION.split(".")[0])
_AGAIN = "plan again; a plan file is never edited"


def loads(text: str, kinds: Collection[str]) -> tuple[Plan, ...]:
    """The plans in a plan file, one for each environment. ``kinds`` are those that there are.

    Raises PlanFileError where the text is not what ``dumps`` wrote: another format, a wrong type,
    an unknown kind, a digest, a summary or a checksum that does not match.
    """
    try:
        return _plans(text, _parse(text), kinds)
    except RecursionError:
        problem = "it is nested too deeply"
    except UnicodeEncodeError:
        problem = "it holds half a character"
    raise PlanFileError(f"this is not a plan: {problem}", hint=_AGAIN)


def _parse(text: str) -> Any:
    try:
        return json.loads(
            text, object_pairs_hook=_unique, parse_constant=_not_finite, parse_float=_finite
        )
    except json.JSONDecodeError as error:
        # The error itself holds the whole text.
        problem = f"it is not JSON (line {error.lineno}, column {error.colno})"
    except ValueError:
        problem = "it holds a number without a meaning"
    raise PlanFileError(f"this is not a plan: {problem}", hint=_AGAIN)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise PlanFileError("this is not a plan: a key stands in it twice", hint=_AGAIN)
    return found


def _not_finite(_: str) -> NoReturn:
    raise ValueError


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def _plans(text: str, content: Any, kinds: Collection[str]) -> tuple[Plan, ...]:
    if not isinstance(content, dict):
        raise PlanFileError("this is not a plan: it is not an object", hint=_AGAIN)
    _check_version(content)
    several = "plans" in content
    # checksum() refuses half a character, and the parser below does not say which error that is.
    checksum(content)
    files = _validated(PlanFiles, text, kinds).plans if several else ()
    entries = content["plans"] if several else [content]
    found = []
    for index, entry in enumerate(entries):
        at = f"plans[{index}]." if several else ""
        _check_version(entry)
        file = files[index] if several else _validated(PlanFile, text, kinds)
        plan = file.plain()
        _verify(entry, plan, at)
        found.append(plan)
    names = [plan.scope.environment for plan in found]
    if len(set(names)) != len(names):
        raise PlanFileError("the file holds two plans of one environment", hint=_AGAIN)
    return tuple(found)


def _check_version(content: Mapping[str, Any]) -> None:
    version = content.get("format_version")
    if not isinstance(version, str):
        problem = "is missing" if version is None else "is not a text"
        raise PlanFileError(f"this is not a plan: format_version {problem}", hint=_AGAIN)
    major = version.partition(".")[0]
    if major.isdecimal() and int(major) < _MAJOR:
        raise PlanFileError(
            f"an earlier version made this plan (format {_shown(version)}): plan again"
        )
    if major != str(_MAJOR):
        raise PlanFileError(
            f"format_version {_shown(version)} is not one that this version reads ({_MAJOR}.x)",
            hint="use the version that wrote the file, or plan again",
        )


def _verify(content: Mapping[str, Any], plan: Plan, at: str) -> None:
    """Every digest, the summary and the checksum are those of what the file says."""
    digests = [change_digest(change, plan.scope, plan.policy) for change in plan.changes]
    for index, (change, digest) in enumerate(zip(plan.changes, digests, strict=True)):
        if content["changes"][index].get("digest") != digest:
            raise _edited(
                f"{at}changes[{index}]",
                f"{_shown(str(change.key))}: its digest is of other content",
            )
    if content.get("digest") != digest_of(plan, digests):
        raise _edited(f"{at}digest", "it is of other changes")
    if content.get("summary") != summary(plan.changes):
        raise _edited(f"{at}summary", "it is of other changes")
    if content.get(CHECKSUM) != checksum(content):
        raise _edited(f"{at}{CHECKSUM}", "it is of other content")
    keys = {change.key for change in plan.changes}
    if len(keys) != len(plan.changes):
        raise _edited(f"{at}changes", "there are two of one resource")


def _shown(text: str) -> str:
    """What the file says, in one line: nothing in it may look like a message of this program."""
    return json.dumps(text)[1:-1]


def _edited(where: str, what: str) -> PlanFileError:
    return PlanFileError(f"the plan was edited: {where}: {what}", hint=_AGAIN)


# --- types ------------------------------------------------------------------------------------

_EXPECTED = {
    "bool_type": "true or false",
    "date_from_datetime_parsing": "a date",
    "date_parsing": "a date",
    "date_type": "a date",
    "dict_type": "an object",
    "float_type": "a number",
    "greater_than_equal": "zero or more",
    "int_from_float": "a whole number",
    "int_parsing_size": "a whole number",
    "int_type": "a whole number",
    "kind": "one of {kinds}",
    "model_type": "an object",
    "string_pattern_mismatch": "of the form that it has",
    "string_type": "a text",
    "tuple_type": "a list",
}


def _validated(form: type[Form], text: str, kinds: Collection[str]) -> Form:
    try:
        return form.model_validate_json(text, context={KINDS: kinds})
    except ValidationError as error:
        # The first is enough. The error itself may hold what the file says.
        first = error.errors(include_url=False, include_input=False)[0]
        problem = _problem(first["type"], first["loc"], first.get("ctx", {}))
    raise PlanFileError(f"this is not a plan: {problem}", hint=_AGAIN)


def _problem(kind: str, path: Sequence[str | int], context: Mapping[str, Any]) -> str:
    if kind == "json_invalid":
        return "it is nested too deeply"  # it is JSON, to the parser that read it before
    where = _shown("".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path)[1:])
    if kind == "missing":
        return f"{where} is missing"
    if kind == "enum":
        return f"{where} is not one of {context['expected']}"
    return f"{where} is not {_EXPECTED.get(kind, 'what it should be').format(**context)}"
