"""``reconciler init``."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import click

from reconciler.access import init
from reconciler.access.action import is_action
from reconciler.access.init import AgeKey, Answers
from reconciler.access.init.files import FIRST, MANIFESTS
from reconciler.cli import alike, failure, filling, locks, next_steps, walk
from reconciler.cli import answers as asked
from reconciler.cli.options import Common, as_format, chosen, common
from reconciler.cli.terminal import colour, out, say
from reconciler.core import planfile
from reconciler.core.errors import Exit, ReconcilerError
from reconciler.core.model import Plan
from reconciler.manifest import lock
from reconciler.manifest.files import ENVIRONMENT_FILE, RULES_FILE
from reconciler.render import text
from reconciler.render.escape import terminal

_KMS = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/[A-Za-z0-9/_-]+\Z")
_AGE = re.compile(r"age1[0-9a-z]{58}\Z")
_DEFAULT = "production"


@dataclass(frozen=True)
class _Given:
    """What the command line says beside the environment's own settings."""

    folder: Path
    kms: str | None
    age: str | None
    key_file: Path | None
    source: init.Source | None
    on_server: bool
    like: str | None
    values: Path | None
    generate: int | None

    def workflows(self, *, age: bool) -> Mapping[str, str]:
        """Those that are asked for, by their path."""
        if self.source is None:
            return {}
        return init.copied(self.source) if self.on_server else init.called(self.source, age=age)


@click.command(
    "init",
    epilog="Example: reconciler init secrets --account 123456789012 --region us-west-2"
    " --prefix /app/production --kms arn:aws:kms:us-west-2:123456789012:alias/app-production",
)
@click.argument("folder", metavar="[FOLDER]", default=".", type=click.Path(path_type=Path))
@click.option(
    "--environment", metavar="NAME", help="Its name. [default: production, where there is none yet]"
)
@click.option(
    "--account", metavar="ID", help="The AWS account of the environment; asked for on a terminal."
)
@click.option("--region", metavar="REGION", help="Its Region; asked for on a terminal.")
@click.option(
    "--prefix", metavar="PREFIX", help="What all its names begin with; asked for on a terminal."
)
@click.option(
    "--owner",
    metavar="NAME",
    help="The owner, as tags show it. [default: the first part of the prefix]",
)
@click.option(
    "--like",
    metavar="ENV",
    help="Declare the same as this environment; values are asked for or generated.",
)
@filling.options
@click.option("--kms", metavar="ARN", help="Encrypt for this KMS key.")
@click.option("--age", metavar="RECIPIENT", help="Encrypt for this age key, which you have.")
@click.option(
    "--key-file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Where to store a new age key. [default: where sops looks for it]",
)
@click.option(
    "--action",
    metavar="OWNER/REPOSITORY@COMMIT",
    help="Also write workflows that call the reconciler's own at this commit.",
)
@click.option(
    "--workflows",
    is_flag=True,
    help="The same, at the commit that this version was released from.",
)
@click.option(
    "--enterprise-server",
    is_flag=True,
    help="Write whole workflows: GitHub Enterprise Server cannot call those on github.com.",
)
@click.option("--no-plan", is_flag=True, help="Show no plan at the end: make no call to AWS.")
@as_format
@common
def command(
    folder: Path,
    environment: str | None,
    account: str | None,
    region: str | None,
    prefix: str | None,
    owner: str | None,
    like: str | None,
    generate: int | None,
    source: Path | None,
    kms: str | None,
    age: str | None,
    key_file: Path | None,
    action: str | None,
    workflows: bool,
    enterprise_server: bool,
    no_plan: bool,
    form: str,
) -> int:
    """Set up a new repository, or add an environment to an existing one, and show the first plan.

    A new repository gets manifests/ with a fingerprint key that sops encrypts, a pre-commit
    configuration and git's merge driver. In an existing one only the environment's folder and its
    rule in .sops.yaml are added.

    Without --kms or --age, a new age key is made and stored where sops looks for keys, outside of
    the repository. If a rule of .sops.yaml already covers the environment, its keys are used. A KMS
    key must exist first: see bootstrap --key-only. Nothing is written to AWS.
    """
    options = chosen()
    calls = _called(action, asked_for=workflows, on_server=enterprise_server)
    given = _Given(folder, kms, age, key_file, calls, enterprise_server, like, source, generate)
    _check(given)
    place = init.find(folder)
    root = place.top / MANIFESTS
    adds = (root / RULES_FILE).is_file()
    if environment is None and not os.path.lexists(root / _DEFAULT):
        environment = _DEFAULT
    said = {"environment": environment, "account": account, "region": region, "prefix": prefix}
    plain = {**({} if adds else init.plain()), **given.workflows(age=True)}
    if not adds:
        place.refuse_existing([MANIFESTS, *plain])
    elif environment is not None:
        place.refuse_existing([f"{MANIFESTS}/{environment}", *plain])
    if like is not None and not adds:
        raise click.UsageError("--like is for a repository that has another environment.")
    target = key_file or init.key_file(os.environ)
    if not (kms or age) and target.resolve().is_relative_to(place.top.resolve()):
        raise click.UsageError(f"The age key may not be in the repository: {target}")
    complete = asked.complete({**said, **({} if owner is None else {"owner": owner})})
    complete.setdefault("owner", complete["prefix"].strip("/").partition("/")[0])
    place.refuse_existing([f"{MANIFESTS}/{complete['environment']}"])
    answers = Answers(**complete, recipient=str(kms or age or ""))
    rule = init.rule_for(root, answers.environment) if adds else None
    made = None
    if rule is None and not (kms or age):
        made = init.new()
        answers = replace(answers, recipient=made.recipient)
    elif rule is not None:
        if (kms or age) and not init.names_only(rule, answers.key_type, answers.recipient):
            raise click.UsageError(
                f"A rule of .sops.yaml is for {answers.environment} already, with other keys:"
                f" {init.named(rule)}."
            )
        answers = replace(answers, recipient=init.named(rule))
    types = {answers.key_type} if rule is None else {k.type for g in rule.groups for k in g}
    plain = {**({} if adds else init.plain()), **given.workflows(age=types != {"kms"})}
    runner = walk.runner_for(answers.scope, types, options)
    options.manifests = folder / MANIFESTS
    files = {ENVIRONMENT_FILE: init.environment(answers), FIRST: init.first(answers)}
    if like is not None:
        files = alike.files(like, answers, source, generate, options)
    further = target.exists() and target.stat().st_size > 0

    def keep() -> None:
        if made is not None:
            _keep(made, target)

    written = init.Making(place, answers, adds, rule, plain, files).write(runner, keep)
    if rule is None and answers.key_type != "age":
        place.trust(f"{answers.key_type} {answers.recipient}")
    plan, code = _finish(answers, options, plans=not no_plan)
    locked = lock.present(root, answers.environment)
    written += [f"{MANIFESTS}/{answers.environment}/{name}" for name in locked]
    if form == "json":
        shown = {
            "format_version": "1.0",
            "environment": answers.environment,
            "recipient": answers.recipient,
            "key_file": None if made is None else str(target),
            "files": sorted(written),
            "plan": None if plan is None else planfile.as_object(plan),
        }
        out(json.dumps(shown, indent=2))
    else:
        for path in sorted(written):
            out(f"{terminal(str(folder / path))} written")
        if plan is not None:
            out(text.plan(plan, colour=colour(sys.stdout, options)))
    if made is not None:
        next_steps.of_key(target, options, further=further, named=key_file is not None)
    next_steps.of_environment(
        answers, options, adds=adds, calls=calls is not None, alike=like is not None
    )
    return code


