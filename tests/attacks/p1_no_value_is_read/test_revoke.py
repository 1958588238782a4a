"""Whoever is revoked reads nothing of the environment any more, by whatever way they try.

Each is given everything first (`Action: *`), and has the value; then `reconciler revoke` runs, and
the same call is refused. On an emulator that judges each call by the policies of its caller.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from reconciler.cli.main import run
from tests.access.iam.calls import Call
from tests.access.iam.declare import PARAMETER, PREFIX, SECRET, tree
from tests.access.iam.emulator import Emulator, Identity, running
from tests.access.iam.test_enforced import EVERYTHING
from tests.trees import ACCOUNT, REGION, Tree

ELSEWHERE = "eu-west-1"
WHO = ["role", "user", "group"]
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """Two environments' values, some of them copied to another Region."""
    with running(tmp_path_factory.mktemp("emulator")) as found:
        secrets, parameters = found.root("secretsmanager"), found.root("ssm")
        for name in (f"{PREFIX}/db", "prod-db", "/test/staging/db"):
            secrets.create_secret(Name=name, SecretString="v")
            found.client("secretsmanager", region=ELSEWHERE).create_secret(
                Name=name, SecretString="v"
            )
        for name in (f"{PREFIX}/p", f"{PREFIX}/deep/er", "/elsewhere/q", "/test/staging/p"):
            parameters.put_parameter(Name=name, Value="v", Type="String")
        yield found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return tree(
        tmp_path_factory.mktemp("tree"),
        {"db": {"value": "v"}, "old": {"value": "v", "name": "prod-db"}},
        {"p": {"value": "v"}, "deep/er": {"value": "v"},
         "old": {"value": "v", "name": "/elsewhere/q"}},
    )  # fmt: skip


@pytest.fixture(params=WHO)
def who(request: pytest.FixtureRequest, emulator: Emulator) -> Identity:
    """Somebody who may do everything."""
    found = emulator.identity(request.param, f"{request.param}-{next(NUMBERS)}")
    found.may(EVERYTHING)
    return found


def revoke(made: Tree, who: Identity, *arguments: str) -> str:
    """Run the command against the emulator; what it prints."""
    out = io.StringIO()
    variables = {"PATH": os.environ["PATH"], **who.emulator.variables}
    with contextlib.redirect_stdout(out), mock.patch.dict(os.environ, variables, clear=True):
        command = ("revoke", "production", f"--{who.kind}", who.name, "--auto-approve")
        assert run(("-C", str(made.manifests), *command, *arguments)) == 0
    return out.getvalue()


def secret(name: str, region: str = REGION) -> Call:
    return Call("secretsmanager", "get_secret_value", "GetSecretValue", {"SecretId": name}, region)


CALLS = {
    "a secret": secret(f"{PREFIX}/db"),
    "a secret outside of the prefix": secret("prod-db"),
    "its copy in another Region": secret(f"{PREFIX}/db", ELSEWHERE),
    "the other one's copy": secret("prod-db", ELSEWHERE),
    "a parameter": Call("ssm", "get_parameter", "GetParameter", {"Name": f"{PREFIX}/p"}),
    "a parameter outside of the prefix": Call(
        "ssm", "get_parameter", "GetParameter", {"Name": "/elsewhere/q"}
    ),
    "what a parameter was": Call(
        "ssm", "get_parameter_history", "GetParameterHistory", {"Name": f"{PREFIX}/p"}
    ),
}


def test_every_read_is_refused(made: Tree, who: Identity) -> None:
    assert [what for what, call in CALLS.items() if who.is_denied(call)] == []
    revoke(made, who)
    assert [what for what, call in CALLS.items() if not who.is_denied(call)] == []


