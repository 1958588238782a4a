"""`builtin:postgres` on a real server: who logs in all the time, what may be killed, what it
says."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pg8000.native
import pytest

from demo.stack import deploy
from reconciler.access import functions
from reconciler.kinds.rotation.functions.postgres.engine import Login
from tests.access.functions.test_template import printed
from tests.kinds.rotation.functions import server as postgres
from tests.kinds.rotation.functions.server import PASSWORD, Clients, Server
from tests.kinds.rotation.functions.steps import STEPS, Killed, Rotating, fails, rotating
from tests.world import PREFIX, World

pytestmark = pytest.mark.long  # needs a server, which make postgres installs

FIRST = "the-first-password"
SUPERUSER = f"{PREFIX}/database/admin"
ALTERNATING = {"superuser": SUPERUSER}
MODES = {"single": {}, "alternating": ALTERNATING}


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with postgres.running() as found:
        yield found


@pytest.fixture
def server(running: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """With one user, who owns a table, and nothing else."""
    for statement in (
        "DROP TABLE IF EXISTS visits",
        "DROP TABLE IF EXISTS later",
        "DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'app') THEN"
        " DROP OWNED BY app; END IF; END $$",
        "DROP ROLE IF EXISTS app_clone",
        "DROP ROLE IF EXISTS app",
        f"CREATE ROLE app LOGIN PASSWORD '{FIRST}'",
        "CREATE TABLE visits (id serial)",
        "ALTER TABLE visits OWNER TO app",
        "GRANT CREATE ON SCHEMA public TO app",
    ):
        running.run(statement)
    monkeypatch.setenv("LAMBDA_TASK_ROOT", str(running.authority.parent))
    return running


def login_of(text: str) -> Login:
    value = json.loads(text)
    return Login(
        value["host"], int(value["port"]), value["dbname"], value["username"], value["password"]
    )


def made_of(
    world: World, monkeypatch: pytest.MonkeyPatch, server: Server, mode: str, **value: Any
) -> Rotating:
    """The secret of the user, beside that of the superuser."""
    world.client("secretsmanager").create_secret(
        Name=SUPERUSER, SecretString=json.dumps(server.value("postgres", PASSWORD))
    )
    text = json.dumps({**server.value("app", FIRST), "pool": "5", **value})
    return rotating(world, monkeypatch, "postgres", text, **MODES[mode])


def lets_in(server: Server, text: str) -> bool:
    try:
        return bool(server.run("SELECT 1", login_of(text)))
    except pg8000.native.DatabaseError:
        return False


def deployed(world: World, server: Server, monkeypatch: pytest.MonkeyPatch, mode: str) -> str:
    """The function from its zip and the printed template, in a Python of its own, and its secret,
    as manifests declare both; the secret's name."""
    schedule = {"lambda": "builtin:postgres", "schedule": "rate(30 days)"}
    if mode == "alternating":
        schedule["settings"] = {"superuser": "database/admin"}  # type: ignore[assignment]
    world.declare(
        {
            "database/app": {
                "value": {**server.value("app", FIRST), "pool": "5"},
                "git_keys": ["pool"],
                "rotation": "db",
            },
            "database/admin": {"value": server.value("postgres", PASSWORD)},
        },
        schedules={"db": schedule},
    )
    monkeypatch.setattr("reconciler.sandbox.awslambda.subprocess", subprocess)
    archive = functions.build("postgres", postgres.INSTALLED / "wheels", server.authority)
    folder = world.tree.manifests.parent / "built"
    folder.mkdir()
    (folder / archive.key).write_bytes(archive.content)
    deploy(json.loads(printed(world.tree)[0]), folder)
    world.converge()
    assert world.aws.wait_for_rotations()
    assert world.aws.rotations[-1].outcome == "test succeeded", world.aws.rotations[-1]
    return "database/app"


