"""The action and the workflows for GitHub, from their files."""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml import YAML

from tests.pages import ROOT
from tests.reference.markdown import table

GITHUB = ROOT / ".github"
ROOT_HEAD = """\
# Made from .github/actions/reconcile/action.yml by `python -m tests.reference`.
name: Reconcile secrets with AWS
author: The reconciler authors
branding: { icon: lock, color: orange }
"""
_HERE = "ACTION_PATH: ${{ github.action_path }}"
WORKFLOWS = (
    "secrets-plan", "secrets-apply", "secrets-drift", "secrets-adopt", "secrets-merge",
)  # fmt: skip


def _load(path: str) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load((GITHUB / path).read_text())
    return found


def action() -> str:
    """Inputs and outputs of the action."""
    found = _load("actions/reconcile/action.yml")
    inputs = [
        (f"`{n}`", "required" if i.get("required") else f"`{i['default']}`" if i.get("default")
         else "", i["description"])
        for n, i in found["inputs"].items()
    ]  # fmt: skip
    outputs = [(f"`{n}`", o["description"]) for n, o in found["outputs"].items()]
    return (
        f"### Inputs\n\n{table(('input', 'default', 'meaning'), inputs)}\n\n"
        f"### Outputs\n\n{table(('output', 'meaning'), outputs)}"
    )


def root_action() -> str:
    """`action.yml` at the top, where GitHub's Marketplace looks for it: the same action."""
    text = (GITHUB / "actions/reconcile/action.yml").read_text()
    text = text.replace("name: reconcile\n", ROOT_HEAD, 1)
    return text.replace(_HERE, f"{_HERE}/.github/actions/reconcile")


def workflows() -> str:
    """Triggers, jobs with their permissions, and variables of each workflow."""
    return "\n\n".join(map(_workflow, WORKFLOWS))


def _workflow(name: str) -> str:
    found = _load(f"workflows/{name}.yml")
    when = ", ".join(f"`{event}`" for event in found["on"])
    jobs = [
        (f"`{job}`", "yes" if "environment" in of else "no",
         ", ".join(f"`{p}: {v}`" for p, v in of.get("permissions", {}).items()) or "none")
        for job, of in found["jobs"].items()
    ]  # fmt: skip
    text = (GITHUB / f"workflows/{name}.yml").read_text()
    inputs = [
        (f"`{given}`", f"`{of['default']}`" if "default" in of else "required"
         if of.get("required") else "", of["description"])
        for given, of in found["on"]["workflow_call"]["inputs"].items()
    ]  # fmt: skip
    used = sorted(set(re.findall(r"\b(?:vars|secrets)\.([A-Z_]+)", text)))
    return (
        f"### {name}.yml\n\nRuns on: {when}. "
        f"Variables and secrets: {', '.join(f'`{v}`' for v in used)}.\n\n"
        f"{table(('job', 'GitHub Environment', 'permissions'), jobs)}\n\n"
        f"{table(('input of a caller', 'default', 'meaning'), inputs)}"
    )
