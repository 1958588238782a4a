"""What is declared: N secrets and N parameters, and other values in each generation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

REGION = "us-west-2"
PREFIX = "/test/production"
PER_FILE = 250  # resources of each kind


def secret(number: int) -> str:
    """A secret's full name."""
    return f"{PREFIX}/{_secret(number)}"


def parameter(number: int) -> str:
    """A parameter's full name."""
    return f"{PREFIX}/{_parameter(number)}"


def _secret(number: int) -> str:
    return f"s{number:05}/login"


def _parameter(number: int) -> str:
    return f"p{number:05}/host"


def secret_value(number: int, generation: int) -> str:
    """As it is stored."""
    return json.dumps(_login(number, generation), separators=(",", ":"))


def _login(number: int, generation: int) -> dict[str, str]:
    return {"user": f"u{number}-{generation}"}


def parameter_value(number: int, generation: int) -> str:
    """As it is stored."""
    return f"h{number}-{generation}"


def parameter_type(number: int) -> str:
    """Every other one is a SecureString."""
    return "String" if number % 2 else "SecureString"


def files(
    count: int, generation: int, *, secrets: bool = True, parameters: bool = True
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The files of an environment: name and content, not yet encrypted."""
    for start in range(0, count, PER_FILE):
        numbers = range(start, min(count, start + PER_FILE))
        content: dict[str, Any] = {}
        if secrets:
            content["secrets"] = {_secret(n): {"value": _login(n, generation)} for n in numbers}
        if parameters:
            content["parameters"] = {
                _parameter(n): {"plaintext" if n % 2 else "value": parameter_value(n, generation)}
                for n in numbers
            }
        yield f"{start:05}.sops.yaml", content
