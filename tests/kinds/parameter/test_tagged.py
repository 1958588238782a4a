"""The tags of many parameters: a hundred a call, and one by one where the role may not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.command import Done, command
from tests.operations.test_adopt import as_cloudformation_tags, script
from tests.world import PREFIX, World

THREE = {name: {"plaintext": "v", "tags": {"a": "b"}} for name in ("one", "two", "three")}


def tag(world: World, name: str, **tags: str) -> None:
    """Somebody else sets tags."""
    world.client("ssm").add_tags_to_resource(
        ResourceType="Parameter",
        ResourceId=f"{PREFIX}/{name}",
        Tags=[{"Key": key.replace("_", ":"), "Value": value} for key, value in tags.items()],
    )


def deny(world: World) -> None:
    """The role of before: without tag:GetResources."""

    def hook(operation: str, _: Any) -> tuple[int, str, str] | None:
        if operation == "GetResources":
            return 400, "AccessDeniedException", "not authorized to perform: tag:GetResources"
        return None

    world.aws.hooks.append(hook)


def deep(world: World, code: int = 0) -> Done:
    return command(world, "drift", "production", "--deep", code=code)


def adopting(world: World) -> Done:
    return command(world, "adopt", "production", "--format", "text")


def test_deep_drift_asks_once_for_all(world: World) -> None:
    world.declare({}, THREE)
    world.converge()
    calls = deep(world).calls
    assert (calls["GetResources"], calls["ListTagsForResource"]) == (1, 0)


def test_what_differs_is_read_again_before_it_is_told(world: World) -> None:
    """The API of all resources' tags may be behind."""
    world.declare({}, THREE)
    world.converge()

    def late(operation: str, body: Any, answer: Any) -> None:
        if operation == "GetResources":
            answer.body = answer.body.replace(b'"b"', b'"before"')

    world.aws.after.append(late)
    done = deep(world)
    assert done.calls["ListTagsForResource"] == 3
    world.aws.after.clear()
    tag(world, "two", a="theirs")
    done = deep(world, code=2)
    assert "changed outside: tags" in done.out
    assert done.calls["ListTagsForResource"] == 1


def test_tags_that_nobody_declared_are_told_of_each(world: World) -> None:
    """Also where git declares none, and whatever else is on it is as it should be."""
    world.declare({}, {**THREE, "bare": {"plaintext": "v"}})
    world.converge()
    tag(world, "bare", theirs="x")
    tag(world, "one", theirs="y")
    done = deep(world)
    assert done.out.count("on an owned resource, and not declared: tags is") == 2
    assert (done.calls["GetResources"], done.calls["ListTagsForResource"]) == (1, 0)
    world.settings(drift={"unmanaged": "fail"})
    deep(world, code=2)
    # The role of before: as it was then, with one warning.
    deny(world)
    done = deep(world)
    assert "not declared: tags is" not in done.out
    assert done.calls["ListTagsForResource"] == 3
    assert done.err.count("the role lacks tag:GetResources") == 1


@pytest.mark.parametrize("run", [deep, adopting])
def test_without_the_permission_each_is_asked_and_that_is_told_once(world: World, run: Any) -> None:
    world.declare({}, THREE)
    if run is deep:
        world.converge()
    else:
        script(world, parameters=dict.fromkeys(THREE, "v"), type_="String")
    deny(world)
    done = run(world)
    assert done.calls["ListTagsForResource"] == 3
    assert done.err.count("warning: the role lacks tag:GetResources") == 1


def test_an_owner_that_the_plan_was_not_told_of_is_seen_before_the_write(world: World) -> None:
    world.declare({}, THREE)
    script(world, parameters=dict.fromkeys(THREE, "v"), type_="String")
    tag(world, "two", reconciler_owner="other/production")
    world.aws.after.append(_nothing_tagged)
    said = command(world, "adopt", "production", "--auto-approve", code=4).said
    assert f"{PREFIX}/two belongs to other/production now" in said
    assert world.parameter("two")["Version"] == 1
    assert world.parameter_tags("two") == {"reconciler:owner": "other/production"}
    assert {world.parameter(name)["Version"] for name in ("one", "three")} == {2}


def test_a_stack_that_the_plan_was_not_told_of_is_seen_too(world: World) -> None:
    world.declare({}, THREE)
    script(world, parameters=dict.fromkeys(THREE, "v"), type_="String")
    tag(world, "two", stack="network")
    world.aws.after += [_nothing_tagged, as_cloudformation_tags]
    said = command(world, "adopt", "production", "--auto-approve", code=4).said
    assert f"{PREFIX}/two belongs to CloudFormation stack network now" in said
    assert world.parameter("two")["Version"] == 1


def _nothing_tagged(operation: str, body: Any, answer: Any) -> None:
    if operation == "GetResources":
        answer.body = b'{"PaginationToken": "", "ResourceTagMappingList": []}'
