"""Files of environment variables, as shells and dotenv libraries read them alike.

What they read differently is refused: a reference to another variable, and a quote that does not
end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from reconciler.operations.importing.sources.given import Given
from reconciler.values.sensitive import Sensitive

_LINE = re.compile(
    r"(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*"
    r"(?:'(?P<single>[^']*)'|\"(?P<double>(?:[^\"\\]|\\.)*)\"|(?P<bare>[^\n'\"]*))"
    r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)",
    re.DOTALL,
)
_BLANK = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_REFERENCE = re.compile(r"\$[A-Za-z_{(]|`")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}


class WrongLine(ValueError):
    """A line that is no variable; it has the number of it, and nothing of what it says."""

    def __init__(self, number: int) -> None:
        super().__init__(f"line {number} is not NAME=VALUE, or its quote does not end")
        self.number = number


def read(text: Sensitive[str]) -> list[Given] | WrongLine:
    """Each variable; of one that stands there twice the last, as shells have it."""
    found: dict[str, Given] = {}
    # Returned and not raised: no traceback has this frame, which holds the text.
    for one in _variables(text.reveal().replace("\r\n", "\n").removeprefix("\ufeff")):
        if isinstance(one, WrongLine):
            return one
        found.pop(one.name, None)
        found[one.name] = one
    return list(found.values())


def _variables(text: str) -> Iterator[Given | WrongLine]:
    at = 0
    while at < len(text):
        while at < len(text) and text[at] in " \t":
            at += 1
        blank = _BLANK.match(text, at)
        if blank is not None and blank.end() > at:
            at = blank.end()
            continue
        match = _LINE.match(text, at)
        if match is None:
            yield WrongLine(text.count("\n", 0, at) + 1)
            return
        at = match.end()
        yield _given(match)


def _given(match: re.Match[str]) -> Given:
    variable, single, double = match["name"], match["single"], match["double"]
    name = variable.strip("_").lower().replace("_", "-") or variable
    if single is not None:
        value = single
    else:
        raw = double if double is not None else re.split(r"[ \t]#", match["bare"])[0].strip()
        if _REFERENCE.search(raw.replace(r"\$", "")):
            return Given(name, variable=variable, reason="it refers to another variable")
        value = _ESCAPE.sub(lambda m: _ESCAPED.get(m[1], m[1]), raw) if double else raw
    if not value:
        return Given(name, variable=variable, reason="its value is empty")
    return Given(name, Sensitive(json.dumps(value)), variable=variable)
