"""The forms in which plans are shown: the one table of them. Another is a renderer and a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from reconciler.core.model import Plan
from reconciler.render import json, markdown, text

TEXT = "text"

Render = Callable[[Sequence[Plan], bool, str | None], str]
"""Plans, whether in colour, and the file that they are saved in, as one text."""

FORMATS: Mapping[str, Render] = {
    TEXT: lambda plans, colour, where: "\n".join(text.plan(plan, colour=colour) for plan in plans),
    "markdown": lambda plans, colour, where: markdown.plan(plans, where=where),
    "json": lambda plans, colour, where: json.plan(plans) if plans else "",
}
