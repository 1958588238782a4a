"""What a plan shows on GitHub: its comment, its annotations, its outputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from reconciler.core import guards
from reconciler.core.digest import plan_digest
from reconciler.core.model import Action, Place, Plan
from reconciler.github.annotation import Annotation, Level
from reconciler.render import access, markdown, table
from reconciler.render.describe import sections
from reconciler.render.escape import code, terminal
from reconciler.render.table import Link

_UPDATES = (Action.UPDATE, Action.REPLACE, Action.ADOPT, Action.RESTORE)


def comment(
    plan: Plan, limit: int, link: Link = table.nowhere, foot: str = "", came: str | None = None
) -> str:
    """The text of the pull request's comment, in at most ``limit`` characters. ``link`` has the
    address of a manifest's line; ``foot`` says where more is; ``came``, what came of the plan after
    the merge.

    It does not name the commit, which for a pull request is one that nobody has seen, so the same
    plan has the same text.
    """
    if not plan.changes and not plan.opened:
        told = "**No changes:** everything is as git declares it."
        return f"{_head(plan.scope.environment)}{told}\n{foot}"
    shown = replace(plan, revision=None)
    return markdown.plan((shown,), limit=limit - len(foot), link=link, came=came) + foot


def foot(run: str | None, issue: str | None) -> str:
    """Where more is: the page of the run, and that of the open issue about drift."""
    more = [] if run is None else [f"[log and summary of the run]({run})"]
    if issue is not None:
        more.append(f"[open issue about drift]({issue})")
    return f"\nSee also: {', '.join(more)}.\n" if more else ""


def unchanged(environment: str) -> str:
    """The text of the comment where the pull request changes no file of the environment."""
    return f"{_head(environment)}**No changes:** this branch changes nothing of it.\n"


def told(environment: str, line: str) -> str:
    """The text of the comment that has one line to say."""
    return f"{_head(environment)}{line}\n"


def failed(environment: str, reason: str) -> str:
    """The text of comment and summary where there is no plan."""
    return f"{_head(environment)}**No plan could be made:** {code(reason)}\n"


def _head(environment: str) -> str:
    return f"## {code(environment)}\n\n"


def outputs(plan: Plan | None, path: str, reason: str = "") -> dict[str, str]:
    """What later steps can ask for; numbers are 0 and the digest is empty where there is no
    plan. ``to-update`` counts everything that is live and would be changed."""
    changes = () if plan is None else plan.changes
    counts = Counter(change.action for change in changes)
    return {
        "changes": str(len(changes)),
        "to-create": str(counts[Action.CREATE]),
        "to-update": str(sum(counts[action] for action in _UPDATES)),
        "to-prune": str(counts[Action.PRUNE]),
        "digest": "" if plan is None else plan_digest(plan),
        "plan-path": path if plan is not None else "",
        "failure-reason": reason,
    }


def annotate(plan: Plan, settings: Place) -> list[Annotation]:
    """One for each guard that stops the plan, and for each change; ``settings`` is the place of
    what is declared nowhere else."""
    return list(_annotations(plan, settings))


def _annotations(plan: Plan, settings: Place) -> Iterator[Annotation]:
    environment = plan.scope.environment
    for guard in guards.broken(plan):
        lines = (guard.message, *([f"hint: {guard.hint}"] if guard.hint else ()))
        yield Annotation(
            Level.ERROR, f"{environment}: stopped by the guard {guard.code}", lines, settings
        )
    if opened := access.declared(plan):
        yield Annotation(Level.WARNING, f"{environment}: {access.TITLE}", tuple(opened), settings)
    for section in sections(plan):
        for block in section.blocks:
            level = Level.NOTICE
            if block.change.action is Action.REFUSE:
                level = Level.ERROR
            elif section.alarming or block.change.access:
                level = Level.WARNING
            kind = terminal(block.change.key.kind)
            # An alarming section names the kind already.
            head = block.head if section.alarming else block.head.replace(" ", f" {kind} ", 1)
            yield Annotation(
                level,
                f"{environment}: {head}",
                block.lines or (head,),
                block.change.place or settings,
            )
