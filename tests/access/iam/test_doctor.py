"""The doctor names what a role may not do: on an emulator that enforces its policy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.access.iam.declare import FUNCTION, KEY, iam, tree
from tests.access.iam.emulator import Emulator, Identity, running, without
from tests.command import command
from tests.trees import Tree
from tests.world import World

LOOKS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Doctor",
            "Effect": "Allow",
            "Action": ["iam:SimulatePrincipalPolicy", "iam:GetRole", "lambda:GetPolicy"],
            "Resource": "*",
        }
    ],
}
SECRETS = {
    "db": {"value": "v", "rotation": {"lambda": FUNCTION, "schedule": "rate(30 days)"}},
    "key": {"generate": {}, "max_age": "30 days"},
}
PARAMETERS = {"url": {"value": "u"}, "host": {"plaintext": "h"}}


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with running(tmp_path_factory.mktemp("emulator"), "iam,sts,secretsmanager,ssm,lambda") as found:
        yield found


class Patient:
    """A role, and what the doctor says to it of an environment."""

    def __init__(self, world: World, made: Tree, role: Identity) -> None:
        self._world, self._made, self._role = world, made, role

    def policy(self, role: str, *more: str) -> dict[str, Any]:
        """The policy that `reconciler iam` prints for a role."""
        return iam(self._made, role, "production", *more).policy

    def told(self, *policies: dict[str, Any]) -> dict[str, tuple[str, str]]:
        """State and message by subject, where the role has these policies."""
        self._role.may(*policies)
        folder = str(self._made.manifests)
        done = command(
            self._world, "doctor", "production", "-o", "json", "-C", folder, code=1,
            variables={**self._made.environ, **self._role.variables},
        )  # fmt: skip
        checks = json.loads(done.out)["checks"]
        return {check["subject"]: (check["state"], check["message"]) for check in checks}


@pytest.fixture
def patient(
    world: World, emulator: Emulator, tmp_path: Path, request: pytest.FixtureRequest
) -> Patient:
    (tmp_path / "tree").mkdir()
    made = tree(tmp_path / "tree", SECRETS, PARAMETERS, kms_key=KEY)
    return Patient(world, made, emulator.role(f"doctor-{abs(hash(request.node.name))}"))


def test_a_role_that_may_plan_and_apply(patient: Patient) -> None:
    found = patient.told(patient.policy("apply"), LOOKS)
    assert found["plan"] == ("ok", "all calls of a plan are allowed")
    assert found["apply"][0] == "ok"
    assert found["function"][0] == "fails"  # nobody has deployed it


@pytest.mark.parametrize(
    "action", ["secretsmanager:RotateSecret", "ssm:PutParameter", "lambda:InvokeFunction"]
)
def test_what_a_role_may_not_do(action: str, patient: Patient) -> None:
    found = patient.told(without(patient.policy("apply"), action), LOOKS)
    assert found["plan"][0] == "ok"
    assert found["apply"][0] == "warning"
    assert found["apply"][1].endswith(f"cannot apply: {action}")


def test_a_role_that_may_plan_only(patient: Patient) -> None:
    found = patient.told(patient.policy("plan"), LOOKS)
    assert found["plan"][0] == "ok"
    assert "secretsmanager:CreateSecret" in found["apply"][1]


def test_a_role_that_may_not_ask(patient: Patient) -> None:
    found = patient.told(without(patient.policy("plan"), "secretsmanager:DescribeSecret"))
    assert found["plan"] == ("fails", "not allowed: secretsmanager:DescribeSecret")
    assert found["apply"][1].startswith("cannot tell: SimulatePrincipalPolicy: AccessDenied")
    assert found["function"][0] == "warning"
    assert "cannot tell whether Secrets Manager may invoke it" in found["function"][1]


def test_the_role_of_bootstrap_for_drift(patient: Patient, emulator: Emulator) -> None:
    """Nothing is said where there is none; whether it may make the calls of `drift --deep`, too."""
    assert "drift" not in patient.told(LOOKS)
    role = emulator.role("secrets-drift-production")
    role.may(patient.policy("drift", "--deep"))
    may = "secrets-drift-production may make all calls of drift"
    assert patient.told(LOOKS)["drift"] == ("ok", f"{may}, with --deep too")
    role.may(patient.policy("drift"))
    state, told = patient.told(LOOKS)["drift"]
    assert (state, told.partition(";")[0]) == ("ok", may)
    assert "lacks secretsmanager:GetResourcePolicy, secretsmanager:ListSecretVersionIds" in told
    role.may(without(patient.policy("drift", "--deep"), "secretsmanager:DescribeSecret"))
    assert patient.told(LOOKS)["drift"] == (
        "warning", "secrets-drift-production may not call secretsmanager:DescribeSecret"
    )  # fmt: skip
    assert "drift" not in patient.told(without(LOOKS, "iam:SimulatePrincipalPolicy"))
