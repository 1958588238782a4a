"""Whom AWS lets assume a role: a workflow of one repository, told apart by GitHub's claims.

`sub` comes in two forms: `repo:OWNER/NAME:…`, and in repositories made or renamed since July 2026
`repo:OWNER@ID/NAME@ID:…`. Both are named, and the repository's id is asked for with either, since a
name can be given up and claimed by somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.access.iam.role import Role
from reconciler.aws.arn import arn, partition
from reconciler.core.model import JSON, Scope

ISSUER = "token.actions.githubusercontent.com"
DRIFT = "secrets-drift"  # the Environment in which the nightly check has the key
LIMIT = 2_048  # characters of a trust policy, unless the account has asked for more


@dataclass(frozen=True)
class GitHub:
    """A repository, and the workflow, branch and Environment in it from which a role is assumed."""

    repository: str  # OWNER/NAME
    repository_id: str
    owner_id: str
    branch: str = "main"
    workflow: str = ""  # path in the repository
    environment: str = ""
    called: tuple[str, ...] = ()  # where its jobs are called ones: OWNER/REPOSITORY@COMMIT

    @property
    def jobs(self) -> list[str]:
        """`job_workflow_ref`: the workflow that a job stands in, wherever it is called from."""
        if not self.called:
            return [f"{self.repository}/{self.workflow}@{self.ref}"]
        split = (action.partition("@") for action in self.called)
        return [f"{repository}/{self.workflow}@{commit}" for repository, _, commit in split]

    @property
    def ref(self) -> str:
        """The branch as GitHub names it."""
        return f"refs/heads/{self.branch}"

    def subjects(self, rest: str) -> list[str]:
        """`sub` in both forms."""
        owner, _, name = self.repository.partition("/")
        immutable = f"{owner}@{self.owner_id}/{name}@{self.repository_id}"
        return [f"repo:{self.repository}:{rest}", f"repo:{immutable}:{rest}"]


def trust(role: Role, scope: Scope, github: GitHub) -> dict[str, JSON]:
    """The trust policy of a role.

    Where a workflow is called, `job_workflow_ref` "contains information about the called workflow"
    and says nothing of the caller: whose run it is, from which branch and behind which Environment
    are claims of their own, and asked for as ever.

    A pull request's `ref` and `job_workflow_ref` name its merge commit, which anybody with a branch
    can change, so the plan role is bound to the repository and to pull requests alone. A `sub` with
    an Environment has no ref in it: apply and adopt ask for that by itself.
    """
    aud = audiences(scope.region)
    claims: dict[str, JSON] = {
        "aud": aud[0] if len(aud) == 1 else aud,
        "repository_id": github.repository_id,
        **_claims(role, github),
    }
    condition: Mapping[str, JSON] = {f"{ISSUER}:{name}": value for name, value in claims.items()}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": role.value.capitalize(),
                "Effect": "Allow",
                "Principal": {
                    "Federated": arn(
                        "iam", scope.region, scope.account, f"oidc-provider/{ISSUER}", ""
                    )
                },
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": condition},
            }
        ],
    }


def _claims(role: Role, github: GitHub) -> dict[str, JSON]:
    if role is Role.PLAN:
        return {"sub": github.subjects("pull_request")}
    if role is Role.DRIFT:
        # Drift with the key runs in an Environment of its own, and that is its `sub` then.
        places = (f"ref:{github.ref}", f"environment:{DRIFT}")
        subjects = [subject for place in places for subject in github.subjects(place)]
        return {"sub": subjects, "ref": github.ref}
    jobs: list[JSON] = [*github.jobs]
    return {
        "sub": github.subjects(f"environment:{github.environment}"),
        "ref": github.ref,
        "environment": github.environment,
        "job_workflow_ref": jobs[0] if len(jobs) == 1 else jobs,
    }


def audiences(region: str) -> list[str]:
    """For whom GitHub's tokens are made: aws-actions/configure-aws-credentials asks for
    `sts.amazonaws.com` everywhere unless its `audience` says otherwise, and its documentation has
    that name the partition's own host in China."""
    return sorted({"sts.amazonaws.com", f"sts.{partition(region).suffix}"})
