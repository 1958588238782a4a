"""What all commands of day two have in common."""

from __future__ import annotations

import click
import pytest

from reconciler.cli.main import reconciler
from tests.command import command
from tests.world import World

COMMANDS = {
    "adopt": ("--auto-approve",), "import": ("--auto-approve",),
    "release": ("--all", "--auto-approve"), "rotate": ("db", "--auto-approve"), "set": ("db",),
    "rollback": ("db", "--auto-approve"), "revoke": ("--role", "app", "--auto-approve"),
    "export": (), "exec": ("--", "true"), "report": (), "doctor": (),
}  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example_and_output_is_data_where_it_is_asked_for(name: str) -> None:
    found = reconciler.get_command(click.Context(reconciler), name)
    assert found is not None
    assert f"Example: reconciler {name}" in str(found.epilog)
    if name == "exec":  # whose output is that of what it becomes
        return
    formats = [parameter.type for parameter in found.params if "-o" in parameter.opts]
    assert [isinstance(one, click.Choice) and "json" in one.choices for one in formats] == [True]


@pytest.mark.parametrize("name", COMMANDS)
def test_an_environment_that_there_is_not_is_one_clear_line(world: World, name: str) -> None:
    done = command(world, name, "nowhere", *COMMANDS[name], code=64, stdin="v")
    assert done.out == ""
    assert done.err == (
        "error[unknown-environment]: there is no environment nowhere in manifests\n"
        "  there are: production\n"
    )
    assert not done.calls
