"""Filters of DescribeParameters and GetParametersByPath."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from moto.ssm.models import Parameter, SimpleSystemManagerBackend

from .refusal import invalid


class Row(NamedTuple):
    """A parameter as filters see it: the key it is stored under, latest version, and the tags that
    are kept under a key."""

    name: str
    latest: Parameter
    tags: Callable[[str], dict[str, str] | None]


Test = Callable[[Row], bool]


def compile_describe(backend: SimpleSystemManagerBackend, body: dict[str, Any]) -> Test:
    """One test for every filter of a DescribeParameters request; all must hold. moto knows which
    filters AWS takes.
    """
    conditions = body.get("ParameterFilters") or []
    if body.get("Filters") and conditions:
        raise invalid("You can use either Filters or ParameterFilters in a single request.")
    backend._validate_parameter_filters(conditions, by_path=False)
    legacy = [_legacy(condition) for condition in body.get("Filters") or []]
    return _all(legacy + [_one(condition) for condition in conditions])


def compile_by_path(backend: SimpleSystemManagerBackend, body: dict[str, Any]) -> Test:
    """The test of a GetParametersByPath request: the path, and every filter."""
    option = "Recursive" if body.get("Recursive") else "OneLevel"
    path = {"Key": "Path", "Option": option, "Values": [body["Path"]]}
    conditions = body.get("ParameterFilters") or []
    backend._validate_parameter_filters([path], by_path=False)
    backend._validate_parameter_filters(conditions, by_path=True)
    return _all([_one(condition) for condition in [path, *conditions]])


def _all(tests: list[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]
    return lambda row: all(test(row) for test in tests)


def _one(condition: dict[str, Any]) -> Test:
    key, values = condition["Key"], condition.get("Values") or []
    if key == "Path":
        return _path(values, condition.get("Option", "OneLevel"))
    option = condition.get("Option", "Equals")
    if key.startswith("tag:"):
        return _tag(key[4:], tuple(values), option)
    if key == "Name":
        return _name(values, option)
    if key == "Label":
        wanted = set(values)
        return lambda row: bool(wanted & set(row.latest.labels))
    field = {
        "Type": "parameter_type",
        "KeyId": "keyid",
        "Tier": "tier",
        "DataType": "data_type",
    }[key]
    matches = _matcher(tuple(values), option)
    return lambda row: matches(getattr(row.latest, field) or "")


def _matcher(values: tuple[str, ...], option: str) -> Callable[[str], bool]:
    if option == "BeginsWith":
        return lambda text: text.startswith(values)
    if option == "Contains":
        return lambda text: any(value in text for value in values)
    wanted = frozenset(values)
    return lambda text: text in wanted


def _name(values: list[str], option: str) -> Test:
    if option != "Contains":
        values = ["/" + value.strip(" ").lstrip("/") for value in values]
    matches = _matcher(tuple(values), option)
    return lambda row: matches("/" + row.name.lstrip("/"))


def _tag(key: str, values: tuple[str, ...], option: str) -> Test:
    matches = _matcher(values, option)

    def test(row: Row) -> bool:
        value = (row.tags(row.name) or {}).get(key)
        # Without values the filter asks only whether the tag is there.
        return value is not None and (not values or matches(value))

    return test


def _path(values: list[str], option: str) -> Test:
    prefixes = tuple(value.rstrip("/") + "/" for value in values)
    if option == "Recursive":
        return lambda row: ("/" + row.name.lstrip("/")).startswith(prefixes)

    def one_level(row: Row) -> bool:
        full = "/" + row.name.lstrip("/")
        return full[: full.rindex("/") + 1] in prefixes

    return one_level


def _legacy(condition: dict[str, Any]) -> Test:
    """The deprecated `Filters`."""
    values = tuple(condition["Values"])
    if condition["Key"] == "Name":
        return lambda row: row.latest.name.startswith(values)
    field = "parameter_type" if condition["Key"] == "Type" else "keyid"
    return lambda row: (getattr(row.latest, field) or "") in values
