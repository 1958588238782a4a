"""Declarations added, renamed, taken out and copied by command; values stay where they belong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.core import wholefile
from reconciler.core.model import Key
from tests.command import Done, command
from tests.trees import default_settings
from tests.world import PREFIX, World

FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:rotate"


@pytest.fixture
def world_(world: World) -> World:
    """Two files, one of flat names, and a lock."""
    world.declare(
        {"text": {"value": "one", "description": "stays"}, "made": {"generate": {}},
         "db": {"rotation": {"lambda": FUNCTION, "schedule": "rate(30 days)"}, "value": "seed"}},
        {"p": {"value": "one"}, "text": {"plaintext": "seen"}},
    )  # fmt: skip
    world.tree.write(
        "production/smtp.sops.yaml",
        {"secrets": {"smtp/login": {"value": {"user": "u", "password": "pw"}, "tags": {"a": "b"}}}},
    )
    world.tree.write("staging/environment.sops.yaml", default_settings("staging"))
    world.tree.write("staging/main.sops.yaml", {"secrets": {"text": {"value": "one"}}})
    command(world, "lock")
    return world


def run(world: World, *arguments: str, code: int = 0, stdin: str | None = None) -> Done:
    """A command, after which the lock is as it should be."""
    done = command(world, *arguments, code=code, stdin=stdin)
    command(world, "lock", "--check")
    command(world, "validate", "production")
    return done


def value(world: World, kind: str, name: str) -> str:
    from reconciler import manifest

    desired = manifest.load(world.tree.manifests, "production", world.tree.sops)
    content = desired.values[Key(kind, f"/test/production/{name}")].content
    assert content is not None
    return str(content.reveal())


def photograph(world: World) -> dict[str, bytes]:
    folder = world.tree.manifests
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def same(world_: World) -> Iterator[World]:
    """Nothing is written."""
    before = photograph(world_)
    yield world_
    assert photograph(world_) == before


def test_a_secret_where_its_neighbours_are(world_: World) -> None:
    done = run(world_, "add", "production", "smtp/token", "--description", "d", stdin="new\n")
    assert "smtp.sops.yaml written" in done.out
    assert not done.calls
    assert value(world_, "secret", "smtp/token") == "new"
    assert "description: d" in world_.tree.read("production/smtp.sops.yaml")


def test_a_services_first_has_a_file_of_its_own(world_: World) -> None:
    done = run(world_, "add", "production", "jwt/secret", "--generate", "48")
    assert "jwt.sops.yaml written" in done.out
    assert "length: 48" in world_.tree.read("production/jwt.sops.yaml")


def test_a_parameter_and_a_file_by_name(world_: World) -> None:
    run(world_, "add", "production", "smtp/host", "--kind", "parameter", "--plaintext", "h",
        "--file", "hosts/smtp.sops.yaml")  # fmt: skip
    assert "plaintext: h" in world_.tree.read("production/hosts/smtp.sops.yaml")
    run(world_, "add", "production", "smtp/port", "--kind", "parameter", "--generate", "9")
    assert len(value(world_, "parameter", "smtp/port")) == 9


def test_a_mapping_and_a_key_more(world_: World) -> None:
    run(world_, "add", "production", "smtp/x", "--key", "a", stdin="1")
    run(world_, "add", "production", "smtp/x", "--key", "b", stdin="2")
    assert json.loads(value(world_, "secret", "smtp/x")) == {"a": "1", "b": "2"}


def test_renamed_its_value_is_the_same_and_both_are_there(world_: World) -> None:
    command(world_, "apply", "production", "--auto-approve", "--only", "smtp/login")
    done = run(world_, "move", "production", "smtp/login", "smtp/credentials")
    assert "reconciler remove production smtp/login" in done.err
    assert value(world_, "secret", "smtp/credentials") == value(world_, "secret", "smtp/login")
    text = world_.tree.read("production/smtp.sops.yaml")
    assert "moved_to: smtp/credentials" in text
    found = command(world_, "validate", "production").err
    assert "warning[moved]" in found
    assert "same-value" not in found
    plan = json.loads(command(world_, "plan", "production", "-o", "json").out)
    of_smtp = [c for c in plan["changes"] if "smtp" in c["key"]["name"]]
    assert [c["action"] for c in of_smtp] == ["create"]
    # The second pull request.
    done = run(world_, "remove", "production", "smtp/login")
    assert "smtp/login was last read: " in done.err
    assert "prune: false" in done.err
    assert "moved_to" not in world_.tree.read("production/smtp.sops.yaml")


def test_moved_to_another_file_nothing_changes_in_aws(world_: World) -> None:
    before = value(world_, "secret", "smtp/login")
    run(
        world_,
        "move",
        "production",
        "smtp/login",
        "--file",
        "mail.sops.yaml",
    )
    assert "smtp/login" in world_.tree.read("production/mail.sops.yaml")
    assert "smtp/login" not in world_.tree.read("production/smtp.sops.yaml")
    assert value(world_, "secret", "smtp/login") == before


def test_copied_without_a_value(world_: World) -> None:
    done = command(world_, "copy", "production", "staging", "smtp/login", "--generate", "40")
    assert "staging/smtp.sops.yaml written" in done.out
    command(world_, "lock", "--check")
    shown = json.loads(command(world_, "compare", "production", "staging", "-o", "json").out)
    pairs = {pair["name"]: pair["values"] for pair in shown["both"]}
    assert pairs == {"text": "equal", "smtp/login": "different"}
    assert {"section": "secrets", "name": "db"} in shown["only"]["production"]
    assert shown["only"]["staging"] == []


def test_what_a_copy_leaves_out_is_told(world_: World) -> None:
    """What says something of one resource that exists, is not so of another environment's."""
    run(world_, "move", "production", "smtp/login", "smtp/credentials")
    done = command(world_, "copy", "production", "staging", "smtp/login", "--generate", "40")
    assert "`moved_to` of smtp/login" in done.err
    assert "moved_to" not in world_.tree.read("staging/smtp.sops.yaml")
    done = command(world_, "copy", "production", "staging", "smtp/credentials", "--generate", "40")
    assert "moved_to" not in done.err


