"""One value that a file gives, before anybody knows how a manifest declares it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.values.sensitive import Sensitive

SECRETS, PARAMETERS = "secretsmanager", "ssm"  # as ARNs call the services
_UNFIT = re.compile(r"[^A-Za-z0-9/_+=.@-]+")


@dataclass(frozen=True)
class Given:
    """A name, and its value as JSON: a text, or a mapping of texts. ``full`` says that the name is
    the whole one that AWS knows it by; ``variable`` is the one that programs read it from.
    ``reason`` says why there is no value. ``service`` is AWS's that has it, None where the file
    does not say so; ``fields`` stand beside the value, and one that is ``shown`` AWS does not
    encrypt.
    """

    name: str
    value: Sensitive[str] | None = None
    full: bool = False
    variable: str | None = None
    reason: str | None = None
    service: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    shown: bool = False


def of_tree(tree: Mapping[str, Any]) -> Iterator[Given]:
    """Each entry of a mapping: a text is a value, and so is a mapping as a whole."""
    for name, node in tree.items():
        called = _UNFIT.sub("-", name).strip("/-")
        if node in ("", None, {}, []):
            yield Given(called or name, reason="its value is empty")
        elif not called:
            yield Given(name, reason="it has no name that AWS allows")
        elif isinstance(node, list):
            yield Given(called, reason="its value is a list: put it into a mapping, or into text")
        elif _has_gap(node):
            yield Given(called, reason="a part of its value is null or an empty list or mapping")
        else:
            yield Given(called, Sensitive(json.dumps(texts(node))))


def texts(node: Any) -> Any:
    """A tree whose leaves are texts: a number as it is written, a truth as JSON writes it."""
    if isinstance(node, dict):
        return {name: texts(inner) for name, inner in node.items()}
    if isinstance(node, list):
        return [texts(inner) for inner in node]
    return node if isinstance(node, str) else json.dumps(node)


def _has_gap(node: Any) -> bool:
    if isinstance(node, dict):
        return not node or any(map(_has_gap, node.values()))
    if isinstance(node, list):
        return not node or any(map(_has_gap, node))
    return node is None
