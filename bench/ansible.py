"""The same with Ansible: a task each for secrets and for parameters, in its own environment.

`make bench` puts Ansible into .venv/ansible, with community.aws, which its package contains.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench import declared
from bench.account import ROOT, Account
from bench.process import Run, measure

COMMAND = ROOT / ".venv" / "ansible" / "bin" / "ansible-playbook"


def run(account: Account, count: int) -> Run:
    """One run over ``count`` secrets and parameters that are as declared."""
    folder = account.path("ansible")
    folder.mkdir(exist_ok=True)
    book = folder / "play.json"  # JSON is YAML
    book.write_text(json.dumps([_play(count)]))
    environment = {
        **account.environment,
        "ANSIBLE_HOME": str(folder),
        "ANSIBLE_LOCAL_TEMP": str(folder),
        "ANSIBLE_REMOTE_TEMP": str(folder),
        "ANSIBLE_DEPRECATION_WARNINGS": "false",
    }
    command = [str(COMMAND), "--inventory", "localhost,", str(book)]
    return measure(command, folder, environment)


def version() -> str:
    """Of the package that is installed."""
    found = next(Path(ROOT / ".venv" / "ansible").glob("lib/*/site-packages/ansible-*.dist-info"))
    return found.name.removeprefix("ansible-").removesuffix(".dist-info")


def _play(count: int) -> dict[str, Any]:
    secrets = [
        {"name": declared.secret(n), "value": declared.secret_value(n, 0)} for n in range(count)
    ]
    parameters = [
        {
            "name": declared.parameter(n),
            "value": declared.parameter_value(n, 0),
            "type": declared.parameter_type(n),
        }
        for n in range(count)
    ]
    return {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        "tasks": [
            {
                "name": "secrets",
                "community.aws.secretsmanager_secret": {
                    "name": "{{ item.name }}",
                    "secret": "{{ item.value }}",
                },
                "loop": secrets,
            },
            {
                "name": "parameters",
                "community.aws.ssm_parameter": {
                    "name": "{{ item.name }}",
                    "value": "{{ item.value }}",
                    "string_type": "{{ item.type }}",
                },
                "loop": parameters,
            },
        ],
    }
