"""What export and exec begin with: an environment's values as variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler import kinds
from reconciler.cli import walk
from reconciler.cli.options import Common
from reconciler.cli.terminal import say
from reconciler.core.errors import ReconcilerError
from reconciler.core.model import Key
from reconciler.kinds.obeyed import obeyed
from reconciler.operations import exporting, planning
from reconciler.operations.exporting import Variables, formats, references
from reconciler.render import names as rendering


class ExportError(ReconcilerError):
    """Variables that cannot be handed out as they are asked for; nothing was."""

    code = "export"


NOTHING = "nothing was handed out, since it was named by --only: leave it out, or mend it"


def collect(environment: str, source: str, only: Sequence[str], options: Common) -> Variables:
    """The variables of an environment, of all or ``only`` some of its resources.

    What has no value where they are read is told. Raises ExportError where two claim a name,
    where programs obey one, and where what was asked for by its name has no value: a command that
    runs without it would be one that takes a failed read for an empty value.
    """
    declared = walk.read(environment, options)
    scope = declared.settings.scope
    known = {kinds.holder(key) for key in declared.resources()}
    wanted = walk.keys(only, known, scope) if only else known
    if source == "aws":
        aws = walk.connect(scope, options)
        planning.check_account(aws, scope)
        found = exporting.from_aws(aws, wanted)
    else:
        runner = walk.runner(declared, options)
        found = exporting.from_manifests(declared.decrypt(runner), wanted)
    for key, reason in found.missing.items():
        if only:
            raise ExportError(f"{rendering.with_kind(key, scope)}: {reason}", hint=NOTHING)
        say(f"left out: {rendering.with_kind(key, scope)}: {reason}", options, level="warning")
    for key in sorted(found.seeds):
        text = f"{rendering.with_kind(key, scope)}: git has only its first value, which rotation"
        hint = "may have replaced; --from aws reads the one that is live"
        say(f"{text} {hint}", options, level="warning")
    called = {
        Key(entry.kind.NAME, entry.full_name(declared.settings)): name
        for entry in declared.entries
        if (name := getattr(entry.declared, "env", None)) is not None
    }
    made = exporting.variables(found.values, called, scope, declared.settings.env_prefix)
    _distinct(made.collisions)
    for name, origin in sorted(made.origins.items()):
        if obeyed(name):
            raise ExportError(
                f"{origin} would be {name}, which programs obey",
                hint="declare another name for it: `env: NAME`; or `env_prefix` for all of them",
            )
    return made


def refer(environment: str, form: str, only: Sequence[str], options: Common) -> str:
    """Where the values are that programs read when they run, in a form for them.

    Raises ExportError where two claim a name, and where programs obey one.
    """
    declared = walk.read(environment, options)
    settings = declared.settings
    known = {kinds.holder(key) for key in declared.resources()}
    wanted = walk.keys(only, known, settings.scope) if only else known
    if form == "ecs":
        aws = walk.connect(settings.scope, options)
        planning.check_account(aws, settings.scope)
        found = references.containers(declared, wanted, aws)
        text = formats.containers(found.found)
    elif form == "externalsecret":
        found = references.external_secrets(declared, wanted)
        text = formats.documents(found.found)
    else:
        found = references.paths(declared, wanted)
        text = formats.paths({"AWS_REGION": settings.scope.region, **found.found}, form)
    for name, reason in sorted(found.left_out.items()):
        say(f"left out: {name}: {reason}", options, level="warning")
    _distinct(found.collisions)
    return text


def _distinct(collisions: Mapping[str, tuple[str, str]]) -> None:
    for name, (first, second) in sorted(collisions.items()):
        raise ExportError(
            f"{first} and {second} both are {name}",
            hint="declare another name for one of them: `env: NAME`",
        )
