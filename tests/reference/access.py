"""The roles, with each permission and why; and the events that an account tells of."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from reconciler.access.iam.why import DENIED, whys
from tests.access.bootstrap.template import WHO, bootstrap
from tests.access.iam.declare import FUNCTION, KEY, POLICY, iam, tree, words
from tests.reference.markdown import table
from tests.trees import Tree

ROLES = {
    "plan": "Plans pull requests: `plan --keyless`. Pull requests of the repository assume it.",
    "drift": "Finds drift, plans main and writes reports: `drift --keyless`, `plan --keyless`,"
    " `report`. Workflows on main assume it. `--deep` adds what `drift --deep` reads.",
    "apply": "Writes what was reviewed: `apply`, `set --apply`, `rotate`, `rollback`. Only"
    " secrets-apply on main assumes it, behind the GitHub Environment.",
    "adopt": "Starts and stops managing what exists: `adopt`, `release NAME`,"
    " `drift --read-values`. Only secrets-adopt on main assumes it, behind the GitHub Environment.",
    "reader": "Reads values: the application, `export --from aws`, `exec --from aws`. Whoever runs"
    " it assumes it; you write its trust policy.",
}


def full(folder: Path) -> Tree:
    """An environment that needs every permission there is."""
    schedule = {"lambda": FUNCTION, "schedule": "rate(30 days)"}
    return tree(
        folder,
        {
            "a": {
                "value": {"u": "v"},
                "rotation": schedule,
                "git_keys": ["u"],
                "resource_policy": POLICY,
                "kms_key": KEY,
                "replicas": [{"region": "eu-west-1"}],
            },
            "b": {"value": "v", "rotation": "none", "resource_policy": "none", "replicas": []},
            "c": {"value": "v"},
        },
        {"p": {"value": "v", "kms_key": KEY}, "q": {"value": "v", "replace": True}},
        prune=True,
    )


def roles() -> str:
    """Each role: what for, and statement by statement what it may and why."""
    parts = []
    with tempfile.TemporaryDirectory() as place:
        made = full(Path(place))
        for role, told in ROLES.items():
            more = ["--deep"] if role == "drift" else []
            policy = iam(made, role, "production", *more).policy
            rows = [row for statement in policy["Statement"] for row in _rows(statement)]
            rows = list(dict.fromkeys(rows))
            head = ("may", "on", "why")
            parts.append(f"### {role}\n\n{told}\n\n{table(head, rows)}")
    return "\n\n".join(parts)


def _rows(statement: dict[str, Any]) -> list[tuple[str, ...]]:
    denied = statement["Effect"] == "Deny"
    if "NotResource" in statement:
        where = "all but what it needs"
    else:
        where = _where(words(statement["Resource"]))
    if statement.get("Condition"):
        keys = [key for test in statement["Condition"].values() for key in test]
        where += f"; bound by {', '.join(f'`{key}`' for key in dict.fromkeys(keys))}"
    actions = words(statement["Action"])
    if denied:
        what = f"**not** {', '.join(f'`{action}`' for action in actions)}"
        return [(what, where, DENIED)]
    return [(f"`{action}`", where, whys()[action]) for action in actions]


def _where(resources: list[str]) -> str:
    if resources == ["*"]:
        return "everything"
    if any(resource.endswith("/*") for resource in resources):
        return "all below the prefix"
    kinds = {":secret:": "secrets", ":parameter/": "parameters", ":function:": "functions"}
    found = [word for part, word in kinds.items() if any(part in one for one in resources)]
    return f"declared {' and '.join(found)}, by name" if found else "declared keys"


def events() -> str:
    """What the template of `bootstrap` watches: rules, and alarms."""
    with tempfile.TemporaryDirectory() as place:
        resources = bootstrap(full(Path(place)), "production", *WHO).template["Resources"]
    rules, alarms = [], []
    for name, one in sorted(resources.items()):
        properties = one.get("Properties", {})
        if one["Type"] == "AWS::Events::Rule":
            pattern = properties["EventPattern"]
            told = pattern["detail"].get("eventName") or pattern["detail-type"]
            shown = [word if isinstance(word, str) else next(iter(word.values())) for word in told]
            source = ", ".join(f"`{word}`" for word in pattern["source"])
            rules.append((name, source, ", ".join(f"`{word}`" for word in shown)))
        elif one["Type"] == "AWS::CloudWatch::Alarm":
            alarms.append((name, properties.get("AlarmDescription", "")))
    return (
        f"## Rules of EventBridge\n\n{table(('rule', 'source', 'events'), rules)}\n\n"
        f"## Alarms of CloudWatch\n\n{table(('alarm', 'means'), alarms)}"
    )