def test_secrets_in_batches_are_refused_one_by_one(made: Tree, who: Identity) -> None:
    wanted = [f"{PREFIX}/db", "prod-db", "/test/staging/db"]

    def batch() -> set[str]:
        answer = who.client("secretsmanager").batch_get_secret_value(SecretIdList=wanted)
        return {value["Name"] for value in answer["SecretValues"]}

    assert batch() == set(wanted)
    revoke(made, who)
    assert batch() == {"/test/staging/db"}


# The emulator judges these two calls as a whole: its simulator judges what AWS looks at, the path.
PATHS = [
    f"{PREFIX}/deep", f"{PREFIX}/deep/", PREFIX, f"{PREFIX}/", "/test", "/test/", "/",
    "/elsewhere", "/elsewhere/",
]  # fmt: skip


def test_parameters_by_a_path_are_refused_up_to_the_root(made: Tree, who: Identity) -> None:
    def let_through() -> list[str]:
        action = "ssm:GetParametersByPath"
        return [path for path in PATHS if not who.would_be_denied(action, PARAMETER + path)]

    assert let_through() == PATHS
    revoke(made, who)
    assert let_through() == []


def test_parameters_by_name_are_refused(made: Tree, who: Identity) -> None:
    revoke(made, who)
    for name in (f"{PREFIX}/p", f"{PREFIX}/deep/er", "/elsewhere/q"):
        assert who.would_be_denied("ssm:GetParameters", PARAMETER + name)


def test_what_is_not_of_the_environment_is_left(made: Tree, who: Identity) -> None:
    revoke(made, who)
    assert not who.is_denied(secret("/test/staging/db"))
    assert not who.is_denied(
        Call("ssm", "get_parameter", "GetParameter", {"Name": "/test/staging/p"})
    )
    for path in ("/test/staging", "/test/productions", "/elsewhere/q2", "/other"):
        assert not who.would_be_denied("ssm:GetParametersByPath", PARAMETER + path)
    assert not who.would_be_denied("secretsmanager:GetSecretValue", f"{SECRET}prod-db-two-AbCdEf")


def test_undone_it_reads_again(made: Tree, who: Identity) -> None:
    revoke(made, who)
    revoke(made, who, "--undo")
    for call in CALLS.values():
        assert not who.is_denied(call)
    assert not who.would_be_denied("ssm:GetParametersByPath", f"{PARAMETER}/test")


def test_the_keys_of_the_manifests_decrypt_nothing_any_more(tmp_path: Path, who: Identity) -> None:
    """Whoever has a clone of the repository needs no more than the key."""
    made = tree(tmp_path, {"db": {"value": "v"}})
    kms = who.emulator.root("kms")
    key, other = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    entry = f"    kms:\n    -   arn: {key}\n        created_at: '2026-01-01'\n        enc: x\n"
    rules = made.read(".sops.yaml").rstrip() + f"\n    kms: {key}\n"
    made.write(".sops.yaml", rules, encrypt=False)
    for name in ("production/environment.sops.yaml", "production/main.sops.yaml"):
        made.edit(name, "sops:\n", f"sops:\n{entry}")

    def decrypts(arn: str) -> Call:
        sealed = kms.encrypt(KeyId=arn, Plaintext=b"data key")["CiphertextBlob"]
        return Call("kms", "decrypt", "Decrypt", {"CiphertextBlob": sealed})

    assert not who.is_denied(decrypts(key))
    revoke(made, who)
    assert who.is_denied(decrypts(key))
    assert who.would_be_denied("kms:ReEncryptFrom", key)
    assert who.would_be_denied("kms:CreateGrant", key)
    assert not who.is_denied(decrypts(other))


def test_what_it_does_not_reach_is_said(made: Tree, who: Identity) -> None:
    told = revoke(made, who)
    for words in ("what it has read already", "another account that a resource policy lets in",
                  "reconciler rotate production NAME"):  # fmt: skip
        assert words in told
    shown = json.loads(revoke(made, who, "-o", "json"))
    assert len(shown["not_reached"]) == told.count("\n    ")
    assert shown[who.kind] == who.name
    assert ACCOUNT in json.dumps(shown["policy"])
