"""Rotates a key that signs tokens: HS256, HS384 or HS512.

The value is a JSON object: `key`, the text whose bytes sign, `kid`, its name for a token's header,
`alg`, and `jwks`, a key set that verifies: the key itself, the one before, and the next. Whoever
still has the value from before a rotation can so verify what is signed after it, and the reverse.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any

from reconciler.kinds.rotation.functions import frame
from reconciler.kinds.rotation.functions.errors import RefusedError
from reconciler.kinds.rotation.functions.value import members, needed, same_but, written

OURS = ("key", "kid", "alg", "jwks")
_HASH = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
_SEED = "seed"  # how a key is called that had no name before the first rotation


class Jwt:
    """A signing key and its key set."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._alg: str = settings["alg"]

    def make(self, current: str) -> str:
        """The announced key signs, and another one is announced; the current one still verifies."""
        value = members(current)
        old = _signing(value)
        announced = [one for one in _keys(value) if one.get("announced")]
        new = (
            _plain(announced[0]) if announced and announced[0]["alg"] == self._alg else self._new()
        )
        following = {**self._new(), "announced": True}
        return written(
            {
                **value,
                "key": _text(new),
                "kid": new["kid"],
                "alg": new["alg"],
                "jwks": {"keys": [new, following, old]},
            }
        )

    def follows(self, current: str, pending: str) -> bool:
        """All that is not the function's is as before, and the current key still verifies."""
        old, value = _signing(members(current)), members(pending)
        return same_but(current, pending, *OURS) and old in map(_plain, _keys(value))

    def put(self, current: str, pending: str) -> None:
        """Nobody else is told."""

    def test(self, current: str, pending: str) -> None:
        """What the new key signs, the key set verifies; what the current one signs, too."""
        value = members(pending)
        new = _signing(value)
        if pending == current:
            return
        if not self.follows(current, pending):
            raise RefusedError("the secret was written meanwhile: rotate again")
        found = [one for one in _keys(value) if one.get("kid") == new["kid"]]
        if len(found) != 1 or not hmac.compare_digest(_sign(new), _sign(found[0])):
            raise RefusedError("the key set does not verify what the key signs")

    def _new(self) -> dict[str, Any]:
        size = _HASH[self._alg]().digest_size
        return _jwk(secrets.token_urlsafe(size), secrets.token_urlsafe(8), self._alg)


def _signing(value: Mapping[str, Any]) -> dict[str, Any]:
    """The key that signs now, as a key set has it."""
    needed(value, "key")
    alg = value.get("alg", "HS256")
    if alg not in _HASH:
        raise RefusedError("the value's alg is none of HS256, HS384 and HS512")
    return _jwk(value["key"], str(value.get("kid") or _SEED), alg)


def _keys(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = value.get("jwks")
    if found is None:
        return []
    keys = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(keys, list) or not all(_is_key(one) for one in keys):
        raise RefusedError("the value's jwks is no key set of this function")
    return keys


def _is_key(one: Any) -> bool:
    return isinstance(one, dict) and {"kty", "kid", "alg", "k"} <= one.keys()


def _plain(key: Mapping[str, Any]) -> dict[str, Any]:
    return {name: said for name, said in key.items() if name != "announced"}


def _jwk(text: str, kid: str, alg: str) -> dict[str, Any]:
    encoded = base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
    return {"kty": "oct", "use": "sig", "kid": kid, "alg": alg, "k": encoded}


def _bytes(key: Mapping[str, Any]) -> bytes:
    return base64.urlsafe_b64decode(key["k"] + "=" * (-len(key["k"]) % 4))


def _text(key: Mapping[str, Any]) -> str:
    return _bytes(key).decode()


def _sign(key: Mapping[str, Any]) -> bytes:
    return hmac.new(_bytes(key), b"a token", _HASH[key["alg"]]).digest()


def handler(event: Mapping[str, Any], context: object) -> None:
    """What Lambda calls."""
    frame.handle(event, lambda settings, _: Jwt(settings))
