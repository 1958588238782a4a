"""Who may assume a role: only the claims of the right workflow open it, in both forms of `sub`."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.access.iam.declare import iam, tree, words
from tests.trees import Tree

ISSUER = "token.actions.githubusercontent.com"
WHO = ("--repository", "octo/secrets", "--repository-id", "456", "--owner-id", "123")
BOTH = ("repo:octo/secrets", "repo:octo@123/secrets@456")

# What GitHub says of each run that has to get in. An Environment takes the ref's place in `sub`.
MAIN = "refs/heads/main"
RUNS: dict[str, dict[str, Any]] = {
    "plan": {
        "rest": "pull_request", "ref": "refs/pull/7/merge",
        "job_workflow_ref": "octo/secrets/.github/workflows/secrets-plan.yml@refs/pull/7/merge",
    },
    "drift": {
        "rest": f"ref:{MAIN}", "ref": MAIN,
        "job_workflow_ref": f"octo/secrets/.github/workflows/secrets-drift.yml@{MAIN}",
    },
    **{
        role: {
            "rest": "environment:production", "ref": MAIN, "environment": "production",
            "job_workflow_ref": f"octo/secrets/.github/workflows/secrets-{role}.yml@{MAIN}",
        }
        for role in ("apply", "adopt")
    },
}  # fmt: skip


@pytest.fixture
def made(tmp_path: Path) -> Tree:
    return tree(tmp_path, {"db": {"value": "v"}})


def trust(made: Tree, role: str, *arguments: str) -> dict[str, Any]:
    return iam(made, role, "production", "--trust", *WHO, *arguments).policy


def token(role: str, repository: str = BOTH[0], **other: str | None) -> dict[str, str]:
    """The claims of a run of this role's workflow, but for ``other``."""
    run = dict(RUNS[role])
    claims = {
        "aud": "sts.amazonaws.com", "sub": f"{repository}:{run.pop('rest')}",
        "repository_id": "456", **run, **other,
    }  # fmt: skip
    return {name: value for name, value in claims.items() if value is not None}


def opens(policy: dict[str, Any], claims: dict[str, str]) -> bool:
    """Whether the claims meet the policy: StringEquals, all keys, any value of each."""
    [statement] = policy["Statement"]
    assert set(statement["Condition"]) == {"StringEquals"}
    return all(
        claims.get(key.removeprefix(f"{ISSUER}:")) in words(values)
        for key, values in statement["Condition"]["StringEquals"].items()
    )


@pytest.mark.parametrize("role", RUNS)
def test_the_policy_trusts_github_and_nobody_else(made: Tree, role: str) -> None:
    [statement] = trust(made, role)["Statement"]
    assert statement["Effect"] == "Allow"
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Principal"] == {
        "Federated": f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"
    }
    # IAM asks of GitHub's provider that `sub` is looked at.
    assert f"{ISSUER}:sub" in statement["Condition"]["StringEquals"]


@pytest.mark.parametrize("role", RUNS)
@pytest.mark.parametrize("repository", BOTH)
def test_its_own_workflow_gets_in(made: Tree, role: str, repository: str) -> None:
    assert opens(trust(made, role), token(role, repository))


STRANGERS: dict[str, dict[str, str | None]] = {
    "another repository of the same name": {"repository_id": "999"},
    "without the repository's id": {"repository_id": None},
    "another audience": {"aud": "https://github.com/octo"},
    "the audience of another partition": {"aud": "sts.amazonaws.com.cn"},
    "a fork": {"sub": "repo:fork/secrets:pull_request", "repository_id": "777"},
    "another repository": {"sub": "repo:octo/other:pull_request"},
    "a longer name": {"sub": "repo:octo/secrets-2:pull_request"},
    "ids of others": {"sub": "repo:octo@999/secrets@456:pull_request"},
    "an Environment called like an event": {"sub": f"{BOTH[0]}:environment:pull_request"},
}


@pytest.mark.parametrize("role", RUNS)
@pytest.mark.parametrize("claims", STRANGERS.values(), ids=STRANGERS)
def test_strangers_do_not(made: Tree, role: str, claims: dict[str, str | None]) -> None:
    assert not opens(trust(made, role), token(role, **claims))


@pytest.mark.parametrize("role", ["apply", "adopt"])
@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("ref", "refs/heads/other"),
        ("ref", "refs/pull/7/merge"),
        ("ref", "refs/tags/main"),
        ("environment", "staging"),
        ("environment", None),
        ("job_workflow_ref", f"octo/secrets/.github/workflows/other.yml@{MAIN}"),
        ("job_workflow_ref", f"evil/secrets/.github/workflows/secrets-apply.yml@{MAIN}"),
        ("job_workflow_ref", "octo/secrets/.github/workflows/secrets-apply.yml@refs/heads/other"),
        ("sub", f"{BOTH[0]}:ref:{MAIN}"),
        ("sub", f"{BOTH[0]}:pull_request"),
        ("sub", f"{BOTH[0]}:environment:staging"),
    ],
)
def test_who_writes_is_main_s_own_workflow_behind_the_environment(
    made: Tree, role: str, claim: str, value: str | None
) -> None:
    assert not opens(trust(made, role), token(role, **{claim: value}))


