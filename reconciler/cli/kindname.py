"""Kinds that people name, as an option takes them."""

from __future__ import annotations

from typing import Any

import click

from reconciler import kinds


class KindName(click.ParamType[str]):
    """The name of a kind. Kinds are looked up when somebody asks, as everywhere: a command may be
    imported before the last of them is there."""

    name = "kind"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        """All names, as a choice has them."""
        return f"[{'|'.join(kinds.wholes())}]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name itself, where there is such a kind."""
        return str(click.Choice(list(kinds.wholes())).convert(value, param, ctx))
