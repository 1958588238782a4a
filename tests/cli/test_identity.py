"""Which credentials an environment's calls are made with, and what is told where there are none."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from reconciler.cli.identity import Identity, identity
from reconciler.core.errors import CredentialsError, UsageError
from reconciler.core.model import Scope
from tests.age_key import new_age_key
from tests.trees import default_settings
from tests.world import World

SCOPE = Scope("prod-eu", "123456789012", "eu-west-1", "/test/prod-eu", "test")
ROLE = "arn:aws:iam::{account}:role/plan-{region}-{environment}"
SSO = """
[profile acme-production]
sso_session = acme
sso_account_id = 123456789012
sso_role_name = plan
region = us-west-2
[sso-session acme]
sso_start_url = https://acme.example/start
sso_region = us-west-2
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("RECONCILER_PROFILE", "RECONCILER_ROLE_ARN"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def configure(home: Path, text: str) -> Path:
    file = home / "reconciler" / "config.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return file


def test_nobody_says_anything_and_boto3_finds_them_by_itself() -> None:
    assert identity(SCOPE, None, None) == Identity()
    assert not Identity()


def test_templates_are_filled_from_the_environment() -> None:
    filled = identity(SCOPE, "{account}-{environment}-{region}", ROLE)
    assert filled.profile == "123456789012-prod-eu-eu-west-1"
    assert filled.role_arn == "arn:aws:iam::123456789012:role/plan-eu-west-1-prod-eu"


def test_the_command_line_is_before_the_variable_and_that_before_the_configuration(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(home, 'profile = "file"\n')
    assert identity(SCOPE, None, None).profile == "file"
    monkeypatch.setenv("RECONCILER_PROFILE", "acme-{environment}")
    assert identity(SCOPE, None, None).profile == "acme-prod-eu"
    assert identity(SCOPE, "line", None).profile == "line"


def test_one_source_says_both(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(home, f'profile = "file"\nrole_arn = "{ROLE}"\n')
    monkeypatch.setenv("RECONCILER_PROFILE", "variable")
    assert identity(SCOPE, None, None) == Identity("variable", None)


def test_the_first_pattern_that_matches_says_it(home: Path) -> None:
    configure(
        home,
        'profile = "others"\n[environments."prod-*"]\nprofile = "p-{environment}"\n'
        '[environments."*"]\nprofile = "any"\n',
    )
    assert identity(SCOPE, None, None).profile == "p-prod-eu"


@pytest.mark.parametrize(
    ("profile", "role_arn", "said"),
    [
        ("{name}", None, "{name} has {name}, which stands for nothing"),
        ("{environment.__class__}", None, "which stands for nothing"),
        (None, "role/plan", "role/plan is not the ARN of a role"),
        (None, "arn:aws:iam::123456789012:user/me", "is not the ARN of a role"),
    ],
)
def test_what_cannot_be_used_is_one_line(
    profile: str | None, role_arn: str | None, said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        identity(SCOPE, profile, role_arn)
    assert said in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "profile = ",
        "profile = 3",
        'account = "1"',
        "environments = 1",
        '[environments."*"]\na = "b"',
    ],
)
def test_a_configuration_that_cannot_be_used_is_named(home: Path, text: str) -> None:
    file = configure(home, text)
    with pytest.raises(UsageError) as caught:
        identity(SCOPE, None, None)
    assert str(file) in caught.value.message


def test_a_role_of_another_account_is_refused_before_any_call() -> None:
    with pytest.raises(CredentialsError) as caught:
        identity(SCOPE, None, "arn:aws:iam::999999999999:role/plan")
    assert caught.value.code == "account"


def test_a_profile_that_is_misspelt_is_one_line_and_no_call(world: World, tmp_path: Path) -> None:
    config = tmp_path / "aws"
    config.write_text("[profile acme-production]\nregion = us-west-2\n")
    where = {"AWS_CONFIG_FILE": str(config)}
    before = world.aws.calls.copy()
    done = world.cli("plan", "production", "--profile", "acme-{environment}s", environment=where)
    assert done.returncode == 1
    assert done.stderr == (
        "error[credentials]: the AWS config file has no profile acme-productions\n"
        "  did you mean acme-production?\n"
    )
    assert world.aws.calls == before


def test_a_login_that_has_expired_is_one_line_with_the_command(
    world: World, tmp_path: Path
) -> None:
    config = tmp_path / "aws"
    config.write_text(SSO)
    where = {
        "AWS_CONFIG_FILE": str(config),
        "RECONCILER_PROFILE": "acme-{environment}",
        "HOME": str(tmp_path),
    }
    done = world.cli("drift", "production", environment=where)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "error[credentials]: the AWS login has expired; log in again:"
        " aws sso login --profile acme-production\n"
    )


def test_a_profile_is_taken_whatever_keys_the_variables_hold(world: World, tmp_path: Path) -> None:
    config = tmp_path / "aws"
    config.write_text(
        "[profile own]\naws_access_key_id = AKIAOWN\naws_secret_access_key = x\n"
        "region = us-west-2\n"
    )
    done = world.cli(
        "plan", "production", "--profile", "own", environment={"AWS_CONFIG_FILE": str(config)}
    )
    assert done.returncode == 0, done.stderr


def test_keys_of_kms_are_asked_for_with_each_environments_own_credentials(
    world: World, tmp_path: Path
) -> None:
    arn = world.client("kms").create_key()["KeyMetadata"]["Arn"]
    world.declare({"x": {"value": "one"}, "y": {"value": "one"}})
    world.tree.write("staging/environment.sops.yaml", default_settings("staging"))
    world.tree.write("staging/main.sops.yaml", {"secrets": {"x": {"value": "two"}}})
    config = tmp_path / "aws"
    config.write_text(
        "\n".join(
            f"[profile acme-{name}]\naws_access_key_id = AKIA{name.upper()}\n"
            "aws_secret_access_key = x\nregion = us-west-2\n"
            for name in ("production", "staging", "new")
        )
    )
    nobody = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "")
    where = {**nobody, "AWS_CONFIG_FILE": str(config), "AWS_EC2_METADATA_DISABLED": "true"}
    own = ("--profile", "acme-{environment}")
    refused = world.cli("recipients", "add", arn, environment=where)
    assert refused.returncode == 1
    added = world.cli("recipients", "add", arn, *own, environment=where)
    assert added.returncode == 0, added.stderr
    # From here on KMS alone decrypts.
    main = world.tree.path("production/main.sops.yaml")
    recipient = world.tree.key.recipient
    gone = world.cli("recipients", "remove", recipient, *own, environment=where)
    assert gone.returncode == 0, gone.stderr
    merges(world, main, {**where, "RECONCILER_PROFILE": "acme-{environment}"})
    back = world.cli("recipients", "add", new_age_key().recipient, *own, environment=where)
    assert back.returncode == 0, back.stderr
    asked = ("--account", "123456789012", "--region", "us-west-2", "--prefix", "/test/new")
    made = world.cli(
        *("init", "fresh", "--environment", "new", *asked, "--kms", arn, "--no-plan", *own),
        environment=where,
    )
    assert made.returncode == 0, made.stderr


