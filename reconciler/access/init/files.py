"""What a new repository is made of: texts, and for whom they are encrypted."""

from __future__ import annotations

import json
import secrets as randomness
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.core.model import JSON, Scope
from reconciler.manifest import rule_text
from reconciler.manifest.schema import NAMES, schema
from reconciler.values.sensitive import Sensitive

MANIFESTS = "manifests"
FIRST = "example.sops.yaml"


@dataclass(frozen=True)
class Answers:
    """What only people know. ``recipient`` is an age recipient, or the ARN of a KMS key."""

    environment: str
    account: str
    region: str
    prefix: str
    owner: str
    recipient: str

    @property
    def scope(self) -> Scope:
        """The environment that is made."""
        return Scope(self.environment, self.account, self.region, self.prefix, self.owner)

    @property
    def key_type(self) -> str:
        """What sops calls the type of the recipient."""
        return "kms" if self.recipient.startswith("arn:") else "age"


def rules(answers: Answers) -> str:
    """``.sops.yaml``: for whom the environment is encrypted."""
    lines = rule_text.rule(answers.environment, answers.key_type, answers.recipient)
    return "\n".join([
        "# For whom each environment's files are encrypted: one rule, and one key, for each.",
        "creation_rules:",
        *(f"  {line}" for line in lines),
        "",
    ])  # fmt: skip


def environment(answers: Answers, like: Mapping[str, JSON] | None = None) -> Sensitive[str]:
    """``environment.sops.yaml`` in clear, with a new fingerprint key, for sops; with more settings
    where it is ``like`` another environment."""
    given = {name: json.dumps(text) for name, text in vars(answers).items()}
    policy = _POLICY if like is None else "".join(
        f"{name}: {json.dumps(content, ensure_ascii=False)}\n" for name, content in like.items()
    )  # fmt: skip
    return Sensitive(f"""\
# yaml-language-server: $schema=../.schema/environment.json
environment: {given["environment"]}
# Every other account is refused.
account: {given["account"]}
region: {given["region"]}
# Names of secrets and parameters are relative to it.
prefix: {given["prefix"]}
# What is ours is tagged reconciler:owner = owner/environment.
owner: {given["owner"]}
{policy}# openssl rand -hex 32; the first writes, all are recognised.
fingerprint_keys:
  - "{randomness.token_hex(32)}"
""")


_POLICY = """\
# true deletes what is owned and no longer declared.
prune: false
recovery_window: 30 days
guards:
  max_prunes: 0
  max_change_ratio: 0.5
"""


def first(answers: Answers) -> Sensitive[str]:
    """The first manifest: something to plan, and to put one's own in the place of."""
    return Sensitive(f"""\
# yaml-language-server: $schema=../.schema/manifest.json
# Change this file with:
#   sops --config {MANIFESTS}/.sops.yaml edit {MANIFESTS}/{answers.environment}/example.sops.yaml
# Make a file for each service: branches that change different files do not conflict.
secrets:
  example/token:
    description: An example; made when it is applied, never in git
    max_age: 90 days
    generate:
      length: 40
parameters:
  example/host:
    description: An example; visible in git
    plaintext: db.internal
""")


def plain() -> Mapping[str, str]:
    """The files that hold no answer, by their path."""
    schemas = {
        f"{MANIFESTS}/.schema/{name}.json": json.dumps(schema(name), indent=2) + "\n"
        for name in NAMES
    }
    return {**schemas, ".pre-commit-config.yaml": _PRE_COMMIT, ".gitignore": _IGNORED}


_PRE_COMMIT = r"""# pre-commit install
repos:
  - repo: local
    hooks:
      - id: reconciler-validate
        name: reconciler validate
        entry: reconciler validate
        language: system
        files: (\.ya?ml|fingerprints\.lock)$
        pass_filenames: false
      - id: reconciler-lock
        name: reconciler lock
        entry: reconciler lock
        language: system
        files: (\.ya?ml|fingerprints\.lock)$
        pass_filenames: false
"""
_IGNORED = """# What holds values, or can be generated again.
.env
.env.*
*.plan.json
plan.json
state.json
*.tfstate
keys.txt
built/
rotation.json
"""
