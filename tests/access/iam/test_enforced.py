"""The policies, enforced: every call of a role's commands passes, and no permission is there for
nothing. On an emulator that judges each call by the policy of its caller."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from reconciler.access.iam import Role
from reconciler.kinds import tags
from tests.access.iam.calls import IDENTITY, Call, Run, allowed, implied
from tests.access.iam.declare import FUNCTION, KEY, POLICY, PREFIX, iam, tree, words
from tests.access.iam.emulator import Emulator, Identity, running, without
from tests.access.iam.test_permissions import READS
from tests.access.iam.test_trust import BOTH, ISSUER, RUNS, STRANGERS, WHO, token
from tests.command import Done, command
from tests.operations.record.repository import Repository
from tests.trees import ACCOUNT
from tests.world import World

OWNER = "test/production"
PER_NAME = "ssm:GetParameters"  # simulated name by name
PER_KEY = "kms:DescribeKey"  # simulated on the key that the alias of `calls` stands for


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with running(tmp_path_factory.mktemp("emulator")) as found:
        yield found


class Enforced:
    """Calls made again, one by one, by a session of the role: each finds what it needs."""

    def __init__(self, emulator: Emulator, role: Identity) -> None:
        self._secrets, self._parameters = emulator.root("secretsmanager"), emulator.root("ssm")
        self.role = role

    def denied(self, run: Run) -> list[str]:
        """The permissions of a run that the role's policy does not give."""
        return [action for call in run.calls for action in self.missing(call)]

    def missing(self, call: Call, only: str | None = None) -> list[str]:
        """What a call is denied, by itself or for what AWS asks besides; ``only`` of one action."""
        found = []
        if call.action not in (IDENTITY, PER_NAME, PER_KEY) and only in (None, call.action):
            self._prepare(call)
            if self.role.is_denied(call):
                found.append(call.action)
        besides = [*implied(call)]
        if call.action == PER_NAME:
            arn = f"arn:aws:ssm:us-west-2:{ACCOUNT}:parameter"
            besides += [(PER_NAME, arn + name) for name in call.parameters["Names"]]
        if call.action == PER_KEY:
            besides.append((PER_KEY, KEY))
        return found + [
            action
            for action, resource in besides
            if only in (None, action) and self.role.would_be_denied(action, resource)
        ]

    def _prepare(self, call: Call) -> None:
        """What the call is about is there, and ours; or absent, where it creates it."""
        if call.service == "secretsmanager":
            name = call.parameters.get("Name") or call.parameters.get("SecretId")
            creates = call.name == "CreateSecret"
        elif call.service == "ssm":
            name = call.parameters.get("Name") or call.parameters.get("ResourceId")
            creates = call.name == "PutParameter" and not call.parameters.get("Overwrite")
        else:
            return
        if name is None:
            return
        there = self._is_there(call.service, name)
        if creates and there:
            self._delete(call.service, name)
        elif not creates and not there:
            self._create(call.service, name)

    def _is_there(self, service: str, name: str) -> bool:
        if service == "ssm":
            by_name = {"Key": "Name", "Values": [name]}
            return bool(
                self._parameters.describe_parameters(ParameterFilters=[by_name])["Parameters"]
            )
        try:
            return "DeletedDate" not in self._secrets.describe_secret(SecretId=name)
        except ClientError:
            return False

    def _create(self, service: str, name: str) -> None:
        ours = [{"Key": tags.OWNER, "Value": OWNER}]
        self._delete(service, name)
        if service == "ssm":
            self._parameters.put_parameter(Name=name, Value="v", Type="String", Tags=ours)
        else:
            self._secrets.create_secret(Name=name, SecretString="v", Tags=ours)

    def _delete(self, service: str, name: str) -> None:
        with contextlib.suppress(ClientError):
            if service == "ssm":
                self._parameters.delete_parameter(Name=name)
            else:
                self._secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


@pytest.fixture
def enforced(emulator: Emulator, request: pytest.FixtureRequest) -> Enforced:
    """Whoever acts in a test."""
    name = "".join(c for c in request.node.name if c.isalnum())[-60:]
    return Enforced(emulator, emulator.role(name))


