"""The commands, from their help."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

from reconciler.cli.main import COMMANDS, reconciler
from reconciler.core.errors import Exit
from tests.reference.markdown import table

MEANINGS = {
    Exit.OK: ("Done, or nothing to do.", "all"),
    Exit.ERROR: ("An error: the message says where, what, and what to do.", "all"),
    Exit.CHANGES: (
        "There are changes, or drift that needs action.",
        "`plan --detailed-exitcode`, `drift`, `compare`, `show --audited`",
    ),
    Exit.STALE: (
        "The reviewed plan is stale: AWS or the branch has moved. Nothing was written.",
        "`apply --plan`, `apply --digest`, `adopt`, `github unmoved`",
    ),
    Exit.PARTIAL: (
        "Some change failed, conflicted or was refused; the others are done.",
        "`apply`, `adopt`, `release`, `rotate`",
    ),
    Exit.USAGE: ("The command line is wrong.", "all"),
}


def index() -> str:
    """Each command in a line, with its place in the reference."""
    return table(
        ("command", "does"),
        [(f"[`reconciler {n}`](../reference/commands.md#reconciler-{n})", d) for n, d in _known()],
    )


def _known() -> Iterator[tuple[str, str]]:
    return iter(COMMANDS.items())


def commands() -> str:
    """Each command with its help: usage, what it does, its own options, an example."""
    shared = _options(reconciler, set())
    parts = ["## Options of every command", table(("option", "meaning"), shared)]
    context = click.Context(reconciler, info_name="reconciler")
    common = {name for parameter in reconciler.params for name in parameter.opts}
    for name, _ in _known():
        command = reconciler.get_command(context, name)
        assert command is not None
        parts += _command(command, context, f"reconciler {name}", 2, common)
    return "\n\n".join(parts)


def _command(
    command: click.Command, parent: click.Context, name: str, level: int, common: set[str]
) -> Iterator[str]:
    context = click.Context(command, parent=parent, info_name=name.split()[-1])
    yield f"{'#' * level} {name}"
    yield f"```text\n{' '.join([name, *command.collect_usage_pieces(context)])}\n```"
    yield _prose(command.help or "")
    if own := _options(command, common):
        yield table(("option", "meaning"), own)
    if command.epilog:
        yield f"```text\n{command.epilog.removeprefix('Example: ')}\n```"
    if isinstance(command, click.Group):
        for part in command.list_commands(context):
            found = command.get_command(context, part)
            assert found is not None
            yield from _command(found, context, f"{name} {part}", level + 1, common)


def _prose(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.replace("\b", "").split("\n\n"))


def _options(command: click.Command, common: set[str]) -> list[tuple[str, str]]:
    context = click.Context(command)
    found = []
    for parameter in command.params:
        record = parameter.get_help_record(context)
        if record is not None and not common & set(parameter.opts):
            found.append((f"`{record[0]}`", re.sub(r"  +", " ", record[1])))
    return found


def exit_codes() -> str:
    """What the process returns."""
    return table(("code", "means", "of"), [(str(int(code)), *MEANINGS[code]) for code in Exit])


def sandbox() -> str:
    """The options of the embedded AWS."""
    context = click.Context(reconciler)
    command = reconciler.get_command(context, "sandbox")
    assert command is not None
    common = {name for parameter in reconciler.params for name in parameter.opts}
    return table(("option", "meaning"), _options(command, common))
