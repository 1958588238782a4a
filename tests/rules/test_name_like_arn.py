"""name-like-arn: a name that AWS takes and advises against."""

from __future__ import annotations

from pathlib import Path

from reconciler.rules import name_like_arn
from tests.rules.look import secrets, told


def test_a_name_that_ends_like_an_arn(tmp_path: Path) -> None:
    found = secrets(**{"app/client-secret": {"value": "v"}, "app/client": {"value": "w"}})
    assert told(tmp_path, {"production": found}, name_like_arn) == [
        "production/main.sops.yaml:2:5 name-like-arn: the name of app/client-secret ends in a"
        " hyphen and six characters"
    ]


def test_it_can_be_silenced(tmp_path: Path) -> None:
    ignored = {"value": "v", "ignore": {"name-like-arn": "read by name only"}}
    found = secrets(**{"app/client-secret": ignored})
    assert told(tmp_path, {"production": found}, name_like_arn) == []