@pytest.mark.parametrize("role", Role)
def test_none_is_missing(runs: list[Run], enforced: Enforced, role: Role) -> None:
    mine = [run for run in runs if run.role is role]
    for run in mine:
        enforced.role.may(run.policy)
        assert enforced.denied(run) == [], run.command
    assert sum(len(run.calls) for run in mine) >= 2


@pytest.mark.parametrize("role", Role)
def test_each_is_needed(runs: list[Run], enforced: Enforced, role: Role) -> None:
    mine = [run for run in runs if run.role is role]
    for action in sorted({action for run in mine for action in allowed(run.policy)}):
        run, call = next(
            (run, call)
            for run in mine
            for call in run.calls
            if action in (call.action, *(implied_ for implied_, _ in implied(call)))
        )
        enforced.role.may(run.policy)
        assert enforced.missing(call, action) == [], action
        enforced.role.may(without(run.policy, action))
        assert action in enforced.missing(call, action), f"{action} is allowed and not needed"


@pytest.mark.parametrize("command", ["apply", "export"])
def test_each_name_is_needed(runs: list[Run], enforced: Enforced, command: str) -> None:
    """Of the first apply, which creates everything, and of what reads everything."""
    run = next(run for run in runs if run.command[0] == command)
    named = [s for s in run.policy["Statement"] if s["Sid"].startswith(("Secrets", "Parameters"))]
    assert sum(len(words(statement["Resource"])) for statement in named) == 8
    for statement in named:
        for resource in words(statement["Resource"]):
            rest = [one for one in words(statement["Resource"]) if one != resource]
            less = {**statement, "Resource": rest or "arn:aws:ssm:::parameter/none"}
            others = [one for one in run.policy["Statement"] if one is not statement]
            enforced.role.may({**run.policy, "Statement": [*others, less]})
            assert enforced.denied(run), f"{resource} is allowed and not needed"


def test_whole_commands_under_their_roles(world: World, emulator: Emulator) -> None:
    """As far as the emulator goes, which gives versions ids of its own: what exists afterwards
    looks as if somebody else had written it."""
    world.declare({"first": {"value": "v"}}, {"first": {"value": "v"}})
    roles = {role: emulator.role(f"whole-{role}") for role in ("plan", "drift", "apply")}
    for name, role in roles.items():
        role.may(iam(world.tree, name, "production").policy)

    def run(role: str, *arguments: str, code: int = 0) -> Done:
        variables = roles[role].variables
        return command(world, *arguments, "--pace", "1000", code=code, variables=variables)

    assert "2 to create" in run("plan", "plan", "production").out
    assert run("drift", "drift", "production").code == 0
    denied = run("plan", "apply", "production", "--auto-approve", code=4)
    assert "the role needs the permission for CreateSecret" in denied.said
    assert "the role needs the permission for PutParameter" in denied.said
    assert "2 done" in run("apply", "apply", "production", "--auto-approve").out
    made = emulator.root("secretsmanager").get_secret_value(SecretId=f"{PREFIX}/first")
    assert made["SecretString"] == "v"
    run("drift", "drift", "production", code=2)


def test_the_record_of_an_apply_is_written_by_its_role_and_read_by_that_of_drift(
    world: World, emulator: Emulator
) -> None:
    """A role of before may not write it: one warning, and all else is done."""
    repository = Repository(world)
    repository.git("init", "--quiet", "--initial-branch", "main")
    commit = repository.commit(parameters=("recorded",))
    apply, drift = emulator.role("record-apply"), emulator.role("record-drift")
    policy = iam(world.tree, "apply", "production").policy
    (statement,) = [one for one in policy["Statement"] if one["Sid"] == "Record"]
    before = {**policy, "Statement": [one for one in policy["Statement"] if one != statement]}
    drift.may(iam(world.tree, "drift", "production").policy)

    def run(role: Identity, *arguments: str) -> Done:
        return command(world, *arguments, "--pace", "1000", variables=role.variables)

    apply.may(before)
    done = run(apply, "apply", "production", "--auto-approve")
    assert "1 done" in done.out
    warned = [line for line in done.err.splitlines() if line.startswith("warning: ")]
    assert len(warned) == 1
    assert f"ssm:PutParameter on {statement['Resource']}" in warned[0]
    assert "no record of an apply yet" in run(drift, "drift", "production").out
    apply.may(policy)
    run(apply, "apply", "production", "--auto-approve")
    assert f"last applied {commit[:12]}" in run(drift, "drift", "production").out


