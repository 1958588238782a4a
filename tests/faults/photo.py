"""All that an account holds at one moment, read from the embedded AWS's own state: no call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from moto.secretsmanager.models import secretsmanager_backends
from moto.ssm.models import ssm_backends

from reconciler.core.model import Key
from tests.embedded import Embedded
from tests.faults.direct import SCOPE


@dataclass(frozen=True)
class Photo:
    """One resource. ``versions`` maps a version to its value; ``labels`` a label to its version."""

    current: str | None
    value: str | None
    versions: dict[str, str]
    labels: dict[str, str] = field(default_factory=dict)
    description: str = ""
    type: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    rotating: bool = False
    rules: dict[str, Any] | None = None
    rotated: bool = False
    deleted: bool = False
    policy: str | None = None
    replicas: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """The description as people wrote it, without our stamp."""
        return self.description.partition("[r1:")[0].strip()


def take(aws: Embedded) -> dict[Key, Photo]:
    """Every secret and parameter of the Region."""
    with aws.lock:
        secrets = cast("Any", secretsmanager_backends[SCOPE.account][SCOPE.region]).secrets
        backend = cast("Any", ssm_backends[SCOPE.account][SCOPE.region])
        photos = {Key("secret", s.name): _secret(s) for s in secrets.values()}
        for name in backend.names():
            photos[Key("parameter", name)] = _parameter(backend, name)
    return photos


def _secret(secret: Any) -> Photo:
    versions = {
        version: entry["secret_string"]
        for version, entry in secret.versions.items()
        if "secret_string" in entry
    }
    labels = {label: v for v, held in secret.labels().items() for label in held}
    current = labels.get("AWSCURRENT")
    return Photo(
        current,
        versions.get(current or ""),
        versions,
        labels,
        secret.description or "",
        tags={tag["Key"]: tag["Value"] for tag in secret.tags or []},
        rotating=bool(secret.enabled),
        rules=secret.rules,
        rotated=secret.last_rotated is not None,
        deleted=secret.deleted_date is not None,
        policy=secret.policy,
        replicas=tuple(sorted(status["Region"] for status in secret.replica_status)),
    )


def _parameter(backend: Any, name: str) -> Photo:
    history = backend.versions(name)
    versions = {str(entry.version): entry.decrypt(entry.value) for entry in history}
    last = history[-1]
    return Photo(
        str(last.version),
        versions[str(last.version)],
        versions,
        description=last.description or "",
        type=last.parameter_type,
        tags=dict(backend.tags(name)),
    )
