"""What goes where, and that nothing from outside acts on where it goes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from tests.cli.run import COMMAND, cli, environ, python
from tests.embedded import Embedded
from tests.trees import Tree, make_tree

NO_AWS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",  # nothing listens there
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Two environments that are in order."""
    return make_tree(
        tmp_path_factory.mktemp("tree"),
        {
            "production": {"secrets": {"db": {"value": "demo", "max_age": "90 days"}}},
            "staging": {"secrets": {"db": {"value": "demo", "max_age": "90 days"}}},
        },
    )


def test_data_goes_to_stdout_and_errors_to_stderr(tree: Tree) -> None:
    good = cli("validate", cwd=tree.manifests.parent)
    assert good.returncode == 0
    assert good.stdout.splitlines() == [
        "environment  exit",
        "production      0  1 resource, no error",
        "staging         0  1 resource, no error",
    ]
    assert good.stderr == ""
    bad = cli("validate", "prod", cwd=tree.manifests.parent)
    assert bad.returncode == 64
    assert bad.stdout == ""
    assert "error" in bad.stderr


def test_manifests_are_found_upward(tree: Tree) -> None:
    below = tree.manifests.parent / "a" / "b"
    below.mkdir(parents=True, exist_ok=True)
    assert cli("validate", "staging", cwd=below).returncode == 0


def test_all_errors_of_all_environments_at_once(tmp_path: Path) -> None:
    entry = {"secrets": {"db": {"value": "demo", "descripton": "x", "max_age": "soon"}}}
    tree = make_tree(tmp_path, {"one": entry, "two": entry})
    done = cli("validate", cwd=tree.manifests.parent)
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if not line.startswith("  ")]
    assert len(lines) == 4
    for line in lines:
        place, found = line.split(" ", 1)
        path, number, column, end = place.split(":")
        assert path in ("manifests/one/main.sops.yaml", "manifests/two/main.sops.yaml")
        assert int(number) > 0
        assert int(column) > 0
        assert end == ""
        assert found.startswith("error[")


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "\x1b[31mred\x1b[0m"),
        ("show", "\x1b]0;title\x07"),
        ("\u202eplan",),
        ("plan", "--\x9b31m"),
        ("-C", "a\x1b[2Jb", "plan"),
        ("explain", "\x1b[1m"),
        ("plan", "x\n::error::planted"),
    ],
)
def test_errors_are_escaped(tree: Tree, arguments: tuple[str, ...]) -> None:
    done = cli(*arguments, cwd=tree.manifests.parent, environment=NO_AWS)
    assert done.returncode == 64
    assert done.stderr
    for line in done.stderr.splitlines():
        assert line.isprintable(), ascii(line)
        assert not line.lstrip().startswith("::")


def test_the_log_as_json_is_one_object_a_line_and_obeyed_by_nothing(tree: Tree) -> None:
    arguments = ("--log-format", "json", "plan", "x##[error]y\n::error::z\x1b[1m")
    done = cli(*arguments, cwd=tree.manifests.parent)
    assert done.returncode == 64
    (line,) = done.stderr.splitlines()
    assert "##[" not in line
    assert line.isascii()
    assert line.isprintable()
    assert "##[error]" in json.loads(line)["message"]


def test_one_environment_that_fails_does_not_hide_the_others_errors(tree: Tree) -> None:
    done = cli("drift", cwd=tree.manifests.parent, environment={**NO_AWS, **tree.environ})
    assert done.returncode == 1
    table = [line.split()[:2] for line in done.stdout.splitlines()]
    assert table == [["environment", "exit"], ["production", "1"], ["staging", "1"]]
    assert done.stderr.count("cannot be reached") == 2
    assert "Traceback" not in done.stderr


def test_what_nobody_reads_any_more_is_no_crash(tree: Tree) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        done = subprocess.run(
            [*COMMAND, "schema", "manifest"],
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            env=environ(),
            check=False,
            timeout=300,
        )
    assert done.returncode == 1
    assert done.stderr == ""


def test_ctrl_c_ends_a_command_that_only_reads(tree: Tree, embedded_aws: Embedded) -> None:
    listing, answering = threading.Event(), threading.Event()

    def hook(operation: str, _: object) -> None:
        if operation == "ListSecrets":
            listing.set()
            answering.wait()

    embedded_aws.hooks.append(hook)
    process = subprocess.Popen(
        [*COMMAND, "plan", "production"],
        cwd=tree.manifests.parent,
        env=environ({**NO_AWS, **tree.environ, "AWS_ENDPOINT_URL": embedded_aws.url}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert listing.wait(300)
        process.send_signal(signal.SIGINT)
        # A thread that waits for AWS does not hold it back.
        out, err = process.communicate(timeout=300)
    finally:
        process.kill()
        answering.set()
        embedded_aws.hooks.remove(hook)
    assert process.returncode == 130
    assert out == ""
    assert err.split() == ["stopped"]


def test_an_unexpected_error_tells_where_and_not_what() -> None:
    shown = python(
        "import sys\n"
        "from reconciler.cli import main, walk\n"
        "def fail(*_):\n"
        "    secret = 'canary-3f9a'\n"
        "    raise KeyError(secret)\n"
        "walk.folder = fail\n"
        "sys.stderr = sys.stdout\n"
        "print(main.run(['validate']))\n"
    )
    told, hint, code = shown.splitlines()
    assert told == "internal error: KeyError at <string>:5"
    assert hint.startswith("  this is a bug")
    assert code == "1"
