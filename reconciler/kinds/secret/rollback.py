"""Rollback: AWSCURRENT back to the version that AWSPREVIOUS is on, by compare-and-swap."""

from __future__ import annotations

from reconciler.aws.client import Aws
from reconciler.core.model import Source
from reconciler.core.ownership import Refusal, may_handle
from reconciler.kinds import tags
from reconciler.kinds.kind import Act, Record, Target
from reconciler.kinds.secret import mark
from reconciler.kinds.secret.describe import describe, unless
from reconciler.kinds.secret.labels import CURRENT, PREVIOUS, STAGED, version_at
from reconciler.kinds.secret.write import move_current, settle_pending


def roll_back(target: Target, *, rotated: bool) -> Act | Refusal:
    """How the previous value is restored; no value is read."""
    refusal = _barred(target, rotated=rotated)
    record = target.record
    if refusal is not None or record is None:
        return refusal or _ABSENT
    return Act(lambda aws: _move(aws, target, record))


_ABSENT = Refusal("absent", "it does not exist", "apply creates it")


def _barred(target: Target, *, rotated: bool) -> Refusal | None:
    """Why a secret's previous value may not serve again; None: it may.

    ``rotated`` says that a value which a rotation replaced, perhaps because it leaked, is wanted
    back nevertheless.
    """
    record, live = target.record, target.live
    if record is None or live is None:
        return _ABSENT
    refusal = may_handle(live)
    if refusal is not None:
        return refusal
    if live.rotation.pending:
        return Refusal(
            "rotation-pending",
            "a rotation is under way: AWSPENDING is on another version than AWSCURRENT",
            "wait for it; or end it with: reconciler rotate"
            f" {target.scope.environment} {target.short} --clear-pending",
        )
    previous, current = version_at(record, PREVIOUS), version_at(record, CURRENT)
    if previous is None or current is None:
        return Refusal(
            "no-previous",
            "it has no previous version",
            f"give it a new value: reconciler set {target.scope.environment} {target.short}",
        )
    if not rotated:
        if live.rotation.enabled or live.rotation.last is not None:
            return Refusal(
                "rotation-owned",
                "rotation wrote its values, and the previous login may no longer work",
                _anyway(target),
            )
        versions = (previous, current)
        if all(target.fingerprinter.is_generated(target.key.name, v) for v in versions):
            return Refusal(
                "superseded",
                "its previous value was replaced by `rotate`, perhaps because it leaked",
                _anyway(target),
            )
    return None


def _anyway(target: Target) -> str:
    return (
        "to restore it all the same: reconciler rollback"
        f" {target.scope.environment} {target.short} --rotated"
    )


def _move(aws: Aws, target: Target, record: Record) -> str:
    name, previous = target.key.name, str(version_at(record, PREVIOUS))
    remembered = mark.before_return(target, record, previous)
    if remembered:
        aws.call("secretsmanager", "tag_resource", SecretId=name, Tags=tags.to_list(remembered))
    settle_pending(aws, record)
    _unstage(aws, record)
    move_current(aws, name, previous, expected=version_at(record, CURRENT))
    if tags.GIT_KEYS in tags.from_list(record.data.get("Tags")):
        # The earlier value may hold earlier keys: without the mark the next plan writes git's.
        aws.call("secretsmanager", "untag_resource", SecretId=name, TagKeys=[tags.GIT_KEYS])
    resource = target.resource
    value = None if resource is None else resource.value
    if value is None or value.source is not Source.GIT or resource is None:
        return "the previous version is restored"
    rotation = None if target.live is None else target.live.rotation
    if rotation is not None and (rotation.enabled or (rotation.last and not value.take)):
        # Git holds the first value only: nothing of it is written, so there is nothing to revert.
        return (
            "the previous version is restored; rotation owns the value, and git does not write it"
        )
    at = "" if resource.place is None else f", at {resource.place.path}"
    return (
        f"the previous version is restored; git still declares the newer value{at}:"
        f" revert it there, or the next apply writes it again"
    )


def _unstage(aws: Aws, record: Record) -> None:
    """Nothing is begun any more with the version that is left: a plan of before, which wrote it,
    does not go on with it."""
    left = version_at(record, CURRENT)
    if left is None or version_at(record, STAGED) != left:
        return
    with unless(lambda: _staged(aws, record.name) != left):
        aws.call(
            "secretsmanager",
            "update_secret_version_stage",
            SecretId=record.name,
            VersionStage=STAGED,
            RemoveFromVersionId=left,
        )


def _staged(aws: Aws, name: str) -> str | None:
    fresh = describe(aws, name)
    return None if fresh is None else version_at(fresh, STAGED)
