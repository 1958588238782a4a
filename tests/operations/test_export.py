"""Export and exec hand values out: to whom, under which names, and never into git."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from reconciler.kinds.obeyed import obeyed
from reconciler.operations.exporting.formats import as_json, dotenv, unwritable, yaml
from reconciler.values.sensitive import Sensitive
from tests.cli.test_commands import in_terminal
from tests.command import Done, command
from tests.leaks.search import Canaries, search
from tests.world import PREFIX, World


@pytest.fixture
def declared(world: World) -> World:
    """A world with every form of a value, not applied."""
    world.declare(
        {
            "database/credentials": {"value": {"username": "u", "pass-word": "p w"}},
            "jwt/secret": {"value": "signing"},
            "json": {"value": '{"port": 5432, "on": true, "list": [1, "a"], "in": {"x": "y"}}'},
            "9raw": {"value": "AAE=", "binary": True},
            "made": {"generate": {}},
        },
        {"app/host": {"plaintext": "db.internal"}, "app/list": {"plaintext": ["a", "b"]}},
    )
    return world


NAMES = {
    "DATABASE_CREDENTIALS_USERNAME": "u",
    "DATABASE_CREDENTIALS_PASS_WORD": "p w",
    "JWT_SECRET": "signing",
    "JSON_PORT": "5432",
    "JSON_ON": "true",
    "JSON_LIST": '[1,"a"]',
    "JSON_IN_X": "y",
    "_9RAW": "AAE=",
    "APP_HOST": "db.internal",
    "APP_LIST": "a,b",
}


def export(world: World, *arguments: str, code: int = 0) -> Done:
    return command(world, "export", "production", *arguments, code=code)


def run(
    world: World, *arguments: str, variables: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    # A process of its own: it becomes another program.
    return world.process("exec", "production", *arguments, environment=variables)


def test_names_by_rule_in_every_format(declared: World) -> None:
    done = export(declared, "-o", "json")
    assert json.loads(done.out) == NAMES
    assert not done.calls
    assert "left out: secret made: git does not have its value; --from aws reads it" in done.err
    assert YAML(typ="safe").load(export(declared, "-o", "yaml").out) == NAMES
    lines = export(declared).out.splitlines()
    assert {k: shlex.split(v)[0] for k, v in (line.split("=", 1) for line in lines)} == NAMES


def test_names_that_the_manifest_declares(world: World) -> None:
    world.declare(
        {
            "db": {"value": {"user": "u", "port": "1"}, "env": {"user": "PGUSER"}},
            "smtp": {"value": {"user": "s"}, "env": "MAIL"},
            "jwt": {"value": "j", "env": "JWT"},
        }
    )
    assert json.loads(export(world, "-o", "json").out) == {
        "PGUSER": "u", "DB_PORT": "1", "MAIL_USER": "s", "JWT": "j"
    }  # fmt: skip
    world.declare({"jwt": {"value": "j", "env": "no name"}})
    assert "error[" in export(world, code=1).err


def test_a_prefix_stands_before_derived_names(world: World) -> None:
    world.declare(
        {"path": {"value": "p"}, "9": {"value": "n"}, "jwt": {"value": "j", "env": "JWT"}}
    )
    world.settings(env_prefix="SHOP_")
    assert json.loads(export(world, "-o", "json").out) == {
        "SHOP_PATH": "p", "SHOP_9": "n", "JWT": "j"
    }  # fmt: skip


def test_from_aws(declared: World) -> None:
    declared.converge()
    declared.put_secret("jwt/secret", "live")
    done = export(declared, "--from", "aws", "-o", "json")
    found = json.loads(done.out)
    made = found.pop("MADE")
    assert found == NAMES | {"JWT_SECRET": "live"}
    assert made == declared.secret_value("made")
    assert dict(done.calls) == {
        "GetCallerIdentity": 1, "BatchGetSecretValue": 1, "GetParameters": 1
    }  # fmt: skip


def test_a_first_value_that_rotation_owns_is_told(world: World) -> None:
    function = "arn:aws:lambda:us-west-2:123456789012:function:rotate"
    rotation = {"lambda": function, "schedule": "rate(30 days)"}
    world.declare({"db": {"value": "first", "rotation": rotation}, "own": {"value": "x"}})
    done = export(world, "--format", "json")
    assert "secret db: git has only its first value, which rotation may have replaced" in done.err
    assert "own" not in done.err


def test_only_some(declared: World) -> None:
    assert json.loads(export(declared, "--only", "jwt/secret", "-o", "json").out) == {
        "JWT_SECRET": "signing"
    }
    assert "Did you mean jwt/secret?" in export(declared, "--only", "jwt/secre", code=64).err


def test_what_is_named_is_handed_out_or_nothing_is(declared: World) -> None:
    """So that no command begins without a value that was asked for."""
    named = ("--only", "made", "--only", "jwt/secret")
    done = export(declared, *named, code=1)
    assert "error[export]: secret made: git does not have its value; --from aws" in done.err
    assert "nothing was handed out" in done.err
    assert done.out == ""
    declared.converge()
    assert set(json.loads(export(declared, *named, "--from", "aws", "-o", "json").out)) == {
        "MADE", "JWT_SECRET"
    }  # fmt: skip
    declared.client("secretsmanager").delete_secret(SecretId=f"{PREFIX}/made")
    ran = run(declared, *named, "--from", "aws", "--", "touch", "ran")
    assert ran.returncode == 1
    assert "secret made: AWS does not return its value" in ran.stderr
    assert not (declared.tree.manifests.parent / "ran").exists()


def test_two_of_one_name_are_refused(world: World) -> None:
    world.declare({"a/b": {"value": "1"}, "a": {"value": {"b": "2"}}})
    done = export(world, code=1)
    assert "a.b and a/b both are A_B" in done.err
    assert done.out == ""


def test_a_file_is_its_owners_and_git_ignores_it(declared: World, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "."], check=True)
    assert "git does not ignore .env" in export(declared, "--out", ".env", code=64).err
    Path(".gitignore").write_text(".env\nlink\n")
    os.umask(0o022)
    export(declared, "--out", ".env", "-o", "json")
    assert json.loads(Path(".env").read_text()) == NAMES
    assert Path(".env").stat().st_mode & 0o777 == 0o600
    Path("link").symlink_to("elsewhere")
    assert "is a link" in export(declared, "--out", "link", code=64).err
    assert not Path("elsewhere").exists()
    # What is tracked is not ignored, whatever .gitignore says.
    subprocess.run(["git", "add", "-f", ".env"], check=True)
    assert "git does not ignore" in export(declared, "--out", ".env", code=64).err
    assert "there is no folder" in export(declared, "--out", "no/where", code=64).err
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".env")) == [".env"]


def test_a_terminal_is_warned(declared: World) -> None:
    code, shown = in_terminal(declared, "export", "production", answer="")
    assert code == 0
    assert "warning: these values stay in the terminal's history" in shown


def test_what_dotenv_readers_disagree_about_is_refused(world: World) -> None:
    world.declare({"odd": {"value": "both ' and \" in it"}, "fine": {"value": "it's"}})
    assert "readers of .env files disagree about the value of ODD" in export(world, code=1).err
    assert json.loads(export(world, "-o", "json").out)["ODD"] == "both ' and \" in it"
    assert export(world, "--only", "fine").out == 'FINE="it\'s"\n'


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=30))
def test_every_format_gives_the_value_back(text: str) -> None:
    values = {"NAME": Sensitive(text)}
    assert json.loads(as_json(values)) == {"NAME": text}
    assert YAML(typ="safe", pure=True).load(yaml(values)) == {"NAME": text}
    if not unwritable(values):
        line = dotenv(values)
        assert shlex.split(line.partition("=")[2]) == [text]


def test_a_command_gets_the_values_and_not_the_key(declared: World) -> None:
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    done = run(declared, "--", sys.executable, "-c", code)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert NAMES.items() <= seen.items()
    assert not [name for name in seen if name.startswith("SOPS_")]
    assert seen["AWS_DEFAULT_REGION"] == "us-west-2"


def test_it_ends_as_the_command_does_and_takes_its_arguments(declared: World) -> None:
    assert run(declared, "--", "sh", "-c", "exit 7").returncode == 7
    assert run(declared, "--", "echo", "--only", "-q", "a b").stdout == "--only -q a b\n"
    assert "there is no command nowhere-at-all" in run(declared, "--", "nowhere-at-all").stderr
    assert run(declared).returncode == 64


def test_it_takes_this_processs_place(declared: World) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "reconciler.cli.main", "exec", "production", "--", "sh", "-c",
         "echo $$"],
        env=declared.environ(), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.communicate(timeout=300)[0] == f"{process.pid}\n"


@pytest.mark.parametrize(
    "name", ["path", "ld/preload", "node/options", "python/startup", "git/ssh", "https/proxy"]
)
def test_names_that_programs_obey_are_refused(world: World, name: str) -> None:
    world.declare({name: {"value": "v"}})
    done = run(world, "--", "true")
    assert done.returncode == 1
    assert f"{name} would be {name.replace('/', '_').upper()}, which programs obey" in done.stderr


def test_a_name_that_is_set_already_is_refused(declared: World) -> None:
    done = run(declared, "--", "true", variables={"JWT_SECRET": "mine"})
    assert done.returncode == 1
    assert "JWT_SECRET is set already" in done.stderr
    assert run(declared, "--only", "app/host", "--", "true",
               variables={"JWT_SECRET": "mine"}).returncode == 0  # fmt: skip


def test_a_nul_is_no_variable(world: World) -> None:
    world.declare({"odd": {"value": "a\0b"}})
    assert "odd holds a NUL" in run(world, "--", "true").stderr


def test_ordinary_names_are_not_forbidden() -> None:
    assert not any(map(obeyed, NAMES))
    assert obeyed("ld_preload")


def test_nothing_leaks_but_to_whom_it_is_handed(world: World, tmp_path: Path) -> None:
    canaries = Canaries()
    secrets = {"a": {"value": canaries.plant()}, "path": {"value": canaries.plant()}}
    world.declare({**secrets, "q": {"value": canaries.plant() + "'\\\\"}})
    commands = (
        ("export", "production", "-vv"),  # refused: readers disagree
        ("export", "production", "-o", "json", "--out", "/proc/nowhere/x"),
        ("export", "production", "--from", "aws", "-o", "json"),  # nothing is there
        ("exec", "production", "-vv", "--", "true"),  # refused: PATH
        ("exec", "production", "--only", "a", "--", "true"),
    )
    assert search(world, canaries, tmp_path, commands) == []
