"""The forms in which plans are shown: the one table of them. Another is a renderer and a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from reconciler.core.model import Plan
from reconciler.render import json, markdown, text

TEXT = "text"

Render = Callable[[Sequence[Plan], bool, str | None, bool], str]
"""Plans, whether in colour, the file that they are saved in, and whether they come from it, as one
text."""

FORMATS: Mapping[str, Render] = {
    TEXT: lambda plans, colour, where, saved: "\n".join(
        text.plan(plan, colour=colour, saved=saved) for plan in plans
    ),
    "markdown": lambda plans, colour, where, saved: markdown.plan(plans, where=where, saved=saved),
    "json": lambda plans, colour, where, saved: json.plan(plans) if plans else "",
}
