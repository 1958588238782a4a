"""`validate -o sarif`: what code scanning reads, and each problem in it once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reconciler.core.errors import Problem
from reconciler.core.model import Place
from reconciler.render.sarif import as_sarif
from tests.inprocess import reconciler
from tests.trees import make_tree


def closed(required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def many(items: dict[str, Any], least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least}


TEXT = {"type": "string"}
MESSAGE = closed(["text"], text=TEXT)
PLACE = closed(
    [],
    artifactLocation=closed([], uri={"type": "string", "format": "uri-reference"}),
    region=closed(
        [],
        startLine={"type": "integer", "minimum": 1},
        startColumn={"type": "integer", "minimum": 1},
    ),
)
# SARIF 2.1.0, as far as it is used here: names, types and what has to be there.
SCHEMA = closed(
    ["version", "runs"],
    **{"$schema": {"type": "string", "format": "uri"}},
    version={"enum": ["2.1.0"]},
    runs=many(
        closed(
            ["tool"],
            tool=closed(
                ["driver"],
                driver=closed(
                    ["name"],
                    name=TEXT,
                    version=TEXT,
                    rules=many(closed(["id"], id=TEXT, shortDescription=MESSAGE)),
                ),
            ),
            columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
            results=many(
                closed(
                    ["message"],
                    ruleId=TEXT,
                    ruleIndex={"type": "integer", "minimum": -1},
                    level={"enum": ["none", "note", "warning", "error"]},
                    message=MESSAGE,
                    locations=many(closed([], physicalLocation=PLACE)),
                    partialFingerprints={"type": "object", "additionalProperties": TEXT},
                )
            ),
        )
    ),
)


def checked(text: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(text)
    jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(
        made
    )
    return made


def test_a_run_of_validate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors and warnings, each with its rule, its place and why; the exit code is as ever."""
    tree = make_tree(tmp_path, {"production": {"secrets": {"db": {"value": "v"}}}})
    tree.write("other.yaml", {"a": "b"}, encrypt=False)
    monkeypatch.chdir(tmp_path)
    done = reconciler(("validate", "-o", "sarif"), environment=tree.environ)
    assert done.returncode == 1
    (run,) = checked(done.stdout)["runs"]
    rules = run["tool"]["driver"]["rules"]
    found = {r["ruleId"]: r for r in run["results"]}
    assert found["unclaimed"]["level"] == "error"
    where = found["unclaimed"]["locations"][0]["physicalLocation"]
    assert where["artifactLocation"]["uri"] == "manifests/other.yaml"
    assert found["never-rotated"]["level"] == "warning"
    region = found["never-rotated"]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 2, "startColumn": 5}
    for result in run["results"]:
        rule = rules[result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert rule["shortDescription"]["text"] != rule["id"]


def test_names_of_files_are_escaped_and_nothing_is_told_twice() -> None:
    place = Place("manifests/a b#ü?.yaml", 3, 0)
    one = Problem(place, "yaml", "it is not valid YAML")
    (run,) = checked(as_sarif([one, one], {}, "1"))["runs"]
    (result,) = run["results"]
    where = result["locations"][0]["physicalLocation"]
    assert where["artifactLocation"]["uri"] == "manifests/a%20b%23%C3%BC%3F.yaml"
    assert where["region"] == {"startLine": 3, "startColumn": 1}


def test_without_a_line_there_is_no_region() -> None:
    (run,) = checked(as_sarif([Problem(Place("x"), "yaml", "m")], {}, "1"))["runs"]
    assert "region" not in run["results"][0]["locations"][0]["physicalLocation"]


def test_what_only_moved_is_the_same() -> None:
    made = [
        checked(as_sarif([Problem(Place("x", line, 1), "yaml", "m")], {}, "1")) for line in (1, 9)
    ]
    first, second = (one["runs"][0]["results"][0]["partialFingerprints"] for one in made)
    assert first == second
