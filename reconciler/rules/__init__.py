"""What manifests may say and mostly should not: each rule a module, each finding a warning."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.core.errors import Problem
from reconciler.manifest import Cleartext
from reconciler.rules import (
    foreign_key,
    foreign_lambda,
    foreign_principal,
    ignoring,
    keys_differ,
    missing_elsewhere,
    moved,
    name_like_arn,
    never_rotated,
    old_ciphertext,
    old_fingerprint_key,
    other_region,
    past_max_age,
    read_by_nobody,
    same_value,
    same_value_elsewhere,
    unknown_region,
    wildcard_principal,
)
from reconciler.rules.examine import Examination, unreplaced
from reconciler.rules.rule import Rule

__all__ = ["ACCESS", "REASONS", "RULES", "Examination", "unreplaced", "warnings"]

RULES: tuple[Rule, ...] = (
    same_value,
    same_value_elsewhere,
    never_rotated,
    old_ciphertext,
    old_fingerprint_key,
    past_max_age,
    keys_differ,
    missing_elsewhere,
    moved,
    read_by_nobody,
    wildcard_principal,
    foreign_principal,
    foreign_lambda,
    foreign_key,
    name_like_arn,
    unknown_region,
    other_region,
)

# What these find lets somebody at a value, and stands under Access, ignored or not.
ACCESS = frozenset(
    rule.CODE
    for rule in (wildcard_principal, foreign_principal, foreign_lambda, foreign_key, keys_differ)
)

REASONS: Mapping[str, str] = {
    **{rule.CODE: rule.REASON for rule in RULES},
    **ignoring.REASONS,
}


def warnings(declared: Cleartext) -> list[Problem]:
    """What was found in reading manifests, but for what the environment ignores."""
    ignored = {code for code, reason in declared.settings.ignore.items() if reason.strip()}
    return [p for p in declared.warnings if p.code not in ignored & REASONS.keys()]
