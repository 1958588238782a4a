"""NextToken: where the next page begins, sealed so that only our own tokens are taken."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from typing import Any


class PageTokens:
    """Makes and opens NextTokens.

    A token belongs to one operation and one set of filters, as on AWS.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(16)

    def seal(self, position: Any, scope: Any) -> str:
        """A token for what follows `position` under `scope` (operation, Region, filters)."""
        payload = json.dumps(position).encode()
        return base64.urlsafe_b64encode(self._tag(payload, scope) + payload).decode()

    def open(self, token: str, scope: Any) -> Any:
        """The position sealed in `token`. Raises ValueError for anything else."""
        try:
            raw = base64.urlsafe_b64decode(token.encode())
        except (binascii.Error, UnicodeEncodeError, ValueError):
            raise ValueError("not a token of ours") from None
        tag, payload = raw[:16], raw[16:]
        if not hmac.compare_digest(tag, self._tag(payload, scope)):
            raise ValueError("not a token of ours")
        return json.loads(payload)

    def _tag(self, payload: bytes, scope: Any) -> bytes:
        text = json.dumps(scope, sort_keys=True).encode()
        return hmac.new(self._key, text + b"\0" + payload, hashlib.sha256).digest()[:16]
