"""A printed template, and what its filters count."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from reconciler.cli.main import run
from tests.trees import Tree, make_tree

WHO = ("--repository", "octo/secrets", "--repository-id", "456", "--owner-id", "123")


@dataclass(frozen=True)
class Printed:
    """What a run of the command printed."""

    out: str
    err: str

    @property
    def template(self) -> dict[str, Any]:
        """The template on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of all resources of a type, by their names."""
        return {
            name: made["Properties"]
            for name, made in self.template["Resources"].items()
            if made["Type"] == kind
        }


def bootstrap(tree: Tree, *arguments: str, code: int = 0) -> Printed:
    """Run the command without a key and without credentials."""
    out, err = io.StringIO(), io.StringIO()
    kept = {"PATH": os.environ["PATH"]}
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.dict(os.environ, kept, clear=True),
    ):
        ended = run(["bootstrap", *arguments, "-C", str(tree.manifests)])
    assert ended == code, out.getvalue() + err.getvalue()
    return Printed(out.getvalue(), err.getvalue())


def declare(folder: Path, **settings: Any) -> Tree:
    """An environment with something of each kind, some of it outside its prefix."""
    function = "arn:aws:lambda:us-west-2:123456789012:function:rotate"
    schedule = {"lambda": function, "schedule": "rate(30 days)"}
    secrets = {
        "db": {"value": {"user": "u"}, "rotation": schedule},
        "old": {"value": "v", "name": "prod-db-login"},
    }
    parameters = {"host": {"plaintext": "h"}, "old": {"value": "v", "name": "/elsewhere/host"}}
    entry = {"secrets": secrets, "parameters": parameters, "settings": settings}
    return make_tree(folder, {"production": entry})


_TERM = re.compile(r'\(\$\.([\w.\[\]]+) (?:(NOT EXISTS)|= "([^"]*)")\)')


def counts(pattern: str, entry: dict[str, Any]) -> bool:
    """Whether a metric filter counts an entry of CloudTrail, by the syntax of CloudWatch Logs as
    far as our filters use it. No emulator does this."""

    def holds(match: re.Match[str]) -> str:
        found: Any = entry
        for step in match[1].replace("[0]", ".0").split("."):
            if isinstance(found, list):
                found = found[0] if found else None
            else:
                found = found.get(step) if isinstance(found, dict) else None
        if match[2]:
            return str(found is None)
        wanted = re.escape(match[3]).replace(r"\*", ".*")
        return str(isinstance(found, str) and re.fullmatch(wanted, found) is not None)

    words = _TERM.sub(holds, pattern.strip("{} ")).replace("&&", "and").replace("||", "or")
    assert re.fullmatch(r"(?:True|False|and|or|[() ])+", words), words
    return bool(eval(words))
