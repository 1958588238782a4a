"""``reconciler bootstrap``."""

from __future__ import annotations

import json

import click

from reconciler.access import bootstrap
from reconciler.access.iam import GitHub
from reconciler.cli import answers, templates, walk
from reconciler.cli.commands import iam
from reconciler.cli.options import Common, chosen, common
from reconciler.cli.terminal import out, say
from reconciler.core.errors import Exit
from reconciler.core.model import Scope


@click.command(
    "bootstrap",
    epilog="Example: reconciler bootstrap production --repository octo/secrets"
    " --repository-id 456 --owner-id 123",
)
@click.argument("environment", metavar="ENV")
@click.option(
    "--key-only",
    is_flag=True,
    help="Only the KMS key, before `init --kms`; takes --account and --region instead of a"
    " repository.",
)
@click.option("--deep", is_flag=True, help="Also allow the drift role the calls of `drift --deep`.")
@click.option("--account", metavar="ID", help="With --key-only: the AWS account.")
@click.option("--region", metavar="REGION", help="With --key-only: its Region.")
@iam.whose
@common
def command(
    environment: str,
    key_only: bool,
    deep: bool,
    account: str | None,
    region: str | None,
    repository: str | None,
    repository_id: str | None,
    owner_id: str | None,
    branch: str | None,
    environment_name: str | None,
    called: tuple[str, ...],
) -> int:
    """Print one CloudFormation template with what an account needs around an environment.

    The roles of the workflows and GitHub's OIDC provider; a policy for each application that reads;
    a KMS key for the manifests; a topic that reports failed rotations and outside changes; an
    option to start drift on GitHub; a trail; alarms for failed rotations and for denied or
    excessive access. Made from the manifests; needs no key and no credentials, and writes nothing.
    """
    options = chosen()
    if key_only:
        if deep or repository or repository_id or owner_id or branch or environment_name or called:
            raise click.UsageError("--key-only takes --account and --region, and nothing else.")
        return _key(environment, account, region, options)
    if account or region:
        raise click.UsageError("--account and --region are for --key-only.")
    iam.check(branch, environment_name, called=called)
    declared = walk.read(environment, options)
    numbers = iam.numbers(repository_id, owner_id, "bootstrap")
    github = GitHub(
        iam.repository_of(repository, options, "bootstrap"),
        *numbers,
        branch or "main",
        environment=environment_name or environment,
        called=called,
    )
    template = bootstrap.template(declared, github, deep=deep)
    for role, attached in bootstrap.attached(template).items():
        if attached > iam.MOST:
            say(
                f"{role} has {attached} policies, and AWS takes {iam.MOST} unless it is asked for"
                " more",
                options,
                level="warning",
            )
    stack = bootstrap.stack(declared.settings.scope)
    templates.show(template, stack, "--capabilities CAPABILITY_NAMED_IAM", options)
    return Exit.OK


def _key(environment: str, account: str | None, region: str | None, options: Common) -> int:
    """The template of the key alone."""
    said = {"environment": environment, "account": account or "", "region": region or ""}
    wrong = answers.wrong(said)
    if wrong:
        raise click.UsageError("; ".join(wrong) + ".")
    scope = Scope(environment, said["account"], said["region"], "/", environment)
    out(json.dumps(bootstrap.only_key(scope), indent=1))
    stack = bootstrap.stack(scope)
    say(
        f"deploy it with: aws cloudformation deploy --region {region} --stack-name {stack}"
        " --template-file FILE; its output ManifestsKey is the ARN for init --kms:"
        f" aws cloudformation describe-stacks --region {region} --stack-name {stack} --query"
        " 'Stacks[0].Outputs[?OutputKey==`ManifestsKey`].OutputValue' --output text",
        options,
    )
    return Exit.OK
