"""A form in which plans are shown is one line of one table, and every command takes it."""

from __future__ import annotations

import click
import pytest

from reconciler.cli.commands import adopt, diff, plan, show
from reconciler.render.formats import BRANCH, FORMATS
from tests.render.plans import EVERYTHING


@pytest.mark.parametrize("command", [adopt.command, plan.command, show.command])
def test_every_command_takes_every_form(command: click.Command) -> None:
    (form,) = (option for option in command.params if option.name == "form")
    assert isinstance(form.type, click.Choice)
    assert list(form.type.choices) == list(FORMATS)


def test_diff_takes_the_same() -> None:
    (form,) = (option for option in diff.command.params if option.name == "form")
    assert isinstance(form.type, click.Choice)
    assert list(form.type.choices) == list(BRANCH) == list(FORMATS)


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_shows_the_plan(form: str) -> None:
    shown = FORMATS[form]([EVERYTHING], False, None, False)
    for change in EVERYTHING.changes:
        assert change.key.name.rpartition("/")[2] in shown
