"""The forms in which plans, and what a branch changes, are shown: the one place that lists them.
Another is a renderer and a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from reconciler.core.model import Plan
from reconciler.render import branch, json, markdown, text

if TYPE_CHECKING:
    from reconciler.manifest.branch import Difference

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

BRANCH: Mapping[str, Callable[[Sequence[Difference], branch.Sides, bool], str]] = {
    TEXT: lambda found, sides, colour: branch.text(found, sides, colour=colour),
    "markdown": lambda found, sides, colour: branch.markdown(found, sides),
    "json": lambda found, sides, colour: branch.as_json(found, sides),
}
"""What a branch changes, what was compared and whether in colour, as one text."""
