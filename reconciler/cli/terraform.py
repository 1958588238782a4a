"""The ``removed`` blocks by which Terraform releases what is adopted, without deleting it.

A state file holds values: only types, addresses and names are taken from it.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from reconciler.cli.commands.show import LARGEST
from reconciler.core import wholefile
from reconciler.core.errors import UsageError

# Where each type says which secret or parameter it is of: by name, or by ARN.
_TYPES: Mapping[str, tuple[str, ...]] = {
    "aws_secretsmanager_secret": ("name",),
    "aws_secretsmanager_secret_version": ("arn", "secret_id"),
    "aws_secretsmanager_secret_rotation": ("secret_id",),
    "aws_secretsmanager_secret_policy": ("secret_arn",),
    "aws_ssm_parameter": ("name",),
}
_ARN = re.compile(r"arn:[a-z-]+:secretsmanager:[^:]+:[^:]+:secret:(.+)-.{6}\Z")
_ADDRESS = re.compile(r"[A-Za-z0-9_.-]+\Z")
_BLOCK = "removed {\n  from = %s\n  lifecycle {\n    destroy = false\n  }\n}\n"


def removed_blocks(state: Path, names: Collection[str]) -> str:
    """The blocks for what a state holds under these names; empty where it holds nothing of them.

    `removed` names no instance by its index, and takes all: where one of several is not adopted,
    there is a `terraform state rm` for each that is. Raises UsageError where the file is no state.
    """
    instances: dict[str, list[tuple[str, str | None]]] = {}
    for address, instance, name in _named(_resources(state)):
        instances.setdefault(address, []).append((instance, name))
    blocks, alone = [], []
    for address, each in sorted(instances.items()):
        adopted = sorted({instance for instance, name in each if name in names})
        if len(adopted) == len({instance for instance, _ in each}):
            blocks.append(_BLOCK % address)
        elif adopted:
            others = len({instance for instance, _ in each}) - len(adopted)
            stay = "1 other stays" if others == 1 else f"{others} others stay"
            alone.append(f"# {address}: {stay} with Terraform. Once these are adopted, run:\n")
            alone += [f"#   terraform state rm {shlex.quote(instance)}\n" for instance in adopted]
    return "\n".join([*blocks, *(["".join(alone)] if alone else [])])


def _resources(state: Path) -> list[Any]:
    try:
        content = json.loads(wholefile.read(state, LARGEST))
    except (ValueError, RecursionError):
        content = None
    found = content.get("resources") if isinstance(content, dict) else None
    if isinstance(found, list):
        return found
    raise UsageError(
        f"{state} is not a Terraform state",
        hint="write it with: terraform state pull > FILE; it holds values: delete it afterwards",
    )


def _named(resources: list[Any]) -> Iterator[tuple[str, str, str | None]]:
    """Of each instance that could be declared here its resource's address, its own, and the name of
    its secret or parameter; None where it has none that can be read."""
    for resource in resources:
        if not isinstance(resource, dict) or resource.get("mode") != "managed":
            continue
        module = resource.get("module")
        parts = [resource.get("type"), resource.get("name")]
        fields = _TYPES.get(str(parts[0]), ())
        path = [module] if isinstance(module, str) else []
        # A module's own index is not part of a `removed` block's address either.
        address = ".".join([*(re.sub(r"\[[^]]*\]", "", one) for one in path), *map(str, parts)])
        if not fields or not _ADDRESS.match(address):
            continue
        for instance in resource.get("instances") or ():
            given = instance if isinstance(instance, dict) else {}
            index = given.get("index_key")
            own = ".".join([*path, *map(str, parts)])
            own += "" if index is None else f"[{json.dumps(index)}]"
            own = own if own.isprintable() else json.dumps(own)
            yield address, own, _name(given.get("attributes"), fields)


def _name(attributes: Any, fields: tuple[str, ...]) -> str | None:
    for field in fields:
        text = attributes.get(field) if isinstance(attributes, dict) else None
        if isinstance(text, str):
            match = _ARN.match(text)
            return match[1] if match else text
    return None
