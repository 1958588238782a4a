"""Patterns of names that applications may read.

A pattern is a name relative to the prefix, or a full one that starts with a slash; ``*`` stands for
any text. Patterns are never put into a policy: they choose among the names that are declared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any


def covering(patterns: Mapping[str, Any], under: str, name: str) -> Iterator[str]:
    """The applications that may read what has this full name, by what an environment's own file
    says under ``readers``, as far as it is well-formed. ``under`` is the prefix with its slash."""
    for application, own in patterns.items():
        for pattern in own if isinstance(own, list) else ():
            if isinstance(pattern, str) and covers(under, pattern, name):
                yield application
                break


def covers(under: str, pattern: str, name: str) -> bool:
    """Whether a pattern names this full name."""
    full = pattern if pattern.startswith("/") else under + pattern
    return fnmatchcase(name, full)
