"""The ``removed`` blocks by which Terraform releases what is adopted, without deleting it.

A state file holds values: only types, addresses and names are taken from it.
"""

from __future__ import annotations

import json
import re
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


def removed_blocks(state: Path, names: Collection[str]) -> str:
    """The blocks for what a state holds under these names; empty where it holds nothing of them.

    Raises UsageError where the file is no state.
    """
    resources = _resources(state)
    addresses = sorted({address for address, name in _named(resources) if name in names})
    # `removed` cannot name one instance of several: with an index the whole resource goes.
    return "\n".join(
        f"removed {{\n  from = {address}\n  lifecycle {{\n    destroy = false\n  }}\n}}\n"
        for address in addresses
    )


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


def _named(resources: list[Any]) -> Iterator[tuple[str, str]]:
    """Address and secret's or parameter's name of each instance that could be declared here."""
    for resource in resources:
        if not isinstance(resource, dict) or resource.get("mode") != "managed":
            continue
        module = resource.get("module")
        parts = [resource.get("type"), resource.get("name")]
        # A module's own index is not part of a `removed` block's address either.
        path = [re.sub(r"\[[^]]*\]", "", module)] if isinstance(module, str) else []
        address = ".".join([*path, *map(str, parts)])
        fields = _TYPES.get(str(parts[0]), ())
        for instance in resource.get("instances") or ():
            attributes = instance.get("attributes") if isinstance(instance, dict) else None
            name = _name(attributes, fields)
            if name is not None and _ADDRESS.match(address):
                yield address, name


def _name(attributes: Any, fields: tuple[str, ...]) -> str | None:
    for field in fields:
        text = attributes.get(field) if isinstance(attributes, dict) else None
        if isinstance(text, str):
            match = _ARN.match(text)
            return match[1] if match else text
    return None
