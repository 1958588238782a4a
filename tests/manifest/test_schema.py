"""The JSON Schemas accept what the reader accepts, in clear and encrypted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.manifest.document import parse
from reconciler.manifest.schema import NAMES, schema
from tests.trees import Tree, default_settings

MANIFESTS = Path(__file__).parents[2] / "manifests"
ENC = "ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]"


def errors(name: Any, content: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(schema(name)).iter_errors(content)]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_a_schema(name: Any) -> None:
    Draft202012Validator.check_schema(schema(name))


@pytest.mark.parametrize(
    "file", sorted(MANIFESTS.glob("*/*.yaml")), ids=lambda f: f"{f.parent.name}/{f.name}"
)
def test_it_accepts_the_manifests_of_this_repository(file: Path) -> None:
    name = "environment" if file.name.startswith("environment") else "manifest"
    assert errors(name, parse(file, file.name, file.read_bytes()).data) == []


def test_it_accepts_a_manifest_before_it_is_encrypted() -> None:
    value = {"a": "b", "c": {"d": ""}, "e": ["f"]}
    assert errors("manifest", {"secrets": {"x": {"value": value}, "y": {"value": "z"}}}) == []
    assert errors("environment", default_settings("production")) == []


@pytest.mark.parametrize(
    "content",
    [
        {"secret": {}},
        {"secrets": {"x": {"valu": "y"}}},
        {"secrets": {"x": {"value": 5432}}},
        {"secrets": {"x": {"value": ""}}},
        {"secrets": {"x": {"value": {"a": 1}}}},
        {"secrets": {"x": {"description": None}}},
        {"secrets": {"value": {"external": True}}},
        {"parameters": {"x": {"type": "Text"}}},
    ],
)
def test_it_refuses_what_the_reader_refuses(content: Any) -> None:
    assert errors("manifest", content)


@pytest.mark.parametrize(
    "change", [{"account": 123456789012}, {"prefix": "/"}, {"guards": {"x": 1}}]
)
def test_it_refuses_settings_that_the_reader_refuses(change: Any) -> None:
    assert errors("environment", default_settings("production") | change)


def test_it_accepts_an_encrypted_environment(tree: Tree) -> None:
    file = tree.path("production/environment.sops.yaml")
    assert errors("environment", parse(file, file.name, file.read_bytes()).data) == []
