"""Who gets access that had none: plain data.

By a change, which its digest covers: what opens access is known to the kinds, field by field. Or by
what manifests say beside all changes. The words are in ``reconciler.render.access``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Opening(StrEnum):
    """How somebody gets at a value."""

    ALLOWED = "allowed"  # by a resource policy
    FUNCTION = "function"  # a rotation function is handed the value
    IN_CLEAR = "in-clear"  # the value, encrypted in git, is not encrypted in AWS
    KEY = "key"  # whoever may use this KMS key
    OUTSIDE_PREFIX = "outside-prefix"  # roles and rules for the prefix do not cover the name
    READER = "reader"  # an application that the environment names
    REPLICA = "replica"  # there is a copy in another Region
    # What manifests say:
    RECIPIENT = "recipient"  # somebody who can decrypt
    RULES = "rules"  # a file of creation rules that is not the manifests' own
    INCLUDED = "included"  # files of another folder, or no more
    NOT_INCLUDED = "not-included"
    IGNORED = "ignored"  # findings that nobody is told
    NOT_IGNORED = "not-ignored"
    VARIABLE = "variable"  # the name under which exec and export hand it out
    PREFIX = "prefix"  # of all such names that derive from keys
    LOGIN = "login"  # a rotation function reads this secret beside its own, and logs in with it
    LOGIN_AT = "login-at"  # where it takes that login to
    FOUND = "found"  # by a rule on access, ignored or not


@dataclass(frozen=True, slots=True)
class Opened:
    """One thing that a change opens, and to whom or where. ``account`` is given where that is
    another account than the environment's."""

    opening: Opening
    name: str | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Declared:
    """One thing that manifests open beside all changes. ``subject`` is what says it: a file, a rule
    of `.sops.yaml`, a resource or the environment, as `diff` calls it."""

    subject: str
    opened: Opened
