"""Plans to render: one that holds everything, one that holds nothing, one that is large."""

from __future__ import annotations

from datetime import date
from typing import Any

from reconciler.core.access import Declared, Opened, Opening
from reconciler.core.model import (
    Action,
    Change,
    FieldChange,
    Key,
    Note,
    Place,
    Plan,
    Policy,
    Scope,
    ValueChange,
    Write,
)
from reconciler.core.reasons import Loss, Lost, Notable, Reason, Why
from reconciler.kinds import titles

SCOPE = Scope(
    environment="production",
    account="123456789012",
    region="us-west-2",
    prefix="/app/production",
    owner="app-secrets",
)
PRUNING = Policy(prune=True, recovery_window=14)
REVISION = "3f5a6c1e0b9d8a7f6e5d4c3b2a1908f7e6d5c4b3"
PRINT = "ab" * 32  # a public fingerprint
BEFORE_ID = "r1c0ffee" + "1" * 56  # the version that is live
READERS: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Readers",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:role/app"},
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
        }
    ],
}


def secret(name: str, action: Action, *fields: FieldChange, **more: Any) -> Change:
    """A change of a secret below the prefix."""
    return Change(Key("secret", f"{SCOPE.under}{name}"), action, fields, **more)


def parameter(name: str, action: Action, *fields: FieldChange, **more: Any) -> Change:
    """A change of a parameter below the prefix."""
    return Change(Key("parameter", f"{SCOPE.under}{name}"), action, fields, **more)


def rotation(name: str, action: Action, *fields: FieldChange, **more: Any) -> Change:
    """A change of a schedule below the prefix."""
    return Change(Key("rotation", f"{SCOPE.under}{name}"), action, fields, **more)


def plan_of(*changes: Change, policy: Policy = PRUNING, **more: Any) -> Plan:
    """A plan of these changes, sorted as plans are."""
    ordered = tuple(sorted(changes, key=lambda change: change.key))
    return Plan(SCOPE, policy, ordered, titles=titles(), **more)


EMPTY = Plan(SCOPE, Policy(), owned=12, revision=None)

