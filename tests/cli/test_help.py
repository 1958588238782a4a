"""Help answers at once, and each command's shows how it is used."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from reconciler.cli.main import COMMANDS, ELSEWHERE, reconciler
from tests.cli.run import cli, python

SLOW = (
    "boto3",
    "botocore",
    "pydantic",
    "ruamel",
    "deepdiff",
    "reconciler.aws.client",
    "reconciler.kinds",
)


def test_help_imports_nothing_that_is_slow() -> None:
    """What takes long are imports; a clock would tell as much about the machine."""
    code = (
        "import sys, json\n"
        "from reconciler.cli.main import run\n"
        "assert run(['--help']) == 0\n"
        "sys.stderr.write('')\n"
        "print('\\n' + json.dumps(sorted(sys.modules)))\n"
    )
    loaded = json.loads(python(code).splitlines()[-1])
    assert [name for name in loaded if name.startswith(SLOW)] == []
    assert "reconciler.cli.main" in loaded


def test_validate_loads_no_aws_client() -> None:
    """It makes no call, and runs before every commit."""
    code = (
        "import sys, json\n"
        "from reconciler.cli.main import run\n"
        "assert run(['validate', '-C', 'manifests']) == 0\n"
        "print('\\n' + json.dumps(sorted(sys.modules)))\n"
    )
    loaded = json.loads(python(code).splitlines()[-1])
    assert "reconciler.kinds.secret.write" in loaded
    assert [name for name in loaded if name.startswith(("boto3", "botocore.", "urllib3"))] == []


def test_version_is_told_at_once() -> None:
    done = cli("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("reconciler")


def test_help_lists_every_command() -> None:
    shown = CliRunner().invoke(reconciler, ["--help"]).output
    for name, what in COMMANDS.items():
        assert f"  {name} " in shown
        assert what.split(";")[0] in " ".join(shown.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_each_commands_help_has_an_example_and_the_common_options(name: str) -> None:
    shown = CliRunner().invoke(reconciler, [name, "--help"])
    assert shown.exit_code == 0
    assert f"Example: reconciler {name}" in shown.output
    for option in ("--manifests", "--sops", "--color", "--log-format", "--verbose", "--quiet"):
        assert option in shown.output


def test_without_a_command_it_shows_the_help_and_nothing_else() -> None:
    done = cli()
    assert done.returncode == 64
    assert done.stderr.startswith("Usage: reconciler [OPTIONS] COMMAND")
    assert done.stderr.strip().endswith("Example: reconciler plan production")
    assert done.stdout == ""


def test_the_words_of_other_programs_lead_to_commands() -> None:
    assert set(ELSEWHERE.values()) <= COMMANDS.keys()
    assert not ELSEWHERE.keys() & COMMANDS.keys()


def test_a_code_is_explained_as_it_stands_in_a_message_and_as_data() -> None:
    told = cli("explain", "error[unquoted]")
    assert told.stdout.startswith("unquoted: ")
    [as_data] = json.loads(cli("explain", "unquoted", "-o", "json").stdout)
    assert as_data["code"] == "unquoted"
    assert f"to do: {as_data['to_do']}" in told.stdout
    unknown = cli("explain", "E001").stderr
    assert unknown.splitlines()[0].endswith("as in error[unquoted].")


def test_what_an_option_takes_is_named_alike_everywhere() -> None:
    """A file is FILE and a folder FOLDER; TEXT is what may be any text."""
    text = {"--description", "--plaintext"}
    inside = {"--code", "--workflow"}  # a path within the repository
    for name, command, option in options(reconciler, ""):
        shown = option.make_metavar(click.Context(command))
        where = f"{name} {option.opts[-1]} {shown}"
        assert shown not in ("DIRECTORY", "DIR"), where
        assert shown != "TEXT" or option.opts[-1] in text, where
        assert shown != "PATH" or option.opts[-1] in inside, where


def options(command: click.Command, name: str) -> Iterator[tuple[str, click.Command, click.Option]]:
    """All options of all commands that take something."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            assert found is not None
            yield from options(found, f"{name} {inner}".strip())
    for one in command.params:
        if isinstance(one, click.Option) and not (one.is_flag or one.count):
            yield name, command, one
