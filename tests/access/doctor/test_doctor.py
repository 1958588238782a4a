"""The doctor tells what is missing, by name, and writes nothing."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from reconciler.access.doctor import tool
from reconciler.sandbox.http import Answer
from reconciler.values.sops import find
from tests.command import Done, command
from tests.github.server import running
from tests.github.state import fresh
from tests.leaks.search import Canaries, search
from tests.world import FUNCTION, SCHEDULE, World

WRITES = ("Put", "Create", "Update", "Delete", "Tag", "Untag", "Rotate", "Restore", "Add", "Attach")


def doctor(world: World, *arguments: str, code: int = 0, **more: Any) -> Done:
    return command(world, "doctor", *arguments, code=code, **more)


def lines(done: Done, subject: str) -> list[str]:
    """What is said of a subject, without its hints."""
    told = [line.strip() for line in done.out.splitlines()]
    return [" ".join(line.split()) for line in told if f" {subject}: " in line]


@pytest.fixture
def session(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world whose caller is a session of the role `deployer`."""
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    world.client("iam").create_role(
        RoleName="deployer", Path="/ci/", AssumeRolePolicyDocument=trust
    )
    given = world.client("sts").assume_role(
        RoleArn="arn:aws:iam::123456789012:role/ci/deployer", RoleSessionName="job"
    )["Credentials"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", given["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", given["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", given["SessionToken"])
    return world


def simulated(
    world: World, allowed: Callable[[str, str], bool], lacks: str = ""
) -> list[dict[str, str]]:
    """Let the embedded AWS answer SimulatePrincipalPolicy, which it does not know; what it was
    asked."""
    asked: list[dict[str, str]] = []

    def answer(operation: str, body: Any, _: Answer) -> Answer | None:
        if operation != "SimulatePrincipalPolicy":
            return None
        asked.append(body)
        actions = [v for k, v in sorted(body.items()) if k.startswith("ActionNames.member.")]
        results = "".join(
            f"<member><EvalActionName>{action}</EvalActionName><EvalDecision>"
            + ("allowed" if allowed(action, body["ResourceArns.member.1"]) else "implicitDeny")
            + "</EvalDecision><MissingContextValues>"
            + (f"<member>{lacks}</member>" if lacks else "")
            + "</MissingContextValues></member>"
            for action in actions
        )
        text = (
            '<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
            f"<SimulatePrincipalPolicyResult><EvaluationResults>{results}</EvaluationResults>"
            "<IsTruncated>false</IsTruncated></SimulatePrincipalPolicyResult>"
            "</SimulatePrincipalPolicyResponse>"
        )
        return Answer(200, {"Content-Type": "text/xml"}, text.encode())

    world.aws.after.append(answer)
    return asked


def test_all_that_it_looks_at_is_told_and_nothing_is_written(world: World) -> None:
    world.deploy()
    world.declare({"db": {"value": "v", "rotation": SCHEDULE}})
    done = doctor(world, "production")
    assert [line.split(":")[0] for line in (" ".join(x.split()) for x in done.out.splitlines())
            if line.startswith(("ok", "warning", "fails"))] == [
        "ok sops", "warning faults", "warning build", "ok manifests", "ok keys", "ok identity",
        "ok clock", "ok plan",
        "warning apply", "ok function",
    ]  # fmt: skip
    assert lines(done, "keys") == ["ok keys: 2 files decrypt"]
    assert lines(done, "function") == [f"ok function: {FUNCTION}: Secrets Manager may invoke it"]
    assert not [name for name in done.calls if name.startswith(WRITES)]
    assert not [name for name in done.calls if "Value" in name or name.startswith("GetParameter")]


def test_as_json_and_of_all_environments(world: World) -> None:
    shown = json.loads(doctor(world, "-o", "json").out)
    assert shown["format_version"] == "1.0"
    assert {check["environment"] for check in shown["checks"]} == {None, "production"}
    build = next(check for check in shown["checks"] if check["subject"] == "build")
    assert build["state"] == "warning"
    assert "SHA-256" in build["hint"]


# --- sops -----------------------------------------------------------------------------------------


def test_no_sops(world: World) -> None:
    done = doctor(world, "production", "--sops", "/nonexistent/sops", code=1)
    assert lines(done, "sops") == ["fails sops: no program at /nonexistent/sops"]
    assert lines(done, "keys") == ["fails keys: no program at /nonexistent/sops"]


@pytest.mark.parametrize(
    ("version", "code", "told"),
    [
        ("sops 3.10.2", 1, "fails sops: {} is 3.10.2: too old"),
        ("sops 3.11.0 (latest)", 0, "ok sops: {} is 3.11.0"),
        ("sops 3.12.1", 0, "ok sops: {} is 3.12.1"),
        ("sops 4.0.0", 0, "warning sops: {} is 4.0.0: newer than any that was tested"),
        ("no version", 1, "fails sops: {} does not say its version"),
    ],
)
def test_versions_of_sops(version: str, code: int, told: str, world: World, tmp_path: Path) -> None:
    stand_in = tmp_path / "stand-in"
    stand_in.write_text(
        f'#!/bin/sh\n[ "$2" = --version ] && {{ echo "{version}"; exit; }}\nexec {find()} "$@"\n'
    )
    stand_in.chmod(0o755)
    done = doctor(world, "production", "--sops", str(stand_in), code=code)
    assert lines(done, "sops") == [told.format(stand_in)]
    assert lines(done, "build") == ["warning build: a script stands in for the binary"]


@pytest.mark.parametrize(("version", "count"), [("3.11.0", 4), ("3.12.2", 1), ("3.13.2", 0)])
def test_the_known_faults_of_a_version_are_told(version: str, count: int) -> None:
    found = [check.message for check in tool._faults(version)]
    assert [text.count(";") for text in found] == ([count] if count else [])
    assert all(text.startswith(f"known of {version}: ") for text in found)


def test_who_built_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of_the_tests = [check.message for check in tool.look(str(find()))]
    assert "was built from commit 09cf07a5a404, which has no tag" in of_the_tests[-1]
    copy = tmp_path / "sops"
    shutil.copy(find().resolve(), copy)
    with copy.open("ab") as binary:
        binary.write(b"\0")
    content = copy.read_bytes().replace(
        b"v3.11.1-0.20260209173952-09cf07a5a404", b"v3.11.0" + b" " * 30
    )
    copy.write_bytes(content)
    (build,) = (check for check in tool.look(str(copy)) if check.subject == "build")
    assert build.state == "warning"
    assert "its SHA-256 matches no known release" in build.message
    digest = build.message.rpartition(" ")[2]
    monkeypatch.setattr(tool, "RELEASES", {digest: "3.11.0, linux amd64"})
    assert next(c for c in tool.look(str(copy)) if c.subject == "build").state == "ok"


# --- manifests and keys ---------------------------------------------------------------------------


def test_without_the_key(world: World) -> None:
    command(world, "lock", "production")
    nowhere = {"SOPS_AGE_KEY_FILE": "", "HOME": "/nonexistent"}
    world.tree.key_file.unlink()
    locked = doctor(world, "production", variables=nowhere)
    assert lines(locked, "keys")[0].startswith("warning keys: ")
    assert "plan --keyless" in locked.out
    world.tree.path("production/fingerprints.lock").unlink()
    done = doctor(world, "production", variables=nowhere, code=1)
    assert lines(done, "keys")[0].startswith("fails keys: ")
    assert "SOPS_AGE_KEY_FILE" in done.out


def test_manifests_that_are_wrong_and_manifests_that_are_not_there(
    world: World, tmp_path: Path
) -> None:
    world.declare({"a": {"value": "v", "descripton": "x"}, "b": {"value": "v", "max_age": "soon"}})
    done = doctor(world, "production", code=1)
    assert "there is no field `descripton` here (and 1 more)" in lines(done, "manifests")[0]
    assert "reconciler validate production" in done.out
    assert done.calls == {}
    done = doctor(world, "-C", str(tmp_path / "nowhere"), code=1)
    assert lines(done, "manifests")[0].startswith("fails manifests: there is no")
    assert lines(done, "sops")[0].startswith("ok")
    assert "unknown-environment" in doctor(world, "prod", code=64).err


# --- identity and clock ---------------------------------------------------------------------------


def test_credentials_of_another_account_end_it_there(world: World) -> None:
    world.settings(account="999999999999")
    done = doctor(world, "production", code=1)
    assert lines(done, "identity")[0].startswith(
        "fails identity: the credentials are of account 123456789012"
    )
    assert lines(done, "clock")[0].startswith("ok")
    assert done.calls == {"GetCallerIdentity": 1}


def test_no_credentials(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    done = doctor(world, "production", code=1)
    assert lines(done, "identity")[0].startswith("fails identity: no usable AWS credentials")
    assert lines(done, "clock")[0].startswith("warning clock")


@pytest.mark.parametrize(
    ("off", "code", "told"),
    [
        (timedelta(0), 0, r"ok clock: within (\d+) s of AWS's"),
        (timedelta(seconds=120), 0, r"warning clock: this machine is (\d+) s ahead of AWS"),
        (timedelta(seconds=-600), 1, r"fails clock: this machine is (\d+) s behind AWS"),
    ],
)
def test_the_clock_is_held_against_aws(
    off: timedelta, code: int, told: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Shifted(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + off

    monkeypatch.setattr("reconciler.aws.connection.datetime", Shifted)
    line = lines(doctor(world, "production", code=code), "clock")[0]
    said = re.match(told, line)
    assert said, line
    # An answer is on its way for a while, and says whole seconds.
    assert abs(int(said[1]) - abs(off.total_seconds())) <= 50


# --- permissions ----------------------------------------------------------------------------------


def test_what_plan_may_not_do_is_named(world: World) -> None:
    refused = {"ListSecrets": "AccessDeniedException", "DescribeParameters": "AccessDenied"}
    world.aws.hooks.append(
        lambda operation, _: (400, refused[operation], "no") if operation in refused else None
    )
    done = doctor(world, "production", code=1)
    assert lines(done, "plan") == [
        "fails plan: not allowed: secretsmanager:ListSecrets, ssm:DescribeParameters"
    ]
    assert "reconciler iam plan production" in done.out


def test_what_apply_may_not_do_is_named(session: World) -> None:
    key = session.client("kms").create_key()["KeyMetadata"]["KeyId"]
    session.client("kms").create_alias(AliasName="alias/k", TargetKeyId=key)
    session.deploy()
    session.declare(
        {"db": {"value": "v", "rotation": SCHEDULE}}, {"p": {"value": "v", "kms_key": "alias/k"}}
    )
    denied = {"secretsmanager:RotateSecret", "ssm:PutParameter"}
    asked = simulated(session, lambda action, _: action not in denied)
    done = doctor(session, "production")
    assert lines(done, "apply") == [
        "warning apply: not allowed, so that this identity cannot apply:"
        " secretsmanager:RotateSecret, ssm:PutParameter"
    ]
    # The role's own path, which a session's name does not tell.
    assert {body["PolicySourceArn"] for body in asked} == {
        "arn:aws:iam::123456789012:role/ci/deployer"
    }
    resources = [body["ResourceArns.member.1"] for body in asked]
    assert f"arn:aws:secretsmanager:us-west-2:123456789012:secret:{PLACE}/db-AbCdEf" in resources
    assert FUNCTION in resources
    keys = [body for body in asked if ":kms:" in body["ResourceArns.member.1"]]
    assert "kms:ResourceAliases" in keys[0].values()
    assert not any("?" in resource for resource in resources)


PLACE = "/test/production"


def test_apply_allowed_by_a_policy_on_names(session: World) -> None:
    session.declare({"db": {"value": "v"}})
    mine = f"arn:aws:secretsmanager:us-west-2:123456789012:secret:{PLACE}/*"
    simulated(session, lambda _, resource: resource == "*" or fnmatchcase(resource, mine))
    assert lines(doctor(session, "production"), "apply") == [
        "ok apply: all calls of an apply are allowed by the identity's policies"
    ]


def test_what_depends_on_the_call_and_what_iam_does_not_say_is_not_known(session: World) -> None:
    session.declare({"db": {"value": "v"}})
    simulated(session, lambda *_: False, lacks="aws:RequestTag/team")
    assert (
        "cannot tell, since it depends on what only the call" in doctor(session, "production").out
    )
    session.aws.after.clear()
    session.aws.hooks.append(
        lambda operation, _: (403, "AccessDenied", "no") if operation.startswith("Simul") else None
    )
    done = doctor(session, "production")
    assert lines(done, "apply")[0].startswith("warning apply: cannot tell: SimulatePrincipalPolicy")
    assert "it needs iam:SimulatePrincipalPolicy on arn:aws:iam::123456789012:role" in done.out


# --- functions ------------------------------------------------------------------------------------


def permit(world: World, **conditions: str) -> None:
    world.client("lambda").add_permission(
        FunctionName="rotate", StatementId="it", Action="lambda:InvokeFunction",
        Principal="secretsmanager.amazonaws.com", **conditions,
    )  # fmt: skip


def test_functions_that_secrets_manager_may_not_invoke(world: World) -> None:
    world.declare(
        {"a": {"value": "v", "rotation": SCHEDULE}, "b": {"value": "v", "rotation": "named"}},
        schedules={"named": SCHEDULE},
    )
    done = doctor(world, "production", code=1)
    assert lines(done, "function") == [
        f"fails function: {FUNCTION}: there is no such function, or nobody may invoke it"
    ]
    assert f"aws lambda add-permission --function-name {FUNCTION}" in done.out
    world.deploy(permit=False)
    secret = "arn:aws:secretsmanager:us-west-2:123456789012:secret:"
    permit(world, SourceAccount="123456789012", SourceArn=f"{secret}{PLACE}/a-??????")
    done = doctor(world, "production", code=1)
    assert lines(done, "function") == [
        f"fails function: {FUNCTION}: Secrets Manager may invoke it, and not for {PLACE}/b"
    ]
    world.client("lambda").remove_permission(FunctionName="rotate", StatementId="it")
    permit(world, SourceAccount="999999999999")
    done = doctor(world, "production", code=1)
    assert f"and not for {PLACE}/a, {PLACE}/b" in lines(done, "function")[0]
    world.client("lambda").remove_permission(FunctionName="rotate", StatementId="it")
    permit(world, SourceAccount="123456789012", SourceArn=f"{secret}{PLACE}/*")
    assert lines(doctor(world, "production"), "function") == [
        f"ok function: {FUNCTION}: Secrets Manager may invoke it"
    ]


def test_a_function_that_only_a_schedule_names(world: World) -> None:
    world.declare({"a": {"value": "v"}}, schedules={"unused": SCHEDULE})
    world.deploy(permit=False)
    permit(world, SourceAccount="999999999999")
    assert "may not invoke it" in doctor(world, "production", code=1).out


def test_a_function_that_comes_with_it_and_is_not_deployed(world: World) -> None:
    schedules = {name: {**SCHEDULE, "lambda": "builtin:random"} for name in ("used", "idle")}
    world.declare({"a": {"value": "v", "rotation": "used"}}, schedules=schedules)
    done = doctor(world, "production", code=1)
    (line,) = lines(done, "function")
    assert "secrets-production-rotate-used: there is no such function" in line
    assert "deploy what reconciler rotation template production prints" in done.out


def test_a_policy_that_may_not_be_read_is_not_taken_for_one_that_is_missing(world: World) -> None:
    world.declare({"a": {"value": "v", "rotation": SCHEDULE}})
    world.aws.hooks.append(
        lambda operation, _: (
            (403, "AccessDeniedException", "no") if operation == "GetPolicy" else None
        )
    )
    done = doctor(world, "production")
    assert lines(done, "function")[0].startswith(f"warning function: {FUNCTION}: cannot tell")


def test_keys_that_are_not_there_and_keys_that_encrypt_nothing(world: World) -> None:
    kms = world.client("kms")
    good = kms.create_key()["KeyMetadata"]["KeyId"]
    gone = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.disable_key(KeyId=gone)
    world.declare({"a": {"value": "v", "kms_key": gone}, "b": {"value": "v"}}, kms_key=good)
    assert lines(doctor(world, code=1), "kms") == [
        f"fails kms: {gone}, of /test/production/a: the KMS key is not enabled: Disabled"
    ]
    world.declare({"a": {"value": "v"}}, kms_key="alias/typo")
    (line,) = lines(doctor(world, code=1), "kms")
    assert line == "fails kms: alias/typo, of /test/production/a: there is no such KMS key"
    world.declare({"a": {"value": "v"}, "b": {"value": "v"}}, kms_key=good)
    assert lines(doctor(world), "kms") == ["ok kms: 1 key can encrypt"]
    refused = (400, "AccessDeniedException", "no")
    world.aws.hooks.append(lambda called, _: refused if called == "DescribeKey" else None)
    (line,) = lines(doctor(world), "kms")
    assert "cannot tell whether 1 KMS key is there" in line


def test_nothing_of_it_leaks(world: World, tmp_path: Path) -> None:
    canaries = Canaries()
    world.declare({"db": {"value": canaries.plant()}}, {"p": {"value": canaries.plant()}})
    world.converge()
    commands = (("doctor", "-vv"), ("doctor", "production", "-o", "json"))
    assert search(world, canaries, tmp_path, commands) == []


WORKFLOW = ".github/workflows/secrets-apply.yml"


@pytest.mark.parametrize(
    ("environments", "code", "line"),
    [
        (None, 0, "ok approval: the GitHub Environment production is protected"),
        ({}, 1, "fails approval: the repository has no GitHub Environment production: GitHub would"
         " make one that asks nobody"),
        ({"production": {}}, 1, "fails approval: the GitHub Environment production has no"
         " protection rule: nobody is asked before it is applied"),
    ],
    ids=["protected", "missing", "as GitHub makes it"],
)  # fmt: skip
def test_whether_somebody_is_asked_before_github_applies(
    session: World,
    monkeypatch: pytest.MonkeyPatch,
    environments: dict[str, Any] | None,
    code: int,
    line: str,
) -> None:
    simulated(session, lambda *_: True)
    subprocess.run(["git", "init", "-q", "."], check=True)
    assert lines(doctor(session, "production"), "approval") == []  # no workflow applies it
    Path(WORKFLOW).parent.mkdir(parents=True)
    Path(WORKFLOW).write_text("name: secrets-apply")
    untold = "warning approval: cannot tell whether the GitHub Environment production is protected"
    assert lines(doctor(session, "production"), "approval") == [untold]
    with running(fresh(environments=environments)) as github:
        monkeypatch.setenv("GITHUB_API_URL", github.url)
        monkeypatch.setenv("GITHUB_TOKEN", github.state["token"])
        monkeypatch.setenv("GITHUB_REPOSITORY", github.state["repository"])
        assert lines(doctor(session, "production", code=code), "approval") == [line]


def test_a_clone_that_does_not_know_the_merge_driver(world: World) -> None:
    top = world.tree.manifests.parent
    assert lines(doctor(world), "merges") == []
    subprocess.run(["git", "init", "--quiet", top], check=True)
    assert [line.split()[0] for line in lines(doctor(world), "merges")] == ["ok"]
    command(world, "merge-driver", "--install")
    subprocess.run(["git", "-C", top, "config", "--unset", "merge.reconciler.driver"], check=True)
    done = doctor(world)
    (line,) = lines(done, "merges")
    assert line.startswith("warning merges: .gitattributes names the merge driver")
    assert "reconciler merge-driver --install" in done.out
    command(world, "merge-driver", "--install")
    assert [line.split()[0] for line in lines(doctor(world), "merges")] == ["ok"]


def test_who_has_just_installed_it_lacks_nothing(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not needed yet keeps no command from working; what was asked for does."""
    shutil.rmtree(world.tree.manifests)
    done = doctor(world)
    assert "info     manifests: there is no folder manifests/" in done.out
    assert "reconciler init" in done.out
    assert "fails" not in done.out
    doctor(world, "production", code=1)
    doctor(world, "-C", str(tmp_path / "none"), code=1)
    doctor(world, "--sops", str(tmp_path / "no-sops"), code=1)
