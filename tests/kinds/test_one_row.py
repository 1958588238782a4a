"""A new field is one row in its kind's table, and nothing else anywhere.

The row is appended to ``fields.py`` in a copy of the package, and the commands run from that copy.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import reconciler
from tests import forked
from tests.world import PREFIX, World

# A label that stays on the version that serves: Secrets Manager keeps it, and nothing here knew it.
HELPERS = """

from reconciler.kinds.field import KeyUse, Permission, one_by_one
from reconciler.kinds.secret.describe import describe
from reconciler.kinds.secret.field import Put, recorded


def _stages(data):
    return data.get("SecretVersionsToStages") or data.get("VersionIdsToStages") or {}


def _label(data):
    labels = [label for held in _stages(data).values() for label in held]
    return next((label for label in labels if label.startswith("APP_")), None)


def _put_label(aws, job, change):
    name = job.change.key.name
    data = describe(aws, name).data
    current = next(v for v, held in _stages(data).items() if "AWSCURRENT" in held)
    other = _label(data)
    if other is not None:
        aws.call(
            "secretsmanager", "update_secret_version_stage", SecretId=name,
            VersionStage=other, RemoveFromVersionId=current,
        )
    aws.call(
        "secretsmanager", "update_secret_version_stage", SecretId=name,
        VersionStage=change.after, MoveToVersionId=current,
    )


def _deep_label(aws, resource):
    answer = aws.call("secretsmanager", "list_secret_version_ids", SecretId=resource.key.name)
    labels = [label for v in answer["Versions"] for label in v.get("VersionStages", ())]
    return next((label for label in labels if label.startswith("APP_")), None)

"""
LISTED = """
FIELDS = (*FIELDS, SecretField(
    name="label",
    type=str,
    says="a label on the version that serves",
    observe=lambda seen: _label(seen.record.data),
    write=Put(_put_label),
    needs=lambda label: [Permission("secretsmanager:UpdateSecretVersionStage")],
    keys=lambda resource, use: [
        KeyUse("SecretARN", "alias/labels", ("kms:Decrypt",), use.region, "secretsmanager")
    ],
))
"""
UNLISTED = """
FIELDS = (*FIELDS, SecretField(
    name="label",
    type=str,
    says="a label on the version that serves",
    observe=recorded("label"),
    deep=one_by_one(_deep_label),
    deep_needs=("secretsmanager:ListSecretVersionIds",),
    write=Put(_put_label),
    needs=lambda label: [Permission("secretsmanager:UpdateSecretVersionStage")],
))
"""


class Edited:
    """The command line of a package whose table has one row more."""

    def __init__(self, world: World, folder: Path, row: str) -> None:
        package = Path(reconciler.__file__).parent
        shutil.copytree(package, folder / "reconciler")
        table = folder / "reconciler" / "kinds" / "secret" / "fields.py"
        table.write_text(table.read_text() + HELPERS + row)
        self.world = replace(world, program=forked.program(folder))

    def run(self, *arguments: str, code: int = 0) -> str:
        """What it prints on stdout, or where it ends with an error, on stderr."""
        # A process of its own: this one has the package as it is.
        done = self.world.process(*arguments)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stderr if code == 1 else done.stdout

    def fields(self) -> list[str]:
        """The fields of the planned changes."""
        plan = json.loads(self.run("plan", "production", "-o", "json"))
        return [field["name"] for change in plan["changes"] for field in change["fields"]]


@pytest.fixture
def package(world: World, tmp_path: Path, request: pytest.FixtureRequest) -> Edited:
    return Edited(world, tmp_path / "package", request.param)


def move_away(world: World, to: str) -> None:
    """Somebody takes the label off, and puts another one on."""
    client, version = world.client("secretsmanager"), world.labels("db")["APP_ONE"]
    client.update_secret_version_stage(
        SecretId=f"{PREFIX}/db", VersionStage="APP_ONE", RemoveFromVersionId=version
    )
    client.update_secret_version_stage(
        SecretId=f"{PREFIX}/db", VersionStage=to, MoveToVersionId=version
    )


@pytest.mark.parametrize("package", [LISTED], indirect=True)
def test_a_row_of_what_a_list_returns(package: Edited) -> None:
    world = package.world
    world.declare({"db": {"value": "v", "label": 1}})
    assert "`label` has to be a text" in package.run("validate", code=1)
    world.declare({"db": {"value": "v", "label": "APP_ONE"}})
    package.run("validate")
    assert "label" in package.run("schema", "manifest")
    assert package.fields() == ["label"]
    package.run("apply", "production", "--auto-approve")
    assert world.labels("db")["APP_ONE"] == world.labels("db")["AWSCURRENT"]
    assert package.fields() == []
    move_away(world, "APP_TWO")
    assert package.fields() == ["label"]
    assert "to update: label" in package.run("drift", "production")
    package.run("apply", "production", "--auto-approve")
    assert package.fields() == []
    held = package.run("iam", "apply", "production")
    world.declare({"db": {"external": True, "label": "APP_ONE"}})
    assert "UpdateSecretVersionStage" in (allowed := package.run("iam", "apply", "production"))
    assert "alias/labels" in allowed
    world.declare({"db": {"external": True}})
    assert "UpdateSecretVersionStage" not in (less := package.run("iam", "apply", "production"))
    assert "alias/labels" not in less
    assert "UpdateSecretVersionStage" in held
    world.tree.path("production/main.sops.yaml").unlink()
    package.run("import", "production", "--auto-approve")
    (made,) = [
        p for p in world.tree.path("production").glob("*.sops.yaml") if "environ" not in p.name
    ]
    assert '"label": "APP_ONE"' in made.read_text() or "label: APP_ONE" in made.read_text()


@pytest.mark.parametrize("package", [UNLISTED], indirect=True)
def test_a_row_of_what_no_list_returns(package: Edited) -> None:
    world = package.world
    world.declare({"db": {"value": "v", "label": "APP_ONE"}})
    package.run("apply", "production", "--auto-approve")
    assert package.fields() == []
    package.run("drift", "production", "--deep")
    move_away(world, "APP_TWO")
    assert package.fields() == []
    assert "changed outside: label" in package.run("drift", "production", "--deep", code=2)
    assert "ListSecretVersionIds" in package.run("iam", "drift", "production", "--deep")
    assert "ListSecretVersionIds" not in package.run("iam", "drift", "production")
    world.declare({"db": {"value": "v", "label": "APP_TWO"}})
    assert package.fields() == ["label"]
    package.run("apply", "production", "--auto-approve")
    package.run("drift", "production", "--deep")
