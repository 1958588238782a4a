"""What a shell is given to complete."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.shell_completion import CompletionItem, get_completion_class

from reconciler.cli import completion
from reconciler.cli.main import reconciler
from tests.trees import clean_environ

MAIN = """\
# secrets: not here
secrets:
    db/login:
        value:
            user: ENC[AES256_GCM,data:x,type:str]
    "quoted/name":
        generate: {length: 8}
parameters:
    host: {plaintext: a}
sops:
    age:
        - recipient: x
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("production", "staging"):
        (tmp_path / "manifests" / name).mkdir(parents=True)
        (tmp_path / "manifests" / name / "environment.sops.yaml").write_text("environment: x\n")
    (tmp_path / "manifests" / "production" / "main.sops.yaml").write_text(MAIN)
    (tmp_path / "manifests" / ".sops.yaml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "incomplete", "found"),
    [
        (["plan"], "", ["production", "staging"]),
        (["drift", "staging"], "pro", ["production"]),
        (["rotate"], "s", ["staging"]),
        (["rotate", "production"], "", ["db/login", "host", "quoted/name"]),
        (["rotate", "staging"], "", []),
        (["plan", "production", "--only"], "d", ["db/login"]),
        (["-C", "manifests", "plan"], "st", ["staging"]),
        (["plan", "-o", "json"], "st", ["staging"]),
        (["rotate", "../production"], "", []),
        (["plan", "--out"], "", None),
        (["set", "production", "host"], "", None),
        (["remove", "production", "host"], "q", ["quoted/name"]),
        (["compare", "staging"], "p", ["production"]),
        (["copy", "production", "staging"], "h", ["host"]),
        (["copy", "production", "staging", "host"], "db", ["db/login"]),
        (["iam"], "", None),
        (["iam", "plan"], "st", ["staging"]),
        (["recipients"], "", None),
        (["recipients", "list"], "st", ["staging"]),
        (["recipients", "add"], "", None),
        (["recipients", "add", "age1x"], "st", ["staging"]),
        (["add", "production"], "", None),
        (["plan"], "--", None),
        (["schema"], "", None),
        ([], "pl", None),
    ],
)
def test_environments_and_resources_come_from_clear_text(
    folder: Path, words: list[str], incomplete: str, found: list[str] | None
) -> None:
    assert completion.names(words, incomplete) == found


@pytest.mark.parametrize(
    ("shell", "words", "word", "printed"),
    [
        ("bash", "reconciler plan pro", "2", "plain,production\n"),
        ("zsh", "reconciler plan pro", "2", "plain\nproduction\n_\n"),
        ("fish", "reconciler plan pro", "pro", "plain,production\n"),
        ("bash", "reconciler dri", "1", "plain,drift\n"),
        ("bash", "reconciler drift --de", "2", "plain,--deep\n"),
    ],
)
def test_each_shell_is_answered_and_nothing_slow_is_imported_for_names(
    folder: Path, shell: str, words: str, word: str, printed: str
) -> None:
    code = (
        "import sys, json\n"
        "from reconciler.cli.start import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
    )
    asked = {"_RECONCILER_COMPLETE": f"{shell}_complete", "COMP_WORDS": words, "COMP_CWORD": word}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**clean_environ(), **asked, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout == printed
    loaded = json.loads(done.stderr)
    if "pro" in words:
        assert not {"click", "re2", "pydantic", "boto3", "ruamel"} & set(loaded)


def test_what_each_command_takes_is_what_click_says() -> None:
    commands = dict(everything(reconciler, ""))
    given = {name: "".join(map(letter, arguments(one))) for name, one in commands.items()}
    assert {name: letters for name, letters in given.items() if letters.strip("-+")} == {
        **completion._GIVEN,
        # A name that is not declared yet, and a command, which no manifest has.
        **{name: given[name] for name in ("add", "move", "exec")},
    }
    assert (given["add"], given["move"], given["exec"]) == ("ER", "ERR", "E-+")
    options = [p for one in commands.values() for p in one.params if isinstance(p, click.Option)]
    taking = {o for p in options if not (p.is_flag or p.count) for o in p.opts}
    alone = {o for p in options if p.is_flag or p.count for o in p.opts}
    may_stand_alone = {"--read-values"}
    assert taking - alone - may_stand_alone == completion._TAKES


def everything(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """Each command by its whole name, but for those that only workflows and tests run."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    with click.Context(command) as context:
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            if found is not None and inner not in ("github", "sandbox"):
                yield from everything(found, f"{name} {inner}".strip())


def arguments(command: click.Command) -> list[click.Argument]:
    return [p for p in command.params if isinstance(p, click.Argument)]


def letter(argument: click.Argument) -> str:
    """As the table of what is completed writes an argument."""
    again = "+" if argument.nargs == -1 else ""
    if (argument.metavar or "").strip("[].") in ("ENV", "FROM", "TO"):
        return f"E{again}"
    return f"R{again}" if argument.name in ("name", "names", "new", "only") else f"-{again}"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize("line", ["plan ", "plan pro", "rotate 'production' db/", "plan 'pro"])
def test_words_are_read_and_names_told_as_clicks_scripts_do(
    monkeypatch: pytest.MonkeyPatch, shell: str, line: str
) -> None:
    made = get_completion_class(shell)
    assert made is not None
    click_ = made(reconciler, {}, "reconciler", completion.VARIABLE)
    # All that the script says is in variables that are read here.
    script = click_.source()
    assert f"{completion.VARIABLE}={shell}_complete" in script
    assert "COMP_WORDS=" in script
    assert "COMP_CWORD=" in script
    words = f"reconciler {line}"
    last = line.rpartition(" ")[2]
    count = len(line.split(" "))
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", last if shell == "fish" else str(count))
    assert completion.asked(shell) == click_.get_completion_args()
    assert completion.told(shell, "db/login") == click_.format_completion(
        CompletionItem("db/login")
    )


def test_bash_itself_completes(folder: Path) -> None:
    ask = (
        'eval "$(_RECONCILER_COMPLETE=bash_source reconciler)"\n'
        "COMP_WORDS=(reconciler rotate production q) COMP_CWORD=3 COMPREPLY=()\n"
        '_reconciler_completion reconciler\nprintf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    where = {**clean_environ(), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", ask], env=where, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == ("quoted/name\n", "")
