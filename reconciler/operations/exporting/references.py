"""Where values are, and never what they are: for what reads them when it runs.

All of it is in clear in the manifests, but for the ARNs that ECS asks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from reconciler import kinds
from reconciler.aws.client import Aws
from reconciler.aws.recogniser import UnverifiedRecogniser
from reconciler.core.leaves import fields
from reconciler.core.model import Key
from reconciler.manifest import Cleartext
from reconciler.manifest.entries import Entry
from reconciler.operations import observe
from reconciler.operations.exporting.variables import called, word


@dataclass
class References:
    """Text by variable, ``origins`` by variable, and the variables that two resources claim.
    ``left_out`` says why something has none."""

    found: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    collisions: dict[str, tuple[str, str]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def add(self, variable: str, origin: str, what: Any) -> None:
        """One variable; the second of a name is a collision."""
        if variable in self.found:
            self.collisions[variable] = (self.origins[variable], origin)
        else:
            self.found[variable], self.origins[variable] = what, origin


def paths(declared: Cleartext, wanted: set[Key]) -> References:
    """The names: ``database/credentials`` is in DATABASE_SECRET_PATH, and ``web3/infura`` in
    WEB3_INFURA_SECRET_PATH, unless the manifest says what it is called."""
    settings, found = declared.settings, References()
    for entry in _entries(declared, wanted):
        *before, last = entry.key.strip("/").split("/")
        reference = kinds.named(entry.kind.NAME).reference
        short = "/".join(before) if before and last in reference.PLAIN else entry.key
        own = getattr(entry.declared, "env", None)
        start = own if isinstance(own, str) else settings.env_prefix + word(short)
        found.add(f"{start}_{reference.ENDING}", entry.key, entry.full_name(settings))
    return found


def external_secrets(declared: Cleartext, wanted: set[Key]) -> References:
    """Documents of Kubernetes by name: an `ExternalSecret` for each service, which makes one Secret
    each, with an entry for each field of a value that a manifest writes as a mapping."""
    scope, found = declared.settings.scope, References()
    for name, kind in kinds.wholes().items():
        of_kind = [entry for entry in _entries(declared, wanted) if name == entry.kind.NAME]
        if kind.reference.STORE is None:
            found.left_out.update((e.key, "External Secrets cannot read it") for e in of_kind)
        elif of_kind:
            called_ = f"{scope.environment}-{kind.section.SECTION}".lower().replace("_", "-")
            data = References()
            for entry in of_kind:
                for variable, path in _fields(declared, entry):
                    remote = {"key": entry.full_name(declared.settings)}
                    if path:
                        remote["property"] = ".".join(map(_escaped, path))
                    data.add(variable, entry.key, {"secretKey": variable, "remoteRef": remote})
            found.collisions |= data.collisions
            found.add(called_, name, _document(called_, kind.reference.STORE, data))
    return found


def containers(declared: Cleartext, wanted: set[Key], aws: Aws) -> References:
    """For `secrets` of a task definition of ECS: `valueFrom` by variable. ECS reads a secret by its
    full ARN, which AWS's lists have. Raises AwsError."""
    settings, found = declared.settings, References()
    trust = UnverifiedRecogniser(("",))
    records = observe.list_all(aws, settings.scope)
    observe.add_outside_prefix(aws, records, wanted, settings.scope, trust)
    for entry in _entries(declared, wanted):
        record = records[entry.kind.NAME].get(entry.full_name(settings))
        if record is None:
            found.left_out[entry.key] = "it is not in AWS yet: apply first"
            continue
        reference = kinds.named(entry.kind.NAME).reference
        for variable, path in _fields(declared, entry):
            # ECS reads fields of the top level, and no others.
            one = len(path) < 2
            text = reference.container(record, settings.scope, path[0] if path else None)
            if text is None or not one:
                found.left_out[".".join([entry.key, *path])] = "ECS cannot read it"
            else:
                found.add(variable, entry.key, text)
    return found


def _document(name: str, store: str, data: References) -> dict[str, Any]:
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": name},
        "spec": {
            "refreshInterval": "1h",
            "secretStoreRef": {"kind": "SecretStore", "name": store},
            "target": {"name": name},
            "data": [data.found[variable] for variable in sorted(data.found)],
        },
    }


def _entries(declared: Cleartext, wanted: set[Key]) -> list[Entry]:
    settings = declared.settings
    found = [entry for entry in declared.entries if entry.resource_key(settings) in wanted]
    return sorted(found, key=lambda entry: entry.resource_key(settings))


def _fields(declared: Cleartext, entry: Entry) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The variables of a value, each with the path of its field: as `export` names them, as far as
    the cleartext tells."""
    settings = declared.settings
    own = getattr(entry.declared, "env", None)
    short = entry.full_name(settings).removeprefix(settings.scope.under).strip("/")
    shape = entry.shape if isinstance(entry.shape, dict) else {}
    for path, _ in fields(shape) if shape else [((), None)]:
        yield called(own, settings.env_prefix, short, path), path


def _escaped(part: str) -> str:
    """A field's name in a path of External Secrets, where these would mean something."""
    return re.sub(r"([.*?|#@\\])", r"\\\1", part)
