"""The commands as a user runs them: output, streams, exit codes."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import time
from pathlib import Path

import pytest

from tests import forked
from tests.world import PREFIX, World


def test_plan_review_apply_and_nothing_left(world: World) -> None:
    world.declare({"db": {"value": "hidden-value"}}, {"host": {"plaintext": "db.internal"}})
    planned = world.cli("plan", "production", "--out", "p.json", "--detailed-exitcode")
    assert planned.returncode == 2, planned.stderr
    assert "Plan: 2 to create, 0 to update, 0 to prune." in planned.stdout
    assert "db.internal" in planned.stdout
    assert "hidden-value" not in planned.stdout + planned.stderr + Path("p.json").read_text()
    applied = world.cli("apply", "production", "--plan", "p.json")
    assert applied.returncode == 0, applied.stderr
    assert "Applied: 2 done." in applied.stdout
    again = world.cli("plan", "production", "--detailed-exitcode")
    assert again.returncode == 0
    assert "Nothing to do" in again.stdout
    assert world.cli("drift").returncode == 0
    # The same plan once more: already in effect.
    once_more = world.cli("apply", "production", "--plan", "p.json")
    assert once_more.returncode == 0
    assert once_more.stderr.count("already in effect") == 2


def test_options_are_taken_before_and_after_the_command(world: World) -> None:
    elsewhere = {"HOME": "/nonexistent"}
    for arguments in (
        ("-C", "manifests", "validate", "production"),
        ("validate", "production", "-C", "manifests"),
    ):
        done = world.cli(*arguments, environment=elsewhere)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("production: 1 resource")


def test_apply_without_a_terminal_needs_to_be_told(world: World) -> None:
    world.aws.calls.clear()
    done = world.cli("apply", "production")
    assert done.returncode == 64
    assert "--auto-approve" in done.stderr
    assert not world.aws.calls


def test_apply_by_digest(world: World) -> None:
    world.declare({"db": {"value": "one"}})
    shown = json.loads(world.cli("plan", "production", "-o", "json").stdout)
    wrong = world.cli("apply", "production", "--digest", "0" * 64)
    assert wrong.returncode == 3
    assert world.cli("apply", "production", "--digest", shown["digest"]).returncode == 0
    assert world.secret_value("db") == "one"


def test_a_stale_plan_writes_nothing(world: World) -> None:
    world.declare({"db": {"value": "one"}, "other": {"value": "one"}})
    world.converge()
    world.declare({"db": {"value": "two"}, "other": {"value": "two"}})
    world.cli("plan", "production", "--out", "p.json")
    world.put_secret("db", "theirs")
    done = world.cli("apply", "production", "--plan", "p.json")
    assert done.returncode == 3
    assert "AWSCURRENT moved" in done.stderr
    assert world.secret_value("other") == "one"


def test_a_plan_edited_by_hand_is_refused(world: World) -> None:
    world.declare({"db": {"value": "one", "description": "what was reviewed"}})
    world.cli("plan", "production", "--out", "p.json")
    path = Path("p.json")
    path.write_text(path.read_text().replace("what was reviewed", "something else"))
    for command in (("show", "p.json"), ("apply", "production", "--plan", "p.json")):
        done = world.cli(*command)
        assert done.returncode == 1
        assert "error[plan-file]" in done.stderr
    assert world.aws.calls["CreateSecret"] == 0


def test_refused_is_exit_code_4_and_blocks_nothing(world: World) -> None:
    world.client("secretsmanager").create_secret(Name=f"{PREFIX}/theirs", SecretString="x")
    world.declare({"db": {"value": "one"}, "theirs": {"value": "y"}})
    assert world.cli("plan", "production").returncode == 0
    done = world.cli("apply", "production", "--auto-approve")
    assert done.returncode == 4
    assert "adopt it" in done.stdout
    assert "1 done" in done.stdout
    assert "1 refused" in done.stdout
    assert world.secret_value("db") == "one"


def test_a_guard_stops_and_its_flag_overrides(world: World) -> None:
    secrets = {f"s{n}": {"value": "one"} for n in range(3)}
    world.declare(secrets)
    world.converge()
    del secrets["s0"]
    world.declare(secrets, prune=True)
    done = world.cli("apply", "production", "--auto-approve")
    assert done.returncode == 4
    assert "error[max-prunes]" in done.stderr
    assert "max_prunes" in world.cli("plan", "production").stdout
    other = world.cli("apply", "production", "--auto-approve", "--override", "max-change-ratio")
    assert other.returncode == 4
    done = world.cli("apply", "production", "--auto-approve", "--override", "max-prunes")
    assert done.returncode == 0, done.stderr
    assert "DeletedDate" in world.secret("s0")


def test_too_great_a_change_is_stopped(world: World) -> None:
    world.declare({f"s{n}": {"value": "one"} for n in range(10)})
    world.converge()
    world.declare({f"s{n}": {"value": "two" if n < 5 else "one"} for n in range(10)})
    world.cli("plan", "production", "--out", "half.json")
    world.declare({f"s{n}": {"value": "two" if n < 6 else "one"} for n in range(10)})
    done = world.cli("apply", "production", "--auto-approve")
    assert done.returncode == 4
    assert "error[max-change-ratio]" in done.stderr
    assert world.secret_value("s0") == "one"
    world.declare({f"s{n}": {"value": "two" if n < 5 else "one"} for n in range(10)})
    assert world.cli("apply", "production", "--plan", "half.json").returncode == 0


def test_only_limits_what_is_planned_and_written(world: World) -> None:
    world.declare({"a": {"value": "v"}, "b": {"value": "v"}})
    done = world.cli("apply", "production", "--auto-approve", "--only", "a")
    assert done.returncode == 0, done.stderr
    assert set(world.changes()) == {"secret:b"}
    wrong = world.cli("plan", "production", "--only", "aa")
    assert wrong.returncode == 64
    assert "Did you mean" in wrong.stderr


def test_drift_ends_with_2_where_somebody_has_to_act(world: World) -> None:
    world.declare({"db": {"value": "one"}})
    world.converge()
    world.put_secret("db", "theirs")
    done = world.cli("drift", "production")
    assert done.returncode == 2
    assert "written outside" in done.stdout
    as_json = world.cli("drift", "production", "-o", "json")
    assert as_json.returncode == 2
    assert "outside" in json.dumps(json.loads(as_json.stdout))


def test_saved_plans_show_the_same_in_every_form(world: World) -> None:
    world.declare({"db": {"value": "one"}})
    for form in ("text", "markdown", "json"):
        shown = world.cli("plan", "production", "--out", "p.json", "-o", form).stdout
        if form == "markdown":
            continue  # it names where the whole is: the file, in either case
        assert world.cli("show", "p.json", "-o", form).stdout == shown


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (("plam",), 64, "Did you mean plan?"),
        (("plan", "--fast"), 64, "There is no option --fast."),
        (("plan", "prodution"), 64, "production"),
        (("plan", "-C", "nowhere"), 64, "nowhere"),
        (("show", "missing.json"), 64, "cannot be read"),
        (("show", "manifests/.sops.yaml"), 1, "error[plan-file]"),
        (("apply", "--auto-approve"), 64, "Name one environment"),
        (("apply", "production", "--plan", "a", "--auto-approve"), 64, "exclude each other"),
        (("explain", "unquted"), 64, "Did you mean unquoted?"),
        (("plan", "--sops", "/nowhere/sops"), 1, "sops"),
        (("plan", "production", "--out", "/nonexistent/p.json"), 64, "cannot be written"),
    ],
)
def test_mistyped_is_one_clear_line(
    world: World, arguments: tuple[str, ...], code: int, part: str
) -> None:
    done = world.cli(*arguments)
    assert done.returncode == code, done.stderr
    assert part in done.stderr
    assert "Traceback" not in done.stderr


def test_schemas_are_printed(world: World) -> None:
    for what in ("manifest", "environment", "plan"):
        schema = json.loads(world.cli("schema", what).stdout)
        assert schema["$schema"].endswith("2020-12/schema")


def test_explain_says_why(world: World) -> None:
    assert "012" in world.cli("explain", "unquoted").stdout


@pytest.mark.parametrize(
    ("variables", "arguments", "coloured"),
    [
        ({}, (), False),
        ({"FORCE_COLOR": "1"}, (), True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, (), False),
        ({"NO_COLOR": "1"}, ("--color", "always"), True),
        ({"FORCE_COLOR": "1"}, ("--color", "never"), False),
    ],
)
def test_colour_is_a_matter_of_option_and_variables(
    world: World, variables: dict[str, str], arguments: tuple[str, ...], coloured: bool
) -> None:
    done = world.cli("plan", "production", *arguments, environment=variables)
    assert ("\x1b[" in done.stdout) is coloured


def test_the_log_can_be_json(world: World) -> None:
    done = world.cli("plan", "production", "-v", "--log-format", "json")
    entries = [json.loads(line) for line in done.stderr.splitlines()]
    assert any("ListSecrets" in entry["message"] for entry in entries)


def in_terminal(world: World, *arguments: str, answer: str) -> tuple[int, str]:
    """Run a command in a terminal of its own, and answer its question."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [str(forked.program()), *arguments],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env=world.environ() | {"TERM": "xterm"},
        start_new_session=True,
    )
    os.close(follower)
    shown = ""
    asked = False
    while True:
        try:
            piece = os.read(leader, 4096).decode(errors="replace")
        except OSError:
            break
        if not piece:
            break
        shown += piece
        if not asked and "Only `yes`" in shown:
            asked = True
            os.write(leader, answer.encode() + b"\n")
    os.close(leader)
    return process.wait(300), shown


@pytest.mark.parametrize(("answer", "code"), [("yes", 0), ("y", 1), ("", 1)])
def test_apply_asks_on_a_terminal(world: World, answer: str, code: int) -> None:
    world.declare({"db": {"value": "one"}})
    returned, shown = in_terminal(world, "apply", "production", answer=answer)
    assert returned == code, shown
    assert (world.aws.calls["CreateSecret"] == 1) is (answer == "yes")
    assert "to create" in shown


def test_what_moved_while_the_question_stood_is_stale(world: World) -> None:
    world.declare({"db": {"value": "one"}})
    world.converge()
    world.declare({"db": {"value": "two"}})
    # The second identity call is that of the plan after the answer.
    identities: list[bool] = []

    def hook(operation: str, _: object) -> None:
        if operation == "GetCallerIdentity":
            identities.append(True)
            if len(identities) == 2:
                world.aws.hooks.remove(hook)

                import threading

                threading.Thread(target=world.put_secret, args=("db", "theirs")).start()
                time.sleep(0.5)

    world.aws.hooks.append(hook)
    returned, shown = in_terminal(world, "apply", "production", answer="yes")
    assert returned == 3, shown
    assert world.secret_value("db") == "theirs"