@pytest.mark.parametrize("mode", MODES)
def test_twenty_clients_log_in_during_five_rotations(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    name = deployed(world, server, monkeypatch, mode)
    client = world.client("secretsmanager")

    def read() -> Login:
        answer = client.get_secret_value(SecretId=f"{PREFIX}/{name}")
        return login_of(answer["SecretString"])

    spans, passwords = [], {FIRST}
    with Clients(server, read).at_work() as clients:
        for _ in range(5):
            began = time.monotonic()
            world.rotate(name)
            spans.append((began, time.monotonic()))
            assert world.aws.rotations[-1].outcome == "succeeded", world.aws.rotations[-1]
            passwords.add(read().password)
            time.sleep(0.5)
    assert len(passwords) == 6
    assert clients.logins > 100
    if mode == "alternating":
        assert clients.failed == []
        print(f"alternating: 0 of {clients.logins} logins failed")
        assert server.run("SELECT count(*) FROM visits")[0][0] == clients.logins
    else:
        # Between the change of the password and AWSCURRENT's: nowhere else, and for that reason.
        windows = []
        for began, ended in spans:
            inside = [at for at, _ in clients.failed if began <= at <= ended]
            windows.append(max(inside) - min(inside) if inside else 0.0)
        outside = [
            one for one in clients.failed
            if not any(began <= one[0] <= ended for began, ended in spans)
        ]  # fmt: skip
        assert outside == []
        assert all("28P01" in said for _, said in clients.failed)
        longest = max(windows)
        print(f"single user: the longest of 5 windows was {longest:.2f} s,"
              f" {len(clients.failed)} of {clients.logins} logins failed")  # fmt: skip
    assert json.loads(world.secret_value(name))["pool"] == "5"
    assert world.changes() == {}
    logged = server.log.read_text()
    assert "ALTER ROLE" in logged
    for password in passwords - {FIRST}:
        assert password not in logged


@pytest.mark.parametrize("mode", MODES)
def test_killed_at_every_call_and_run_again(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    made = made_of(world, monkeypatch, server, mode)
    connect, run = pg8000.native.Connection.__init__, pg8000.native.Connection.run

    def connecting(self: Any, *arguments: Any, **more: Any) -> None:
        if more["ssl_context"] is not None and more["timeout"] == 5:  # the function's, not ours
            made.calls.append("connect")
            made.at("before")
            try:
                connect(self, *arguments, **more)
            finally:
                made.at("after")
        else:
            connect(self, *arguments, **more)

    def running(self: Any, statement: str, *arguments: Any, **more: Any) -> Any:
        made.calls.append(statement.split()[0])
        made.at("before")
        found = run(self, statement, *arguments, **more)
        made.at("after")
        return found

    monkeypatch.setattr(pg8000.native.Connection, "__init__", connecting)
    monkeypatch.setattr(pg8000.native.Connection, "run", running)
    call, reached = 0, True
    while reached:
        call += 1
        for when in ("before", "after"):
            if login_of(made.value()).user == "app":
                server.run("DROP ROLE IF EXISTS app_clone")  # it is made anew
            token = made.stage()
            made.calls.clear()
            made.kill = (call, when)
            for step in STEPS:
                try:
                    made.step(step, token)
                except Killed:
                    stored = [
                        version["secret_string"]
                        for version in made.secret.versions.values()
                        if version["version_stages"] and "secret_string" in version
                    ]
                    assert any(lets_in(server, text) for text in stored), (call, when)
                    if mode == "alternating":
                        assert lets_in(server, made.value())
                    if call % 2:
                        break
                    made.step(step, token)
            reached, made.kill = made.kill is None, None
            if reached:
                made.rotate(token)
            made.secret.detach("AWSPENDING")
            assert made.labels()["AWSCURRENT"] == token
            assert lets_in(server, made.value()), (call, when)
            assert json.loads(made.value())["pool"] == "5"
    assert call > 15


def test_what_the_second_user_makes_is_the_firsts(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = made_of(world, monkeypatch, server, "alternating")
    made.rotate()
    second = login_of(made.value())
    assert second.user == "app_clone"
    server.run("CREATE TABLE later (id int)", second)
    made.rotate()
    assert login_of(made.value()).user == "app"
    server.run("DROP TABLE later", login_of(made.value()))
    assert lets_in(server, made.value("AWSPREVIOUS"))


def refuses(made: Rotating, says: str) -> None:
    """createSecret ends with one line, AWSPENDING goes, and the next rotation can begin."""
    assert says in fails(made, "createSecret", made.stage())
    assert "AWSPENDING" not in made.labels()


@pytest.mark.parametrize("mode", MODES)
def test_bad_input(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    made = made_of(world, monkeypatch, server, mode)
    good = made.value()
    for key in ("host", "username", "password"):
        value = {name: one for name, one in json.loads(good).items() if name != key}
        world.put_secret(made.name, json.dumps(value))
        refuses(made, f"the value has no text under {key}")
    world.put_secret(made.name, json.dumps({**json.loads(good), "port": "x"}))
    refuses(made, "port is no number")
    world.put_secret(made.name, json.dumps({**json.loads(good), "port": "1"}))
    refuses(made, "no answer from localhost:1")
    world.put_secret(made.name, good)
    if mode == "single":
        server.run("ALTER ROLE app PASSWORD 'other'")
        refuses(made, "PostgreSQL refuses the current login")
        server.run(f"ALTER ROLE app PASSWORD '{FIRST}'")
    else:
        wrong = {**server.value("postgres", "wrong")}
        for value, says in (
            (wrong, "PostgreSQL refuses the superuser's login"),
            ({"username": "postgres"}, "superuser secret: the value has no text under password"),
            ({**wrong, "host": "elsewhere"}, "the superuser secret is of another host"),
        ):
            world.client("secretsmanager").put_secret_value(
                SecretId=SUPERUSER, SecretString=json.dumps(value)
            )
            refuses(made, says)
        world.client("secretsmanager").delete_secret(
            SecretId=SUPERUSER, ForceDeleteWithoutRecovery=True
        )
        world.aws.settling.pass_by()
        refuses(made, "there is no superuser secret")


def test_a_stranger_of_that_name_is_left_alone(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.run("CREATE ROLE app_clone LOGIN PASSWORD 'a-strangers'")
    made = made_of(world, monkeypatch, server, "alternating")
    token = made.stage()
    made.step("createSecret", token)
    assert "there is a user app_clone already, and it is no member of app" in fails(
        made, "setSecret", token
    )
    assert "AWSPENDING" not in made.labels()
    stranger = server.value("app_clone", "a-strangers")
    assert lets_in(server, json.dumps(stranger))


def test_without_trust_in_the_server_nothing_is_sent(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LAMBDA_TASK_ROOT", str(tmp_path))
    made = made_of(world, monkeypatch, server, "single")
    refuses(made, "no TLS with localhost")


def test_an_outage_in_the_middle_keeps_the_only_copy(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the password was set nobody knows: AWSPENDING stays, and the rotation goes on."""
    made = made_of(world, monkeypatch, server, "single")
    token = made.stage()
    made.step("createSecret", token)
    made.step("setSecret", token)
    with monkeypatch.context() as broken:
        broken.setattr("socket.create_connection", _refused)
        for step in ("setSecret", "testSecret"):
            assert "no answer from localhost" in fails(made, step, token)
            assert made.labels()["AWSPENDING"] == token
    made.rotate(token)
    assert lets_in(server, made.value())


def test_a_password_that_somebody_changes_in_the_middle(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = made_of(world, monkeypatch, server, "single")
    token = made.stage()
    made.step("createSecret", token)
    server.run("ALTER ROLE app PASSWORD 'other'")
    assert "refuses both the new and the current login" in fails(made, "setSecret", token)
    assert made.labels()["AWSPENDING"] == token
    server.run(f"ALTER ROLE app PASSWORD '{FIRST}'")
    made.rotate(token)
    assert lets_in(server, made.value())


def _refused(*_: object, **__: object) -> None:
    raise ConnectionRefusedError
