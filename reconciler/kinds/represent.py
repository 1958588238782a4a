"""Values that are live, in the form in which a manifest declares them."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import Any

from reconciler.core.digest import canonical
from reconciler.values.sensitive import Sensitive

_PAIR = re.compile(r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})")
_ONE_TEXT = "its JSON holds more than strings (a number, true, null, nothing): it stays one text"
_DEPTH = 24  # of the 32 levels that a manifest may have


@dataclass(frozen=True)
class Represented:
    """What stands under ``value``, as JSON; and whether ``binary: true`` stands beside it.
    ``why`` says why JSON is one text there, and no mapping."""

    json: Sensitive[str]
    binary: bool = False
    why: str | None = None


def represent(content: Sensitive[str] | Sensitive[bytes], *, mapping: bool = True) -> Represented:
    """A live value as a manifest's: so that the manifest's value says the same.

    A JSON object that holds nothing but strings becomes a mapping, however it is written: adopting
    compares what it says. Everything else is one exact string. Nothing is raised, whatever the
    value holds.
    """
    raw = content.reveal()
    if isinstance(raw, bytes):
        return Represented(Sensitive(json.dumps(base64.b64encode(raw).decode())), binary=True)
    content_ = _object(raw) if mapping else None
    if content_ is None:
        return Represented(Sensitive(json.dumps(raw)))
    if not _is_strings(content_, 0):
        return Represented(Sensitive(json.dumps(raw)), why=_ONE_TEXT)
    return Represented(Sensitive(canonical(content_)))


def unrepresentable(content: Sensitive[str] | Sensitive[bytes]) -> str | None:
    """Why no manifest can declare this value, or None if one can."""
    raw = content.reveal()
    if isinstance(raw, str) and raw.endswith("\n") and raw.count("\n") == 1:
        return "its value is one line and ends with a newline"
    return None if raw else "its value is empty"


def as_yaml(text: str) -> str:
    """JSON with ASCII escapes as YAML reads it: a character outside the first plane is one escape
    in YAML, and a pair of them in JSON."""
    return _PAIR.sub(_joined, text)


def _joined(pair: re.Match[str]) -> str:
    high, low = int(pair[1], 16), int(pair[2], 16)
    return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"


def _object(text: str) -> Any:
    """The JSON object that a text is; None where it is none, or says one thing twice."""
    try:
        content = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _is_strings(content: Any, depth: int) -> bool:
    """Whether a manifest could say it: named strings, nothing empty but a string."""
    if depth > _DEPTH:
        return False
    if isinstance(content, dict):
        named = all(name and name == name.strip() and name.isprintable() for name in content)
        return bool(content) and named and all(_is_strings(v, depth + 1) for v in content.values())
    if isinstance(content, list):
        return bool(content) and all(_is_strings(item, depth + 1) for item in content)
    return isinstance(content, str) and not (content.endswith("\n") and content.count("\n") == 1)
