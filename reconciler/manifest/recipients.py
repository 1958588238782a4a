"""Who can decrypt a file: sops's two spellings of it, in ``.sops.yaml`` and in a file's own
``sops:`` block, brought into one form that compares.

A recipient is everything that sops would act on: not only the key, but the role that it would
assume, the profile, the encryption context and the address that it would send a token to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.aws.arn import KEY_ARN, ROLE_ARN

_KEY = re.compile(rf"{KEY_ARN}\Z")
_ROLE = re.compile(rf"{ROLE_ARN}\Z")
MAX_MERGES = 8  # of key groups inside one another


@dataclass(frozen=True)
class Recipient:
    """One key: its type as the ``sops:`` block names it, and what identifies it."""

    type: str
    identity: tuple[str, ...]

    @property
    def remote(self) -> bool:
        """Whether sops asks something else than a key on this machine: a service, which gets
        credentials, or another program, as age's plugins are (``age1NAME1…``)."""
        if self.type == "age":
            return self.identity[0].startswith("age1") and self.identity[0].count("1") > 1
        return self.type != "pgp"

    def __str__(self) -> str:
        return f"{self.type} {' '.join(part for part in self.identity if part)}"


Group = frozenset[Recipient]


class _Malformed(Exception):
    """Something that sops would not read either; caught in this module."""


def flaw(recipient: Recipient) -> str | None:
    """What is wrong with the name of a key, or of the role that it is used under: a policy that
    allows it would be of others too."""
    if recipient.type == "kms":
        key, role = recipient.identity[:2]
        if not _KEY.match(key):
            return "a KMS key is named by its ARN, or by that of its alias"
        if role and not _ROLE.match(role):
            return "a role is named by its ARN"
    return None


# --- from the `sops:` block of a file ----------------------------------------------------------


def from_file(block: Mapping[str, Any]) -> tuple[Group, ...] | None:
    """The groups that a file's ``sops:`` block names, or None where it is malformed."""
    try:
        # sops reads `key_groups` only where no key stands at the top. Both are looked at here.
        top = _group(block, _FILE)
        groups = block.get("key_groups")
        inner = [_group(entry, _FILE) for entry in _list(groups)]
    except _Malformed:
        return None
    return tuple(group for group in (top, *inner) if group)


def _file_kms(entry: Any) -> Recipient:
    return _kms(
        _text(entry, "arn"),
        _text(entry, "role", ""),
        _text(entry, "aws_profile", ""),
        _mapping(entry).get("context"),
    )


def _file_azure(entry: Any) -> Recipient:
    url, name = _text(entry, "vault_url"), _text(entry, "name")
    return Recipient("azure_kv", (url.rstrip("/"), name, _text(entry, "version", "")))


def _file_vault(entry: Any) -> Recipient:
    address, engine = _text(entry, "vault_address"), _text(entry, "engine_path")
    return _vault(f"{address.rstrip('/')}/v1/{engine}/keys/{_text(entry, 'key_name')}")


_FILE: Mapping[str, Callable[[Any], Recipient]] = {
    "age": lambda entry: Recipient("age", (_text(entry, "recipient").strip(),)),
    "pgp": lambda entry: _pgp(_text(entry, "fp")),
    "kms": _file_kms,
    "gcp_kms": lambda entry: Recipient("gcp_kms", (_text(entry, "resource_id"),)),
    "hckms": lambda entry: Recipient("hckms", (_text(entry, "key_id"),)),
    "azure_kv": _file_azure,
    "hc_vault": _file_vault,
}


# --- from a creation rule ----------------------------------------------------------------------


def from_rule(rule: Mapping[str, Any]) -> tuple[Group, ...] | None:
    """The groups that a creation rule names, or None where it is malformed."""
    try:
        if rule.get("key_groups"):
            return tuple(_rule_group(entry, 0) for entry in _list(rule["key_groups"]))
        profile = _text(rule, "aws_profile", "")
        found = {
            *(Recipient("age", (r,)) for r in _texts(rule.get("age"))),
            *(_pgp(fingerprint) for fingerprint in _texts(rule.get("pgp"))),
            *(_flat_kms(arn, profile) for arn in _texts(rule.get("kms"))),
            *(Recipient("gcp_kms", (r,)) for r in _texts(rule.get("gcp_kms"))),
            *(Recipient("hckms", (r,)) for r in _texts(rule.get("hckms"))),
            *(_flat_azure(url) for url in _texts(rule.get("azure_keyvault"))),
            *(_vault(uri) for uri in _texts(rule.get("hc_vault_transit_uri"))),
        }
    except _Malformed:
        return None
    return (frozenset(found),)


