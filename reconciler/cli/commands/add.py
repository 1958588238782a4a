"""``reconciler add``."""

from __future__ import annotations

import json
from typing import Any

import click

from reconciler import kinds
from reconciler.cli import declared as naming
from reconciler.cli import edited, filling, walk
from reconciler.cli.kindname import KindName
from reconciler.cli.options import as_format, chosen, common
from reconciler.cli.terminal import say
from reconciler.core.errors import Exit, UsageError
from reconciler.core.model import Key
from reconciler.kinds.kind import Section
from reconciler.manifest import declaring
from reconciler.manifest.declaring import Declaring
from reconciler.manifest.encrypted import VALUE
from reconciler.manifest.entries import PLAINTEXT, Entry
from reconciler.values.sensitive import Sensitive

_GENERATE = "generate"


@click.command(
    "add",
    epilog="Example: reconciler add production smtp/credentials --key password --generate 48",
)
@click.argument("environment", metavar="ENV")
@click.argument("name")
@click.option(
    "--kind",
    type=KindName(),
    default=next(iter(kinds.wholes())),
    help="What to declare. [default: secret]",
)
@click.option("--file", metavar="FILE", help="The manifest. [default: where its neighbours are]")
@click.option("--key", "field", metavar="KEY", help="Make the value a mapping with this key.")
@click.option(
    "--generate",
    type=filling.length,
    metavar="LENGTH",
    help="Generate the value: for a secret without --key at creation in AWS, never in git;"
    " otherwise now.",
)
@click.option("--plaintext", metavar="TEXT", help="A parameter's value, in clear text in git.")
@click.option("--description", metavar="TEXT", help="What it is.")
@as_format
@common
def command(
    environment: str,
    name: str,
    kind: str,
    file: str | None,
    field: str | None,
    generate: int | None,
    plaintext: str | None,
    description: str | None,
    form: str,
) -> int:
    """Declare a new secret or parameter, in the same file as its neighbours.

    Asks for the value on a terminal, hidden, or reads it from standard input. With --key, adds that
    key to a mapping. The first declaration of a service gets a file of its own, because branches
    that change different files do not conflict. Updates the lock. Nothing is written to AWS.
    """
    options = chosen()
    section = kinds.named(kind).section
    if plaintext is not None and (generate is not None or field is not None):
        raise click.UsageError("--plaintext goes without --generate and --key.")
    if field is not None and not field.strip():
        raise click.UsageError("--key is empty.")
    _takes(section, PLAINTEXT, plaintext)
    declared = walk.read(environment, options, may_be_empty=True)
    scope = declared.settings.scope
    if name.startswith("/"):
        raise click.UsageError(f"A name is relative to the prefix {scope.prefix}.")
    making = Declaring.of(declared, walk.runner(declared, options))
    there = next(
        (e for e in declared.entries if e.section == section.SECTION and e.key == name), None
    )
    key = Key(section.NAME, scope.under + name)
    if there is not None:
        _grows(there, field, description, file, environment)
        key = there.resource_key(declared.settings)
        text = _value(f"{name}: {field}", generate)
        making.give(there, (VALUE, str(field)), Sensitive(json.dumps(text.reveal())))
    else:
        target = making.file(section.SECTION, name)
        if file is not None:
            target = declaring.in_folder(declared.document.file.parent, file)
        if not target.exists():  # into what is there nothing is written without the key
            edited.foresee(declared, options)
        content = _content(section, name, field, generate, plaintext, description)
        making.add(target, section.SECTION, name, content)
    naming.save(making.changes, declared, [key], options, form=form)
    say(f"commit it; then: reconciler plan {environment}", options)
    return Exit.OK


def _takes(section: Section, name: str, given: object) -> None:
    if given is not None and name not in section.Declaration.model_fields:
        raise click.UsageError(f"--{name} is not for a {section.NAME}.")


def _grows(
    there: Entry, field: str | None, description: str | None, file: str | None, environment: str
) -> None:
    """Whether the declaration that is there can take one more key. Raises UsageError."""
    shape = there.shape
    if field is None or not isinstance(shape, dict) or field in shape:
        what = (
            there.key if field is None or not isinstance(shape, dict) else f"{there.key}: {field}"
        )
        raise UsageError(
            f"{what} is declared already: {there.place()}",
            code="exists",
            hint=f"for a new value: reconciler set {environment} {there.key}"
            + (" --key KEY" if isinstance(shape, dict) else ""),
        )
    if description is not None or file is not None:
        raise click.UsageError(f"{there.key} is declared already: only its value takes a key.")


def _content(
    section: Section,
    name: str,
    field: str | None,
    generate: int | None,
    plaintext: str | None,
    description: str | None,
) -> Sensitive[str]:
    cleartext: dict[str, Any] = {} if description is None else {"description": description}
    if plaintext is not None:
        return declaring.as_json({**cleartext, PLAINTEXT: plaintext})
    if generate is not None and field is None and _GENERATE in section.Declaration.model_fields:
        return declaring.as_json({**cleartext, _GENERATE: {"length": generate}})
    text = _value(name if field is None else f"{name}: {field}", generate)
    inner = Sensitive(json.dumps(text.reveal()))
    if field is not None:
        inner = _mapping(field, inner)
    return declaring.as_json(cleartext, inner)


def _mapping(field: str, text: Sensitive[str]) -> Sensitive[str]:
    return Sensitive(f"{{{json.dumps(field)}: {text.reveal()}}}")


def _value(what: str, generate: int | None) -> Sensitive[str]:
    return filling.one(what) if generate is None else filling.random(generate)