SIX = [
    Call("secretsmanager", "get_secret_value", "GetSecretValue", {"SecretId": f"{PREFIX}/db"}),
    Call("secretsmanager", "batch_get_secret_value", "BatchGetSecretValue",
         {"SecretIdList": [f"{PREFIX}/db"]}),
    Call("ssm", "get_parameter", "GetParameter", {"Name": f"{PREFIX}/p"}),
    Call("ssm", "get_parameters", "GetParameters", {"Names": [f"{PREFIX}/p"]}),
    Call("ssm", "get_parameters_by_path", "GetParametersByPath", {"Path": PREFIX}),
    Call("ssm", "get_parameter_history", "GetParameterHistory", {"Name": f"{PREFIX}/p"}),
]  # fmt: skip
EVERYTHING: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


@pytest.mark.parametrize("role", ["plan", "apply", "drift"])
def test_no_value_can_be_read_by_any_of_the_six_ways(
    tmp_path: Path, emulator: Emulator, enforced: Enforced, role: str
) -> None:
    made = tree(tmp_path, {"db": {"value": "v"}}, {"p": {"value": "v"}})
    policy = iam(made, role, "production").policy
    assert {call.action for call in SIX} == READS
    nobody = emulator.role(f"everything-{role}")
    nobody.may(EVERYTHING)
    for call in SIX:
        enforced._prepare(call)
        assert not nobody.is_denied(call), call.name  # they would read it
        enforced.role.may(policy)
        assert enforced.role.is_denied(call), call.name
        # Nor where something else allows it, be it administrator's rights.
        enforced.role.may(policy, EVERYTHING)
        assert enforced.role.is_denied(call), call.name


def test_apply_reads_the_secrets_of_which_git_owns_keys_and_no_other(
    tmp_path: Path, enforced: Enforced
) -> None:
    owned = {"value": {"host": "h"}, "git_keys": ["host"],
             "rotation": {"lambda": FUNCTION, "schedule": "rate(30 days)"}}  # fmt: skip
    made = tree(tmp_path, {"owned": owned, "db": {"value": "v"}}, {"p": {"value": "v"}})
    policy = iam(made, "apply", "production").policy
    mine = Call("secretsmanager", "get_secret_value", "GetSecretValue",
                {"SecretId": f"{PREFIX}/owned"})  # fmt: skip
    for more in ((), (EVERYTHING,)):
        enforced.role.may(policy, *more)
        assert enforced.missing(mine) == []
        for call in SIX:
            enforced._prepare(call)
            assert enforced.role.is_denied(call), call.name


def test_apply_cannot_grant_itself_a_read(
    tmp_path: Path, emulator: Emulator, enforced: Enforced
) -> None:
    """It may write a resource policy, and whoever that names may read."""
    made = tree(tmp_path, {"db": {"value": "v", "resource_policy": POLICY}})
    nobody = emulator.role("named-by-a-resource-policy")
    nobody.may({**EVERYTHING, "Statement": [{**EVERYTHING["Statement"][0], "Action": "s3:*"}]})
    enforced.role.may(iam(made, "apply", "production").policy)
    grant = {
        "Sid": "mine", "Effect": "Allow", "Action": "secretsmanager:GetSecretValue",
        "Principal": {"AWS": [enforced.role.arn, nobody.arn]}, "Resource": "*",
    }  # fmt: skip
    put = Call("secretsmanager", "put_resource_policy", "PutResourcePolicy", {
        "SecretId": f"{PREFIX}/db",
        "ResourcePolicy": json.dumps({"Version": "2012-10-17", "Statement": [grant]}),
    })  # fmt: skip
    assert enforced.missing(put) == []
    assert not nobody.is_denied(SIX[0])
    assert enforced.role.is_denied(SIX[0])


