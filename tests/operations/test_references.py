"""Where values are, for programs that read them when they run: names, and never a value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from ruamel.yaml import YAML

from tests.command import Done, command
from tests.inprocess import reconciler
from tests.world import PREFIX, World

ACCOUNT_ARN = "arn:aws:ssm:us-west-2:123456789012:parameter"


@pytest.fixture
def declared(world: World) -> World:
    """A world with every form of a value, not applied."""
    world.declare(
        {
            "database/credentials": {"value": {"username": "u", "in": {"x.y": "z"}, "a:b": "c"}},
            "jwt/secret": {"value": "signing"},
            "web3/infura": {"value": {"key": "k"}, "env": "INFURA"},
            "made": {"generate": {}},
        },
        {"app/host": {"plaintext": "db.internal"}},
    )
    return world


def export(world: World, *arguments: str, code: int = 0) -> Done:
    return command(world, "export", "production", *arguments, code=code)


PATHS = {
    "AWS_REGION": "us-west-2",
    "APP_HOST_PARAMETER_PATH": f"{PREFIX}/app/host",
    "DATABASE_SECRET_PATH": f"{PREFIX}/database/credentials",
    "JWT_SECRET_PATH": f"{PREFIX}/jwt/secret",
    "INFURA_SECRET_PATH": f"{PREFIX}/web3/infura",
    "MADE_SECRET_PATH": f"{PREFIX}/made",
}


def test_paths_need_no_key_and_make_no_call(declared: World) -> None:
    declared.tree.key_file.rename(declared.tree.key_file.with_suffix(".elsewhere"))
    dotenv = export(declared, "--paths").out
    assert dict(line.split("=", 1) for line in dotenv.splitlines()) == PATHS
    assert json.loads(export(declared, "--paths", "--format", "json").out) == PATHS
    assert YAML(typ="safe").load(export(declared, "--paths", "--format", "yaml").out) == PATHS
    one = export(declared, "--paths", "--only", "jwt/secret").out
    assert one == f"AWS_REGION=us-west-2\nJWT_SECRET_PATH={PREFIX}/jwt/secret\n"
    assert not declared.aws.calls


def test_the_names_that_the_guide_has() -> None:
    """`Environment Variables` of the secrets management guide, from the manifests here."""
    root = Path(__file__).parents[2]
    folder = str(root / "manifests")
    done = reconciler(("-C", folder, "export", "production", "--paths"), environment={})
    assert {
        "DATABASE_SECRET_PATH=/lagomo/production/database/credentials",
        "JWT_SECRET_PATH=/lagomo/production/jwt/secret",
        "SMTP_SECRET_PATH=/lagomo/production/smtp/credentials",
    } <= set(done.stdout.splitlines())


def test_two_of_one_name_are_an_error(world: World) -> None:
    world.declare({"database/credentials": {"value": "v"}, "database/secret": {"value": "v"}})
    refused = export(world, "--paths", code=1)
    assert "database/credentials and database/secret both are DATABASE_SECRET_PATH" in refused.err
    assert refused.out == ""


def test_external_secrets_reads_fields(declared: World) -> None:
    """A dot in a field's name is no step into it."""
    made: dict[str, Any] = {
        one["metadata"]["name"]: one["spec"]
        for one in YAML(typ="safe").load_all(export(declared, "--format", "externalsecret").out)
    }
    assert made["production-secrets"]["secretStoreRef"]["name"] == "aws-secrets-manager"
    assert made["production-parameters"]["secretStoreRef"]["name"] == "aws-parameter-store"
    data = {one["secretKey"]: one["remoteRef"] for one in made["production-secrets"]["data"]}
    database = f"{PREFIX}/database/credentials"
    assert data == {
        "DATABASE_CREDENTIALS_USERNAME": {"key": database, "property": "username"},
        "DATABASE_CREDENTIALS_IN_X_Y": {"key": database, "property": r"in.x\.y"},
        "DATABASE_CREDENTIALS_A_B": {"key": database, "property": "a:b"},
        "JWT_SECRET": {"key": f"{PREFIX}/jwt/secret"},
        "INFURA_KEY": {"key": f"{PREFIX}/web3/infura", "property": "key"},
        "MADE": {"key": f"{PREFIX}/made"},
    }


def test_ecs_gets_full_arns(declared: World) -> None:
    """As the service's own model takes them; what ECS cannot read is told."""
    early = export(declared, "--format", "ecs")
    assert "left out: jwt/secret: it is not in AWS yet: apply first" in early.err
    command(declared, "apply", "production", "--auto-approve")
    done = export(declared, "--format", "ecs")
    for field in ("database/credentials.in.x.y", "database/credentials.a:b"):
        assert f"left out: {field}: ECS cannot read it" in done.err
    made = json.loads(done.out)
    arns = {
        name: declared.secret(name)["ARN"]
        for name in ("database/credentials", "jwt/secret", "made")
    }
    found = {one["name"]: one["valueFrom"] for one in made["secrets"]}
    assert found["DATABASE_CREDENTIALS_USERNAME"] == f"{arns['database/credentials']}:username::"
    assert found["JWT_SECRET"] == arns["jwt/secret"]
    assert found["MADE"] == arns["made"]
    assert found["APP_HOST"] == f"{ACCOUNT_ARN}{PREFIX}/app/host"
    model = botocore.session.get_session().get_service_model("ecs")
    container = {"name": "app", "image": "app", **made}
    shape = model.operation_model("RegisterTaskDefinition").input_shape
    given = {"family": "app", "containerDefinitions": [container]}
    assert not ParamValidator().validate(given, shape).has_errors()
    reads = declared.aws.calls.keys() & {"GetSecretValue", "BatchGetSecretValue", "GetParameters"}
    assert not reads


def test_a_committed_file_is_checked(declared: World, tmp_path: Path) -> None:
    """And the line that is shown makes it right."""
    file = tmp_path / "paths.env"
    export(declared, "--paths", "--out", str(file))
    assert export(declared, "--paths", "--check", str(file)).err == ""
    file.write_text(file.read_text().replace("jwt/secret", "jwt/old"))
    differs = export(declared, "--paths", "--check", str(file), code=2)
    line = f"reconciler export production --paths --out {file}"
    assert line in differs.err
    assert differs.out == ""
    command(declared, *line.split()[1:])
    export(declared, "--paths", "--check", str(file))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--check", "x"), "--check is for --paths and for the formats ecs and externalsecret"),
        (("--paths", "--format", "ecs"), "ecs holds no value anyway"),
        (("--paths", "--from", "aws"), "--from is for values"),
        (("--paths", "--check", "x", "--out", "y"), "--check writes nothing"),
        (("--paths", "--check", "/nowhere/x"), "cannot be read"),
        (("--paths", "--only", "jwt/secrt"), "Did you mean jwt/secret?"),
    ],
)
def test_what_cannot_be_meant_is_one_line(
    declared: World, arguments: tuple[str, ...], says: str
) -> None:
    refused = export(declared, *arguments, code=64)
    assert says in refused.err
    assert refused.out == ""
