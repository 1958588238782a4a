"""drift --read-values: what only reading shows."""

from __future__ import annotations

import json
from typing import Any

from reconciler.values.sensitive import Sensitive
from tests.world import PREFIX, SCHEDULE, World

SECRETS: dict[str, Any] = {
    "db": {"value": {"user": "u", "password": "hidden-one"}},
    "text": {"value": "hidden-text"},
    "made": {"generate": {"length": 20}},
}
PARAMETERS: dict[str, Any] = {"pool": {"value": "hidden-5"}, "host": {"plaintext": "a"}}


def drift(world: World, *arguments: str, code: int = 0) -> list[str]:
    world.aws.calls.clear()
    done = world.cli("drift", "production", "-o", "json", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert "hidden-" not in done.stdout + done.stderr
    if arguments:
        assert "reading" in done.stderr
    return [
        f"{d['key']['name'].removeprefix(PREFIX + '/')} {d['class']}: {d['text']}"
        for d in json.loads(done.stdout)["drift"]
    ]


def reads(world: World) -> dict[str, int]:
    named = ("BatchGetSecretValue", "GetParameters", "GetSecretValue", "GetParameter")
    return {name: world.aws.calls[name] for name in named if world.aws.calls[name]}


def settled(world: World) -> None:
    world.declare(SECRETS, PARAMETERS)
    world.converge()


def test_without_the_option_nothing_is_read(world: World) -> None:
    settled(world)
    world.put_secret("db", json.dumps({"user": "u", "password": "hidden-x"}))
    drift(world, code=2)
    assert reads(world) == {}


def test_only_what_differs_is_read_and_its_keys_are_named(world: World) -> None:
    settled(world)
    world.put_secret("db", json.dumps({"user": "u", "password": "hidden-x", "more": "1"}))
    world.put_parameter("pool", "hidden-6", Type="SecureString")
    found = drift(world, "--read-values", code=2)
    assert [line for line in found if line.endswith("; to the declared one: - more, ~ password")]
    assert [line for line in found if line.startswith("pool") and "not the declared one" in line]
    assert reads(world) == {"BatchGetSecretValue": 1, "GetParameters": 1}


def test_an_outside_write_of_the_declared_value_is_told_as_that(world: World) -> None:
    settled(world)
    world.put_secret("text", "hidden-text")
    (found,) = drift(world, "--read-values", code=2)
    assert found.endswith("; it is the declared one")


def test_pending_changes_name_their_keys(world: World) -> None:
    settled(world)
    world.declare({**SECRETS, "db": {"value": {"user": "u", "password": "hidden-two"}}}, PARAMETERS)
    (found,) = drift(world, "--read-values")
    assert found == "db pending: to update: value; to the declared one: ~ password"


def test_what_is_as_declared_is_not_read(world: World) -> None:
    settled(world)
    assert drift(world, "--read-values") == []
    assert reads(world) == {}


def test_a_rotated_value_is_not_read(world: World) -> None:
    world.deploy()
    world.declare({"rot": {"value": "hidden-seed", "rotation": SCHEDULE}})
    world.converge()
    world.rotate("rot")
    drift(world, "--read-values")
    assert reads(world) == {}


def test_all_reads_everything_and_finds_it_as_it_is(world: World) -> None:
    world.deploy()
    world.declare({**SECRETS, "rot": {"value": "hidden-seed", "rotation": SCHEDULE}}, PARAMETERS)
    world.converge()
    world.rotate("rot")
    assert [line for line in drift(world, "--read-values=all") if "rotated" not in line] == []
    assert reads(world) == {"BatchGetSecretValue": 1, "GetParameters": 1}


def test_batches_are_of_twenty_and_ten(world: World) -> None:
    world.declare(
        {f"s{n:02}": {"value": f"hidden-{n}"} for n in range(41)},
        {f"p{n:02}": {"value": f"hidden-{n}"} for n in range(11)},
    )
    world.converge()
    assert drift(world, "--read-values=all") == []
    assert reads(world) == {"BatchGetSecretValue": 3, "GetParameters": 2}


def test_a_claimed_version_id_is_found(world: World) -> None:
    """Somebody deletes the secret and makes it anew with our version id and another value."""
    settled(world)
    client, name = world.client("secretsmanager"), f"{PREFIX}/text"
    version, marks = world.labels("text")["AWSCURRENT"], world.secret("text")["Tags"]
    client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    client.create_secret(
        Name=name, SecretString="hidden-theirs", ClientRequestToken=version, Tags=marks
    )
    assert drift(world) == []
    assert drift(world, "--read-values") == []  # no mark says that it differs
    (found,) = drift(world, "--read-values=all", code=2)
    assert found.startswith("text outside: its version id is that of the declared value")


def test_a_parameter_made_anew_with_our_stamp_is_found(world: World) -> None:
    settled(world)
    client, name = world.client("ssm"), f"{PREFIX}/pool"
    description = world.parameter("pool")["Description"]
    client.delete_parameter(Name=name)
    client.put_parameter(Name=name, Value="hidden-9", Type="SecureString", Description=description)
    assert drift(world) == []
    (found,) = drift(world, "--read-values=all", code=2)
    assert found.startswith("pool outside: its version id is that of the declared value")


def test_a_bound_version_is_checked_too(world: World) -> None:
    """A tag, made with the key, that says of a foreign version what is not so."""
    client, name = world.client("secretsmanager"), f"{PREFIX}/db"
    created = client.create_secret(Name=name, SecretString='{"a":"hidden-live"}')
    world.declare({"db": {"value": {"a": "hidden-declared"}}})
    planned = world.plan()
    trust = planned.desired.fingerprinter
    value = next(iter(planned.desired.resources.values())).value
    assert value is not None
    marks = {
        "reconciler:owner": planned.plan.scope.owner_id,
        "reconciler:proof": trust.proof(name),
        "reconciler:bound": trust.bound(name, created["VersionId"], value.fingerprints[0]),
    }
    client.tag_resource(SecretId=name, Tags=[{"Key": k, "Value": v} for k, v in marks.items()])
    assert drift(world) == []
    (found,) = drift(world, "--read-values=all", code=2)
    assert found.endswith("; to the declared one: ~ a")


def test_a_bound_version_that_says_the_same_is_no_drift(world: World) -> None:
    client, name = world.client("secretsmanager"), f"{PREFIX}/db"
    created = client.create_secret(Name=name, SecretString='{ "a":   "hidden-live" }')
    world.declare({"db": {"value": {"a": "hidden-live"}}})
    trust = world.plan().desired.fingerprinter
    sealed: Sensitive[str] = Sensitive('{"a":"hidden-live"}')
    from reconciler.values.sensitive import public

    print_ = public(trust.secret_tokens(name, sealed)[0])
    marks = {
        "reconciler:owner": world.plan().plan.scope.owner_id,
        "reconciler:proof": trust.proof(name),
        "reconciler:bound": trust.bound(name, created["VersionId"], print_),
    }
    client.tag_resource(SecretId=name, Tags=[{"Key": k, "Value": v} for k, v in marks.items()])
    assert drift(world, "--read-values=all") == []


def test_what_is_not_handed_out_is_an_error_and_never_no_drift(world: World) -> None:
    settled(world)

    def refuse(operation: str, _: object) -> tuple[int, str, str] | None:
        if operation in ("BatchGetSecretValue", "GetParameters"):
            return 400, "AccessDeniedException", "no"
        return None

    world.aws.hooks.append(refuse)
    done = world.cli("drift", "production", "--read-values=all")
    assert done.returncode == 1
    assert "AccessDenied" in done.stderr


def test_one_that_aws_leaves_out_is_named(world: World) -> None:
    settled(world)

    def cut(operation: str, _: object, answer: Any) -> Any:
        if operation == "BatchGetSecretValue":
            content = json.loads(answer.body)
            content["SecretValues"] = content["SecretValues"][:1]
            return type(answer)(answer.status, answer.headers, json.dumps(content).encode())
        return None

    world.aws.after.append(cut)
    done = world.cli("drift", "production", "--read-values=all")
    assert done.returncode == 1
    assert "error[unread]" in done.stderr


def test_the_option_takes_no_environment_for_its_value(world: World) -> None:
    settled(world)
    assert world.cli("drift", "--read-values", "production").returncode == 0
    assert world.cli("drift", "--read-values=some").returncode == 64