def test_names_are_exact(tmp_path: Path, enforced: Enforced) -> None:
    """Neither a longer name, nor one of another environment, nor one that is not declared."""
    made = tree(tmp_path, {"db": {"value": "v"}}, {"p": {"value": "v"}})
    enforced.role.may(iam(made, "apply", "production").policy)

    def put(name: str) -> Call:
        return Call("secretsmanager", "put_secret_value", "PutSecretValue",
                    {"SecretId": name, "SecretString": "w"})  # fmt: skip

    def write(name: str) -> Call:
        return Call("ssm", "put_parameter", "PutParameter",
                    {"Name": name, "Value": "w", "Type": "String", "Overwrite": True})  # fmt: skip

    assert enforced.missing(put(f"{PREFIX}/db")) == []
    assert enforced.missing(write(f"{PREFIX}/p")) == []
    for name in ("db-2", "db-replica", "db/inner", "other", "../staging/db"):
        assert enforced.missing(put(f"{PREFIX}/{name}")) == ["secretsmanager:PutSecretValue"]
    for name in ("p2", "p/inner", "other"):
        assert enforced.missing(write(f"{PREFIX}/{name}")) == ["ssm:PutParameter"]


@pytest.mark.parametrize("owner", [OWNER, "test/staging", None])
def test_only_what_has_our_tag_is_pruned(
    tmp_path: Path, emulator: Emulator, enforced: Enforced, owner: str | None
) -> None:
    made = tree(tmp_path, {"db": {"value": "v"}}, prune=True)
    enforced.role.may(iam(made, "apply", "production").policy)
    whose = [] if owner is None else [{"Key": tags.OWNER, "Value": owner}]
    name = f"{PREFIX}/gone-with-{(owner or 'nobody').replace('/', '.')}.x"
    emulator.root("secretsmanager").create_secret(Name=name, SecretString="v", Tags=whose)
    emulator.root("ssm").put_parameter(Name=name, Value="v", Type="String", Tags=whose)
    secret = Call("secretsmanager", "delete_secret", "DeleteSecret",
                  {"SecretId": name, "RecoveryWindowInDays": 7})  # fmt: skip
    parameter = Call("ssm", "delete_parameter", "DeleteParameter", {"Name": name})
    assert enforced.role.is_denied(secret) is (owner != OWNER)
    assert enforced.role.is_denied(parameter) is (owner != OWNER)


# --- trust ---------------------------------------------------------------------------------------


def assumes(emulator: Emulator, role: str, policy: dict[str, Any], claims: dict[str, str]) -> bool:
    """Whether a token gets in. The emulator asks no signature of it."""
    part = base64.urlsafe_b64encode(
        json.dumps({"iss": f"https://{ISSUER}", **claims}).encode()
    ).decode().rstrip("=")  # fmt: skip
    try:
        emulator.root("sts").assume_role_with_web_identity(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{role}", RoleSessionName="run",
            WebIdentityToken=f"e30.{part}.x",
        )  # fmt: skip
    except ClientError as error:
        return error.response["Error"]["Code"] != "AccessDenied"
    return True


@pytest.mark.parametrize("role", RUNS)
def test_a_token_of_the_right_run_gets_the_role(
    tmp_path: Path, emulator: Emulator, role: str
) -> None:
    made = tree(tmp_path, {"db": {"value": "v"}})
    policy = iam(made, role, "production", "--trust", *WHO).policy
    claims = policy["Statement"][0]["Condition"]["StringEquals"]
    known = {key: claims[key] for key in (f"{ISSUER}:aud", f"{ISSUER}:sub")}
    policy["Statement"][0]["Condition"]["StringEquals"] = known
    emulator.root("iam").create_role(
        RoleName=f"trust-{role}", AssumeRolePolicyDocument=json.dumps(policy)
    )
    for repository in BOTH:
        assert assumes(emulator, f"trust-{role}", policy, token(role, repository))
    for other in STRANGERS.values():
        if {"aud", "sub"} & set(other):
            assert not assumes(emulator, f"trust-{role}", policy, token(role, **other))
