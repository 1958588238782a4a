"""An apply whose output nobody reads any more still does all of its work."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.cli.run import COMMAND, environ
from tests.embedded import Embedded
from tests.trees import make_tree

FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:missing"


def test_what_was_begun_is_finished(tmp_path: Path, embedded_aws: Embedded) -> None:
    embedded_aws.reset()
    embedded_aws.settling.calls = 0
    rotation = {"lambda": FUNCTION, "schedule": "rate(7 days)"}
    secrets = {f"s{n}": {"value": "demo", "rotation": rotation} for n in range(4)}
    tree = make_tree(tmp_path, {"production": {"secrets": secrets}})
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [*COMMAND, "apply", "production", "--auto-approve"],
        cwd=tmp_path,
        env=environ(
            {
                **tree.environ,
                "AWS_ENDPOINT_URL": embedded_aws.url,
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            }
        ),
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writer)
    shown = b""
    while b"Digest" not in shown:
        shown += os.read(reader, 65536)
    os.close(reader)
    _, err = process.communicate(timeout=300)
    assert embedded_aws.calls["CreateSecret"] == 4
    # The schedules come in a second stage; they fail, since there is no such function.
    assert embedded_aws.calls["RotateSecret"] == 4
    assert process.returncode == 4, err
    assert err == "what is done stays done: correct the cause, and run the same again\n"
