"""``reconciler set``."""

from __future__ import annotations

import json
import sys

import click

from reconciler import kinds
from reconciler.cli import edited, filling, outcomes, walk
from reconciler.cli.commands import apply
from reconciler.cli.options import as_format, chosen, common
from reconciler.cli.terminal import colour, out, say
from reconciler.cli.written import Sink
from reconciler.core.errors import Exit
from reconciler.kinds.field import NONE
from reconciler.kinds.kind import Content
from reconciler.manifest import edit, giving
from reconciler.manifest.edit import WrongContent, WrongEdit
from reconciler.manifest.entries import Entry
from reconciler.manifest.giving import Edit
from reconciler.operations.attempt import Status
from reconciler.operations.steps import Result
from reconciler.values.sensitive import Sensitive


@click.command(
    "set", epilog="Example: reconciler set production smtp/credentials --key password --apply"
)
@click.argument("environment", metavar="ENV")
@click.argument("name")
@click.option("--key", "field", metavar="KEY", help="Which field of a mapping.")
@click.option(
    "--apply", "applies", is_flag=True, help="Then write it to AWS, as apply --only does."
)
@click.option("--auto-approve", is_flag=True, help="With --apply: write to AWS without asking.")
@as_format
@common
def command(
    environment: str,
    name: str,
    field: str | None,
    applies: bool,
    auto_approve: bool,
    form: str,
) -> int:
    """Set a new value in a manifest, with sops.

    Asks for the value on a terminal, hidden, or reads it from standard input and drops one newline
    at the end. The value is never in an argument, an environment variable or a file.
    """
    options = chosen()
    if auto_approve and not applies:
        raise click.UsageError("--auto-approve goes with --apply: only that writes to AWS.")
    if applies and not auto_approve and not sys.stdin.isatty():
        raise click.UsageError("Standard input is the value: give --auto-approve with --apply.")
    if applies and form == "json":
        raise click.UsageError("--format json goes without --apply, which shows what apply shows.")
    declared = walk.read(environment, options)
    scope = declared.settings.scope
    keys = sorted({kinds.holder(k) for k in walk.keys([name], declared.resources(), scope)})
    if len(keys) > 1:
        what = " and ".join(sorted((f"a {key.kind}" for key in keys), reverse=True))
        raise click.UsageError(f"{name} is {what}; edit the file with sops.")
    entry = edit.entry_of(declared, keys[0])
    _check_field(entry, field, environment)
    rotated = _rotated(entry, field)
    if rotated and applies:
        raise WrongEdit(
            f"rotation owns the value of {entry.key}: apply would not write it",
            hint=f"for a new value: reconciler rotate {environment} {entry.key}; for another first"
            " value, used only where the secret is created: set without --apply",
            place=entry.place(),
        )
    value = filling.one(entry.key if field is None else f"{entry.key}: {field}")
    if field is None:
        flaws = entry.parse(Content(value), declared.settings, None).flaws
        if flaws:
            raise WrongContent([entry.problem(flaw) for flaw in flaws])
    inner = () if field is None else (field,)
    change = Edit(keys[0], Sensitive(json.dumps(value.reveal())), inner)
    runner = walk.runner(declared, options)
    paths = edited.save(giving.give(declared, [change], runner), declared, options)
    if form == "json":
        told = Result(keys[0], Status.DONE, f"{paths[0].name} written")
        out(json.dumps(outcomes.as_object([told], scope), indent=2))
        return Exit.OK
    edited.tell(paths)
    if rotated:
        text = (
            f"rotation owns the value of {entry.key}: this one is written only when it is created"
        )
        say(text, options, level="warning")
    elif not applies:
        say("commit it; apply writes it to AWS", options)
    if not applies:
        return Exit.OK
    reviewed = apply.Review(only=(keys[0].name,), asks=not auto_approve)
    sink = Sink(colour=colour(sys.stdout, options))
    code = reviewed.apply(environment, options, out, sink).code
    if code == Exit.OK:
        say("commit the manifest: until then the next apply would take the value back", options)
    return code


def _rotated(entry: Entry, field: str | None) -> bool:
    """Whether what is set is only the first value that AWS gets, and rotation writes the others."""
    rotation = getattr(entry.declared, "rotation", None)
    owned = getattr(entry.declared, "git_keys", None) or ()
    return rotation not in (None, NONE) and field not in owned


def _instead(entry: Entry, environment: str) -> str:
    """What gives a new value to what has none that sops encrypts."""
    if getattr(entry.declared, "generate", None) is not None:
        return (
            f"its value is generated: reconciler rotate {environment} {entry.key} makes a new one"
        )
    if getattr(entry.declared, "external", None):
        return "its value is external: whoever it belongs to changes it"
    if getattr(entry.declared, "plaintext", None) is not None:
        return "its value is in clear text: change it in the manifest"
    return (
        "set changes a value that is there; declare one with: sops --config"
        " manifests/.sops.yaml edit FILE"
    )


def _check_field(entry: Entry, field: str | None, environment: str) -> None:
    """Whether the declaration has a value to change there. Raises WrongEdit."""
    shape = entry.shape
    if shape is None:
        raise WrongEdit(
            f"{entry.key} has no encrypted `value` in a manifest",
            hint=_instead(entry, environment),
            place=entry.place(),
        )
    fields = sorted(shape) if isinstance(shape, dict) else []
    if field is None and fields:
        raise WrongEdit(
            f"{entry.key} is a mapping: say which field with --key",
            hint=f"its fields: {', '.join(fields)}",
            place=entry.place(),
        )
    if field is not None and not fields:
        raise WrongEdit(f"{entry.key} is one text, without fields", place=entry.place())
    if field is not None and (not isinstance(shape, dict) or field not in shape):
        raise WrongEdit(
            f"{entry.key} has no field {field}",
            hint=f"its fields: {', '.join(fields)}",
            place=entry.place(),
        )
    if field is not None and isinstance(shape, dict) and not isinstance(shape[field], bool):
        raise WrongEdit(
            f"{field} of {entry.key} is not one text",
            hint="change it with: sops --config manifests/.sops.yaml edit FILE",
            place=entry.place(),
        )
