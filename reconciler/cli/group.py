"""Groups of commands, each imported only when it is used."""

from __future__ import annotations

import difflib
import keyword
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem

from reconciler.cli.options import Common
from reconciler.cli.wording import meant


class Commands(click.Group):
    """The commands of a ``package``: a module each, and in it what is called ``command``.

    ``known`` has their names, in the order in which they are used, and what each does.
    ``elsewhere`` has the words by which other programs call the same.
    """

    def __init__(
        self,
        *arguments: Any,
        package: str,
        known: Mapping[str, str],
        elsewhere: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(*arguments, **more)
        self._package = package
        self._known = known
        self._elsewhere = elsewhere or {}

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
            other = self._elsewhere.get(args[0])
            near = [other] if other else difflib.get_close_matches(args[0], self._known, 1)
            raise click.UsageError(f"There is no command {args[0]!r}.{meant(near)}", ctx)
        if args and isinstance(ctx.obj, Common):
            ctx.obj.command = f"{ctx.command_path} {args[0]}"
        return super().resolve_command(ctx, args)
