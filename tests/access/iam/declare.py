"""A tree of manifests, and the policies that are made of it."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from reconciler.cli.main import run
from tests.trees import Tree, make_tree

SECRET = "arn:aws:secretsmanager:us-west-2:123456789012:secret:"
PARAMETER = "arn:aws:ssm:us-west-2:123456789012:parameter"
PREFIX = "/test/production"
FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:rotate"
KEY = "arn:aws:kms:us-west-2:123456789012:key/11111111-2222-3333-4444-555555555555"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "theirs",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": "secretsmanager:DescribeSecret",
            "Resource": "*",
        }
    ],
}


@dataclass(frozen=True)
class Printed:
    """What a run of the command printed."""

    out: str
    err: str

    @property
    def policy(self) -> dict[str, Any]:
        """The policy on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    def statement(self, sid: str) -> dict[str, Any]:
        """The statement of this name."""
        return next(s for s in self.policy["Statement"] if s["Sid"] == sid)

    def allowed(self, resource: str) -> set[str]:
        """All actions that are allowed on exactly this resource."""
        return {
            action
            for statement in self.policy["Statement"]
            if statement["Effect"] == "Allow" and resource in words(statement["Resource"])
            for action in words(statement["Action"])
        }


def words(found: str | list[str]) -> list[str]:
    """What IAM writes as one word or as a list."""
    return [found] if isinstance(found, str) else found


def tree(
    folder: Path,
    secrets: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Tree:
    """A tree whose production declares this."""
    declared = {"secrets": dict(secrets or {}), "parameters": dict(parameters or {})}
    kept = {name: section for name, section in declared.items() if section}
    return make_tree(folder, {"production": {**kept, "settings": settings}})


def iam(made: Tree, *arguments: str, code: int = 0, **variables: str) -> Printed:
    """Run ``reconciler iam`` with neither key nor credentials."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.dict(os.environ, {"PATH": os.environ["PATH"], **variables}, clear=True),
    ):
        ended = run(("-C", str(made.manifests), "iam", *arguments))
    assert ended == code, out.getvalue() + err.getvalue()
    assert "internal error" not in err.getvalue(), err.getvalue()
    return Printed(out.getvalue(), err.getvalue())
