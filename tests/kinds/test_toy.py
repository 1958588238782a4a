"""A kind that the reconciler does not know goes through every command, as CONTRIBUTING promises."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from reconciler import kinds
from reconciler.cli.main import COMMANDS
from reconciler.kinds.kind import Named
from tests.command import command
from tests.kinds import toy
from tests.kinds.toy.observe import BUCKET
from tests.trees import default_settings
from tests.world import PREFIX, World

VALUE = "toy-value-4711"


@pytest.fixture
def account(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """An account with a bucket, and manifests that declare one object."""
    monkeypatch.setattr(
        kinds, "KINDS", (*kinds.KINDS, kinds.Entry("object", "Objects", "tests.kinds.toy"))
    )
    world.client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    declare(world, VALUE)
    return world


def declare(world: World, value: str) -> None:
    world.tree.write("production/main.sops.yaml", {"objects": {"banner": {"value": value}}})


def held(world: World) -> str:
    answer = world.client("s3").get_object(Bucket=BUCKET, Key=f"{PREFIX}/banner".lstrip("/"))
    return answer["Body"].read().decode()


def put(world: World, value: str) -> None:
    world.client("s3").put_object(
        Bucket=BUCKET, Key=f"{PREFIX}/banner".lstrip("/"), Body=value.encode()
    )


def applied(world: World) -> None:
    done = command(world, "apply", "production", "--auto-approve")
    assert "+ object banner: done" in done.out


def test_it_has_all_the_names_that_a_kind_has() -> None:
    asked = {name for name in dir(Named) if not name.startswith("_")}
    asked |= {name for one in Named.__mro__ for name in getattr(one, "__annotations__", ())}
    assert asked - set(dir(toy)) == set()


def plan(world: World) -> None:
    shown = command(world, "plan", "production").out
    assert "Objects" in shown
    assert "+ create banner" in shown


def show(world: World) -> None:
    command(world, "plan", "production", "--out", "p.json")
    assert "+ create banner" in command(world, "show", "p.json").out


def apply(world: World) -> None:
    applied(world)
    assert held(world) == VALUE
    assert "Nothing to do" in command(world, "plan", "production").out
    declare(world, "another")
    command(world, "apply", "production", "--auto-approve")
    assert held(world) == "another"


def drift(world: World) -> None:
    applied(world)
    put(world, "outside")  # without our metadata this environment no longer owns it
    done = command(world, "drift", "production", code=2)
    assert "object banner: refused: it exists and is not managed" in done.out
    declare(world, VALUE)
    world.client("s3").delete_object(Bucket=BUCKET, Key=f"{PREFIX}/banner".lstrip("/"))
    applied(world)
    done = command(world, "drift", "production", "--read-values=all")
    assert done.calls["GetObject"] or any("banner" in name for name in done.calls)
    assert done.calls["BatchGetSecretValue"] == done.calls["GetParameters"] == 0


def report(world: World) -> None:
    applied(world)
    done = command(world, "report", "production", "--html", "r.html", "-o", "text")
    assert "Objects\n" in done.out
    assert "1 object)" in done.out
    page = Path("r.html").read_text()
    assert "1 in the bucket" in page


def set_(world: World) -> None:
    applied(world)
    command(world, "set", "production", "banner", "--apply", "--auto-approve", stdin="newer")
    assert held(world) == "newer"


def rotate(world: World) -> None:
    applied(world)
    done = command(world, "rotate", "production", "banner", "--auto-approve", code=4)
    assert "an object has no rotation" in done.out


def rollback(world: World) -> None:
    applied(world)
    done = command(world, "rollback", "production", "banner", "--auto-approve", code=4)
    assert "an object has no previous version" in done.out


def export(world: World) -> None:
    applied(world)
    for source in ("manifests", "aws"):
        assert command(world, "export", "production", "--from", source).out == f"BANNER='{VALUE}'\n"


def exec_(world: World) -> None:
    applied(world)
    given: list[str] = []

    def became(path: str, arguments: object, environment: dict[str, str]) -> None:
        given.append(environment["BANNER"])
        raise OSError(2, "not in a test")

    with mock.patch("os.execve", became):
        command(world, "exec", "production", "--from", "aws", "--", "true", code=1)
    assert given == [VALUE]


def adopt(world: World) -> None:
    put(world, VALUE)
    assert "not-managed" in command(world, "plan", "production").out
    command(world, "adopt", "production", "--auto-approve")
    assert "Nothing to do" in command(world, "plan", "production").out
    assert held(world) == VALUE


def import_(world: World) -> None:
    put(world, VALUE)
    world.tree.write("production/main.sops.yaml", {"secrets": {"db": {"value": "v"}}})
    done = command(world, "import", "production", "--auto-approve")
    assert "Imported: 1, 0 not." in done.out
    assert '"objects"' in done.out or "objects" in world.tree.read("production/banner.sops.yaml")
    Path("o.json").write_text('{"footer": "two"}')
    command(world, "import", "production", "--from", "o.json", "--kind", "object", "--auto-approve")
    assert "+ create footer" in command(world, "plan", "production").out


def release(world: World) -> None:
    applied(world)
    done = command(world, "release", "production", "--all", "--auto-approve")
    assert "Released: 1 done." in done.out
    assert done.calls["GetParameters"] == 0
    assert held(world) == VALUE
    assert "not-managed" in command(world, "plan", "production").out


def commit(world: World) -> None:
    for arguments in (["init", "-q"], ["add", "manifests"], ["commit", "-qm", "one"]):
        subprocess.run(
            ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments], check=True
        )


def diff(world: World) -> None:
    commit(world)
    added = {"banner": {"value": VALUE}, "footer": {"value": "two"}}
    world.tree.write("production/main.sops.yaml", {"objects": added})
    assert "footer" in command(world, "diff", "--base", "HEAD").out


def matrix(world: World) -> None:
    commit(world)
    declare(world, "another")
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.com",
                    "commit", "-qam", "two"], check=True)  # fmt: skip
    assert "production" in command(world, "matrix", "--base", "HEAD~1").out


def lock(world: World) -> None:
    command(world, "lock", "production")
    assert f"object {PREFIX}/banner\nct:" in world.tree.read("production/main.fingerprints.lock")
    applied(world)
    assert "Nothing to do" in command(world, "plan", "production", "--keyless").out


def iam(world: World) -> None:
    banner = f"arn:aws:s3:::{BUCKET}{PREFIX}/banner"
    for role, needed in (
        ("plan", set()),
        ("apply", {"s3:PutObject"}),
        ("adopt", {"s3:PutObject", "s3:GetObject"}),
        ("reader", {"s3:GetObject"}),
    ):
        told = command(world, "iam", role, "production", "-o", "csv").out
        assert all(f",{action},this,{banner}," in told for action in needed)
        assert all(toy.access.WHY[action] in told for action in needed)
        policy = json.loads(command(world, "iam", role, "production").out)
        allowed = [s for s in policy["Statement"] if s["Effect"] == "Allow"]
        on_it = [s["Action"] for s in allowed if banner in s["Resource"]]
        assert {one for actions in on_it for one in words(actions)} == needed
        denied = [s for s in policy["Statement"] if s["Sid"] == "NoValueIsRead"]
        assert all("s3:GetObjectVersion" in s["Action"] for s in denied)
        assert bool(denied) is (role != "reader")


def bootstrap(world: World) -> None:
    whose = ("--repository", "o/n", "--repository-id", "1", "--owner-id", "2")
    made = json.loads(command(world, "bootstrap", "production", *whose).out)["Resources"]
    assert made["ObjectCreatedRule"]["Properties"]["EventPattern"]["source"] == ["aws.s3"]
    assert f"{BUCKET}{PREFIX}/banner" in json.dumps(made)


def revoke(world: World) -> None:
    world.client("iam").create_role(RoleName="app", AssumeRolePolicyDocument="{}")
    command(world, "revoke", "production", "--role", "app", "--auto-approve")
    put_on = world.client("iam").get_role_policy(
        RoleName="app", PolicyName="reconciler-revoked-production"
    )["PolicyDocument"]
    denied = [s for s in put_on["Statement"] if s["Action"] == "s3:*"]
    assert [(s["Effect"], s["Resource"]) for s in denied] == [
        ("Deny", f"arn:aws:s3:::{BUCKET}{PREFIX}/*")
    ]


def words(actions: str | list[str]) -> list[str]:
    return [actions] if isinstance(actions, str) else actions


def validate(world: World) -> None:
    assert "production: 1 resource" in command(world, "validate", "production").out


def schema(world: World) -> None:
    assert "objects" in json.loads(command(world, "schema", "manifest").out)["properties"]


def github(world: World) -> None:
    command(world, "plan", "production", "--out", "p.json")
    shown = command(world, "github", "plan", "production", "--plan", "p.json").said
    assert "banner" in shown


def add(world: World) -> None:
    command(world, "add", "production", "footer", "--kind", "object", stdin="two\n")
    assert "production: 2 resources" in command(world, "validate", "production").out


def move(world: World) -> None:
    command(world, "move", "production", "banner", "headline")
    assert "+ create headline" in command(world, "plan", "production").out


def remove(world: World) -> None:
    add(world)
    command(world, "remove", "production", "footer")
    assert "production: 1 resource," in command(world, "validate", "production").out


def copy(world: World) -> None:
    beside(world)
    command(world, "copy", "production", "staging", "banner", "--generate", "20")
    assert "staging: 2 resources" in command(world, "validate", "staging").out


def compare(world: World) -> None:
    beside(world)
    assert "banner" in command(world, "compare", "production", "staging").out


def beside(world: World) -> None:
    world.tree.write("staging/environment.sops.yaml", default_settings("staging"))
    world.tree.write("staging/main.sops.yaml", {"secrets": {"db": {"value": "v"}}})


def rotate_keys(world: World) -> None:
    applied(world)
    command(world, "rotate-keys", "production")
    early = command(world, "rotate-keys", "production", code=1)
    assert "object banner is still marked with the old key" in early.err
    command(world, "apply", "production", "--auto-approve")
    command(world, "rotate-keys", "production")
    assert "Nothing to do" in command(world, "plan", "production").out


# Commands that are not about what is declared say nothing of it, and work beside it.
UNCONCERNED = {
    "explain": ("explain", "not-managed"),
    "doctor": ("doctor", "--help"),
    "init": ("init", "--help"),
    "sandbox": ("sandbox", "--help"),
    "merge-driver": ("merge-driver", "--help"),
    "recipients": ("recipients", "list"),
    "rotation": ("rotation", "build", "random"),
}

WORKS: dict[str, Callable[[World], None]] = {
    "validate": validate, "plan": plan, "show": show, "apply": apply, "drift": drift,
    "report": report, "set": set_, "rotate": rotate, "rollback": rollback, "export": export,
    "exec": exec_, "adopt": adopt, "import": import_, "release": release, "diff": diff,
    "matrix": matrix, "lock": lock, "iam": iam, "bootstrap": bootstrap, "revoke": revoke,
    "schema": schema, "github": github, "add": add, "move": move, "remove": remove, "copy": copy,
    "compare": compare, "rotate-keys": rotate_keys,
}  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command(name: str, account: World) -> None:
    if name in UNCONCERNED:
        command(account, *UNCONCERNED[name])
    else:
        WORKS[name](account)
