"""How what differs is put right from git: main's plan, and how to have it applied on GitHub."""

from __future__ import annotations

from typing import Any

from reconciler.core.digest import plan_digest
from reconciler.core.model import Action, Plan
from reconciler.core.planfile.write import as_object as plan_object
from reconciler.render import markdown as plans
from reconciler.render.escape import code
from reconciler.render.summary import summary

WORKFLOW = "secrets-apply.yml"
_FRAME = 1_500  # characters of everything but the plan itself


def inputs(plan: Plan) -> dict[str, str]:
    """What the workflow is given."""
    return {"environment": plan.scope.environment, "digest": plan_digest(plan)}


def command(plan: Plan, workflow: str = WORKFLOW) -> str:
    """The line that starts it. No name of an environment has a character that a shell obeys."""
    given = " ".join(f"-f {name}={value}" for name, value in inputs(plan).items())
    return f"gh workflow run {workflow} {given}"


def writes(plan: Plan) -> int:
    """How many changes apply would write."""
    return sum(change.action is not Action.REFUSE for change in plan.changes)


def as_object(plan: Plan) -> dict[str, Any]:
    """The plan, and how to have it applied, as plain data; nothing to apply has no command."""
    useful = writes(plan) > 0
    return {
        "plan": plan_object(plan),
        "writes": writes(plan),
        "workflow": WORKFLOW if useful else None,
        "inputs": inputs(plan) if useful else None,
        "command": command(plan) if useful else None,
    }


def markdown(plan: Plan, *, pending: int, page: str, workflow: str, limit: int) -> str:
    """The same for an issue, in at most ``limit`` characters. ``page`` is that of the workflow,
    ``pending`` counts what git is ahead of and nobody changed outside."""
    lines = ["### Repair from git", ""]
    if not writes(plan):
        lines += ["There is nothing that apply would write: main's plan is empty or refused."]
        return "\n".join([*lines, ""])
    along = ""
    if pending:
        which = "What is pending is" if pending > 1 else "The pending change is"
        along = f" {which} in it too ({pending}), and is written along."
    lines += [
        f"Main's plan as it is now: {summary(plan)}{along}",
        "",
        f"To apply it, run [{workflow}]({page}) with environment {code(plan.scope.environment)} and"
        f" digest {code(plan_digest(plan))}, or:",
        "",
        "```sh",
        command(plan, workflow),
        "```",
        "",
        "Where you want to keep what was changed outside, put it into the manifests instead.",
        "",
        "<details><summary>The plan</summary>",
        "",
        plans.plan((plan,), limit=max(limit - _FRAME, 2 * _FRAME)).rstrip("\n"),
        "",
        "</details>",
        "",
    ]
    return "\n".join(lines)