OLD, NEW = (f"octo/reconciler@{digit * 40}" for digit in "12")
CALLED = "octo/reconciler/.github/workflows/secrets-{}.yml@{}"


@pytest.mark.parametrize("role", ["apply", "adopt"])
def test_a_called_workflow_is_trusted_at_its_commits_and_the_caller_by_its_own_claims(
    made: Tree, role: str
) -> None:
    """GitHub: "The `workflow`, `ref`, and other attributes describe the caller workflow, while
    `job_workflow_ref` refers to the called workflow" (OpenID Connect with reusable workflows)."""
    policy = trust(made, role, "--action", OLD, "--action", NEW)
    for action in (OLD, NEW):
        good = {"job_workflow_ref": CALLED.format(role, action.partition("@")[2])}
        assert opens(policy, token(role, **good))
        for claim, value in {
            "repository_id": "999", "ref": "refs/heads/other", "environment": "staging",
            "sub": f"{BOTH[0]}:ref:{MAIN}",
        }.items():  # fmt: skip
            assert not opens(policy, token(role, **{**good, claim: value})), claim
    for ref in (
        CALLED.format(role, "3" * 40),
        CALLED.format(role, MAIN),
        CALLED.format("plan", "1" * 40),
        CALLED.format(role, "1" * 40).replace("octo/", "evil/"),
        RUNS[role]["job_workflow_ref"],
    ):
        assert not opens(policy, token(role, job_workflow_ref=ref)), ref


@pytest.mark.parametrize("action", ["octo/reconciler", "octo/reconciler@main", "*/x@" + "1" * 40])
def test_a_called_workflow_is_named_at_a_commit(made: Tree, action: str) -> None:
    words_ = ("apply", "production", "--trust", *WHO, "--action", action)
    assert "a commit in full" in iam(made, *words_, code=64).err


def test_drift_is_of_main(made: Tree) -> None:
    policy = trust(made, "drift")
    assert not opens(policy, token("drift", ref="refs/heads/other"))
    assert not opens(policy, token("drift", sub=f"{BOTH[0]}:ref:refs/heads/other"))
    assert not opens(policy, token("plan"))


def test_a_pull_request_opens_the_plan_role_alone(made: Tree) -> None:
    pull = token("plan")
    assert [role for role in RUNS if opens(trust(made, role), pull)] == ["plan"]
    assert not opens(trust(made, "plan"), token("apply"))


def test_other_names(made: Tree) -> None:
    more = ("--branch", "trunk", "--environment-name", "prod aws", "--workflow", "w/deploy.yml")
    claims = trust(made, "apply", *more)["Statement"][0]["Condition"]["StringEquals"]
    assert claims[f"{ISSUER}:sub"] == [f"{one}:environment:prod aws" for one in BOTH]
    assert claims[f"{ISSUER}:environment"] == "prod aws"
    assert claims[f"{ISSUER}:ref"] == "refs/heads/trunk"
    assert claims[f"{ISSUER}:job_workflow_ref"] == "octo/secrets/w/deploy.yml@refs/heads/trunk"
    drift = trust(made, "drift", "--branch", "trunk")["Statement"][0]["Condition"]["StringEquals"]
    assert drift[f"{ISSUER}:ref"] == "refs/heads/trunk"


# --- what is not said ---------------------------------------------------------------------------


def test_a_workflow_tells_its_own_repository(made: Tree) -> None:
    run = {
        "GITHUB_REPOSITORY": "octo/secrets", "GITHUB_REPOSITORY_ID": "456",
        "GITHUB_REPOSITORY_OWNER_ID": "123",
    }  # fmt: skip
    assert iam(made, "plan", "production", "--trust", **run).policy == trust(made, "plan")


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/octo/secrets.git",
        "https://github.com/octo/secrets",
        "https://somebody:token@github.com/octo/secrets/",
        "git@github.com:octo/secrets.git",
        "ssh://git@github.com/octo/secrets.git",
    ],
)
def test_origin_tells_the_name(made: Tree, address: str) -> None:
    origin(made, address)
    printed = iam(made, "plan", "production", "--trust", *WHO[2:])
    assert printed.policy == trust(made, "plan")
    assert printed.err == "repository octo/secrets, as the remote `origin` has it\n"


@pytest.mark.parametrize(
    "address",
    ["https://gitlab.com/octo/secrets.git", "https://evil.example/github.com/octo/secrets",
     "https://github.com.evil.example/octo/secrets", "../secrets", None],
)  # fmt: skip
def test_another_origin_does_not(made: Tree, address: str | None) -> None:
    origin(made, address)
    printed = iam(made, "plan", "production", "--trust", *WHO[2:], code=64)
    assert "--trust needs --repository OWNER/NAME: the remote `origin` is not one" in printed.err


def origin(made: Tree, address: str | None) -> None:
    here = ["git", "-C", str(made.manifests.parent)]
    subprocess.run([*here, "init", "-q"], check=True)
    if address is not None:
        subprocess.run([*here, "remote", "add", "origin", address], check=True)
