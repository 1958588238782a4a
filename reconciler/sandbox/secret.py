"""A secret's state: moto's object, with what AWS keeps and moto does not."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend, SecretsStore

from .refusal import Refusal
from .staleness import History

Version = dict[str, Any]

DEFAULT_KEY = "alias/aws/secretsmanager"
DEFAULT_VERSION_KEY = "DefaultEncryptionKey"
MAX_LABELS = 20
MAX_VERSIONS = 100
_DAY = 86_400
_LIKE_ARN_SUFFIX = re.compile(r".*-[A-Za-z0-9]{6}", re.DOTALL)


class Secret(FakeSecret):
    """One secret. Times are seconds since the epoch; `versions` maps a version id to
    `{"version_id", "createdate", "version_stages", "secret_string" | "secret_binary"}`.
    """

    def __init__(self, account_id: str, region_name: str, name: str) -> None:
        now = round(time.time(), 3)
        super().__init__(
            account_id=account_id,
            region_name=region_name,
            secret_id=name,
            secret_version={},
            version_id="",
            created_date=now,  # type: ignore[arg-type]
            last_changed_date=now,  # type: ignore[arg-type]
        )
        self.tags = None
        self.rules: dict[str, Any] | None = None
        self.lambda_arn: str | None = None
        self.enabled: bool | None = None
        """None: rotation was never configured, and AWS leaves RotationEnabled out."""
        self.last_rotated: float | None = None
        self.last_put: float = now
        self.next_rotation: float | None = None
        self.scheduled_before: float | None = None
        """When a former rule would rotate it, which may still happen."""
        self.computed_days: int | None = None
        self.rotating: str | None = None
        """The token of the rotation that runs now."""
        self.owner: str | None = None
        self.primary_region: str | None = None
        self.replica_status: list[dict[str, str]] = []
        self.purge_at: float | None = None
        self.forced: bool = False
        """Deleted by force; it lingers until it settled."""
        self.accessed: float | None = None
        self.told: dict[str, str] = {}
        """The labels that events have told of, and their versions."""
        self.partner: str | None = None
        """The Type of a managed external secret."""
        self.rotation_role: str | None = None
        self.cross_account_primary: str | None = None

    @property
    def is_replica(self) -> bool:
        return self.cross_account_primary is not None or (
            self.primary_region is not None and self.primary_region != self.region
        )

    # Labels

    def holder(self, label: str) -> str | None:
        """The version that holds a staging label, if any does."""
        for version_id, version in self.versions.items():
            if label in version["version_stages"]:
                return version_id
        return None

    def labelled(self, label: str) -> Version | None:
        """The version that holds a staging label, and has a value."""
        version_id = self.holder(label)
        version = self.versions[version_id] if version_id else None
        return version if version and "keys" in version else None

    def labels(self) -> dict[str, list[str]]:
        """Labelled versions only: "A version that does not have any SecretVersionStage is
        considered deprecated ... Such versions are not included in this list."
        """
        return {
            version_id: list(version["version_stages"])
            for version_id, version in self.versions.items()
            if version["version_stages"]
        }

    def detach(self, label: str) -> None:
        for version in self.versions.values():
            if label in version["version_stages"]:
                version["version_stages"].remove(label)

    def attach(self, label: str, version_id: str) -> None:
        """Move a label to a version; with AWSCURRENT goes AWSPREVIOUS: "Whenever you move
        AWSCURRENT, Secrets Manager automatically moves the label AWSPREVIOUS to the version that
        AWSCURRENT was removed from."
        """
        held = {label for version in self.versions.values() for label in version["version_stages"]}
        if len(held | {label}) > MAX_LABELS:
            raise Refusal(
                "LimitExceededException",
                f"The secret can't have more than {MAX_LABELS} staging labels.",
            )
        before = self.holder(label)
        if before == version_id:
            return
        self.detach(label)
        self.versions[version_id]["version_stages"].append(label)
        if label == "AWSCURRENT":
            self.default_version_id = version_id
            if before is not None:
                self.detach("AWSPREVIOUS")
                self.versions[before]["version_stages"].append("AWSPREVIOUS")

    def new_version(self, version_id: str, now: float) -> Version:
        """A version without a value and without labels."""
        version: Version = {
            "version_id": version_id,
            "createdate": round(now, 3),
            "version_stages": [],
        }
        self.versions[version_id] = version
        return version

    def make_room(self, now: float) -> None:
        """ "Secrets Manager removes outdated versions when there are more than 100, but it does
        not remove versions created less than 24 hours ago ... you will reach the quota".
        """
        if len(self.versions) < MAX_VERSIONS:
            return
        for version_id, version in self.versions.items():
            if not version["version_stages"] and now - version["createdate"] > _DAY:
                del self.versions[version_id]
                return
        raise Refusal(
            "LimitExceededException",
            f"You've reached the maximum number of versions ({MAX_VERSIONS}) for this secret. "
            "Versions created less than 24 hours ago aren't removed.",
        )

    # What AWS shows

    def entry(self) -> dict[str, Any]:
        """The secret as ListSecrets shows it: no policy, no replication, no deprecated version."""
        shown = self._common()
        shown["SecretVersionsToStages"] = self.labels() or None
        return _present(shown)

    def description_of(self) -> dict[str, Any]:
        """The secret as DescribeSecret shows it."""
        shown = self._common()
        shown["VersionIdsToStages"] = self.labels() or None
        shown["ReplicationStatus"] = self.replica_status or None
        if self.cross_account_primary:
            shown["CrossAccountPrimary"] = {
                "PrimarySecretARN": self.cross_account_primary,
                "ReplicationStatus": "InSync",
            }
        return _present(shown)

    def to_dict(self) -> dict[str, Any]:
        # moto itself reads this when Parameter Store refers to a secret.
        return self._common() | {"VersionIdsToStages": self.labels()}

    def _common(self) -> dict[str, Any]:
        rules = None
        if self.rules is not None:
            rules = dict(self.rules)
            if self.computed_days is not None:
                # "In DescribeSecret and ListSecrets, this value is calculated from the rotation
                # schedule after every successful rotation."
                rules["AutomaticallyAfterDays"] = self.computed_days
        return {
            "ARN": self.arn,
            "Name": self.name,
            "Description": self.description or None,
            "KmsKeyId": self.kms_key_id,
            "RotationEnabled": self.enabled,
            "RotationLambdaARN": self.lambda_arn,
            "RotationRules": rules,
            "LastRotatedDate": self.last_rotated,
            "LastChangedDate": self.last_changed_date,
            "LastAccessedDate": self.accessed,
            "DeletedDate": self.deleted_date,
            "NextRotationDate": self.next_rotation if self.enabled else None,
            # Recorded on AWS: left out where there never was one, empty once all are removed.
            "Tags": None if self.tags is None else [dict(tag) for tag in self.tags],
            "Type": self.partner,
            "ExternalSecretRotationRoleArn": self.rotation_role,
            "OwningService": self.owner,
            "CreatedDate": self.created_date,
            "PrimaryRegion": self.primary_region,
        }


def _present(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if value is not None}


class SecretStore(SecretsStore):
    """Secrets by name. Takes names, ARNs and partial ARNs like moto's, without its walk over
    every secret at each look-up.
    """

    def find(self, identifier: str) -> Secret | None:
        secret = dict.get(self, identifier)
        if secret is None and identifier.startswith("arn:"):
            rest = identifier.partition(":secret:")[2]
            by_name = dict.get(self, rest[:-7])
            if by_name is not None and by_name.arn == identifier:
                secret = by_name
            elif not _LIKE_ARN_SUFFIX.fullmatch(rest):
                # A partial ARN, without the hyphen and six characters. What ends like them "cause
                # Secrets Manager to assume that you're specifying a complete ARN".
                secret = dict.get(self, rest)
                if secret is not None and not secret.arn.startswith(identifier + "-"):
                    secret = None
        return secret  # type: ignore[return-value]

    def all(self) -> Iterator[Secret]:
        yield from dict.values(self)  # type: ignore[misc]

    def __getitem__(self, key: str) -> Secret:
        secret = self.find(key)
        if secret is None:
            raise KeyError(key)
        return secret

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.find(key) is not None


class SecretsBackend(SecretsManagerBackend):
    """moto's backend for one Region, with our store and the past that stale lists show."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.secrets: SecretStore = SecretStore()
        self.history = History()

    def add(self, secret: Secret) -> None:
        self.secrets[secret.name] = secret
        self.touch(secret)

    def remove(self, secret: Secret) -> None:
        dict.pop(self.secrets, secret.name)
        self.history.record(secret.arn, None)

    def touch(self, secret: Secret) -> None:
        """Make a change of a secret visible to ListSecrets."""
        self.history.record(secret.arn, secret.entry())

    # What the Resource Groups Tagging API calls.

    def tag_resource(self, arn: str, tags: dict[str, str]) -> None:
        super().tag_resource(arn, tags)
        self.touch(self.secrets[arn])

    def untag_resource(self, arn: str, tag_keys: list[str]) -> None:
        super().untag_resource(arn, tag_keys)
        self.touch(self.secrets[arn])

    def create_managed_secret(self, service_name: str, secret_id: str, **given: Any) -> Secret:  # type: ignore[override]
        """What moto's other services (RDS, Redshift) call to make a secret that they own."""
        secret = Secret(self.account_id, self.region_name, secret_id)
        secret.owner = service_name
        secret.description = given.get("description")
        secret.kms_key_id = given.get("kms_key_id")
        secret.tags = list(given.get("tags") or [])
        version_id = given.get("version_id") or self._from_client_request_token(None)
        version = secret.new_version(version_id, time.time())
        version |= {"secret_string": given.get("secret_string"), "keys": [DEFAULT_VERSION_KEY]}
        secret.attach("AWSCURRENT", version_id)
        self.add(secret)
        return secret