def test_side_by_side_as_text(world_: World) -> None:
    done = command(world_, "compare", "production", "staging")
    assert "Only in production\n  parameters p\n" in done.out
    assert "Declared differently\n  secrets text: description" in done.out
    assert "Equal values\n  secrets text" in done.out
    assert "1 equal, 0 different, 0 unknown" in done.out
    assert "one" not in done.out.split()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("add", "production", "text"), 64, "text is declared already"),
        (("add", "production", "/x"), 64, "relative to the prefix /test/production"),
        (("add", "production", "x//y", "--generate", "9"), 64, "error[name]"),
        (("add", "production", "x", "--generate", "4"), 64, "4 is not in the range"),
        (("add", "production", "x", "--plaintext", "y"), 64, "--plaintext is not for a secret"),
        (("add", "production", "x", "--kind", "keys"), 64, "is not one of"),
        (
            ("add", "production", "x", "--file", "../x.sops.yaml"),
            64,
            "not a manifest of production",
        ),
        (("add", "production", "x", "--file", "environment.sops.yaml"), 64, "not a manifest of"),
        (("add", "production", "x"), 64, "The value is empty."),
        (("add", "production", "smtp/login", "--key", "user"), 64, "smtp/login: user is declared"),
        (("add", "prod", "x"), 64, "did you mean `production`?"),
        (("move", "production", "text"), 64, "Say the new name, or --file."),
        (("move", "production", "smtp/logn", "x"), 64, "Did you mean smtp/login?"),
        (("move", "production", "text", "x"), 64, "say which with --kind"),
        (("move", "production", "smtp/login", "p", "--kind", "secret"), 0, "written"),
        (("move", "production", "smtp/login", "made"), 64, "made is declared already"),
        (("move", "production", "smtp/login", "smtp/login"), 64, "is its name already"),
        (("move", "production", "made", "--file", "main.sops.yaml"), 64, "already"),
        (("remove", "production", "nothing"), 64, "has no secret or parameter nothing"),
        (("remove", "production"), 64, "Missing argument"),
        (("copy", "production", "production", "p"), 64, "the same environment"),
        (("copy", "production", "staging", "smtp/login"), 64, "There is no value for smtp/login"),
        (
            ("copy", "production", "staging", "text", "--kind", "secret"),
            64,
            "declares text already",
        ),
        (("compare", "production", "production"), 64, "Name two environments."),
        (("compare", "production"), 64, "Missing argument"),
    ],
)
def test_what_is_asked_wrong_is_one_clear_line_and_nothing_written(
    world_: World, arguments: tuple[str, ...], code: int, said: str
) -> None:
    before = photograph(world_)
    done = command(world_, *arguments, code=code, stdin="")
    assert said in done.said
    if code:
        assert photograph(world_) == before
        assert done.err.count("error[") == 1


def test_outcomes_as_json(world_: World) -> None:
    shown = json.loads(run(world_, "add", "production", "smtp/y", "-o", "json", stdin="v").out)
    assert shown["outcomes"][0]["message"].startswith(
        "smtp.sops.yaml, smtp.fingerprints.lock written"
    )