def merges(world: World, main: Path, variables: dict[str, str]) -> None:
    """The driver computes a MAC again, with the credentials of the environment."""
    folder = main.parents[2]
    for git in (["init", "-q"], ["add", "manifests"], ["commit", "-q", "-m", "before"]):
        own = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *git]
        subprocess.run(own, cwd=folder, check=True)
    sides = {"base": main.read_bytes()}
    for side, key in (("ours", "x"), ("theirs", "y")):
        main.write_bytes(sides["base"])
        done = world.cli("set", "production", key, stdin=side, environment=variables)
        assert done.returncode == 0, done.stderr
        sides[side] = main.read_bytes()
    for side, content in sides.items():
        (folder / side).write_bytes(content)
    arguments = ("merge-driver", "base", "ours", "theirs", "manifests/production/main.sops.yaml")
    nobody = {**variables, "RECONCILER_PROFILE": ""}
    assert world.cli(*arguments, environment=nobody).returncode == 1
    (folder / "ours").write_bytes(sides["ours"])
    merged = world.cli(*arguments, environment=variables)
    assert merged.returncode == 0, merged.stderr
    assert b"<<<<<<<" not in (folder / "ours").read_bytes()
    shutil.rmtree(folder / ".git")
    main.write_bytes(sides["base"])
