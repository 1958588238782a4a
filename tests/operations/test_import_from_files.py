"""Import from files of other tools: each value straight into sops, the plan of adoption behind."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from reconciler import manifest
from tests.canary import CANARY
from tests.command import Done, command
from tests.world import PREFIX, World


@pytest.fixture
def start(world: World) -> World:
    world.declare({"db": {"value": "there"}})
    command(world, "lock")
    return world


def imported(world: World, *arguments: str, code: int = 0, **more: Any) -> Done:
    """An import, after which manifests and lock are as they should be, and values are nowhere."""
    done = command(world, "import", "production", "--auto-approve", *arguments, code=code, **more)
    assert CANARY not in done.said
    if code == 0:
        command(world, "lock", "--check")
        command(world, "validate", "production")
    folder = world.tree.manifests
    assert all(CANARY.encode() not in p.read_bytes() for p in folder.rglob("*") if p.is_file())
    return done


def values(world: World) -> dict[str, str]:
    desired = manifest.load(world.tree.manifests, "production", world.tree.sops)
    return {
        f"{key.kind}:{key.name.removeprefix(PREFIX + '/')}": str(sealed.content.reveal())
        for key, sealed in desired.values.items()
        if sealed.content is not None
    }


def write(name: str, content: str | dict[str, Any]) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


DOTENV = f"""\
# a comment
DATABASE_PASSWORD={CANARY} # not part of it
export SMTP_USER='a # b $HOME'
GREETING="two\\nlines \\"quoted\\""
EMPTY=
lower_case=x
URL=https://$HOST/
DATABASE_PASSWORD={CANARY}2
"""


def test_a_dotenv_file(start: World) -> None:
    done = imported(start, "--from", str(write(".env", DOTENV)))
    assert values(start) == {
        "secret:db": "there",
        "secret:database-password": f"{CANARY}2",
        "secret:smtp-user": "a # b $HOME",
        "secret:greeting": 'two\nlines "quoted"',
        "secret:lower-case": "x",
    }
    assert "env.sops.yaml: 4 to declare" in done.out
    assert "secret url: it refers to another variable" in done.out
    assert "secret empty: its value is empty" in done.out
    assert "no manifest may name the variable lower_case" in done.out
    assert ".env still has the values in clear" in done.err
    assert "Nothing to adopt" in done.out
    # Programs get the same variables.
    shown = command(start, "export", "production", "-o", "json").out
    assert json.loads(shown)["DATABASE_PASSWORD"] == f"{CANARY}2"


def test_a_dotenv_file_as_one_secret(start: World) -> None:
    imported(start, "--from", str(write(".env", DOTENV)), "--one", "app/env")
    assert json.loads(values(start)["secret:app/env"])["DATABASE_PASSWORD"] == f"{CANARY}2"


def test_json_and_yaml_as_they_are_written(start: World) -> None:
    tree = '{"a": {"user": "u", "port": 5432, "on": true}, "b": 1.10, "c": null, "d": ["x"]}'
    done = imported(start, "--from", str(write("t.json", tree)), "--below", "app")
    assert json.loads(values(start)["secret:app/a"]) == {"user": "u", "port": "5432", "on": "true"}
    assert values(start)["secret:app/b"] == "1.10"
    assert "secret app/c: its value is empty" in done.out
    assert "secret app/d: its value is a list" in done.out
    yaml = "e: 0123\nf: yes\ng:\n  h: 1_000\n"
    imported(start, "--from", str(write("t.yaml", yaml)), "--kind", "parameter")
    found = values(start)
    assert (found["parameter:e"], found["parameter:f"]) == ("0123", "yes")
    assert json.loads(found["parameter:g"]) == {"h": "1_000"}


def test_chamber_and_the_plan_of_adoption(start: World) -> None:
    ssm = start.client("ssm")
    for name, value in (("api_key", CANARY), ("other", "live")):
        ssm.put_parameter(Name=f"{PREFIX}/billing/{name}", Value=value, Type="SecureString")
    tree = {"api_key": CANARY, "other": "exported", "new": "n"}
    done = imported(
        start, "--from", str(write("billing.json", tree)), "--as", "chamber", "--below", "billing"
    )
    assert "> adopt billing/api_key" in done.out
    assert "1 to adopt, 1 refused" in done.out
    assert values(start)["parameter:billing/new"] == "n"
    command(start, "adopt", "production", "billing/api_key", "--auto-approve")


def resource(type_: str, **attributes: Any) -> dict[str, Any]:
    return {
        "mode": "managed",
        "type": type_,
        "name": "x",
        "instances": [{"attributes": attributes}],
    }


def test_a_terraform_state(start: World) -> None:
    base = "arn:aws:secretsmanager:us-west-2:123456789012:secret:"
    state = {
        "version": 4,
        "resources": [
            resource("aws_secretsmanager_secret", name=f"{PREFIX}/stripe/key", arn=f"{base}x"),
            resource(
                "aws_secretsmanager_secret_version",
                secret_id=f"{base}{PREFIX}/stripe/key-AbCdEf",
                secret_string=f'{{"k":"{CANARY}"}}',
                version_stages=["AWSCURRENT"],
            ),
            resource(
                "aws_secretsmanager_secret_version",
                secret_id=f"{base}{PREFIX}/stripe/key-AbCdEf",
                secret_string="old",
                version_stages=["AWSPREVIOUS"],
            ),
            resource("aws_secretsmanager_secret", name="elsewhere"),
            resource(
                "aws_secretsmanager_secret_version", secret_id=f"{base}elsewhere-AbCdEf",
                secret_binary="AAE=",
            ),
            resource("aws_secretsmanager_secret", name=f"{PREFIX}/rotated"),
            resource("aws_secretsmanager_secret_rotation", secret_id=f"{PREFIX}/rotated"),
            resource("aws_ssm_parameter", name=f"{PREFIX}/host", type="String", value="h"),
            resource("aws_ssm_parameter", name=f"{PREFIX}/pool", type="SecureString", value="5"),
            {"mode": "data", "type": "aws_ssm_parameter", "name": "d", "instances": []},
        ],
    }  # fmt: skip
    done = imported(start, "--from", str(write("state.json", state)), "--plaintext")
    found = values(start)
    assert json.loads(found["secret:stripe/key"]) == {"k": CANARY}
    assert found["parameter:host"] == "h"
    assert found["parameter:pool"] == "5"
    assert "plaintext: h" in start.tree.read("production/state.sops.yaml")
    assert "name: elsewhere" in start.tree.read("production/state.sops.yaml")
    assert "secret rotated: rotation writes its value" in done.out
    assert "Imported: 4, 1 not." in done.out


def test_a_foreign_sops_tree(start: World) -> None:
    plain = {"token": CANARY, "db": {"user": "u", "port": 1}}
    raw = subprocess.run(
        ["sops", "encrypt", "--age", start.tree.key.recipient, "--input-type", "json",
         "--output-type", "yaml", "/dev/stdin"],
        input=json.dumps(plain).encode(), capture_output=True, check=True,
    ).stdout  # fmt: skip
    write("old/smtp.yaml", raw.decode())
    write("old/plain.yml", "key: v\n")
    write("old/.git/no.yaml", "key: v\n")
    imported(start, "--from", "old")
    found = values(start)
    assert found["secret:smtp/token"] == CANARY
    assert json.loads(found["secret:smtp/db"]) == {"user": "u", "port": "1"}
    assert found["secret:plain/key"] == "v"
    assert "secret:no/key" not in found


def test_again_declares_nothing_twice(start: World) -> None:
    write(".env", "A=one\nDB=other\n")
    imported(start, "--from", ".env")
    done = imported(start, "--from", ".env")
    assert values(start)["secret:db"] == "there"
    assert "secret a: it is declared already" in done.out
    assert "Imported: 0, 2 not." in done.out


KMS = "arn:aws:kms:eu-west-1:999999999999:key/11111111-2222-3333-4444-555555555555"
BLOCK = (
    f"sops:\n  kms:\n    - arn: {KMS}\n      enc: AAAA\n      created_at: '2026-01-01T00:00:00Z'\n"
)


@pytest.mark.parametrize(
    ("content", "arguments", "code", "said"),
    [
        ("A=1\nnot a line\n", (), 64, "line 2 is not NAME=VALUE"),
        ("A='no end\n", (), 64, "line 1 is not NAME=VALUE"),
        ("", ("--as", "json"), 64, "is not JSON"),
        ("[1]", ("--as", "json"), 64, "is not a mapping of names to values"),
        ("{}", ("--as", "terraform"), 64, "is not a Terraform state"),
        ("a: b", ("--as", "sops"), 64, "is not encrypted by sops"),
        ("a: &x b\nc: d", ("--as", "yaml"), 1, "error[anchor]"),
        ("A=1", ("--as", "env"), 64, "'env' is not one of"),
        ("A=1", ("--prefix", "/x"), 64, "--prefix is for AWS"),
        ("A=1", ("--kind", "keys"), 64, "'keys' is not one of"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_nothing_written(
    start: World, content: str, arguments: tuple[str, ...], code: int, said: str
) -> None:
    write(".env", content)
    before = sorted(p.name for p in start.tree.manifests.rglob("*"))
    done = imported(start, "--from", ".env", *arguments, code=code)
    assert said in done.err
    assert done.err.count("error[") == 1
    assert sorted(p.name for p in start.tree.manifests.rglob("*")) == before


def test_options_of_a_file_without_one_and_a_file_that_is_not_there(start: World) -> None:
    assert "--below goes with --from" in imported(start, "--below", "x", code=64).err
    assert "cannot be read" in imported(start, "--from", "nothing.json", code=64).err


def test_sops_asks_no_key_that_only_the_file_names(start: World) -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "add", "manifests"], check=True)
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "one"],
        check=True,
    )
    write("old.yaml", f"a: ENC[x]\n{BLOCK}")
    done = imported(start, "--from", "old.yaml", code=1)
    assert "error[untrusted-key]" in done.err


def test_a_state_of_terraform_before_0_12_is_one_clear_line(start: World) -> None:
    state = {"version": 3, "terraform_version": "0.11.14", "modules": [{"resources": {}}]}
    file = str(write("old.tfstate", state))
    for given in ((), ("--as", "terraform")):
        done = imported(start, "--from", file, *given, code=64)
        assert "is a Terraform state of version 3, and only version 4 is read" in done.err
        assert done.err.count("error[") == 1
