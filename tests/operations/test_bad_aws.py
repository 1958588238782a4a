"""What can be wrong on the way to AWS: one line, the right exit code, nothing written."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.sandbox.server import Answer
from tests.world import World

WRITES = {
    "CreateSecret",
    "PutSecretValue",
    "UpdateSecret",
    "UpdateSecretVersionStage",
    "TagResource",
    "DeleteSecret",
    "PutParameter",
    "DeleteParameter",
    "RotateSecret",
}
PLAN = ("plan", "production")
APPLY = ("apply", "production", "--auto-approve")
Break = Callable[[World], dict[str, str]]


def fails(operation: str, status: int, code: str) -> Break:
    def arrange(world: World) -> dict[str, str]:
        world.aws.hooks.append(
            lambda called, _: (status, code, "as AWS says") if called == operation else None
        )
        return {}

    return arrange


def truncated(operation: str, sent: int) -> Break:
    def arrange(world: World) -> dict[str, str]:
        def cut(called: str, _: object, answer: Answer) -> Answer | None:
            if called == operation:
                answer.sent = sent
                return answer
            return None

        world.aws.after.append(cut)
        return {}

    return arrange


def other_account(world: World) -> dict[str, str]:
    world.settings(account="210987654321")
    return {}


def no_credentials(world: World) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": "",
        "AWS_SECRET_ACCESS_KEY": "",
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": str(world.tree.manifests),
    }


def no_profile(world: World) -> dict[str, str]:
    return {"AWS_PROFILE": "nobody", "HOME": str(world.tree.manifests)}


def no_network(world: World) -> dict[str, str]:
    return {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}


BAD: dict[str, tuple[Break, tuple[str, ...]]] = {
    "account mismatch": (other_account, ("error[account]", "123456789012", "210987654321")),
    "no credentials": (no_credentials, ("error[credentials]", "no usable AWS credentials")),
    "no such profile": (no_profile, ("error[credentials]", "AWS_PROFILE")),
    "expired credentials": (
        fails("GetCallerIdentity", 403, "ExpiredToken"),
        ("error[credentials]", "have expired", "log in again"),
    ),
    "expired half way": (
        fails("ListSecrets", 400, "ExpiredTokenException"),
        ("error[credentials]", "have expired"),
    ),
    "unknown caller": (
        fails("GetCallerIdentity", 403, "InvalidClientTokenId"),
        ("error[credentials]", "does not accept"),
    ),
    "no network": (no_network, ("error[aws]", "cannot be reached", "AWS_ENDPOINT_URL")),
    "denied list of secrets": (
        fails("ListSecrets", 400, "AccessDeniedException"),
        ("error[aws]", "ListSecrets: AccessDeniedException", "permission for ListSecrets"),
    ),
    "denied list of parameters": (
        fails("DescribeParameters", 400, "AccessDeniedException"),
        ("error[aws]", "DescribeParameters: AccessDeniedException"),
    ),
    "expired page": (
        fails("ListSecrets", 400, "InvalidNextTokenException"),
        ("error[aws]", "InvalidNextTokenException"),
    ),
    "empty answer": (truncated("ListSecrets", 0), ("error[aws]",)),
    "truncated answer": (truncated("DescribeParameters", 8), ("error[aws]",)),
}


@pytest.mark.parametrize("command", [PLAN, APPLY], ids=["plan", "apply"])
@pytest.mark.parametrize("name", list(BAD))
def test_one_line_and_nothing_written(world: World, name: str, command: tuple[str, ...]) -> None:
    arrange, parts = BAD[name]
    world.declare({"db": {"value": "one"}}, {"host": {"plaintext": "h"}})
    environment = arrange(world)
    world.aws.calls.clear()
    done = world.cli(*command, environment=environment)
    assert done.returncode == 1, done.stderr
    for part in parts:
        assert part in done.stderr
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line and not line.startswith("  ")]
    assert len(lines) == 1, done.stderr
    assert WRITES.isdisjoint(world.aws.calls)
    if name in ("account mismatch", "unknown caller", "expired credentials"):
        assert set(world.aws.calls) <= {"GetCallerIdentity"}


def test_a_failed_read_of_one_resource_is_not_its_absence(world: World) -> None:
    world.declare({"db": {"value": "one"}})
    fails("DescribeSecret", 400, "AccessDeniedException")(world)
    done = world.cli(*APPLY)
    assert done.returncode == 1
    assert "DescribeSecret: AccessDeniedException" in done.stderr
    assert WRITES.isdisjoint(world.aws.calls)
