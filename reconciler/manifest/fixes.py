"""For every code of an error in a manifest: an example of it, and what to do, by subject."""

from __future__ import annotations

from collections.abc import Mapping

Fixes = Mapping[str, tuple[str, str]]

_FILES: Fixes = {
    "anchor": ("`tags: &shared {team: a}`", "write the content out in each place"),
    "documents": ("a second `---` in a file", "make each document a file of its own"),
    "duplicate-field": ("`description:` twice in one secret", "delete one of the two"),
    "empty-file": ("a manifest with comments only", "delete the file, or declare something in it"),
    "file-name": ("a file name with a line break", "rename the file with printable characters"),
    "field-name": ("`1.10:` as the key of a value", 'quote the name: `"1.10":`'),
    "merge-key": ("`<<: *shared`", "write the fields out"),
    "not-a-file": ("a pipe named `a.sops.yaml`", "replace it by a regular file"),
    "not-read": ("`secrets.yml` beside `a.sops.yaml`", "name it `NAME.sops.yaml`, or move it away"),
    "not-utf-8": ("a file saved as Latin-1", "save it as UTF-8"),
    "symlink": ("`a.sops.yaml -> ../b.sops.yaml`", "copy the file, or use `include`"),
    "tag-not-read": ("`value: !!binary aGk=`", "remove the tag; for bytes, set `binary: true`"),
    "too-deep": ("hundreds of mappings in one another", "flatten the file"),
    "too-large": ("a manifest of many megabytes", "split it into several files"),
    "unclaimed": (
        "`manifests/notes.yaml`",
        "move it into an environment or to `common/` and include it, or out of `manifests/`",
    ),
    "unquoted": ("`port: 0123`", 'quote it and encrypt it again: `port: "0123"`'),
    "unreadable": ("a file without read permission", "`chmod u+r FILE`"),
    "yaml": ("an unclosed quote", "mend the YAML at the line and column that the error names"),
}

_ENCRYPTION: Fixes = {
    "empty-value": ('`value: ""`', "give it a value, or delete the resource"),
    "foreign-recipient": (
        "a file that is also encrypted for an age key that `.sops.yaml` lacks",
        "`sops --config manifests/.sops.yaml updatekeys FILE`, then"
        " `sops --config manifests/.sops.yaml rotate --in-place FILE`, since they"
        " have the data key; find out who added the key",
    ),
    "keys-differ": (
        "a key was added to `.sops.yaml`, and the file was not encrypted for it",
        "`sops --config manifests/.sops.yaml updatekeys FILE`; to take one away, which needs a new"
        " data key too: `reconciler recipients remove RECIPIENT ENV`",
    ),
    "mac-mismatch": (
        "two branches were merged by hand",
        "review every value of the file, then write one of them again in"
        " `sops --config manifests/.sops.yaml edit --ignore-mac FILE`",
    ),
    "misplaced-ciphertext": ("`plaintext: ENC[…]`", "move the ciphertext to `value`"),
    "no-key": (
        "`SOPS_AGE_KEY_FILE` is not set",
        "set it, or log in to the account of the KMS key; else plan with `--keyless`",
    ),
    "last-key": (
        "`reconciler recipients remove` of the only key of an environment",
        "add another key first: `reconciler recipients add RECIPIENT ENV`",
    ),
    "rule-by-hand": (
        "a creation rule whose `age` is a list, in place of one line",
        "write the line that the message shows into `.sops.yaml`, and run the command again",
    ),
    "no-rule": (
        "`.sops.yaml` has no `path_regex` that matches the environment's files",
        "add a creation rule for the environment",
    ),
    "no-rules": ("`manifests/` without `.sops.yaml`", "add one; `reconciler init` writes one"),
    "not-a-string": ("`value: [a, b]`", "write text, or JSON as one string"),
    "not-encrypted": (
        "`value: hunter2`",
        "a file that was never encrypted: `sops --config manifests/.sops.yaml encrypt --in-place"
        " FILE`; one value of an encrypted file: `git restore FILE`, then `reconciler set ENV"
        " NAME`; once it has been committed, it has leaked: choose a new value",
    ),
    "other-rules": (
        "`manifests/production/.sops.yaml`",
        "move its rules to `manifests/.sops.yaml`",
    ),
    "reserved-name": ("a secret named `value`", "choose another name"),
    "sops-block": (
        "a file encrypted without `mac_only_encrypted`",
        "`sops decrypt` it and encrypt it again with `--config manifests/.sops.yaml`",
    ),
    "sops-crashed": ("ciphertext that was cut off", "restore the file from git"),
    "sops-differs": (
        "a line separator (U+2028) in a description, pasted from elsewhere",
        "write the file as plain YAML, such a character as an escape in double quotes",
    ),
    "sops-failed": ("an answer of sops without an exit code", "run sops on the file by hand"),
    "sops-input": ("a file whose `sops:` block was edited", "restore the file from git"),
    "sops-killed": ("too little memory in a container", "run it again with more memory"),
    "sops-missing": ("sops is not on the PATH", "install a release of sops, or use `--sops PATH`"),
    "sops-rules": (
        "a rule without `mac_only_encrypted: true`",
        "write the rule as the reference of manifests shows it",
    ),
    "sops-timeout": ("KMS cannot be reached", "check network and credentials, then run it again"),
    "key-fails": ("a damaged `enc:` of a recipient", "restore the file from git"),
    "tampered": (
        "ciphertext that was moved to another field",
        "`git restore FILE`, or the file of an earlier commit: `git restore --source COMMIT FILE`;"
        " rename with `reconciler move ENV NAME NEW`",
    ),
    "trailing-newline": ("a password piped in from `echo`", "use `printf`, or set the value again"),
    "untrusted-key": (
        "a branch that adds a KMS key to `.sops.yaml`",
        "have the key reviewed and merged first, or name it: `git config --add"
        " reconciler.trusted-key 'kms arn:…'`",
    ),
    "value-in-include": (
        "`value:` in `common/smtp.yaml`",
        "move the value to each environment; leave the structure in `common/`",
    ),
}

