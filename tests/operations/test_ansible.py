"""What Ansible made: imported, adopted and released, and each time as it was."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.command import command
from tests.trees import clean_environ
from tests.world import FUNCTION, PREFIX, World

ROOT = Path(__file__).parents[2]
ANSIBLE = ROOT / ".venv/ansible/bin"
MINUTES = 600.0  # seconds at most for what pip installs
NAMES = ("app/text", "app/login", "app/policy", "app/rotated")
PARAMETERS = {"app/host": "db.internal", "app/pool": "9", "app/list": "a,b"}
PLAY = f"""
- hosts: localhost
  gather_facts: false
  connection: local
  tasks:
    - community.aws.secretsmanager_secret:
        name: {PREFIX}/app/text
        secret: one
    - community.aws.secretsmanager_secret:
        name: {PREFIX}/app/login
        description: Login of the application
        json_secret: {{username: u, password: "p é", port: 5432}}
        tags: {{Environment: production, Team: a}}
    - community.aws.secretsmanager_secret:
        name: {PREFIX}/app/policy
        secret: '{{"a":"1"}}'
        resource_policy: >-
          {{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Resource": "*",
          "Principal": {{"AWS": "arn:aws:iam::123456789012:root"}},
          "Action": "secretsmanager:GetSecretValue"}}]}}
    - community.aws.secretsmanager_secret:
        name: {PREFIX}/app/rotated
        secret: seed
        rotation_lambda: {FUNCTION}
        rotation_interval: 30
    - community.aws.ssm_parameter:
        name: {PREFIX}/app/host
        string_type: String
        value: db.internal
        description: Where the database is
        tags: {{Team: a}}
    - community.aws.ssm_parameter:
        name: {PREFIX}/app/pool
        string_type: SecureString
        value: "9"
    - community.aws.ssm_parameter:
        name: {PREFIX}/app/list
        string_type: StringList
        value: a,b
"""


def play(world: World, folder: Path) -> str:
    """Run the playbook on the account; what Ansible says."""
    variables = {name: value for name, value in clean_environ().items() if "MAKE" not in name}
    for name, value in world.environ().items():
        if name.startswith("AWS_"):
            variables[name] = value
    book = folder / "play.yaml"
    book.write_text(PLAY)
    done = subprocess.run(
        [str(ANSIBLE / "ansible-playbook"), "-i", "localhost,", str(book)], cwd=folder,
        env={**variables, "HOME": str(folder), "LC_ALL": "C.UTF-8", "ANSIBLE_NOCOLOR": "1",
             "ANSIBLE_PYTHON_INTERPRETER": str(ANSIBLE / "python"),
             "AWS_REGION": variables["AWS_DEFAULT_REGION"]},
        capture_output=True, text=True, check=False, timeout=MINUTES,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    """Ansible, in an environment of its own."""
    variables = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    done = subprocess.run(
        ["make", "--no-print-directory", "ansible"], cwd=ROOT, env=variables,
        capture_output=True, text=True, check=False, timeout=MINUTES,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def seen(world: World) -> dict[str, Any]:
    """All that anybody but the reconciler cares for."""
    found: dict[str, Any] = {}
    for name in NAMES:
        described = world.secret(name)
        tags = [tag for tag in described.get("Tags", []) if not tag["Key"].startswith("reconc")]
        found[name] = (
            world.secret_value(name), world.labels(name), described.get("Description"), tags,
            described.get("RotationRules"), world.client("secretsmanager")
            .get_resource_policy(SecretId=f"{PREFIX}/{name}").get("ResourcePolicy"),
        )  # fmt: skip
    for name in PARAMETERS:
        described = world.parameter(name)
        text = described.get("Description", "").partition("[r1:")[0].strip()
        tags = {k: v for k, v in world.parameter_tags(name).items() if not k.startswith("reconc")}
        found[name] = (world.parameter_value(name), described["Type"], described["Tier"],
                       described.get("KeyId"), text, tags)  # fmt: skip
    return found


@pytest.mark.long  # pip installs Ansible, the first time
def test_what_ansible_made_is_imported_adopted_and_released_as_it_was(
    world: World, tmp_path: Path
) -> None:
    world.tree.path("production/main.sops.yaml").unlink()
    world.deploy()
    assert "changed=7" in play(world, tmp_path)
    assert world.aws.wait_for_rotations()
    made = seen(world)
    assert made["app/login"][0] == '{"username": "u", "password": "p \\u00e9", "port": 5432}'
    assert made["app/rotated"][0] == "rotated"

    said = command(world, "import", "production", "--auto-approve").said
    assert "Imported: 7, 0 not." in said
    assert "app/rotated: its schedule, in days, has no form in a manifest" in said
    assert {change.code for change in world.changes().values()} == {"not-managed"}
    done = command(world, "adopt", "production", "--auto-approve")
    assert done.calls["PutSecretValue"] == done.calls["UpdateSecret"] == 0
    assert world.changes() == {}
    assert list(world.drift()) == ["secret:app/rotated rotated"]
    assert seen(world) == made

    command(world, "release", "production", "--all", "--auto-approve")
    assert seen(world) == made
    assert {change.code for change in world.changes().values()} == {"not-managed"}
    marked = [name for name in NAMES if any("reconciler" in tag for tag in world.secret_tags(name))]
    assert marked == []
    command(world, "adopt", "production", "--auto-approve")
    assert world.changes() == {}
