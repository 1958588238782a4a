"""Filters of DescribeParameters and GetParametersByPath."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from moto.ssm.models import Parameter

from .refusal import Refusal


class Row(NamedTuple):
    """A parameter as filters see it: the key it is stored under, latest version, and a tag's value
    by that key and the tag's."""

    name: str
    latest: Parameter
    tag: Callable[[str, str], str | None]


Test = Callable[[Row], bool]

_TYPES = ("String", "StringList", "SecureString")
_TIERS = ("Standard", "Advanced", "Intelligent-Tiering")
_PATH = re.compile(r"/[a-zA-Z0-9_.\-/]*")


def compile_describe(body: dict[str, Any]) -> Test:
    """One test for every filter of a DescribeParameters request; all must hold."""
    if body.get("Filters") and body.get("ParameterFilters"):
        raise Refusal(
            "ValidationException",
            "You can use either Filters or ParameterFilters in a single request.",
        )
    tests = [_legacy(condition) for condition in body.get("Filters") or []]
    conditions = body.get("ParameterFilters") or []
    _refuse_repeated(conditions)
    for condition in conditions:
        if condition["Key"] == "Label":
            raise Refusal(
                "InvalidFilterKey",
                "The following filter key is not valid: Label. "
                "Valid filter keys include: [Path, Name, Type, KeyId, Tier].",
            )
        tests.append(_one(condition))
    return _all(tests)


def compile_by_path(body: dict[str, Any]) -> Test:
    """The test of a GetParametersByPath request: the path, and every filter."""
    tests = [_path([body["Path"]], "Recursive" if body.get("Recursive") else "OneLevel")]
    conditions = body.get("ParameterFilters") or []
    _refuse_repeated(conditions)
    for condition in conditions:
        key = condition["Key"]
        if key not in ("Type", "KeyId", "Label"):
            # "The following Key values aren't supported for GetParametersByPath: tag, DataType,
            # Name, Path, and Tier."
            raise Refusal(
                "InvalidFilterKey",
                f"The following filter key is not valid: {key}. "
                "Valid filter keys include: [Type, KeyId].",
            )
        tests.append(_one(condition))
    return _all(tests)


def _all(tests: list[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]
    return lambda row: all(test(row) for test in tests)


def _refuse_repeated(conditions: list[dict[str, Any]]) -> None:
    keys = [condition["Key"] for condition in conditions]
    for key in keys:
        if keys.count(key) > 1:
            raise Refusal(
                "InvalidFilterKey",
                f"The following filter is duplicated in the request: {key}. "
                "A request can contain only one occurrence of a specific filter.",
            )


def _one(condition: dict[str, Any]) -> Test:
    key, values = condition["Key"], condition.get("Values") or []
    if key == "Path":
        option = condition.get("Option", "OneLevel")
        if option not in ("Recursive", "OneLevel"):
            raise _bad_option(option, "Recursive, OneLevel")
        _refuse_missing(key, values)
        return _path(values, option)
    option = condition.get("Option", "Equals")
    options = ("Equals", "BeginsWith", "Contains") if key == "Name" else ("Equals", "BeginsWith")
    if option not in options:
        raise _bad_option(option, "BeginsWith, Equals")
    if key.startswith("tag:"):
        return _tag(key[4:], tuple(values), option)
    _refuse_missing(key, values)
    for known, allowed in (("Type", _TYPES), ("Tier", _TIERS)):
        if key == known and option == "Equals" and not set(values) <= set(allowed):
            raise Refusal(
                "InvalidFilterValue",
                f"The following filter value is not valid: {', '.join(values)}. "
                f"Valid values include: [{', '.join(allowed)}].",
            )
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
        value = row.tag(row.name, key)
        # Without values the filter asks only whether the tag is there.
        return value is not None and (not values or matches(value))

    return test


def _path(values: list[str], option: str) -> Test:
    for value in values:
        if value.lower().startswith(("/aws", "/ssm")):
            raise Refusal(
                "ValidationException",
                'Filters for common parameters can\'t be prefixed with "aws" or "ssm" '
                "(case-insensitive). When using global parameters, please specify within a "
                "global namespace.",
            )
        if not _PATH.fullmatch(value) or "//" in value:
            raise Refusal(
                "ValidationException",
                "The parameter doesn't meet the parameter name requirements. The parameter name "
                'must begin with a forward slash "/". It must use only letters, numbers, or the '
                "following symbols: . (period), - (hyphen), _ (underscore).",
            )
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


def _refuse_missing(key: str, values: list[str]) -> None:
    if not values:
        raise Refusal(
            "InvalidFilterValue",
            f"The following filter values are missing : null for filter key {key}.",
        )


def _bad_option(option: str, valid: str) -> Refusal:
    return Refusal(
        "InvalidFilterOption",
        f"The following filter option is not valid: {option}. Valid options include: [{valid}].",
    )
