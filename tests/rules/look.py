"""Rules looked at as `validate` and `plan` do, without a process of their own.

Each test names the rules that it looks at: what another one finds, or a new one, changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reconciler import manifest
from reconciler.core.errors import Problem
from reconciler.manifest.gitfiles import Repository
from reconciler.rules import Examination
from reconciler.rules.rule import Rule
from tests.trees import Tree, make_tree

Environments = Mapping[str, Mapping[str, Any]]
ACCOUNT = "123456789012"
OTHER = "999999999999"
AGED = {"max_age": "90 days"}  # so that a secret is not found for being never rotated


def look(
    tree: Tree,
    *rules: Rule,
    environment: str = "production",
    key: bool = True,
    others: bool = True,
    repository: Repository | None = None,
) -> list[Problem]:
    """What these rules find in one environment beside all others, with or without the key."""
    every = manifest.environments(tree.manifests)
    examined = Examination(rules, every, repository)
    for name in every if others else [environment]:
        declared = manifest.read(tree.manifests, name)
        examined.add(declared, declared.decrypt(tree.sops).values if key else None)
    return examined.problems(environment)


def of(found: list[Problem], tree: Tree) -> list[str]:
    """Findings as one line each, with places relative to the tree's folder."""
    folder = f"{tree.manifests}/"
    return [f"{str(p.place).removeprefix(folder)} {p.code}: {p.message}" for p in found]


def codes(found: list[str]) -> list[str]:
    """The codes of such lines."""
    return [line.split(" ")[1].rstrip(":") for line in found]


def told(folder: Path, environments: Environments, *rules: Rule) -> list[str]:
    """What these rules find in production, of a new tree."""
    tree = make_tree(folder, environments)
    return of(look(tree, *rules), tree)


def secrets(**declared: Mapping[str, Any]) -> dict[str, Any]:
    """An environment that declares these secrets."""
    return {"secrets": {name: {**AGED, **fields} for name, fields in declared.items()}}
