"""Finding the secret that a call names, where AWS lets it be read or changed."""

from __future__ import annotations

import time

from . import replication
from .call import Call
from .context import Event
from .refusal import Refusal, invalid_parameter, invalid_request
from .secret import Secret


def find(call: Call) -> Secret:
    """The secret that SecretId names. Raises ResourceNotFoundException."""
    backend = call.secrets
    secret = backend.secrets.find(call.body["SecretId"])
    if secret is not None and is_gone(call, secret):
        backend.remove(secret)
        secret = None
    if secret is None or call.sandbox.settling.lags(secret.arn, call.operation):
        raise not_found()
    return secret


def not_found() -> Refusal:
    return Refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")


def is_gone(call: Call, secret: Secret) -> bool:
    if secret.forced:
        # Recorded on AWS: what was deleted by force is "scheduled for deletion" for seconds.
        return not call.sandbox.settling.lags(secret.arn, "deletion")
    return secret.purge_at is not None and secret.purge_at <= time.time()


def find_writable(call: Call, *, owned: bool = False) -> Secret:
    """The secret that SecretId names, where AWS lets it be changed.

    `owned`: the operation also works on a secret that another service manages.
    """
    secret = find(call)
    refuse_replica(secret)
    refuse_pending(secret)
    if not owned:
        refuse_owned(secret)
    return secret


def refuse_pending(secret: Secret) -> None:
    if secret.deleted_date is not None:
        raise invalid_request(
            "You can't perform this operation on the secret because it was marked for deletion."
        )


def refuse_owned(secret: Secret) -> None:
    # "The secret is managed by another service, and you must use that service to update it."
    if secret.owner is not None:
        raise invalid_request(
            f"The secret is managed by another service ({secret.owner}), "
            "and you must use that service to update it."
        )


def refuse_replica(secret: Secret) -> None:
    if secret.is_replica:
        raise invalid_parameter(
            "Operation not permitted on a replica secret. "
            "Call must be made in primary secret's region."
        )


def refuse_foreign(call: Call, secret: Secret) -> None:
    if secret.kms_key_id is None and call.is_foreign:
        raise invalid_request(
            "You can't access a secret from a different AWS account if you encrypt the secret "
            "with the default KMS service key."
        )


def changed(call: Call, secret: Secret) -> None:
    """Note a change: LastChangedDate, the replicas, and what lists will show."""
    secret.last_changed_date = round(time.time(), 3)  # type: ignore[assignment]
    held = {label: version for version, labels in secret.labels().items() for label in labels}
    moved = [label for label in held | secret.told if held.get(label) != secret.told.get(label)]
    call.sandbox.events += [Event(secret.arn, label, held.get(label)) for label in moved]
    secret.told = held
    call.secrets.touch(secret)
    replication.sync(secret)
