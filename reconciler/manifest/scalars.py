"""What an unquoted YAML scalar is.

sops reads YAML with Go's yaml.v3, which knows old and new spellings of numbers. Where it would see
anything but text or a plainly written number, a reader may be mistaken about what is meant (``012``
is 10, ``1.10`` is 1.1), so such a scalar has to be quoted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Unquoted:
    """A scalar that YAML does not read as what it looks like, and what it reads it as."""

    text: str
    meaning: str


_MAY_BE_SPECIAL = frozenset("0123456789+-.~nNtTfF<=")
_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_INTEGER = re.compile(r"(0|-?[1-9][0-9]{0,15})\Z")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,15})\.[0-9]{0,15}[1-9]\Z")
_NUMBER = re.compile(
    r"""[-+]?(
        0[bB][01]+ | 0[oO]?[0-7]+ | 0[xX][0-9a-fA-F]+
        | (\.[0-9]+ | [0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
        | \.(inf|Inf|INF)
    )\Z | \.(nan|NaN|NAN)\Z""",
    re.VERBOSE,
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?\Z")


def resolve(text: str) -> str | int | float | bool | Unquoted | None:
    """The content of a scalar that is written without quotes and without a tag."""
    if text and text[0] not in _MAY_BE_SPECIAL:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return int(text)
    if _DECIMAL.match(text):
        return float(text)
    if _NUMBER.match(text.replace("_", "")):
        return Unquoted(text, "a number")
    if _DATE.match(text):
        return Unquoted(text, "a date")
    return text