SECRETS = (
    secret(
        "database/credentials",
        Action.CREATE,
        FieldChange("description", None, "Primary database login"),
        FieldChange("kms_key", None, "alias/app-production"),
        FieldChange("tags", None, {"team": "platform", "cost-center": "42"}),
        FieldChange("replicas", None, [{"region": "eu-west-1"}]),
        FieldChange("resource_policy", None, READERS),
        FieldChange("recovery_window", None, 30),
        value=ValueChange(Write.SEED, PRINT),
        precondition={"exists": False},
        place=Place("manifests/production/database.sops.yaml", 3, 5),
    ),
    secret(
        "jwt/secret",
        Action.CREATE,
        value=ValueChange(Write.GENERATED),
        precondition={"exists": False},
    ),
    secret(
        "smtp/credentials",
        Action.UPDATE,
        FieldChange("description", "Relay", "Mail relay"),
        FieldChange("fingerprint_key", "a1b2c3", "d4e5f6"),
        FieldChange("kms_key", "alias/aws/secretsmanager", "alias/app-production"),
        FieldChange("recovery_window", 30, 7),
        FieldChange(
            "replicas",
            [{"region": "eu-central-1", "kms_key": "alias/eu"}, {"region": "eu-west-1"}],
            [{"region": "eu-central-1", "kms_key": "alias/new"}, {"region": "eu-west-1"}],
        ),
        FieldChange("resource_policy", "0123456789abcdef", READERS, known=False),
        FieldChange("tags", {"team": "web", "old": "1"}, {"team": "platform", "stage": "p"}),
        value=ValueChange(
            Write.CHANGED,
            PRINT,
            keys=(
                FieldChange("password", True, True),
                FieldChange("port", None, True),
                FieldChange("tls", True, None),
            ),
        ),
        precondition={"version": BEFORE_ID},
        why=Why(Reason.WRITTEN_OUTSIDE, "arn:aws:iam::123456789012:user/ops", on=date(2025, 3, 1)),
        losses=(
            Lost(Loss.OVERWRITTEN_PREVIOUS),
            Lost(Loss.KEY_READERS),
            Lost(Loss.UNSEEN_POLICY_OVERWRITTEN),
            Lost(Loss.POLICY_READERS),
            Lost(Loss.EARLIER_VALUE, "0123456789ab"),
        ),
        access=(
            Opened(Opening.KEY, "arn:aws:kms:us-west-2:210987654321:key/1", "210987654321"),
            Opened(Opening.ALLOWED, "*"),
        ),
    ),
    secret(
        "web3/walletconnect",
        Action.UPDATE,
        FieldChange("description", "Wallet", None),
        value=ValueChange(Write.RETURNED, PRINT),
        precondition={"version": BEFORE_ID},
        why=Why(Reason.WRITTEN_OUTSIDE),
        losses=(Lost(Loss.OVERWRITTEN_PREVIOUS),),
    ),
    secret(
        "copies/none",
        Action.UPDATE,
        FieldChange("replicas", [{"region": "eu-west-1"}, {"region": "us-east-1"}], []),
        FieldChange("resource_policy", "0123456789abcdef", None, known=False),
        losses=(
            Lost(Loss.REPLICA, "eu-west-1"),
            Lost(Loss.REPLICA, "us-east-1"),
            Lost(Loss.POLICY_REMOVED),
        ),
    ),
    secret(
        "copies/unrecorded",
        Action.UPDATE,
        FieldChange("resource_policy", None, None, known=False),
        losses=(Lost(Loss.UNKNOWN_POLICY_REMOVED),),
    ),
    secret(
        "adopted",
        Action.ADOPT,
        FieldChange("tags", {}, {"team": "platform"}),
        value=ValueChange(Write.BOUND, PRINT),
        precondition={"version": "11111111-2222-3333-4444-555555555555"},
    ),
    secret(
        "copied/here",
        Action.CREATE,
        value=ValueChange(Write.COPIED),
        precondition={
            "exists": False,
            "source": "/lagomo/production/copied/from",
            "source_version": "11111111-2222-3333-4444-555555555555",
        },
    ),
    secret(
        "restored",
        Action.RESTORE,
        precondition={"deleted": True},
    ),
    secret("first-value", Action.UPDATE, value=ValueChange(Write.FIRST, PRINT)),
    secret(
        "not-locked/new",
        Action.CREATE,
        value=ValueChange(Write.FIRST, ciphertext="c" * 64),
        precondition={"exists": False},
    ),
    secret(
        "not-locked/old",
        Action.UPDATE,
        value=ValueChange(Write.UNKNOWN, ciphertext="d" * 64),
        precondition={"version": BEFORE_ID},
    ),
    secret(
        "legacy/token",
        Action.PRUNE,
        FieldChange("description", "Old token", None),
        FieldChange("recovery_window", 30, None),
        FieldChange("tags", {"team": "platform"}, None),
        precondition={"version": BEFORE_ID},
        losses=(Lost(Loss.RECOVERABLE, days=30), Lost(Loss.REPLICAS)),
    ),
    Change(
        Key("secret", "prod-db-password"),
        Action.REFUSE,
        (FieldChange("description", None, "Kept under its old name"),),
        why=Why(Reason.NOT_MANAGED),
        place=Place("manifests/production/database.sops.yaml", 14, 5),
    ),
)
PARAMETERS = (
    parameter(
        "database/host",
        Action.CREATE,
        FieldChange("type", None, "String"),
        FieldChange("allowed_pattern", None, r"^[a-z.]+\.internal$"),
        value=ValueChange(Write.FIRST, PRINT, plaintext="db.internal"),
        precondition={"exists": False},
    ),
    parameter(
        "database/pool",
        Action.UPDATE,
        value=ValueChange(Write.CHANGED, PRINT, plaintext="40"),
        precondition={"version": "3"},
    ),
    parameter(
        "database/port",
        Action.UPDATE,
        value=ValueChange(Write.RETURNED, PRINT, plaintext="5432"),
        precondition={"version": "3"},
    ),
    parameter(
        "smtp/from",
        Action.UPDATE,
        FieldChange("description", None, "Sender"),
        FieldChange("data_type", "text", "aws:ec2:image"),
        FieldChange("tags", None, {"team": "platform"}),
        FieldChange(
            "parameter_policies",
            [
                {"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": "2026"}},
                {"Type": "NoChangeNotification", "Version": "1.0", "Attributes": {"After": "20"}},
            ],
            [
                {"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": "2027"}},
                {
                    "Type": "ExpirationNotification",
                    "Version": "1.0",
                    "Attributes": {"Before": "5", "Unit": "Days"},
                },
            ],
        ),
        value=ValueChange(Write.SAME, PRINT, plaintext="no-reply@app.example"),
        precondition={"version": "7"},
    ),
    parameter(
        "smtp/port",
        Action.UPDATE,
        value=ValueChange(Write.UNKNOWN, plaintext="2525", ciphertext="e" * 64),
        precondition={"version": "3"},
    ),
    parameter(
        "smtp/url",
        Action.REPLACE,
        FieldChange("description", "Where", "Where"),
        FieldChange("kms_key", None, "alias/app-production"),
        FieldChange("type", "String", "SecureString"),
        value=ValueChange(Write.CHANGED, PRINT),
        precondition={"version": "2"},
        why=Why(Reason.FIXED, names=("type",)),
        losses=(Lost(Loss.REPLACED_HISTORY),),
    ),
    parameter(
        "old/host",
        Action.PRUNE,
        FieldChange("type", "String", None),
        precondition={"version": "1"},
        losses=(Lost(Loss.DELETED_WITH_HISTORY),),
    ),
    parameter(
        "web/tier",
        Action.REFUSE,
        FieldChange("tier", "Advanced", "Standard"),
        why=Why(Reason.NEEDS_REPLACE, names=("tier",)),
    ),
)
ROTATIONS = (
    rotation(
        "database/credentials",
        Action.CREATE,
        FieldChange("enabled", None, True),
        FieldChange("lambda", None, "arn:aws:lambda:us-west-2:123456789012:function:rotate"),
        FieldChange("schedule", None, "cron(0 4 1 * ? *)"),
        FieldChange("window", None, "3h"),
        settings={"rotate_immediately": False},
        precondition={"exists": False},
    ),
    rotation(
        "jwt/secret",
        Action.UPDATE,
        FieldChange("schedule", "rate(30 days)", "rate(7 days)"),
        settings={"rotate_immediately": True},
        losses=(Lost(Loss.ROTATED_AT_ONCE),),
    ),
    rotation(
        "web3/infura",
        Action.UPDATE,
        FieldChange("enabled", True, False),
        losses=(Lost(Loss.ROTATION_ENDS),),
    ),
)
NOTES = (
    Note(Key("secret", "/app/production/web3/infura"), Notable.ROTATED, date(2025, 3, 1)),
    Note(Key("secret", "/app/production/spare"), Notable.KEPT),
    Note(Key("secret", "/app/production/database/credentials"), Notable.DELETED_OUTSIDE),
)

