"""What AWS has and its API cannot make: owners, foreign replicas, dates, and passing time."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import cast

from moto.secretsmanager.models import secretsmanager_backends

from . import rotation
from .account import ACCOUNT, secrets_of
from .call import Call
from .context import Context
from .secret import Secret, SecretsBackend


class Beyond:
    """The part of the sandbox that tests reach by its methods alone."""

    lock: threading.Lock

    def set_owning_service(self, name: str, service: str, *, region: str | None = None) -> None:
        """Have another AWS service own a secret ("rds"): it then refuses writes, and rotates
        without a function. KeyError when there is no such secret.
        """
        with self._edit(name, region) as secret:
            secret.owner = service

    def make_replica(self, name: str, primary_region: str, *, region: str | None = None) -> None:
        """Make a secret the replica of one in `primary_region`; it then refuses writes."""
        with self._edit(name, region) as secret:
            secret.primary_region = primary_region

    def make_cross_account_replica(self, name: str, primary: str) -> None:
        """Make a secret the replica of one in another account, of which `primary` is the ARN."""
        with self._edit(name, None) as secret:
            secret.cross_account_primary = primary

    def set_last_rotated(
        self, name: str, moment: datetime | None, *, region: str | None = None
    ) -> None:
        """Set when AWS last rotated a secret; None: never."""
        with self._edit(name, region) as secret:
            secret.last_rotated = None if moment is None else moment.timestamp()

    def set_last_changed(self, name: str, moment: datetime, *, region: str | None = None) -> None:
        """Set a secret's LastChangedDate and the creation date of its current version."""
        with self._edit(name, region) as secret:
            secret.last_changed_date = moment.timestamp()  # type: ignore[assignment]
            current = secret.holder("AWSCURRENT")
            if current is not None:
                secret.versions[current]["createdate"] = moment.timestamp()

    def age_versions(self, name: str, seconds: float, *, region: str | None = None) -> None:
        """Make every version of a secret older by `seconds`."""
        with self._edit(name, region) as secret:
            for version in secret.versions.values():
                version["createdate"] -= seconds

    def rotate_as_scheduled_before(self, name: str) -> bool:
        """Let a rotation begin that a former rule had scheduled; False where there is none."""
        with self._edit(name, None) as secret:
            due, secret.scheduled_before = secret.scheduled_before, None
            if due is not None:
                call = Call(cast("Context", self), "RotateSecret", secret.region, {})
                rotation.rotate(call, secret, str(uuid.uuid4()))
        return due is not None

    def age_lists(self, seconds: float) -> None:
        """Let `seconds` pass for ListSecrets, so that no test need wait for `list_staleness`."""
        with self.lock:
            for backend in secretsmanager_backends[ACCOUNT].values():
                cast("SecretsBackend", backend).history.age(seconds)

    def secret(self, name: str, *, region: str | None = None) -> Secret:
        """The state of a secret, for a test to look at. KeyError when there is none."""
        regions = [region] if region else list(secretsmanager_backends[ACCOUNT])
        for candidate in regions:
            found = secrets_of(candidate).secrets.find(name)
            if found is not None:
                return found
        raise KeyError(name)

    @contextlib.contextmanager
    def _edit(self, name: str, region: str | None) -> Iterator[Secret]:
        with self.lock:
            secret = self.secret(name, region=region)
            yield secret
            secrets_of(secret.region).touch(secret)
