"""For every rule: an example of what it finds, and what to do."""

from __future__ import annotations

from collections.abc import Mapping

FIXES: Mapping[str, tuple[str, str]] = {
    "same-value": (
        "one password under `database/credentials` and `smtp/credentials`",
        "give each its own value: `reconciler set ENV NAME`",
    ),
    "moved": (
        "`smtp/login` has `moved_to: smtp/credentials`",
        "when nobody reads the old name any more: `reconciler remove ENV NAME`",
    ),
    "same-value-elsewhere": (
        "staging and production have the same password",
        "give each its own value: `reconciler set staging NAME`",
    ),
    "never-rotated": (
        "a secret with neither `rotation` nor `max_age`",
        "add one of them, or an `ignore` with the reason",
    ),
    "old-ciphertext": (
        "a colleague has left, and the value is the one that they could read",
        "rotate the value, or set a new one",
    ),
    "old-fingerprint-key": (
        "a colleague has left, and the fingerprint key is the one that they could read",
        "`reconciler rotate-keys ENV`, apply, and `reconciler rotate-keys ENV` again",
    ),
    "past-max-age": ("`max_age: 90 days`, and the value is older", "`reconciler set ENV NAME`"),
    "keys-differ": (
        "a file that lacks a recipient of `.sops.yaml`",
        "`sops --config manifests/.sops.yaml updatekeys FILE`; to take one away, which needs a new"
        " data key too: `reconciler recipients remove RECIPIENT ENV`",
    ),
    "missing-elsewhere": (
        "production has `web3/infura`, staging has not",
        "declare it there too, or add an `ignore` with the reason",
    ),
    "read-by-nobody": (
        "no pattern under `readers` matches the secret",
        "add it to an application's patterns, or delete it",
    ),
    "wildcard-principal": (
        '`Principal: "*"` in a `resource_policy`',
        "name the principals, or add a condition that AWS counts",
    ),
    "foreign-principal": (
        "a `resource_policy` that names a role of account 222222222222",
        "remove it, or add an `ignore` with the reason",
    ),
    "foreign-lambda": (
        "a rotation function of another account",
        "deploy it in this account, or add an `ignore` with the reason",
    ),
    "foreign-key": (
        "a `kms_key` of another account",
        "use a key of this account, or add an `ignore` with the reason",
    ),
    "name-like-arn": (
        "`client-secret`: a hyphen and six characters",
        "choose another name, or read the secret by its full ARN",
    ),
    "unknown-region": (
        "`region: us-west-22`",
        "correct it; of a new Region say so in `ignore`",
    ),
    "other-region": (
        "a `kms_key` in eu-west-1 for an environment in us-west-2",
        "name a key, or a function, in the Region of the secret",
    ),
    "ignore-reason": ('`ignore: {never-rotated: ""}`', "write the reason"),
    "ignore-unknown": ("`ignore: {never-rotate: …}`", "correct the code"),
    "ignore-unused": ("an `ignore` on a secret that has a `rotation` now", "delete it"),
}
