"""Who may call: the access key that the sandbox made at its start, and those that it issued.

Another user of the machine can reach 127.0.0.1 too, and a function that he creates would run as
whoever started the sandbox. Nobody but root can read the key on its way, so that the access key's
id is enough; signatures are not verified.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from .account import ACCOUNT
from .http import Request
from .refusal import Refusal

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def _identifier(prefix: str) -> str:
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(16))


@dataclass(frozen=True)
class AccessKey:
    """An access key that nobody can guess."""

    id: str = field(default_factory=lambda: _identifier("AKIA"))
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(30), repr=False)


def check(request: Request, *known: AccessKey) -> None:
    """Refuse a call that is signed with no key of this sandbox, as AWS refuses an unknown key."""
    given = request.access_key
    if any(hmac.compare_digest(given.encode(), key.id.encode()) for key in known):
        return
    if given and given in _issued():
        return
    form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    code = "InvalidClientTokenId" if form else "UnrecognizedClientException"
    raise Refusal(code, "The security token included in the request is invalid.", 403)


def _issued() -> set[str]:
    """The ids of keys that IAM or STS of this sandbox has handed out."""
    users = iam_backends[ACCOUNT]["aws"].get_all_access_keys_for_all_users()
    roles = sts_backends[ACCOUNT]["aws"].assumed_roles
    return {key.access_key_id for key in users} | {role.access_key_id for role in roles}
