"""Groups of commands, each imported only when it is used."""

from __future__ import annotations

import difflib
import keyword
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem


class Commands(click.Group):
    """The commands of a ``package``: a module each, and in it what is called ``command``.

    ``known`` has their names, in the order in which they are used, and what each does.
    """

    def __init__(
        self, *arguments: Any, package: str, known: Mapping[str, str], **more: Any
    ) -> None:
        super().__init__(*arguments, **more)
        self._package = package
        self._known = known

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order in which they are used."""
        return list(self._known)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, if there is one."""
        if cmd_name not in self._known:
            return None
        # `import` cannot be a module's name.
        module = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name.replace("-", "_")
        command: click.Command = import_module(f"{self._package}.{module}").command
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The names of commands for a shell, without importing one."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [
            CompletionItem(name, help=what)
            for name, what in self._known.items()
            if name.startswith(incomplete)
        ]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._known.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest command where there is none of this name."""
        if args and args[0] not in self._known and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], self._known, 1)
            meant = f" Did you mean {near[0]}?" if near else ""
            raise click.UsageError(f"There is no command {args[0]!r}.{meant}", ctx)
        return super().resolve_command(ctx, args)
