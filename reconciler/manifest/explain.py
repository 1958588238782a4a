"""What a cleartext model refuses, in our words: pydantic's own errors never travel."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from reconciler.aws.arn import REGION
from reconciler.kinds.kind import Flaw

_EXPECTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "list_type": "a list",
}


@dataclass(frozen=True)
class _Fault:
    path: tuple[str | int, ...]
    type: str
    message: str
    context: Mapping[str, Any]


def flaws(
    error: ValidationError, model: type[BaseModel], data: Any, *, apart: Collection[str] = ()
) -> list[Flaw]:
    """One flaw for each field that the model refuses; ``data`` is what it was given. ``apart`` are
    fields beside those of the model, which it never sees."""
    by_path: dict[tuple[str | int, ...], list[_Fault]] = {}
    for fault in _faults(error, data):
        by_path.setdefault(fault.path, []).append(fault)
    found = []
    for path, faults in by_path.items():
        # A field that may be this or that has a fault for each: what lies deeper says more.
        if all(f.type in _EXPECTED or f.type == "literal_error" for f in faults) and any(
            other != path and other[: len(path)] == path for other in by_path
        ):
            continue
        found.append(_flaw(path, faults, model, data, apart))
    return found


def _faults(error: ValidationError, data: Any) -> Iterator[_Fault]:
    details = error.errors(include_url=False, include_input=False)
    for detail in details:
        path = tuple(_real(detail["loc"], data, named=detail["type"] in ("missing",)))
        yield _Fault(path, detail["type"], detail["msg"], detail.get("ctx", {}))


def _real(loc: Sequence[str | int], data: Any, *, named: bool) -> Iterator[str | int]:
    """The parts of a location that are in the data: a union's branch has a name there, too."""
    for index, part in enumerate(loc):
        if _holds(data, part):
            data = data[part]
            yield part
        elif named and index == len(loc) - 1:
            yield part


def _holds(data: Any, part: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(part, int) and part < len(data)
    return isinstance(data, dict) and part in data


def _flaw(
    path: tuple[str | int, ...],
    faults: Sequence[_Fault],
    model: type[BaseModel],
    data: Any,
    apart: Collection[str],
) -> Flaw:
    first = next((f for f in faults if f.type not in _EXPECTED), faults[0])
    name = path[-1] if path else ""
    if first.type == "extra_forbidden":
        fields = {*_fields_at(model, path[:-1]), *(() if path[:-1] else apart)}
        return Flaw(
            path, "unknown-field", f"there is no field `{name}` here", meant(str(name), fields)
        )
    if first.type == "missing":
        return Flaw(path[:-1], "missing-field", f"the field `{name}` is missing")
    given = _at(data, path)
    if first.type in _EXPECTED or first.type == "literal_error":
        choices = " or ".join(dict.fromkeys(_expected(fault) for fault in faults))
        scalar = isinstance(given, bool | int | float)
        hint = "write it in quotes" if scalar and "a text" in choices else None
        return Flaw(path, "wrong-type", f"`{name}` has to be {choices}", hint)
    form = str(first.context.get("pattern", ""))
    return Flaw(path, _code(first), f"`{name}`: {_said(first)}", _FORMS.get(form))


def _expected(fault: _Fault) -> str:
    if fault.type == "literal_error":
        return str(fault.context.get("expected", "one of the allowed words"))
    return _EXPECTED[fault.type]


def _code(fault: _Fault) -> str:
    return "invalid-field" if fault.type in _SAID else fault.type.replace("_", "-")


# What forms mean that people meet first.
_FORMS = {
    "^[0-9]{12}$": "an account is 12 digits, in quotes",
    f"^{REGION}$": "a Region is like us-west-2",
}
_SAID = {
    "string_too_short": "it is empty",
    "string_too_long": "at most {max_length} characters",
    "string_pattern_mismatch": "it does not have the form {pattern}",
    "greater_than_equal": "not below {ge}",
    "greater_than": "more than {gt}",
    "less_than_equal": "not above {le}",
    "less_than": "less than {lt}",
    "finite_number": "a number",
}


def _said(fault: _Fault) -> str:
    """Our words; else the message of a check here. pydantic's own messages hold no input."""
    form = _SAID.get(fault.type)
    return fault.message if form is None else form.format(**fault.context)


def meant(name: str, known: Iterable[str]) -> str:
    """A hint: what is like ``name``, else all that there is."""
    options = sorted(known)
    begins = [option for option in options if name and option.startswith(name)]
    close = begins if len(begins) == 1 else difflib.get_close_matches(name, options, n=1)
    if close:
        return f"did you mean `{close[0]}`?"
    return f"there are: {', '.join(options)}" if options else "there are none"


def _at(data: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        if isinstance(data, dict):
            data = data.get(str(part))
        elif isinstance(data, list) and isinstance(part, int):
            data = data[part]
    return data


def _fields_at(model: type[BaseModel], path: Sequence[str | int]) -> set[str]:
    """The fields of the model that stands at ``path``."""
    models = [model]
    for part in path:
        inner: list[type[BaseModel]] = []
        for candidate in models:
            fields = {field.alias or name: field for name, field in candidate.model_fields.items()}
            if part in fields:
                inner += _models(fields[str(part)].annotation)
        models = inner or models  # a list's index, a mapping's key: the model stays the same
    return {field.alias or name for m in models for name, field in m.model_fields.items()}


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in get_args(annotation) for found in _models(part)]