_ENVIRONMENTS: Fixes = {
    "empty-environment": (
        "an environment without a secret or parameter",
        "declare one; to empty it on purpose, write `empty: true`",
    ),
    "not-empty": ("a secret in an environment with `empty: true`", "take `empty: true` out"),
    "environment-name": (
        "`environment: prod` in `production/`",
        "make the folder and the field the same",
    ),
    "environments-alike": ("`eu_west` and `eu-west`", "rename one of them"),
    "fingerprint-keys": ("a key of 10 characters", "`openssl rand -hex 32`, in quotes"),
    "include": ("`include: [../comon/*.yaml]`", "correct the pattern; it must match a file"),
    "reader": ("`readers: {api: [databse/*]}`", "correct the pattern, or remove it"),
    "name-collision": (
        "`name: /app/a` where another secret is `/app/a`",
        "rename one of the two",
    ),
    "nested-environment": ("`production/eu/environment.sops.yaml`", "move the inner one beside"),
    "no-manifests": ("a folder without `manifests/`", "change directory, or use `-C DIR`"),
    "not-compared": ("another environment has an error", "correct that environment first"),
    "prefix": ("`prefix: app/`", "begin with `/`, do not end with one: `/app/production`"),
    "prefix-overlap": ("`/app` and `/app/production`", "choose prefixes beside each other"),
    "schedule-name": ("a schedule called `none`", "choose another name"),
    "unknown-environment": ("`reconciler plan prod`", "use a name that the error lists"),
}

