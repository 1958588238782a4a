"""A Terraform state: the names and values of its secrets and parameters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.kinds.represent import represent
from reconciler.operations.importing.sources.given import PARAMETERS, SECRETS, Given
from reconciler.values.sensitive import Sensitive

_ARN = re.compile(r"arn:[a-z-]+:secretsmanager:[^:]+:[^:]+:secret:(.+)-.{6}\Z")
_NONE = "the state has no value of it: import it from AWS, with --name"
_SECRET, _VERSION, _ROTATION, _PARAMETER = (
    "aws_secretsmanager_secret",
    "aws_secretsmanager_secret_version",
    "aws_secretsmanager_secret_rotation",
    "aws_ssm_parameter",
)


def is_state(tree: Any) -> bool:
    """Whether this is what `terraform state pull` writes."""
    return isinstance(tree, dict) and isinstance(tree.get("resources"), list)


def earlier(tree: Any) -> str | None:
    """The version of a state that is written otherwise, which Terraform before 0.12 wrote."""
    if not isinstance(tree, dict) or not ("terraform_version" in tree or "modules" in tree):
        return None
    version = tree.get("version")
    return version if isinstance(version, str) and version.isdigit() and int(version) < 4 else None


def read(tree: Any) -> list[Given]:
    """Each managed secret and parameter, by its full name."""
    found: dict[tuple[str | None, str], Given] = {}
    rotated = {_name(a, "secret_id") for type_, a in _instances(tree) if type_ == _ROTATION}
    for type_, attributes in _instances(tree):
        given = None
        if type_ == _SECRET:
            name = _text(attributes, "name")
            if name and (SECRETS, name) not in found:
                given = Given(name, full=True, reason=_NONE, service=SECRETS)
        elif type_ == _VERSION:
            given = _version(attributes)
        elif type_ == _PARAMETER:
            given = _parameter(attributes)
        if given is not None:
            found[given.service, given.name] = given
    why = "rotation writes its value: import it from AWS, with --prefix"
    return [
        Given(one.name, full=True, reason=why, service=SECRETS)
        if one.service == SECRETS and one.name in rotated
        else one
        for one in found.values()
    ]


def _instances(tree: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for resource in tree["resources"]:
        if isinstance(resource, dict) and resource.get("mode") == "managed":
            for instance in resource.get("instances") or ():
                attributes = instance.get("attributes") if isinstance(instance, dict) else None
                if isinstance(attributes, dict):
                    yield str(resource.get("type")), attributes


def _version(attributes: Mapping[str, Any]) -> Given | None:
    stages = attributes.get("version_stages")
    if isinstance(stages, list) and stages and "AWSCURRENT" not in stages:
        return None
    name = _name(attributes, "secret_id") or _name(attributes, "arn")
    if not name:
        return None
    text, raw = _text(attributes, "secret_string"), _text(attributes, "secret_binary")
    if text:
        return Given(name, represent(Sensitive(text)).json, full=True, service=SECRETS)
    if raw:
        value = Sensitive(json.dumps(raw))
        return Given(name, value, full=True, service=SECRETS, fields={"binary": True})
    return Given(name, full=True, reason=_NONE, service=SECRETS)


def _parameter(attributes: Mapping[str, Any]) -> Given | None:
    name = _text(attributes, "name")
    if not name:
        return None
    full = name if name.startswith("/") else f"/{name}"
    text = _text(attributes, "value") or _text(attributes, "insecure_value")
    type_ = _text(attributes, "type")
    shown = type_ in ("String", "StringList")
    if not name.startswith("/"):
        why = "its name has no slash at its start"
        return Given(full, full=True, reason=why, service=PARAMETERS)
    if not text:
        return Given(full, full=True, reason=_NONE, service=PARAMETERS)
    return Given(
        full,
        Sensitive(json.dumps(text)),
        full=True,
        service=PARAMETERS,
        fields={"type": type_} if shown else {},
        shown=shown,
    )


def _name(attributes: Mapping[str, Any], field: str) -> str:
    text = _text(attributes, field)
    match = _ARN.match(text)
    return match[1] if match else text


def _text(attributes: Mapping[str, Any], field: str) -> str:
    content = attributes.get(field)
    return content if isinstance(content, str) else ""
