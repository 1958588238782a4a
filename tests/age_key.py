"""Fresh age identities for tests: an X25519 key in age's spelling of it."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


@dataclass(frozen=True)
class AgeKey:
    """A secret identity and the recipient that belongs to it."""

    identity: str
    recipient: str


def new_age_key() -> AgeKey:
    """A key that nobody else has."""
    key = X25519PrivateKey.generate()
    return AgeKey(
        identity=_bech32("age-secret-key-", key.private_bytes_raw()).upper(),
        recipient=_bech32("age", key.public_key().public_bytes_raw()),
    )


def _bech32(prefix: str, data: bytes) -> str:
    """Bech32 (BIP 173), without its limit of 90 characters."""
    padding = -len(data) * 8 % 5
    number = int.from_bytes(data, "big") << padding
    count = (len(data) * 8 + padding) // 5
    words = [number >> 5 * i & 31 for i in reversed(range(count))]
    spread = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    rest = _checksum([*spread, *words, 0, 0, 0, 0, 0, 0]) ^ 1
    words += [rest >> 5 * i & 31 for i in reversed(range(6))]
    return prefix + "1" + "".join(_LETTERS[word] for word in words)


def _checksum(words: list[int]) -> int:
    state = 1
    for word in words:
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ word
        for i, term in enumerate(_GENERATOR):
            if top >> i & 1:
                state ^= term
    return state