_RESOURCES: Fixes = {
    "binary": ("`binary: true` beside text", "encode the bytes: `base64 FILE`"),
    "days": ("`max_age: 3 months`", "write days: `90 days`"),
    "declared-twice": (
        "`description` in `common/` and in `production/`",
        "delete one of the two; after an interrupted `reconciler move`, run it again",
    ),
    "empty-field": ("`description:` with nothing after it", "delete the field, or write `none`"),
    "function": (
        "`lambda: builtin:postgres` for a secret without the key `host`",
        "correct the settings, or add the keys that the error names",
    ),
    "generate": ("every class of characters is excluded", "leave one class in"),
    "git-keys": (
        "`git_keys` without `rotation`",
        "add the rotation, or remove `git_keys`; give each key a value",
    ),
    "invalid-field": ("`tier: advanced`", "use what the error lists: `Advanced`"),
    "kms-key": ("`kms_key` on a parameter of type String", "remove it, or use a SecureString"),
    "lambda": ("`lambda: rotate-database`", "write the function's ARN, or `builtin:NAME`"),
    "missing-field": ("an environment without `region`", "add the field"),
    "name": ("a name with a space", "use letters, digits and `/_-.`"),
    "no-function": (
        "`rotation: {schedule: rate(30 days)}` on a secret with a value",
        "add `lambda`, or `external: true` where an AWS service manages the secret",
    ),
    "no-rotation": ("`rotate_on_enable` without `rotation`", "add a rotation, or remove the field"),
    "no-value": (
        "a secret with a description only",
        "add `value`, `generate`, or `external: true`",
    ),
    "policies": ("`parameter_policies` on a Standard one", "set `tier: Advanced`"),
    "policy": ("`resource_policy: '{…}'` as text", "write the policy as YAML"),
    "recovery-window": ("`recovery_window: 3 days`", "choose 7 to 30 days"),
    "reference": ("`plaintext: '{{ssm:a}}'`", "store it as a secret, or without the braces"),
    "replicas": ("a replica in the environment's own Region", "name other Regions, each once"),
    "schedule": (
        "`cron(*/5 * * * ? *)`",
        "use `rate(N days)` or `cron(0 HOUR DAY MONTH WEEKDAY *)`",
    ),
    "secure-plaintext": (
        "`type: SecureString` with `plaintext`",
        "use `value`, which is encrypted, in place of `plaintext`",
    ),
    "tag": ("`tags: {reconciler:owner: a}`", "choose another key"),
    "moved-from": (
        "`moved_from` beside a `value`",
        "take away one of the two: adopt copies the value of the secret that it names",
    ),
    "take-with-rotation": ("`take: git` with `rotation: database`", "end the rotation first"),
    "too-long": ("a description of 1,000 characters", "shorten it"),
    "two-values": ("`value` and `generate`", "keep one of them"),
    "type": ("`type: StringList` with one string", "write a list, or `type: String`"),
    "unknown-field": ("`descripton:`", "correct the name; the error suggests one"),
    "unknown-schedule": (
        "`rotation: databse`",
        "use a name under `schedules` in `environment.sops.yaml`",
    ),
    "value": ("a value of more than 64 KiB", "shorten or split it"),
    "variable": ("`env: PATH`", "choose another name for the variable"),
    "window": ("`window: 30h`", "choose a window that ends before the next rotation and the day"),
    "wrong-type": ("`prune: 'true'`", "write the type that the error asks for: `prune: true`"),
}

_LOCK: Fixes = {
    "lock-duplicate": ("a merge that kept both sides", "`reconciler lock ENV`, and commit it"),
    "lock-extra": ("a secret was deleted by hand", "`reconciler lock ENV`, and commit it"),
    "lock-format": ("a lock edited by hand", "`reconciler lock ENV`, and commit it"),
    "lock-head": ("a lock copied from another environment", "`reconciler lock ENV`, and commit it"),
    "lock-keys": ("fingerprint keys were changed", "`reconciler lock ENV` with the key"),
    "lock-lie": (
        "somebody edited a fingerprint",
        "find out who did (`git log -p`); then `reconciler lock ENV --over-lies`",
    ),
    "lock-mac": ("a MAC was edited", "restore the file, or `reconciler lock ENV` with the key"),
    "lock-missing": ("a value was added without the lock", "`reconciler lock ENV`, and commit it"),
    "lock-outdated": ("a value was edited with sops", "`reconciler lock ENV`, and commit it"),
    "lock-plaintext": (
        "a `plaintext` was edited by hand, or in a fork",
        "`reconciler lock ENV` with the key, and commit it",
    ),
}

GROUPS: Mapping[str, Fixes] = {
    "Files and YAML": _FILES,
    "Encryption, with sops": _ENCRYPTION,
    "Environments": _ENVIRONMENTS,
    "Secrets, parameters and schedules": _RESOURCES,
    "The lock": _LOCK,
}
FIXES: Fixes = {code: fix for group in GROUPS.values() for code, fix in group.items()}
