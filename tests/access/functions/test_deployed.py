"""The printed template, deployed: its functions rotate what the manifests declare."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from demo.stack import deploy as in_the_sandbox
from demo.stack import read
from reconciler.access import functions
from tests.access.bootstrap.test_deployed import deploy
from tests.access.functions.test_template import SCHEDULES, printed, template, tree
from tests.access.iam.emulator import running
from tests.kinds.rotation.functions.test_jwt import sign, verifies
from tests.trees import Tree
from tests.world import World

__all__ = ["tree"]
SERVICES = "iam,sts,cloudformation,lambda,logs,cloudwatch,monitoring,s3"


def test_cloudformation_takes_it(tree: Tree, tmp_path: Path) -> None:
    made = template(tree)
    (tmp_path / "emulator").mkdir()
    with running(tmp_path / "emulator", SERVICES) as emulator:
        s3 = emulator.root("s3")
        s3.create_bucket(
            Bucket="code", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
        )
        for name in ("random", "jwt"):
            archive = functions.build(name)
            s3.put_object(Bucket="code", Key=archive.key, Body=archive.content)
        stack = "secrets-production-rotation"
        deploy(emulator, stack, made, Bucket="code")
        answer = emulator.root("cloudformation").describe_stack_resources(StackName=stack)
        status = {o["LogicalResourceId"]: o["ResourceStatus"] for o in answer["StackResources"]}
        assert status == dict.fromkeys(made["Resources"], "CREATE_COMPLETE")
        found = emulator.root("lambda").get_function(FunctionName="secrets-production-rotate-jwt")
        assert found["Configuration"]["CodeSha256"] == functions.build("jwt").code


def test_what_it_deploys_rotates(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """From manifests to rotated values, through the zips, in the embedded AWS; the plan is empty
    before and after."""
    # A Python of its own, which has only what is in the zip.
    monkeypatch.setattr("reconciler.sandbox.awslambda.subprocess", subprocess)
    secrets = {
        "maps": {"value": {"key": "k", "url": "u"}, "rotation": "api", "git_keys": ["url"]},
        "signing": {"value": {"key": "k" * 32}, "rotation": "jwt"},
    }
    kept = {name: SCHEDULES[name] for name in ("api", "jwt")}
    world.declare(secrets, schedules=kept)
    made = json.loads(printed(world.tree, "random", "jwt")[0])
    names = in_the_sandbox(made, world.tree.manifests.parent / "built")
    # Again, as when a secret joins a schedule.
    assert in_the_sandbox(made, world.tree.manifests.parent / "built") == names
    world.converge()
    arn = world.secret("maps")["RotationLambdaARN"]
    assert arn.endswith(":function:secrets-production-rotate-api")
    assert world.aws.wait_for_rotations()
    assert [one.outcome for one in world.aws.rotations[-2:]] == ["test succeeded"] * 2
    values = []
    for _ in range(2):
        world.rotate("signing")
        values.append(world.secret_value("signing"))
    assert verifies(values[0], sign(values[1]))
    assert verifies(values[1], sign(values[0]))
    world.rotate("maps")
    maps = json.loads(world.secret_value("maps"))
    assert (maps["url"], len(maps["key"])) == ("u", 40)
    assert world.changes() == {}
    secrets["maps"]["value"]["url"] = "newer"  # type: ignore[index]
    world.declare(secrets, schedules=kept)
    world.converge()
    assert json.loads(world.secret_value("maps")) == {**maps, "url": "newer"}
    world.rotate("maps")
    after = json.loads(world.secret_value("maps"))
    assert after["url"] == "newer"
    assert after["key"] != maps["key"]


def test_a_zip_that_was_exchanged_is_not_deployed(
    world: World, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = template(tree)
    folder = tree.manifests.parent / "built"
    with (folder / functions.build("jwt").key).open("ab") as file:
        file.write(b"more")
    with pytest.raises(SystemExit, match="another zip than the template's"):
        in_the_sandbox(made, folder)


@pytest.mark.parametrize("text", [None, "", "[]", "{}"])
def test_what_is_no_template_is_told_in_a_line(tmp_path: Path, text: str | None) -> None:
    """Where `rotation template` failed, its output is empty."""
    file = tmp_path / "rotation.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(SystemExit, match=rf"^{re.escape(str(file))}[: ].*") as raised:
        read(file)
    assert "\n" not in str(raised.value)
