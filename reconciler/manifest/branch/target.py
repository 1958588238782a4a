"""Where an environment is, as its own file says in clear: what a job has to know before it reads
anything else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from reconciler.aws.arn import REGION
from reconciler.core.errors import Problem
from reconciler.core.model import Place
from reconciler.manifest.branch.side import Side
from reconciler.manifest.document import parse
from reconciler.manifest.files import ENVIRONMENT_FILE

# These words go into a workflow, and the manifests may be those of a fork: nothing else is passed.
_FORMS = {
    "environment": (re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z"), "the name of its folder"),
    "account": (re.compile(r"[0-9]{12}\Z"), "12 digits, in quotes"),
    "region": (re.compile(rf"{REGION}\Z"), "a Region of AWS"),
}


@dataclass(frozen=True)
class Target:
    """An environment with its account and Region."""

    environment: str
    account: str
    region: str


def target(side: Side, environment: str) -> Target | list[Problem]:
    """An environment's target, or all that is wrong with what its file says of it."""
    path = f"{environment}/{ENVIRONMENT_FILE}"
    if path not in side.files:
        return [Problem(Place(path), "not-a-file", "this is not a regular file")]
    document = parse(Path(path), path, side.files[path])
    if not isinstance(document.data, dict):
        nothing = document.error((), "wrong-type", "an environment is a mapping")
        return document.problems or [nothing]
    found: dict[str, str] = {}
    problems = []
    for field, (form, expected) in _FORMS.items():
        content = document.data.get(field)
        if not isinstance(content, str) or not form.match(content):
            code = "invalid-field" if field in document.data else "missing-field"
            problems.append(document.error((field,), code, f"`{field}` has to be {expected}"))
        else:
            found[field] = content
    if found.get("environment", environment) != environment:
        problems.append(
            document.error(
                ("environment",), "environment-name", "an environment is called like its folder"
            )
        )
    return problems or Target(**found)
