"""The characters that a generated value is made of."""

from __future__ import annotations

from collections.abc import Collection

_CLASSES = {
    "lowercase": "abcdefghijklmnopqrstuvwxyz",
    "uppercase": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "digits": "0123456789",
    "punctuation": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
}


def alphabet(without: Collection[str], nor: str) -> str:
    """All characters but those of the classes ``without``, nor any single one in ``nor``."""
    letters = "".join(chars for name, chars in _CLASSES.items() if name not in without)
    return "".join(char for char in letters if char not in nor)
