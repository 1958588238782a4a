"""Whatever stands in a file: problems with places, and never another exception."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.core.errors import ManifestError
from reconciler.kinds import sections
from reconciler.manifest import read
from reconciler.manifest.codes import CODES
from reconciler.manifest.document import parse
from reconciler.manifest.environment import EnvironmentFile
from tests.trees import Tree, make_tree

WORDS = st.sampled_from(
    [
        "secrets",
        "parameters",
        "value",
        "fingerprint_keys",
        "sops",
        "age",
        "kms",
        "key_groups",
        "recipient",
        "x",
        "db",
        "rotation",
        "schedule",
        "generate",
        "tags",
        "plaintext",
        "name",
        "include",
        "schedules",
        "guards",
        "creation_rules",
        "path_regex",
        "resource_policy",
    ]
)
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=5), WORDS, st.just("012"), st.just("")
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """One tree for all examples."""
    entry = {"secrets": {"db": {"value": "x"}}}
    return make_tree(tmp_path_factory.mktemp("any"), {"production": entry})


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode()))
@settings(deadline=None)
def test_any_bytes(raw: bytes) -> None:
    document = parse(Path("x"), "x", raw)
    for problem in document.problems:
        assert problem.code in CODES
        assert problem.place.line >= 1
    document.place(("a", 0, "b"))


@pytest.mark.parametrize(
    "name", ["production/main.sops.yaml", "production/environment.sops.yaml", ".sops.yaml"]
)
@given(tree=TREES)
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_tree(name: str, tree: Any, shared: Tree) -> None:
    before = shared.read(name)
    try:
        shared.path(name).write_text(json.dumps(tree))
        problems = refused(shared)
    finally:
        shared.path(name).write_text(before)
    assert problems
    for problem in problems:
        assert problem.code in CODES
        assert problem.place.line >= 1
        assert problem.place.column >= 1


FIELDS = st.sampled_from(
    [
        *(("secrets", field) for field in sections()["secrets"].Declaration.model_fields),
        *(("parameters", field) for field in sections()["parameters"].Declaration.model_fields),
    ]
)


@given(fields=st.lists(st.tuples(FIELDS, TREES), min_size=1, max_size=3))
@settings(deadline=None, max_examples=60)
def test_any_field(fields: list[tuple[tuple[str, str], Any]], shared: Tree) -> None:
    manifest: dict[str, dict[str, dict[str, Any]]] = {"nonsense": {}}  # so that it is refused
    for (section, field), content in fields:
        manifest.setdefault(section, {}).setdefault("x", {})[field] = content
    file = shared.path("production/any.sops.yaml")
    text = shared.read("production/main.sops.yaml")
    block = text[text.index("sops:") :]
    sections = "".join(f"{name}: {json.dumps(part)}\n" for name, part in manifest.items())
    try:
        file.write_text(sections + block)
        problems = refused(shared)
    finally:
        file.unlink()
    assert {problem.code for problem in problems} <= set(CODES)


@given(field=st.sampled_from(sorted(EnvironmentFile.model_fields)), content=TREES)
@settings(deadline=None, max_examples=60)
def test_any_setting(field: str, content: Any, shared: Tree) -> None:
    name = "production/environment.sops.yaml"
    before = shared.read(name)
    changed = {**parse(Path("x"), "x", before.encode()).data, field: content, "nonsense": 1}  # type: ignore[dict-item]
    try:
        shared.path(name).write_text(json.dumps(changed))
        problems = refused(shared)
    finally:
        shared.path(name).write_text(before)
    assert {problem.code for problem in problems} <= set(CODES)


def refused(tree: Tree) -> Any:
    with pytest.raises(ManifestError) as caught:
        read(tree.manifests, "production")
    return caught.value.problems
