"""From the text of a plan file to plans, trusting nothing in it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar

from reconciler.core.digest import change_digest, digest_of
from reconciler.core.errors import PlanFileError
from reconciler.core.model import (
    Action,
    Change,
    FieldChange,
    Key,
    Note,
    Place,
    Plan,
    Policy,
    Scope,
    ValueChange,
    Write,
)
from reconciler.core.planfile.write import CHECKSUM, FORMAT_VERSION, checksum, summary

T = TypeVar("T")

_MAJOR = FORMAT_VERSION.split(".")[0]
_AGAIN = "plan again; a plan file is never edited"


def loads(text: str) -> tuple[Plan, ...]:
    """The plans in a plan file, one for each environment.

    Raises PlanFileError where the text is not what ``dumps`` wrote: another format, a wrong type,
    a digest, a summary or a checksum that does not match.
    """
    try:
        return _plans(_parse(text))
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


def _plans(content: Any) -> tuple[Plan, ...]:
    if not isinstance(content, dict):
        raise PlanFileError("this is not a plan: it is not an object", hint=_AGAIN)
    _version(content)
    if "plans" not in content:
        return (_plan(content, ""),)
    entries = _get(content, "plans", _list, "")
    found = []
    for index, entry in enumerate(entries):
        where = f"plans[{index}]"
        found.append(_plan(_object(entry, where), f"{where}."))
    names = [plan.scope.environment for plan in found]
    if len(set(names)) != len(names):
        raise PlanFileError("the file holds two plans of one environment", hint=_AGAIN)
    return tuple(found)


def _version(content: Mapping[str, Any]) -> None:
    version = _get(content, "format_version", _text, "")
    if version.split(".")[0] != _MAJOR:
        raise PlanFileError(
            f"format_version {_shown(version)} is not one that this version reads ({_MAJOR}.x)",
            hint="use the version that wrote the file, or plan again",
        )


def _plan(content: Mapping[str, Any], at: str) -> Plan:
    _version(content)
    policy = _get(content, "policy", _object, at)
    plan = Plan(
        scope=Scope(
            environment=_get(content, "environment", _text, at),
            account=_get(content, "account", _text, at),
            region=_get(content, "region", _text, at),
            prefix=_get(content, "prefix", _text, at),
            owner=_get(content, "owner", _text, at),
        ),
        policy=Policy(
            prune=_get(policy, "prune", _flag, f"{at}policy."),
            recovery_window=_get(policy, "recovery_window", _number, f"{at}policy."),
            max_prunes=_get(policy, "max_prunes", _number, f"{at}policy."),
            max_change_ratio=_get(policy, "max_change_ratio", _ratio, f"{at}policy."),
        ),
        changes=_each(content, "changes", _change, at),
        notes=_each(content, "notes", _note, at),
        owned=_get(content, "owned", _number, at),
        revision=_get(content, "revision", _text_or_none, at),
    )
    _verify(content, plan, at)
    return plan


def _verify(content: Mapping[str, Any], plan: Plan, at: str) -> None:
    """Every digest, the summary and the checksum are those of what the file says."""
    digests = [change_digest(change, plan.scope, plan.policy) for change in plan.changes]
    for index, (change, digest) in enumerate(zip(plan.changes, digests, strict=True)):
        if content["changes"][index].get("digest") != digest:
            raise _edited(
                f"{at}changes[{index}]",
                f"{_shown(str(change.key))}: its digest is of other content",
            )
    if content.get("digest") != digest_of(digests, plan.scope, plan.policy):
        raise _edited(f"{at}digest", "it is of other changes")
    if content.get("summary") != summary(plan.changes):
        raise _edited(f"{at}summary", "it is of other changes")
    if content.get(CHECKSUM) != checksum(content):
        raise _edited(f"{at}{CHECKSUM}", "it is of other content")
    keys = {change.key for change in plan.changes}
    if len(keys) != len(plan.changes):
        raise _edited(f"{at}changes", "there are two of one resource")


def _shown(text: str) -> str:
    """What the file says, in one line: nothing that it holds may look like a message of ours."""
    return json.dumps(text)[1:-1]


def _edited(where: str, what: str) -> PlanFileError:
    return PlanFileError(f"the plan was edited: {where}: {what}", hint=_AGAIN)


# --- parts ------------------------------------------------------------------------------------


def _change(content: Mapping[str, Any], at: str) -> Change:
    return Change(
        key=_key(_get(content, "key", _object, at), f"{at}key."),
        action=_get(content, "action", _one_of(Action), at),
        fields=_each(content, "fields", _field, at),
        value=_maybe(content, "value", _value, at),
        settings=_get(content, "settings", _object, at),
        precondition=_get(content, "precondition", _object, at),
        code=_get(content, "code", _text_or_none, at),
        reason=_get(content, "reason", _text_or_none, at),
        hint=_get(content, "hint", _text_or_none, at),
        place=_maybe(content, "place", _place, at),
    )


def _key(content: Mapping[str, Any], at: str) -> Key:
    return Key(_get(content, "kind", _text, at), _get(content, "name", _text, at))


def _field(content: Mapping[str, Any], at: str) -> FieldChange:
    return FieldChange(
        name=_get(content, "name", _text, at),
        before=_get(content, "before", _anything, at),
        after=_get(content, "after", _anything, at),
        known=_get(content, "known", _flag, at),
    )


def _value(content: Mapping[str, Any], at: str) -> ValueChange:
    keys = None
    if _get(content, "keys", _anything, at) is not None:
        keys = _each(content, "keys", _field, at)
    return ValueChange(
        write=_get(content, "write", _one_of(Write), at),
        fingerprint=_get(content, "fingerprint", _text_or_none, at),
        plaintext=_get(content, "plaintext", _text_or_none, at),
        ciphertext=_get(content, "ciphertext", _text_or_none, at),
        keys=keys,
    )


def _place(content: Mapping[str, Any], at: str) -> Place:
    return Place(
        path=_get(content, "path", _text, at),
        line=_get(content, "line", _number, at),
        column=_get(content, "column", _number, at),
    )


def _note(content: Mapping[str, Any], at: str) -> Note:
    return Note(
        key=_key(_get(content, "key", _object, at), f"{at}key."),
        code=_get(content, "code", _text, at),
        text=_get(content, "text", _text, at),
    )


# --- types ------------------------------------------------------------------------------------


def _get(content: Mapping[str, Any], key: str, read: Callable[[Any, str], T], at: str) -> T:
    if key not in content:
        raise PlanFileError(f"this is not a plan: {at}{key} is missing", hint=_AGAIN)
    return read(content[key], f"{at}{key}")


def _each(
    content: Mapping[str, Any], key: str, read: Callable[[Mapping[str, Any], str], T], at: str
) -> tuple[T, ...]:
    found = []
    for index, entry in enumerate(_get(content, key, _list, at)):
        where = f"{at}{key}[{index}]"
        found.append(read(_object(entry, where), f"{where}."))
    return tuple(found)


def _maybe(
    content: Mapping[str, Any], key: str, read: Callable[[Mapping[str, Any], str], T], at: str
) -> T | None:
    if _get(content, key, _anything, at) is None:
        return None
    return read(_get(content, key, _object, at), f"{at}{key}.")


def _wrong(where: str, expected: str) -> PlanFileError:
    return PlanFileError(f"this is not a plan: {where} is not {expected}", hint=_AGAIN)


def _anything(content: Any, _: str) -> Any:
    return content


def _object(content: Any, where: str) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise _wrong(where, "an object")
    return content


def _list(content: Any, where: str) -> list[Any]:
    if not isinstance(content, list):
        raise _wrong(where, "a list")
    return content


def _text(content: Any, where: str) -> str:
    if not isinstance(content, str):
        raise _wrong(where, "a text")
    return content


def _text_or_none(content: Any, where: str) -> str | None:
    return None if content is None else _text(content, where)


def _flag(content: Any, where: str) -> bool:
    if not isinstance(content, bool):
        raise _wrong(where, "true or false")
    return content


def _number(content: Any, where: str) -> int:
    if not isinstance(content, int) or isinstance(content, bool) or content < 0:
        raise _wrong(where, "a whole number, zero or more")
    return content


def _ratio(content: Any, where: str) -> float:
    if not isinstance(content, int | float) or isinstance(content, bool) or content < 0:
        raise _wrong(where, "a number, zero or more")
    return content


def _one_of(choices: type[T]) -> Callable[[Any, str], T]:
    members: Mapping[Any, T] = {member.value: member for member in choices}  # type: ignore[attr-defined]

    def read(content: Any, where: str) -> T:
        if not isinstance(content, str) or content not in members:
            raise _wrong(where, f"one of {', '.join(members)}")
        return members[content]

    return read