def _rule_group(entry: Any, depth: int) -> Group:
    if depth > MAX_MERGES:
        raise _Malformed
    found = set(_group(entry, _RULE))
    for merged in _list(_mapping(entry).get("merge")):
        found |= _rule_group(merged, depth + 1)
    return frozenset(found)


def _rule_kms(entry: Any) -> Recipient:
    return _kms(
        _text(entry, "arn"),
        _text(entry, "role", ""),
        _text(entry, "aws_profile", ""),
        _mapping(entry).get("context"),
    )


def _rule_azure(entry: Any) -> Recipient:
    url, name = _text(entry, "vaultUrl"), _text(entry, "key")
    return Recipient("azure_kv", (url.rstrip("/"), name, _text(entry, "version", "")))


_RULE: Mapping[str, Callable[[Any], Recipient]] = {
    "age": lambda entry: Recipient("age", (_string(entry),)),
    "pgp": lambda entry: _pgp(_string(entry)),
    "kms": _rule_kms,
    "gcp_kms": lambda entry: Recipient("gcp_kms", (_text(entry, "resource_id"),)),
    "hckms": lambda entry: Recipient("hckms", (_text(entry, "key_id"),)),
    "azure_keyvault": _rule_azure,
    "hc_vault": lambda entry: _vault(_string(entry)),
}


def _flat_kms(text: str, profile: str) -> Recipient:
    # sops looks for exactly these words: in another partition a role stands in a field of its own.
    arn, plus, role = text.replace(" ", "").partition("+arn:aws:iam::")
    return _kms(arn, f"arn:aws:iam::{role}" if plus else "", profile, None)


def _flat_azure(url: str) -> Recipient:
    address, _, key = url.partition("/keys/")
    name, _, version = key.partition("/")
    return Recipient("azure_kv", (address, name, version))


# --- what both have in common ------------------------------------------------------------------


def covers(allowed: Group, recipient: Recipient) -> bool:
    """Whether a group of a rule names this recipient of a file."""
    if recipient in allowed:
        return True
    # Where a rule leaves out the version of an Azure key, sops writes the newest into the file.
    any_version = Recipient(recipient.type, (*recipient.identity[:-1], ""))
    return recipient.type == "azure_kv" and any_version in allowed


def _group(entry: Any, readers: Mapping[str, Callable[[Any], Recipient]]) -> Group:
    mapping = _mapping(entry)
    return frozenset(
        read(item) for name, read in readers.items() for item in _list(mapping.get(name))
    )


def _kms(arn: str, role: str, profile: str, context: Any) -> Recipient:
    if context is not None and not (
        isinstance(context, dict) and all(isinstance(v, str) for v in context.values())
    ):
        raise _Malformed
    pairs = sorted(f"{key}={value}" for key, value in (context or {}).items())
    return Recipient("kms", (arn, role, profile, ",".join(pairs)))


def _pgp(fingerprint: str) -> Recipient:
    return Recipient("pgp", (fingerprint.replace(" ", "").upper(),))


def _vault(uri: str) -> Recipient:
    return Recipient("hc_vault", (uri.rstrip("/"),))


def _mapping(entry: Any) -> Mapping[str, Any]:
    if not isinstance(entry, dict):
        raise _Malformed
    return entry


def _list(entry: Any) -> list[Any]:
    if entry is None:
        return []
    if not isinstance(entry, list):
        raise _Malformed
    return entry


def _texts(entry: Any) -> list[str]:
    """Several keys, as sops reads them: a list, or a text with commas."""
    parts = entry.split(",") if isinstance(entry, str) else _list(entry)
    texts = [_string(part) for part in parts]
    return [text for text in texts if text]


def _string(entry: Any) -> str:
    if not isinstance(entry, str):
        raise _Malformed
    return entry.strip()


def _text(entry: Any, name: str, default: str | None = None) -> str:
    found = _mapping(entry).get(name)
    if found is None and default is not None:
        return default
    return _string(found)
