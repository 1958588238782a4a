"""``reconciler doctor``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from reconciler import manifest
from reconciler.access.doctor import (
    approval,
    caller,
    clone,
    encryption,
    functions,
    keys,
    kms,
    permissions,
    tool,
)
from reconciler.access.doctor.check import Check, State, fails, info, ok
from reconciler.cli import several, walk
from reconciler.cli.commands.github import shown
from reconciler.cli.options import Common, as_format, chosen, common, many
from reconciler.cli.terminal import colour, out
from reconciler.core.errors import (
    CredentialsError,
    Exit,
    ManifestError,
    ReconcilerError,
    SopsError,
    UsageError,
    worst,
)
from reconciler.manifest import Cleartext, lock
from reconciler.manifest.gitfiles import Repository
from reconciler.render import doctor as rendering
from reconciler.render import several as rendering_several

_APPLIES = ".github/workflows/secrets-apply.yml"


@click.command("doctor", epilog="Example: reconciler doctor production")
@click.argument("environments", nargs=-1, metavar="[ENV]...")
@as_format
@many
@common
def command(environments: tuple[str, ...], form: str) -> int:
    """Check prerequisites: sops, merges, keys, identity, permissions, clock, functions, approval.

    Each line says ok, info (not needed yet), warning or fails, and what to do. Nothing is written
    and no value is read from AWS; files are decrypted in memory to check the key. Exit code 1 if
    anything fails.
    """
    options = chosen()
    machine = list(tool.look(options.sops))
    found: dict[str | None, list[Check]] = {None: machine}
    names: list[str] = []
    try:
        names = walk.environments(environments, options)
        folder = walk.folder(options)
    except UsageError as error:
        machine.append(_without(error, asked=bool(environments or options.manifests)))
    else:
        machine += _clone(folder)
        if walk.many(environments, names):
            return _several(names, machine, folder, form, options)
        for environment in names:
            found[environment] = _environment(environment, folder, options)
    if form == "json":
        out(rendering.as_json(found))
    else:
        out(rendering.text(found, colour=colour(sys.stdout, options)))
    return max(map(_code, found.values()))


def _without(error: UsageError, *, asked: bool) -> Check:
    """Where there are no manifests: whoever has just installed it needs none yet."""
    if asked or error.code != "no-manifests":
        return _failed("manifests", error)
    here = f"{error.message}: what else is needed shows once there is one"
    return info("manifests", here, "make them: reconciler init")


def _code(checks: Sequence[Check]) -> int:
    return Exit.ERROR if any(check.state is State.FAILS for check in checks) else Exit.OK


def _several(
    names: Sequence[str], machine: Sequence[Check], folder: Path, form: str, options: Common
) -> int:
    """This machine first; of an environment where all is well only its row in the table."""
    tinted = colour(sys.stdout, options)
    if form == "json":
        row = several.Row("", _code(machine), rendering.summary(machine))
        out(rendering_several.line(several.Told(row, data=rendering.as_objects({None: machine}))))
    else:
        out(rendering.text({None: machine}, colour=tinted) + "\n")

    def one(environment: str, own: Common) -> several.Told:
        checks = _environment(environment, folder, own)
        weight = sum(check.state is not State.OK for check in checks)
        row = several.Row(environment, _code(checks), rendering.summary(checks), weight)
        text = rendering.text({environment: checks}, colour=tinted) if weight else ""
        return several.Told(row, text, rendering.as_objects({environment: checks}))

    rows = several.run(names, one, options, form=form)
    return worst([_code(machine), *(row.code for row in rows)])


def _environment(environment: str, folder: Path, options: Common) -> list[Check]:
    try:
        declared = manifest.read(folder, environment)
    except ManifestError as error:
        problem = error.problems[0]
        more = f" (and {len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
        message = f"{problem.place}: {problem.message}{more}"
        hint = f"reconciler validate {environment} lists all of them; the rest was not checked"
        return [fails("manifests", message, hint)]
    count = len(declared.resources())
    found = [ok("manifests", f"{count} resource{'' if count == 1 else 's'} declared")]
    found += _keys(declared, folder, options)
    return [*found, *_account(declared, options), *_approval(environment, folder)]


def _clone(folder: Path) -> list[Check]:
    try:
        return [clone.look(Repository(folder).top)]
    except UsageError:
        return []


def _approval(environment: str, folder: Path) -> list[Check]:
    """Of a repository with the workflow that applies: whether somebody is asked before."""
    try:
        top = Repository(folder).top
    except ReconcilerError:
        return []
    if not (top / _APPLIES).is_file():
        return []
    try:
        return [approval.look(environment, shown.connect(shown.job()))]
    except UsageError:
        return [approval.unasked(environment)]


def _keys(declared: Cleartext, folder: Path, options: Common) -> list[Check]:
    try:
        locked = lock.load(folder, declared.settings.scope.environment) is not None
    except ManifestError:
        locked = False  # `validate` says what is wrong with it
    try:
        runner = walk.runner(declared, options)
    except SopsError as error:
        return [keys.missing(error.message)]
    except CredentialsError:
        return []  # `identity` says so
    return keys.look(declared, runner, lock=locked)


def _account(declared: Cleartext, options: Common) -> list[Check]:
    scope = declared.settings.scope
    try:
        aws = walk.connect(scope, options)
        principal, found = caller.look(aws, scope)
    except CredentialsError as error:
        return [_failed("identity", error), *caller.clock(None)]
    if principal is not None:
        found.append(permissions.plan(declared, aws))
        found.append(permissions.apply(declared, principal, aws))
        found += permissions.drift(declared, aws)
        found += functions.look(declared, aws)
        found += kms.look(declared, aws)
        found += encryption.look(declared, aws)
    return found


def _failed(subject: str, error: ReconcilerError) -> Check:
    return fails(subject, error.message, error.hint)
