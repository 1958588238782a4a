"""For every code of a refusal: an example of it, and what to do."""

from __future__ import annotations

from collections.abc import Mapping

FIXES: Mapping[str, tuple[str, str]] = {
    # A change is refused.
    "absent": ("`reconciler rotate` of a new secret", "`reconciler apply` creates it first"),
    "external": (
        "`external: true`, and nobody has created the secret yet",
        "create it where it comes from, or remove `external`",
    ),
    "git-owned": (
        "`reconciler rotate` of a secret with a `value`",
        "`reconciler set ENV NAME`, then merge and apply",
    ),
    "held-elsewhere": (
        "a secret that a CloudFormation stack created",
        "remove it from the stack with `DeletionPolicy: Retain`, then adopt it",
    ),
    "needs-replace": (
        "an Advanced parameter that git declares as Standard",
        "keep it as it is, or allow deletion and creation with `replace: true`",
    ),
    "needs-replace-later": (
        "adopting an Advanced parameter that git declares as Standard",
        "declare it as it is, adopt it, and change it afterwards",
    ),
    "no-previous": (
        "`reconciler rollback` of a first version",
        "`reconciler set ENV NAME`, then merge and apply",
    ),
    "no-rotation": (
        "`reconciler rotate` of a secret without rotation",
        "`reconciler set ENV NAME`, then merge and apply",
    ),
    "not-creatable": (
        "a secret with `rotation` and no value does not exist",
        "add a `value` as its seed, or `generate`",
    ),
    "not-managed": (
        "somebody created the secret in the console",
        "`reconciler adopt ENV NAME`, or choose another name",
    ),
    "other-key": (
        "a fingerprint key was removed before apply had marked everything with the new one",
        "put it back behind the new one and apply; if it is lost: `reconciler adopt ENV NAME`",
    ),
    "not-ours": ("`reconciler rotate` of a secret of another team", "ask its owner"),
    "other-account": ("a replica from another account", "declare it where its primary is"),
    "other-owner": (
        "two repositories declare the same name",
        "release it in one: `reconciler release ENV NAME`",
    ),
    "partner": ("a secret that a partner of AWS rotates", "declare it with `external: true`"),
    "pending-deletion": (
        "somebody deleted the secret, and AWS still keeps it",
        "plan again: apply restores what git declares",
    ),
    "previous-key": (
        "`kms_key` was changed in the manifest",
        "name the old key in `previous_kms_keys`, and print the apply role again",
    ),
    "replica": ("a name that is a copy of a secret elsewhere", "declare it in its primary Region"),
    "requires": ("a schedule whose secret is refused", "correct the cause of the secret's refusal"),
    "rotated-before": (
        "rotation is off, and rotation wrote the live value",
        "keep it, or declare `take: git` to write git's value",
    ),
    "rotation-dropped": (
        "`rotation` was deleted from the manifest",
        "write `rotation: none` and apply; then `take: git` if git owns the value",
    ),
    "rotation-on": (
        "`take: git` while AWS still rotates",
        "write `rotation: none`, apply, and then `take: git`",
    ),
    "rotation-off": (
        "`reconciler rotate` after an apply that failed, since the function is not deployed",
        "deploy the function, then `reconciler apply ENV`, which switches it on",
    ),
    "rotation-owned": (
        "`reconciler rollback` of a rotated secret",
        "rotate again, or add `--rotated` if the old value has to come back",
    ),
    "rotation-pending": (
        "a rotation failed half way",
        "correct the function; `reconciler rotate ENV NAME --clear-pending`",
    ),
    "seed-changed": (
        "a new `value` for a secret that rotates",
        "restore the old seed; for a new password, `reconciler rotate ENV NAME`",
    ),
    "service-owned": ("the master password that RDS manages", "declare it with `external: true`"),
    "source-gone": (
        "`moved_from` names a secret that was deleted",
        "restore it, or remove `moved_from` and declare a value",
    ),
    "source-not-ours": (
        "`moved_from` names a secret that somebody made in the console",
        "`reconciler adopt ENV NAME` of that one first",
    ),
    "source-pending": (
        "the secret under the old name is being rotated",
        "wait until the rotation ends, then plan the adoption again",
    ),
    "source-rotates": (
        "a rotated secret was renamed, and apply has not run since",
        "`reconciler apply ENV` ends the rotation of the old name; then adopt",
    ),
    "superseded": (
        "`reconciler rollback` after `reconciler rotate`",
        "rotate again, or add `--rotated` if the old value has to come back",
    ),
    "to-copy": (
        "a rotated secret was renamed with `reconciler move`",
        "`reconciler adopt ENV NAME` copies the value; then apply again",
    ),
    "too-long": ("a description of 1,000 characters", "shorten the description"),
    "unreadable": ("adopting without kms:Decrypt", "use the adopt role, or ask for the permission"),
    "values-differ": (
        "git and the console have different passwords",
        "`reconciler adopt ENV NAME --take git`, or `--take live`",
    ),
}