OPENED = (
    Declared(".sops.yaml, rule ^production/", Opened(Opening.RECIPIENT, "age age1somebody")),
    Declared("production", Opened(Opening.INCLUDED, "../others/*.yaml")),
    Declared("secret smtp/credentials", Opened(Opening.IGNORED, "foreign-key")),
)
EVERYTHING = plan_of(
    *SECRETS, *PARAMETERS, *ROTATIONS, notes=NOTES, owned=20, revision=REVISION,
    admitted="ab" * 32, opened=OPENED, base="c0ffee" * 6 + "c0ff",
)  # fmt: skip


def large(count: int) -> Plan:
    """A plan of so many changes of secrets, as a new tag on everything gives."""
    return plan_of(
        *(
            secret(
                f"service-{index:05}/credentials",
                Action.UPDATE,
                FieldChange("description", f"Login of service {index}", f"Login {index}"),
                FieldChange(
                    "tags", {"team": "web"}, {"team": "platform", "stage": f"stage-{index}"}
                ),
                value=ValueChange(Write.CHANGED, f"{index:064x}"),
                precondition={"version": f"r1c0ffee{index:056x}"},
            )
            for index in range(count)
        ),
        owned=count,
        revision=REVISION,
    )


def large_nested(count: int) -> Plan:
    """A plan of so many changes of resource policies, each with a difference deep inside."""

    def policy(index: int) -> dict[str, Any]:
        role = f"arn:aws:iam::123456789012:role/service-{index}"
        return {
            "Version": "2012-10-17",
            "Statement": [{**READERS["Statement"][0], "Principal": {"AWS": [role, "*"]}}],
        }

    return plan_of(
        *(
            secret(
                f"service-{index:05}/credentials",
                Action.UPDATE,
                FieldChange("resource_policy", policy(index), policy(index + 1)),
            )
            for index in range(count)
        ),
        owned=count,
    )
