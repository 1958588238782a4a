"""`readers` gives each application its names, and no others: policy, template, plan and diff."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.access.iam.declare import KEY, PARAMETER, PREFIX, SECRET, iam, tree
from tests.access.iam.emulator import running, without
from tests.access.iam.test_permissions import named, of
from tests.manifest.branch.build import ENVIRONMENT, make_branch
from tests.trees import default_settings
from tests.world import World

SECRETS = {
    "database/credentials": {"value": "v", "kms_key": KEY},
    "database-old": {"value": "v"},
    "jwt/secret": {"value": "v"},
    "smtp/credentials": {"value": "v"},
}
PARAMETERS = {"database/host": {"value": "v"}, "smtp/host": {"value": "v"}}
READERS = {"api": ["database/*", f"{PREFIX}/jwt/secret"], "mail-worker": ["smtp/*"]}


def test_exactly_its_names_and_what_a_caching_client_calls(tmp_path: Path) -> None:
    made = tree(tmp_path, SECRETS, PARAMETERS, readers=READERS)
    printed = iam(made, "reader", "production", "--service", "api")
    for name in ("database/credentials", "jwt/secret"):
        assert printed.allowed(named(name)) == of("GetSecretValue", "DescribeSecret")
    host = f"{PARAMETER}{PREFIX}/database/host"
    assert printed.allowed(host) == {"ssm:GetParameter", "ssm:GetParameters"}
    for other in ("smtp", "database-old"):
        assert other not in printed.out
    assert {s["Effect"] for s in printed.policy["Statement"]} == {"Allow"}


def test_a_key_for_its_names_alone(tmp_path: Path) -> None:
    made = tree(tmp_path, SECRETS, readers={"api": ["database/*"], "jwt": ["jwt/secret"]})
    key = iam(made, "reader", "production", "--service", "api").statement("Key1")
    assert (key["Action"], key["Resource"]) == ("kms:Decrypt", KEY)
    assert key["Condition"]["StringLike"] == {
        "kms:EncryptionContext:SecretARN": [f"{SECRET}{PREFIX}/database/credentials-??????"]
    }
    assert KEY not in iam(made, "reader", "production", "--service", "jwt").out


def test_it_is_enforced(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    made = tree(tmp_path / "made", SECRETS, PARAMETERS, readers=READERS)
    (tmp_path / "emulator").mkdir()
    with running(tmp_path / "emulator") as emulator:
        for name in SECRETS:
            emulator.root("secretsmanager").create_secret(
                Name=f"{PREFIX}/{name}", SecretString="plain"
            )
        emulator.root("ssm").put_parameter(Name=f"{PREFIX}/smtp/host", Value="plain", Type="String")
        role = emulator.role("mail-worker")
        policy = iam(made, "reader", "production", "--service", "mail-worker").policy
        role.may(policy)
        client = role.client("secretsmanager")
        own = f"{PREFIX}/smtp/credentials"
        assert client.get_secret_value(SecretId=own)["SecretString"] == "plain"
        assert client.describe_secret(SecretId=own)["Name"] == own
        for other in SECRETS.keys() - {"smtp/credentials"}:
            for call in (client.get_secret_value, client.describe_secret):
                with pytest.raises(ClientError, match="AccessDenied"):
                    call(SecretId=f"{PREFIX}/{other}")
        host = f"{PREFIX}/smtp/host"
        calls = {
            "secretsmanager:GetSecretValue": lambda: client.get_secret_value(SecretId=own),
            "secretsmanager:DescribeSecret": lambda: client.describe_secret(SecretId=own),
            "ssm:GetParameter": lambda: role.client("ssm").get_parameter(Name=host),
        }
        for action, needs_it in calls.items():
            needs_it()
            role.may(without(policy, action))
            with pytest.raises(ClientError, match="AccessDenied"):
                needs_it()
            role.may(policy)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("reader", "production", "--service", "apy"), "did you mean `api`?"),
        (("plan", "production", "--service", "api"), "--service is for the permissions of reader"),
        (("reader", "production", "--service", "api", "--trust"), "What assumes the role"),
    ],
)
def test_what_cannot_be_meant_is_one_line(
    tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    made = tree(tmp_path, SECRETS, PARAMETERS, readers=READERS)
    printed = iam(made, *arguments, code=64)
    assert says in printed.err
    assert printed.out == ""


@pytest.mark.parametrize(
    ("readers", "says"),
    [
        ({"api": ["datbase/*"]}, "api may read datbase/*, and nothing of this name is declared"),
        ({"API": ["jwt/secret"]}, "lower-case letters"),
        ({"a-": ["jwt/secret"]}, "lower-case letters"),
        ({"api": ["jwt/${aws:username}"]}, "* for any text"),
        ({"api": "jwt/secret"}, "`api` has to be a list"),
    ],
)
def test_a_pattern_is_checked(tmp_path: Path, readers: dict[str, object], says: str) -> None:
    made = tree(tmp_path, SECRETS, PARAMETERS, readers=readers)
    refused = iam(made, "reader", "production", code=1)
    assert says in refused.err
    assert "environment.sops.yaml" in refused.err


def test_a_plan_names_who_may_read_what_it_creates(world: World) -> None:
    """And once it is there, it says so no more."""
    world.declare(
        {"db/login": {"value": "v"}, "jwt": {"value": "v"}},
        readers={"api": ["db/*"], "cron": ["*"]},
    )
    shown = world.cli("plan", "production").stdout
    assert "secret db/login: api may read it" in shown
    assert "secret db/login: cron may read it" in shown
    assert "secret jwt: cron may read it" in shown
    assert "secret jwt: api may read it" not in shown
    assert shown.index("Access") < shown.index("+ ")
    assert world.cli("apply", "production", "--auto-approve").returncode == 0
    assert "may read it" not in world.cli("plan", "production").stdout


def test_a_branch_names_what_a_pattern_comes_to_cover(tmp_path: Path) -> None:
    """A new name under an old pattern, an old name under a new one, and a name that moves out."""
    folder = tmp_path / "repository"
    folder.mkdir()
    branch = make_branch(folder)
    settings = default_settings("production")
    branch.tree.write(ENVIRONMENT, settings | {"readers": {"api": ["db*", "host"]}})
    branch.commit()
    branch.git("tag", "-f", "base")
    branch.tree.write(ENVIRONMENT, settings | {"readers": {"api": ["db*"], "cron": ["host"]}})
    branch.main({"db": {"value": "v"}, "db2": {"value": "v"}})
    found = {(f["subject"], f["after"]) for f in branch.findings() if f["code"] == "reader-added"}
    assert found == {("secret db2", "api"), ("parameter host", "cron")}
    shown = branch.diff()
    assert "production: secret db2: api may read it" in shown
    assert shown.index("api may read it") < shown.index("Resources")
