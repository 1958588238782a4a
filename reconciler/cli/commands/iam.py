"""``reconciler iam``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from reconciler.access import iam
from reconciler.access.action import FORM, is_action
from reconciler.access.iam import GitHub, Role, why
from reconciler.access.iam.trust import LIMIT
from reconciler.cli import walk
from reconciler.cli.options import Common, chosen, common
from reconciler.cli.terminal import out, say
from reconciler.core.errors import Exit, ReconcilerError
from reconciler.core.model import JSON
from reconciler.kinds.statement import Statement
from reconciler.manifest import Cleartext
from reconciler.manifest.explain import meant
from reconciler.manifest.gitfiles import Repository
from reconciler.render import spreadsheet

MOST = 10  # managed policies on one role, unless the account has asked for more
_FROM_WORKFLOWS = (Role.APPLY, Role.ADOPT)  # whose trust names a workflow and an Environment
_REPOSITORY = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+\Z")
# As git's check-ref-format has a branch, less what IAM or GitHub's `sub` would read otherwise.
_BRANCH = re.compile(
    r"(?!.*(?:\.\.|//|@\{|/\.|\.lock(?:/|\Z)))[A-Za-z0-9_][A-Za-z0-9_./#@+=,()-]{0,254}(?<![/.])\Z"
)
_ENVIRONMENT = re.compile(r"[^\W][^\x00-\x1f\x7f$*?:{}\"'`\\]{0,254}\Z")
_WORKFLOW = re.compile(r"(?!.*\.\.)[A-Za-z0-9_.][A-Za-z0-9_./-]*\.ya?ml\Z")
_FORMS = {
    "--branch": "the name of a branch, without refs/heads/",
    "--environment-name": "the name of a GitHub Environment, without : $ * ? or quotes",
    "--workflow": "the path of a workflow in the repository, such as .github/workflows/apply.yml",
}
_REMOTE = re.compile(
    r"(?:https://(?:[^@/]+@)?github\.com/|(?:ssh://)?git@github\.com[:/])"
    r"(?P<name>[A-Za-z0-9-]+/[A-Za-z0-9._-]+?)(?:\.git)?/?\Z"
)


F = TypeVar("F", bound=Callable[..., Any])

_WHOSE: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--repository",
        envvar="GITHUB_REPOSITORY",
        metavar="OWNER/NAME",
        help="The repository whose workflows may assume the role. [default: the remote `origin`]",
    ),
    click.option(
        "--repository-id",
        envvar="GITHUB_REPOSITORY_ID",
        metavar="N",
        help="GitHub's number of the repository; unlike the name, nobody can take it over.",
    ),
    click.option(
        "--owner-id",
        envvar="GITHUB_REPOSITORY_OWNER_ID",
        metavar="N",
        help="GitHub's number of its owner.",
    ),
    click.option(
        "--branch",
        metavar="NAME",
        help="The branch whose workflows may assume the role. [default: main]",
    ),
    click.option(
        "--environment-name",
        metavar="NAME",
        help="The GitHub Environment that apply and adopt wait behind. [default: ENV]",
    ),
    click.option(
        "--action",
        "called",
        multiple=True,
        metavar=FORM,
        help="The workflows that apply and adopt call; repeat it during an upgrade, for the old and"
        " the new commit. [default: the repository's own workflows]",
    ),
)


def whose(function: F) -> F:
    """The options that say whose workflows assume a role."""
    for decorate in reversed(_WHOSE):
        function = decorate(function)
    return function


@click.command("iam", epilog="Example: reconciler iam apply production")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.argument("environment", metavar="ENV")
@click.option("--trust", is_flag=True, help="Print who may assume the role, not what it may do.")
@click.option("--deep", is_flag=True, help="For drift: include what `drift --deep` reads.")
@click.option(
    "--service",
    metavar="NAME",
    help="For reader: one application that `readers` in the environment names.",
)
@click.option(
    "--part",
    type=click.IntRange(min=1),
    metavar="N",
    help="Print one part of a policy that is split, from 1.",
)
@whose
@click.option(
    "--workflow",
    metavar="PATH",
    help="The workflow that applies or adopts. [default: .github/workflows/secrets-ROLE.yml]",
)
@click.option(
    "-o",
    "--format",
    "form",
    type=click.Choice(["json", "csv"]),
    default="json",
    help="The policy as IAM takes it, or for a spreadsheet a row for each permission, with why the"
    " role has it. [default: json]",
)
@common
def command(
    role: str,
    environment: str,
    form: str,
    trust: bool,
    deep: bool,
    service: str | None,
    part: int | None,
    repository: str | None,
    repository_id: str | None,
    owner_id: str | None,
    branch: str | None,
    environment_name: str | None,
    called: tuple[str, ...],
    workflow: str | None,
) -> int:
    """Print the IAM policy of a role, made from the manifests; needs no key and no credentials.

    plan and drift may list and describe. apply may write what is declared, by name. adopt may also
    read it once, to compare. plan, apply and drift are denied all six calls that return a value.
    reader is for applications: it may read what is declared; with --service, only what `readers`
    gives to that application.

    --trust prints who may assume the role: pull requests of one repository may plan, its main
    branch may look for drift, and one workflow behind a GitHub Environment may apply or adopt.
    """
    options = chosen()
    kind = Role(role)
    _go_together(kind, trust, deep, part, branch, environment_name, workflow, called)
    if service is not None and (kind is not Role.READER or trust):
        raise click.UsageError("--service is for the permissions of reader.")
    if form == "csv" and (trust or part is not None):
        raise click.UsageError("--format csv is for all permissions of a role.")
    check(branch, environment_name, workflow, called)
    declared = walk.read(environment, options)
    if form == "csv":
        found = _statements(declared, kind, deep, service)
        out(spreadsheet.table(why.HEADS, why.rows(environment, role, found)))
        return Exit.OK
    if trust:
        number = numbers(repository_id, owner_id)
        github = GitHub(
            repository_of(repository, options),
            *number,
            branch or "main",
            workflow or f".github/workflows/secrets-{role}.yml",
            environment_name or environment,
            called,
        )
        policy = iam.trust(kind, declared.settings.scope, github)
        if iam.size(policy) > LIMIT:
            say(
                f"this has {iam.size(policy):,} characters, and AWS takes {LIMIT:,} of a trust"
                " policy unless it is asked for more",
                options,
                level="warning",
            )
    else:
        policy = _permissions(declared, kind, deep, service, part, options)
    out(json.dumps(policy, indent=2))
    return Exit.OK


def _statements(
    declared: Cleartext, role: Role, deep: bool, service: str | None
) -> Sequence[Statement]:
    """What a role, or one application, may do."""
    if service is None:
        return iam.statements(declared, role, deep=deep)
    known = declared.settings.readers
    if service not in known:
        raise click.UsageError(
            f"{declared.settings.scope.environment} names no application {service} under"
            f" `readers`: {meant(service, known)}."
        )
    return iam.application(declared, service)


def _permissions(
    declared: Cleartext,
    role: Role,
    deep: bool,
    service: str | None,
    part: int | None,
    options: Common,
) -> dict[str, JSON]:
    """The whole policy, or a part of it. Raises ReconcilerError where AWS takes it in no one
    piece."""
    statements = _statements(declared, role, deep, service)
    whole = iam.document(statements)
    cut = iam.parts(statements)
    if part is not None:
        if part > len(cut):
            raise click.UsageError(f"The policy has no part {part}: its last is part {len(cut)}.")
        say(f"part {part} of {len(cut)}", options)
        return iam.document(cut[part - 1])
    length = iam.size(whole)
    attach = f"with --part 1 to --part {len(cut)}, each for a managed policy of the role"
    if len(cut) > MOST:
        attach += f" (AWS takes {MOST} of them, and more if asked)"
    if length > iam.INLINE:
        raise ReconcilerError(
            f"the policy has {length:,} characters, and AWS takes {iam.MANAGED:,} of a managed"
            f" policy and {iam.INLINE:,} of an inline one",
            code="policy-size",
            hint=f"print it {attach}",
        )
    if length > iam.MANAGED:
        say(
            f"this has {length:,} characters, and AWS takes {iam.MANAGED:,} of a managed policy:"
            f" put it inline on the role, or print it {attach}",
            options,
            level="warning",
        )
    return whole


def _go_together(
    role: Role,
    trust: bool,
    deep: bool,
    part: int | None,
    branch: str | None,
    environment_name: str | None,
    workflow: str | None,
    called: tuple[str, ...],
) -> None:
    if deep and (role is not Role.DRIFT or trust):
        raise click.UsageError("--deep is for the permissions of drift.")
    if trust and part is not None:
        raise click.UsageError("--part is for permissions, and --trust prints none.")
    if trust and role is Role.READER:
        raise click.UsageError(
            "What assumes the role of a reader is the application, wherever it runs: see its"
            " service's documentation for the trust policy."
        )
    for name, value in (
        ("--environment-name", environment_name),
        ("--workflow", workflow),
        ("--action", called or None),
    ):
        if value is not None and not (trust and role in _FROM_WORKFLOWS):
            raise click.UsageError(f"{name} is for --trust of apply and adopt.")
    if branch is not None and (not trust or role is Role.PLAN):
        raise click.UsageError("--branch is for --trust of apply, adopt and drift.")


def check(
    branch: str | None,
    environment_name: str | None,
    workflow: str | None = None,
    called: tuple[str, ...] = (),
) -> None:
    """What goes into a trust policy is a name as GitHub has them. Raises UsageError.

    IAM reads `${aws:…}` in a condition's value as a variable, and some keys as patterns: a name
    with `$`, `*` or `?` would trust more than it says. A colon would end a part of `sub`.
    """
    for option, value, form in (
        ("--branch", branch, _BRANCH),
        ("--environment-name", environment_name, _ENVIRONMENT),
        ("--workflow", workflow, _WORKFLOW),
    ):
        if value is not None and not form.match(value):
            raise click.UsageError(f"{option} is {_FORMS[option]}, and not {value!r}.")
    for action in called:
        if not is_action(action):
            raise click.UsageError(f"--action takes {FORM}, a commit in full, and not {action!r}.")


def numbers(
    repository_id: str | None, owner_id: str | None, what: str = "--trust"
) -> tuple[str, str]:
    """GitHub's numbers, without which ``what`` is not safe. Raises UsageError."""
    missing = [
        name
        for name, value in (("--repository-id", repository_id), ("--owner-id", owner_id))
        if not value
    ]
    if missing:
        raise click.UsageError(
            f"{what} needs {' and '.join(missing)}: a repository's name can be given up and"
            " claimed by somebody else. GitHub shows both: gh api repos/OWNER/NAME --jq"
            " '.id, .owner.id'"
        )
    for name, value in (("--repository-id", repository_id), ("--owner-id", owner_id)):
        if not (value and value.isascii() and value.isdigit()):
            raise click.UsageError(f"{name} is a number, and not {value!r}.")
    return str(repository_id), str(owner_id)


def repository_of(given: str | None, options: Common, what: str = "--trust") -> str:
    """The repository that is named, or that `origin` is. A wrong one opens nothing: its id does not
    fit."""
    if given:
        if not _REPOSITORY.match(given):
            raise click.UsageError(f"--repository is OWNER/NAME, and not {given!r}.")
        return given
    try:
        origin = Repository(walk.folder(options)).remote("origin")
    except ReconcilerError:
        origin = None  # not in git at all
    match = _REMOTE.match(origin or "")
    if match is None:
        raise click.UsageError(
            f"{what} needs --repository OWNER/NAME: the remote `origin` is not one of github.com."
        )
    say(f"repository {match['name']}, as the remote `origin` has it", options)
    return match["name"]
