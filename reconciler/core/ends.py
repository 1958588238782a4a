"""Why a command ends before its end, by the code that its error shows: a cause, an example of it,
and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class End(NamedTuple):
    """Why a command ends, in three sentences without capitals and full stops."""

    reason: str
    example: str
    todo: str


ENDS: Mapping[str, End] = {
    # Apply stops, and nothing is overwritten.
    "branch-moved": End(
        "what was reviewed is the commit that the plan was made of, and the branch has a newer one",
        "somebody merged while the apply job waited for its approval",
        "approve the run of the newest commit, or plan again",
    ),
    "conflict": End(
        "somebody else wrote in the same moment, and nothing of theirs was overwritten",
        "the value was changed in the console during apply",
        "plan again, and review",
    ),
    "key-left": End(
        "AWS re-encrypts only versions that have one of its own labels; others keep the old key",
        "`kms_key` was changed, and AWS did not re-encrypt the live value",
        "keep the old key until no version uses it",
    ),
    "keys-in-use": End(
        "what is marked with the old key would no longer be recognised as owned",
        "`reconciler rotate-keys` a second time, before apply has run",
        "merge and `reconciler apply ENV`, then run it again",
    ),
    "keys-lost": End(
        "under none of git's fingerprint keys is anything in AWS recognised as owned",
        "the only fingerprint key was replaced in the manifest",
        "put the old key back from git, behind the new one; if it is lost: `reconciler adopt ENV`",
    ),
    "max-change-ratio": End(
        "so many resources rarely change at once on purpose",
        "more than half of the environment would change",
        "check the plan; then `--override max-change-ratio`, or change `guards`",
    ),
    "max-prunes": End(
        "nothing is deleted by mistake: git says how many resources one apply may prune",
        "a deleted file removes 12 secrets, and `max_prunes` is 0",
        "check the plan; then set `guards: {max_prunes: 12}`, or `--override max-prunes`",
    ),
    "plan-file": End(
        "a plan that was edited is not the one that was reviewed",
        "a plan that was edited, or made by version 0.1",
        "plan again",
    ),
    "rotation": End(
        "a rotation counts only when the new value is in use",
        "the rotation function failed at its third step",
        "read the function's log, correct it, and rotate again",
    ),
    "stale": End(
        "what was reviewed differs from what would be done now, so nothing is written",
        "the secret rotated after the review",
        "plan again, and review",
    ),
    "stopped": End(
        "a run that is stopped begins nothing new",
        "Ctrl-C while the first of three environments was applied",
        "apply the others: what is written already stays, and is in no plan any more",
    ),
    "unknown-values": End(
        "nobody could compare the value, since the plan was made without the key",
        "a value was changed, and the lock was not",
        "`reconciler lock ENV` and commit it, or add `--allow-unknown-values`",
    ),
    # AWS, sops, GitHub and git.
    "account": End(
        "each environment names its account, and no other is touched",
        "credentials of the test account, and a plan of production",
        "log in to the account that `environment.sops.yaml` names",
    ),
    "aws": End(
        "a failed read is never taken for absence, so a call that fails ends the command",
        "the role lacks a permission, or AWS cannot be reached",
        "do what the message of AWS says; `reconciler doctor ENV` looks at the permissions",
    ),
    "credentials": End(
        "without an identity nothing can be asked of AWS",
        "an SSO session that has run out",
        "log in again: the message names the profile",
    ),
    "sops": End(
        "a file that sops does not decrypt or encrypt is neither read nor written",
        "a key of another environment, or a KMS that cannot be reached",
        "do what the message says; `reconciler doctor ENV` looks at sops and its keys",
    ),
    "github": End(
        "what GitHub does not answer is not known, and nothing is decided by it",
        "a token that may not read pull requests",
        "give the job the permissions of the page on your own workflow, or run it again",
    ),
    "ambiguous-revision": End(
        "anybody who may push can call a tag like a branch, and choose what is compared with",
        "a tag `main` beside the branch `main`",
        "delete the tag, or name the reference as a whole: `refs/heads/main`",
    ),
    "git-inside": End(
        "a branch can bring along files that git takes for a repository, and then decide by its"
        " own history what was reviewed",
        "`HEAD`, `objects` and `refs` in the folder of the manifests",
        "see where they come from, and remove them",
    ),
    "no-git": End(
        "what was reviewed is known from git alone",
        "a container image without git",
        "install git",
    ),
    "unknown-revision": End(
        "nothing is compared with a commit that is not here",
        "a clone of the last commit alone, as actions/checkout makes it",
        "`git fetch`, or `fetch-depth: 0` in the workflow",
    ),
    "matrix-size": End(
        "GitHub starts at most 256 jobs of one matrix",
        "300 environments in one run",
        "split them: `--part 1/2` and `--part 2/2`, in a run each",
    ),
    "policy-size": End(
        "AWS takes no longer policy, and a shorter one would allow less or deny less",
        "a role for an environment with hundreds of resource ARNs",
        "attach the parts that the message names, or give names a common prefix",
    ),
    "unread": End(
        "what AWS did not return is not known to be as it should",
        "`--read-values` with a role that may not read one of the secrets",
        "give the role that permission, or leave `--read-values` out",
    ),
    "wildcard": End(
        "a policy would read a pattern, and allow more than that name",
        "a `*` in an ARN that a policy is to name",
        "write the name as it is",
    ),
    # What was asked for.
    "usage": End(
        "a command that is not understood does nothing",
        "an option that is misspelt",
        "see the command's `--help`",
    ),
    "edit": End(
        "a manifest is changed as a whole or not at all",
        "`reconciler set` of a name that no manifest declares",
        "look at the name; `reconciler add` declares a new one",
    ),
    "exists": End(
        "nothing that exists is overwritten",
        "`reconciler add` of a name that is declared, or `reconciler init` a second time",
        "choose another name, or change what is there",
    ),
    "in-repository": End(
        "one repository would hide in another",
        "`reconciler init` in a folder below the top of a repository",
        "run it at the top, or outside of any repository",
    ),
    "no-environments": End(
        "each folder with an `environment.sops.yaml` is one, and there is none",
        "a folder `manifests/` that is empty",
        "`reconciler init`, or name the folder with `--manifests`",
    ),
    "no-lock": End(
        "without the key only the lock says which values differ",
        "`reconciler plan ENV --keyless` of an environment that nobody has locked",
        "`reconciler lock ENV` with the key, and commit it",
    ),
    "no-recipient": End(
        "nobody can be removed who cannot decrypt",
        "the public key is misspelt, or was removed before",
        "`reconciler recipients list` shows who can decrypt",
    ),
    "export": End(
        "a program gets all the variables it asks for, or none",
        "a value that is made by rotation and not read",
        "correct what the message names, or leave that variable out",
    ),
    # Files of this machine.
    "age-key": End(
        "the key would be kept where others can read it, or not be kept",
        "a folder for keys that cannot be written",
        "correct the folder's permissions, or name a file with `SOPS_AGE_KEY_FILE`",
    ),
    "audit": End(
        "what cannot be recorded is not begun",
        "`--audit` on a full disk",
        "make room, or name another file",
    ),
    "drift-file": End(
        "an issue says what drift found and nothing else",
        "a file that is cut off, or that `drift -o json` did not print",
        "run drift again",
    ),
    "file": End(
        "a file is written as a whole or not at all",
        "a full disk, or a folder that may not be written",
        "do what the message of the system says",
    ),
    "internal": End(
        "a bug in the reconciler; its message holds no value",
        "an answer of AWS that no documentation describes",
        "report it with the place that the message names; `-vv` says more, and shows no value",
    ),
}
REASONS: Mapping[str, str] = {code: end.reason for code, end in ENDS.items()}
FIXES: Mapping[str, tuple[str, str]] = {code: (end.example, end.todo) for code, end in ENDS.items()}
