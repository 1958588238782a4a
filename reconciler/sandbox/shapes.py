"""Checks of a request against the service model that ships in botocore.

The model's `required`, `min`, `max`, `pattern` and `enum` are AWS's own limits. botocore's client
checks only the first two, so a client that sends 21 ids or 65,537 bytes finds out from AWS alone.
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
from collections.abc import Iterator
from typing import Any

from botocore.loaders import Loader

from .refusal import invalid

# AWS writes patterns for Java, and `re` knows no Unicode classes: these are those of tag keys.
_JAVA_CLASSES = {r"\p{L}\p{Z}\p{N}": r"\w\s"}
_TYPES: dict[str, tuple[type, str]] = {
    "structure": (dict, "a structure"),
    "list": (list, "a list"),
    "string": (str, "a string"),
    "integer": (int, "a number"),
    "long": (int, "a number"),
    "boolean": (bool, "a boolean"),
}


@functools.cache
def _model(service: str) -> dict[str, Any]:
    model: dict[str, Any] = Loader().load_service_model(service, "service-2")
    return model


@functools.cache
def _pattern(text: str) -> re.Pattern[str]:
    for java, python in _JAVA_CLASSES.items():
        text = text.replace(java, python)
    return re.compile(text)


def knows(service: str, operation: str) -> bool:
    """Whether the service has such an operation at all."""
    return operation in _model(service)["operations"]


def check(service: str, operation: str, body: dict[str, Any]) -> None:
    """Refuse a body that breaks a constraint of the service model.

    Raises Refusal("ValidationException") that names every broken constraint at once, as AWS does.
    """
    shape = _model(service)["operations"][operation]["input"]["shape"]
    broken = [
        f"{subject} failed to satisfy constraint: Member must {rule}"
        for subject, rule in _broken(service, shape, body, "")
    ]
    if broken:
        plural = "s" if len(broken) > 1 else ""
        raise invalid(f"{len(broken)} validation error{plural} detected: {'; '.join(broken)}")


def _broken(service: str, name: str, value: Any, path: str) -> Iterator[tuple[str, str]]:
    """(subject, rule) of each constraint that a value breaks."""
    shape = _model(service)["shapes"][name]
    kind, subject = shape["type"], f"Value at '{path}'"
    python, called = _TYPES.get(kind, (None, ""))
    if python is not None and type(value) is not python:
        yield subject, f"be {called}"
    elif kind == "structure":
        for member in shape.get("required", []):
            if value.get(member) is None:
                yield f"Value null at '{_join(path, member)}'", "not be null"
        for member, target in shape["members"].items():
            if value.get(member) is not None:
                yield from _broken(service, target["shape"], value[member], _join(path, member))
    elif kind == "list":
        yield from _bounds(shape, len(value), subject, "have length")
        for index, item in enumerate(value, 1):
            yield from _broken(service, shape["member"]["shape"], item, f"{path}.{index}.member")
    elif kind == "string":
        sensitive = shape.get("sensitive", False)
        if not sensitive:
            # AWS leaves sensitive values out of its messages.
            subject = f"Value '{value}' at '{path}'"
        # A value's quota is in bytes: "Secret value: 65,536 bytes".
        size = len(value.encode("utf-8", "surrogatepass")) if sensitive else len(value)
        yield from _bounds(shape, size, subject, "have length")
        if "enum" in shape and value not in shape["enum"]:
            yield subject, f"satisfy enum value set: [{', '.join(shape['enum'])}]"
        if "pattern" in shape and not _pattern(shape["pattern"]).fullmatch(value):
            yield subject, f"satisfy regular expression pattern: {shape['pattern']}"
    elif kind == "blob":
        try:
            size = len(base64.b64decode(value, validate=True))
        except (binascii.Error, TypeError, ValueError):
            yield subject, "be base64"
        else:
            yield from _bounds(shape, size, subject, "have length")
    elif kind in ("integer", "long"):
        yield from _bounds(shape, value, f"Value '{value}' at '{path}'", "have value")


def _bounds(shape: dict[str, Any], size: int, subject: str, verb: str) -> Iterator[tuple[str, str]]:
    if "max" in shape and size > shape["max"]:
        yield subject, f"{verb} less than or equal to {shape['max']}"
    if "min" in shape and size < shape["min"]:
        yield subject, f"{verb} greater than or equal to {shape['min']}"


def _join(path: str, member: str) -> str:
    member = member[0].lower() + member[1:]
    return f"{path}.{member}" if path else member
