"""``reconciler init``."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import click

from reconciler import manifest
from reconciler.access import bootstrap, init
from reconciler.access.action import is_action
from reconciler.access.init import AgeKey, Answers, Target
from reconciler.access.init.files import MANIFESTS
from reconciler.cli import answers as asked
from reconciler.cli import failure, filling, locks, walk
from reconciler.cli.options import Common, as_format, chosen, common
from reconciler.cli.terminal import colour, out, say
from reconciler.core import planfile
from reconciler.core.errors import Exit, ManifestError, ReconcilerError, SopsError, UsageError
from reconciler.core.model import JSON, Plan, Scope
from reconciler.manifest import lock, merge, structure
from reconciler.manifest.edit import WrongContent, replace_file
from reconciler.manifest.files import ENVIRONMENT_FILE, RULES_FILE
from reconciler.render import text
from reconciler.render.escape import terminal
from reconciler.values import sops
from reconciler.values.sensitive import Sensitive

_KMS = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/[A-Za-z0-9/_-]+\Z")
_AGE = re.compile(r"age1[0-9a-z]{58}\Z")
_FIRST = "example.sops.yaml"
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


_TUTORIAL = "see the tutorial “Your repository on GitHub” of the reconciler's documentation"


@click.command(
    "init",
    epilog="Example: reconciler init secrets --account 123456789012 --region us-west-2"
    " --prefix /app/production --kms arn:aws:kms:us-west-2:123456789012:alias/app-production",
)
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option("--environment", help="Its name. [default: production, where there is none yet]")
@click.option("--account", help="The AWS account of the environment; asked for on a terminal.")
@click.option("--region", help="Its Region; asked for on a terminal.")
@click.option("--prefix", help="What all its names begin with; asked for on a terminal.")
@click.option("--owner", help="The owner, as tags show it. [default: the first part of the prefix]")
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
    scope = Scope(
        answers.environment, answers.account, answers.region, answers.prefix, answers.owner
    )
    runner = walk.runner_for(scope, types, options)
    options.manifests = folder / MANIFESTS
    files = {ENVIRONMENT_FILE: init.environment(answers), _FIRST: init.first(answers)}
    if like is not None:
        files = _alike(like, answers, given, options)

    further = target.exists() and target.stat().st_size > 0

    def keep() -> None:
        if made is not None:
            _keep(made, target)

    try:
        if adds:
            changes = init.add(root, answers, rule, files, runner)
            written = [str(p.relative_to(place.top)) for p in changes.write(before=keep)]
            for path, content in plain.items():
                _put(place.top / path, content.encode())
            written += plain
        else:
            written = _write(place, answers, plain, files, runner, keep)
    except SopsError as error:
        raise _with_hint(error, answers) from None
    except ManifestError as error:
        raise WrongContent(error.problems) from None
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
        _tell_key(given, target, options, further=further)
    _tell(answers, given, options, adds=adds)
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


def _alike(
    like: str, answers: Answers, given: _Given, options: Common
) -> dict[str, Sensitive[str]]:
    """The files of an environment that declares what another does, with values of its own."""
    declared = walk.read(like, options)
    source = declared.settings.scope
    target = Scope(
        answers.environment, answers.account, answers.region, answers.prefix, answers.owner
    )
    folder = declared.document.file.parent
    own = {d.file: d for entry in declared.entries for d in entry.documents if not d.included}
    found = {file: structure.of(document, source, target) for file, document in own.items()}
    every = [one for made in found.values() for one in made.missing]
    filled = filling.fill(every, given.values, given.generate)
    settings: Mapping[str, JSON] = structure.settings(declared.document, source, target)
    files = {ENVIRONMENT_FILE: init.environment(answers, settings)}
    for file, made in found.items():
        values = {one: filled[one] for one in made.missing}
        files[file.relative_to(folder).as_posix()] = made.filled(values)
    left = [
        *structure.left_out(declared.document),
        *(n for made in found.values() for n in made.left_out),
    ]
    filling.tell_left_out(left, like, options)
    if source.account != target.account or source.region != target.region:
        say(
            f"ARNs of {like} in account {source.account} and {source.region} were written with"
            f" {target.account} and {target.region}: check that what they name is there",
            options,
        )
    return files


def _keep(made: AgeKey, target: Path) -> None:
    """Put the key where it belongs, and let sops find it in this process."""
    init.keep(made, target)
    os.environ.setdefault("SOPS_AGE_KEY_FILE", str(target))
    if target != init.key_file(os.environ):
        os.environ["SOPS_AGE_KEY_FILE"] = str(target)


def _with_hint(error: SopsError, answers: Answers) -> SopsError:
    """With KMS the key comes first: how."""
    if answers.key_type != "kms" or error.code == "sops-missing":
        return error
    name, region, account = answers.environment, answers.region, answers.account
    stack = bootstrap.stack(Scope(name, account, region, answers.prefix, answers.owner))
    return SopsError(
        f"{error.message}; was the KMS key made, and may these credentials encrypt with it?",
        code=error.code,
        hint=f"make it first: reconciler bootstrap {name} --key-only --account {account} --region"
        f" {region} > key.json && aws cloudformation deploy --region {region} --stack-name {stack}"
        " --template-file key.json",
    )


def _tell_key(given: _Given, target: Path, options: Common, *, further: bool) -> None:
    """Where the new age key is; ``further`` is whether others were there before."""
    if further:
        say(
            f"another age key was added to {target}, and is nowhere else: back that file up again",
            options,
        )
    else:
        say(f"the age key is in {target}, and nowhere else: keep a copy where it is safe", options)
    if os.environ["SOPS_AGE_KEY_FILE"] == str(target) and given.key_file is not None:
        say(f"sops finds it by: export SOPS_AGE_KEY_FILE={target}", options)


def _tell(answers: Answers, given: _Given, options: Common, *, adds: bool) -> None:
    """What comes next."""
    name = answers.environment
    if given.source is not None:
        say(f"workflows: which roles and variables they need: {_TUTORIAL}", options)
    elif adds:
        say(f"workflows, if this repository has them, find {name} by its folder", options)
    else:
        say(f"workflows: none; --workflows writes them: {_TUTORIAL}", options)
    if given.source is not None or adds:
        say(
            f"before the first merge: create the GitHub Environment {name}, with reviewers"
            " and for the main branch only; GitHub would make a missing one that asks nobody",
            options,
        )
    replaces = "" if given.like else f"replace the example in {MANIFESTS}/{name}/{_FIRST}, "
    say(f"next: {replaces}commit it, and write it to AWS with: reconciler apply {name}", options)


def _write(
    place: Target,
    answers: Answers,
    plain: Mapping[str, str],
    files: Mapping[str, Sensitive[str]],
    runner: sops.Sops,
    keep: Callable[[], None],
) -> list[str]:
    """Make and encrypt everything, check it, then write it; the paths below the folder."""
    texts = {path: content.encode() for path, content in plain.items()}
    texts[f"{MANIFESTS}/{RULES_FILE}"] = init.rules(answers).encode()
    own = f"{MANIFESTS}/{answers.environment}"
    with tempfile.TemporaryDirectory(prefix="reconciler-") as folder:
        # sops and the check of what it made need files: of rules, and of ciphertext.
        staged = Path(folder)
        for path, content in texts.items():
            _put(staged / path, content)
        for name, text_ in files.items():
            config = staged / MANIFESTS / RULES_FILE
            path = f"{own}/{name}"
            texts[path] = runner.encrypt(
                text_, path=staged / path, config=config, key_types={answers.key_type}
            )
            _put(staged / path, texts[path])
        manifest.read(staged / MANIFESTS, answers.environment)
    keep()
    for path, content in texts.items():
        _put(place.top / path, content)
    place.make_repository()
    merge.install(place.top)
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