def test_what_was_outdated_in_the_lock_stays_so(world_: World, tmp_path: Path) -> None:
    """A command vouches for what it wrote, and for nothing else."""
    world_.tree.write("production/smtp.sops.yaml", {"secrets": {"smtp/login": {"value": "x"}}})
    command(world_, "set", "production", "p", stdin="other")
    said = command(world_, "validate", "production").err
    assert "smtp/login was encrypted again" in said
    assert "parameter /test/production/p was" not in said


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_move_to_another_file_that_was_killed_goes_on(
    world_: World, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    before = value(world_, "secret", "smtp/login")
    again = ("move", "production", "smtp/login", "--file", "mail.sops.yaml")
    with monkeypatch.context() as killing:
        kill(killing, at)
        assert command(world_, *again, code=None).code == 130
    if at == 1:
        assert "run it again" in command(world_, "explain", "declared-twice").out
        command(world_, "move", "production", "smtp/login", "--file", "main.sops.yaml", code=1)
    command(world_, *again, code=64 if at == 2 else 0)
    assert "smtp/login" not in world_.tree.read("production/smtp.sops.yaml")
    assert value(world_, "secret", "smtp/login") == before
    command(world_, "lock", "production")
    command(world_, "validate", "production")


def test_two_declarations_that_differ_are_no_interrupted_move(world_: World) -> None:
    other = {
        "secrets": {"smtp/login": {"value": {"user": "u", "password": "other"}, "tags": {"a": "b"}}}
    }
    world_.tree.write("production/mail.sops.yaml", other)
    before = photograph(world_)
    done = command(world_, "move", "production", "smtp/login", "--file", "mail.sops.yaml", code=1)
    assert "error[declared-twice]" in done.err
    assert photograph(world_) == before


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_killed_run_leaves_each_file_whole_and_readable(
    world_: World, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """A rename between files writes the new one first: whatever is left is a valid state."""
    with monkeypatch.context() as killing:
        kill(killing, at)
        done = command(world_, "move", "production", "smtp/login", "jwt/login", code=None)
    assert done.code == 130
    said = command(world_, "validate", "production", code=None)
    assert set(said.err.split()) & {"error[declared-twice]:", "error[mac-mismatch]:"} == set()
    command(world_, "lock", "production")
    command(world_, "validate", "production")


def kill(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Let the run end before it writes a file, the first of them at 0."""
    real, count = wholefile.write, 0

    def killed(path: Path, content: bytes, mode: int | None = None) -> None:
        nonlocal count
        if count == at:
            raise KeyboardInterrupt
        count += 1
        real(path, content, mode)

    monkeypatch.setattr(wholefile, "write", killed)


def test_without_the_key_what_follows_is_said_before_anything_is_asked(world_: World) -> None:
    nobody = {"SOPS_AGE_KEY_FILE": "/nonexistent", "SOPS_AGE_KEY": ""}
    done = command(world_, "add", "production", "jwt/secret", "--generate", "48", variables=nobody)
    said = "and the lock will not know it"
    assert said in done.err
    assert "reconciler lock production" in done.err
    # Where nothing is asked for at all, it is said all the same: the value is never read.
    done = command(world_, "add", "production", "web/x", code=64, stdin="", variables=nobody)
    assert said in done.err
    assert not world_.tree.path("production/web.sops.yaml").exists()
    # Into a file that is there nothing is written.
    before = photograph(world_)
    command(world_, "add", "production", "smtp/z", code=1, stdin="v", variables=nobody)
    assert photograph(world_) == before
    done = command(world_, "add", "production", "api/y", "--generate", "48")
    assert said not in done.err


@pytest.mark.parametrize("named", [".", "manifests/production"])
def test_the_folder_beside_the_named_one(world_: World, named: str) -> None:
    done = command(world_, "-C", named, "validate", code=64)
    assert f"{named} has no .sops.yaml, and manifests has" in done.err
    assert "name it with -C manifests" in done.err
    command(world_, "-C", "manifests", "validate", "production")


def test_what_aws_never_had_is_not_let_go_of(world_: World) -> None:
    client = world_.client("secretsmanager")
    client.create_secret(Name=f"{PREFIX}/smtp/login", SecretString="theirs")
    done = run(world_, "remove", "production", "made")
    assert "commit it; AWS does not have it" in done.err
    assert "release" not in done.err
    done = run(world_, "remove", "production", "smtp/login")
    assert "it is not managed, and stays in AWS as it is" in done.err
    assert "release" not in done.err