def _check(given: _Given) -> None:
    """What does not go together. Raises UsageError."""
    if given.kms is not None and given.age is not None:
        raise click.UsageError("--kms and --age exclude each other.")
    if given.key_file is not None and (given.kms or given.age):
        raise click.UsageError("--key-file is for a new age key, without --kms and --age.")
    if given.kms is not None and not _KMS.match(given.kms):
        raise click.UsageError("--kms takes the ARN of a KMS key or of an alias.")
    if given.age is not None and not _AGE.match(given.age):
        raise click.UsageError("--age takes a public age key, which begins with age1.")
    if given.like is None and (given.values or given.generate):
        raise click.UsageError("--values and --generate go with --like.")


def _called(action: str | None, *, asked_for: bool, on_server: bool) -> init.Source | None:
    """Whose workflows are called, if any. Raises UsageError."""
    if action is not None:
        if asked_for:
            raise click.UsageError("--workflows and --action exclude each other.")
        if not is_action(action):
            raise click.UsageError("--action takes OWNER/REPOSITORY@COMMIT, a commit in full.")
        return init.Source(action)
    if asked_for:
        found = init.released()
        if found is None:
            raise click.UsageError(
                "This build is not a release: name the reconciler's repository and a commit with"
                " --action OWNER/REPOSITORY@COMMIT."
            )
        return found
    if on_server:
        raise click.UsageError("--enterprise-server goes with --action or --workflows.")
    return None


def _keep(made: AgeKey, target: Path) -> None:
    """Put the key where it belongs, and let sops find it in this process."""
    init.keep(made, target)
    os.environ.setdefault("SOPS_AGE_KEY_FILE", str(target))
    if target != init.key_file(os.environ):
        os.environ["SOPS_AGE_KEY_FILE"] = str(target)


def _finish(answers: Answers, options: Common, *, plans: bool) -> tuple[Plan | None, int]:
    """The lock and the first plan, as far as this machine has the key and the credentials."""
    name = answers.environment
    try:
        declared = walk.read(name, options)
        lock.renew(walk.folder(options), locks.renewed(declared, options), declared).write()
        if not plans:
            return None, Exit.OK
        return walk.again(declared, options)[0].plan, Exit.OK
    except ReconcilerError as error:
        failure.show(error, options)
        say(
            f"the repository is made, and the plan is not: with the key, and credentials of account"
            f" {answers.account}, run: reconciler lock {name}, and: reconciler plan {name}",
            options,
        )
        return None, error.exit_code
