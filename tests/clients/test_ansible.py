"""Ansible."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from tests.clients.conftest import COUNT, ROOT, Runner, make

BIN = ROOT / ".venv/ansible/bin"
BEGIN = f"""
- hosts: localhost
  gather_facts: false
  connection: local
  tasks:
    - community.aws.secretsmanager_secret: {{name: /app/db, secret: one, tags: {{k: v}}}}
    - community.aws.secretsmanager_secret: {{name: /app/db, secret: two, tags: {{k: v}}}}
    - community.aws.ssm_parameter: {{name: /app/host, string_type: String, value: one}}
    - community.aws.ssm_parameter:
        {{name: /app/host, string_type: SecureString, value: two, overwrite_value: always}}
    - community.aws.ssm_parameter:
        {{name: "/app/many/{{{{ '%02d' % item }}}}", string_type: String, value: v}}
      loop: "{{{{ range({COUNT}) | list }}}}"
    - ansible.builtin.copy:
        dest: seen.json
        content: >-
          {{{{ {{
            "secret": lookup("amazon.aws.secretsmanager_secret", "/app/db"),
            "previous": lookup("amazon.aws.secretsmanager_secret", "/app/db",
                               version_stage="AWSPREVIOUS"),
            "parameter": lookup("amazon.aws.ssm_parameter", "/app/host"),
            "first": lookup("amazon.aws.ssm_parameter", "/app/host:1"),
            "many": lookup("amazon.aws.ssm_parameter", "/app/many", bypath=true, recursive=true)
          }} | to_json }}}}
    - community.aws.secretsmanager_secret: {{name: /app/db, state: absent, recovery_window: 7}}
    - community.aws.ssm_parameter: {{name: /app/host, state: absent}}
"""
RESTORE = """
- hosts: localhost
  gather_facts: false
  connection: local
  tasks:
    - community.aws.secretsmanager_secret: {name: /app/db, secret: three, tags: {k: v}}
"""


def play(runner: Runner, book: str) -> None:
    path = runner.folder / "play.yaml"
    path.write_text(book)
    runner.run(
        str(BIN / "ansible-playbook"),
        "-i",
        "localhost,",
        str(path),
        ANSIBLE_NOCOLOR="1",
        ANSIBLE_PYTHON_INTERPRETER=str(BIN / "python"),
    )


@pytest.mark.long  # pip installs Ansible, the first time
def test_secrets_and_parameters_from_their_creation_to_their_end(runner: Runner) -> None:
    make("ansible")
    play(runner, BEGIN)
    seen = json.loads((runner.folder / "seen.json").read_text())
    many: Any = seen.pop("many")
    assert seen == {"secret": "two", "previous": "one", "parameter": "two", "first": "one"}
    assert len(many) == COUNT
    secrets = boto3.client(
        "secretsmanager",
        endpoint_url=runner.aws.url,
        region_name="us-west-2",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    assert "DeletedDate" in secrets.describe_secret(SecretId="/app/db")
    play(runner, RESTORE)
    assert "DeletedDate" not in secrets.describe_secret(SecretId="/app/db")
    assert secrets.get_secret_value(SecretId="/app/db")["SecretString"] == "three"
