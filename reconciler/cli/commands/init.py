"""``reconciler init``."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click
from pydantic import ValidationError

from reconciler import manifest
from reconciler.access import init
from reconciler.access.init import Answers, Target
from reconciler.access.init.files import MANIFESTS
from reconciler.cli import failure, locks, walk
from reconciler.cli.options import Common, chosen, common
from reconciler.cli.terminal import colour, out, say
from reconciler.core import planfile
from reconciler.core.errors import Exit, ReconcilerError, UsageError
from reconciler.core.model import Plan
from reconciler.manifest import explain, lock, merge
from reconciler.manifest.edit import replace_file
from reconciler.manifest.environment import EnvironmentFile
from reconciler.manifest.files import ENVIRONMENT_FILE, RULES_FILE
from reconciler.render import text
from reconciler.render.escape import terminal
from reconciler.values import sops

_KMS = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/[A-Za-z0-9/_-]+\Z")
_AGE = re.compile(r"age1[0-9a-z]{58}\Z")
_FIRST = "example.sops.yaml"
_ASKED = {
    "account": "AWS account (12 digits)",
    "region": "Region, like us-west-2",
    "prefix": "Prefix of all names, like /app/production",
}


@click.command(
    "init",
    epilog="Example: reconciler init secrets --account 123456789012 --region us-west-2"
    " --prefix /app/production --kms arn:aws:kms:us-west-2:123456789012:alias/app-production",
)
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option("--environment", default="production", help="Its name. [default: production]")
@click.option("--account", help="The AWS account of the environment; asked for on a terminal.")
@click.option("--region", help="Its Region; asked for on a terminal.")
@click.option("--prefix", help="What all its names begin with; asked for on a terminal.")
@click.option("--owner", help="The owner, as tags show it. [default: the first part of the prefix]")
@click.option("--kms", metavar="ARN", help="Encrypt for this KMS key.")
@click.option("--age", metavar="RECIPIENT", help="Encrypt for this age key, which you have.")
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    help="Where a new age key goes, with neither of the two. [default: where sops looks for it]",
)
@click.option(
    "--action",
    metavar="OWNER/REPOSITORY@COMMIT",
    help="Write the workflows too; they use the action of this repository, the reconciler's.",
)
@click.option("--no-plan", is_flag=True, help="Do not plan at the end: make no call to AWS.")
@click.option(
    "-o",
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How to show it. [default: text]",
)
@common
def command(
    folder: Path,
    environment: str,
    account: str | None,
    region: str | None,
    prefix: str | None,
    owner: str | None,
    kms: str | None,
    age: str | None,
    key_file: Path | None,
    action: str | None,
    no_plan: bool,
    form: str,
) -> int:
    """Make a new repository: an environment, its keys, what checks it, and a first plan.

    Writes manifests/ with a new fingerprint key, encrypted by sops, a pre-commit configuration and
    git's merge driver; nothing that exists is overwritten. Without --kms and --age a new age key is
    made by age-keygen and added to the file where sops looks for keys, outside of the repository.
    Writes nothing to AWS.
    """
    options = chosen()
    if kms is not None and age is not None:
        raise click.UsageError("--kms and --age exclude each other.")
    if key_file is not None and (kms or age):
        raise click.UsageError("--key-file is for a new age key, without --kms and --age.")
    if kms is not None and not _KMS.match(kms):
        raise click.UsageError("--kms takes the ARN of a KMS key or of an alias.")
    if age is not None and not _AGE.match(age):
        raise click.UsageError("--age takes a public age key, which begins with age1.")
    if action is not None and not init.is_action(action):
        raise click.UsageError("--action takes OWNER/REPOSITORY@COMMIT, a commit in full.")
    plain = {**init.plain(), **({} if action is None else init.workflows(action))}
    place = init.find(folder)
    place.refuse_existing([MANIFESTS, *plain])
    target = key_file or init.key_file(os.environ)
    if not (kms or age) and target.resolve().is_relative_to(place.top.resolve()):
        raise click.UsageError(f"The age key may not be in the repository: {target}")
    given = {"account": account, "region": region, "prefix": prefix}
    answers = _answers(environment, given, owner)
    runner = sops.Sops(sops.find(options.sops))
    made = None
    if not (kms or age):
        made = init.make(target, os.environ)
        os.environ.setdefault("SOPS_AGE_KEY_FILE", str(target))
        if target != init.key_file(os.environ):
            os.environ["SOPS_AGE_KEY_FILE"] = str(target)
    answers = replace(answers, recipient=str(kms or age or made))
    written = _write(place, answers, plain, runner)
    options.manifests = folder / MANIFESTS
    plan, code = _finish(answers, options, plans=not no_plan)
    if (folder / MANIFESTS / environment / lock.FILE).exists():
        written.append(f"{MANIFESTS}/{environment}/{lock.FILE}")
    if form == "json":
        made_plan = None if plan is None else planfile.as_object(plan)
        content = {
            "format_version": "1.0",
            "environment": environment,
            "recipient": answers.recipient,
            "key_file": None if made is None else str(target),
            "files": sorted(written),
            "plan": made_plan,
        }
        out(json.dumps(content, indent=2))
    else:
        for path in sorted(written):
            out(f"{terminal(str(folder / path))} written")
        if plan is not None:
            out(text.plan(plan, colour=colour(sys.stdout, options)))
    if made is not None:
        say(f"the age key is in {target}, and nowhere else: keep a copy where it is safe", options)
        if os.environ["SOPS_AGE_KEY_FILE"] == str(target) and key_file is not None:
            say(f"sops finds it by: export SOPS_AGE_KEY_FILE={target}", options)
    if action is None:
        say(
            "workflows: none; --action writes them, docs/tutorials/github.md says how to copy them",
            options,
        )
    else:
        say("workflows: docs/tutorials/github.md says which roles and variables they need", options)
        say(
            f"before the first merge: create the GitHub Environment {environment}, with reviewers"
            " and for the main branch only; GitHub would make a missing one that asks nobody",
            options,
        )
    say(
        f"next: replace the example in {MANIFESTS}/{environment}/{_FIRST}, commit it,"
        f" and write it to AWS with: reconciler apply {environment}",
        options,
    )
    return code


def _answers(environment: str, given: dict[str, str | None], owner: str | None) -> Answers:
    """What was given, or is answered on a terminal. Raises UsageError for what cannot be."""
    missing = [name for name, answer in given.items() if answer is None]
    if missing and not sys.stdin.isatty():
        needed = ", ".join(f"--{name}" for name in missing)
        raise click.UsageError(f"There is no terminal to ask on: give {needed}.")
    said = {
        name: str(click.prompt(_ASKED[name], err=True) if answer is None else answer).strip()
        for name, answer in given.items()
    }
    said["owner"] = owner or said["prefix"].strip("/").partition("/")[0]
    said["environment"] = environment
    try:
        EnvironmentFile.model_validate(said)
    except ValidationError as error:
        flaws = explain.flaws(error, EnvironmentFile, said)
    else:
        return Answers(**said, recipient="")
    found = (flaw.message.replace(f"`{flaw.field[0]}`", f"--{flaw.field[0]}") for flaw in flaws)
    raise click.UsageError("; ".join(found) + ".")


def _write(
    place: Target, answers: Answers, plain: Mapping[str, str], runner: sops.Sops
) -> list[str]:
    """Make and encrypt everything, check it, then write it; the paths below the folder."""
    texts = {path: content.encode() for path, content in plain.items()}
    texts[f"{MANIFESTS}/{RULES_FILE}"] = init.rules(answers).encode()
    own = f"{MANIFESTS}/{answers.environment}"
    in_clear = {
        f"{own}/{ENVIRONMENT_FILE}": init.environment(answers),
        f"{own}/{_FIRST}": init.first(answers),
    }
    with tempfile.TemporaryDirectory(prefix="reconciler-") as folder:
        # sops and the check of what it made need files: of rules, and of ciphertext.
        staged = Path(folder)
        for path, content in texts.items():
            _put(staged / path, content)
        for path, text_ in in_clear.items():
            config = staged / MANIFESTS / RULES_FILE
            texts[path] = runner.encrypt(
                text_, path=staged / path, config=config, key_types={answers.key_type}
            )
            _put(staged / path, texts[path])
        manifest.read(staged / MANIFESTS, answers.environment)
    for path, content in texts.items():
        _put(place.top / path, content)
    place.make_repository()
    merge.install(place.top)
    if answers.key_type != "age":
        place.trust(f"{answers.key_type} {answers.recipient}")
    return [*texts, ".gitattributes"]


def _put(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{path.parent} cannot be made: {error.strerror}") from None
    replace_file(path, content)


def _finish(answers: Answers, options: Common, *, plans: bool) -> tuple[Plan | None, int]:
    """The lock and the first plan, as far as this machine has the key and the credentials."""
    name = answers.environment
    try:
        declared = walk.read(name, options)
        content = lock.dumps(locks.renewed(declared, options))
        replace_file(walk.folder(options) / name / lock.FILE, content.encode())
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
