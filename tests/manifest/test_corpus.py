"""YAML that sops reads is read here, and as sops reads it; what is refused is so on purpose."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from reconciler.core.errors import SopsError
from reconciler.manifest.document import Document, parse
from tests.manifest import corpus
from tests.trees import Tree, make_tree

LAYOUTS = (
    lambda text: text,
    lambda text: f"---\n{text}",
    lambda text: text.replace("\n", "\r\n"),
    lambda text: f"# a comment\n\n{text}\n# the end\n",
)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return make_tree(
        tmp_path_factory.mktemp("corpus"),
        {"production": {"secrets": {"a": {"value": "one"}}}},
    )


def files(tree: Tree) -> Iterator[str]:
    """Each is a manifest with a value that sops has encrypted, and a field that nobody has."""
    encrypted = tree.read("production/main.sops.yaml")
    for number, text in enumerate(corpus.documents()):
        layout = LAYOUTS[number % len(LAYOUTS)]
        end = "" if text.endswith("\n") else "\n"
        yield layout(f"{text}{end}{encrypted}")


def sops_reads(tree: Tree, text: str) -> dict[str, Any] | None:
    """What `sops decrypt` gives; None where it refuses."""
    try:
        found: dict[str, Any] = json.loads(tree.sops.decrypt(text.encode()).reveal())
    except SopsError:
        return None
    return found


def read(text: str) -> Document:
    return parse(Path("x.sops.yaml"), "x.sops.yaml", text.encode())


def test_two_hundred_files(tree: Tree) -> None:
    texts = list(files(tree))
    assert len(texts) >= 200
    with ThreadPoolExecutor(2 + (os.cpu_count() or 1)) as pool:
        given = list(pool.map(lambda text: sops_reads(tree, text), texts))
    became: Counter[str] = Counter()
    wrong = []
    for text, theirs in zip(texts, given, strict=True):
        document = read(text)
        codes = {problem.code for problem in document.problems}
        codes |= {"unquoted"} if document.unquoted else set()
        shown = text.partition("secrets:")[0]
        if theirs is None:
            became["refused by sops"] += 1
        elif codes:
            became["refused here"] += 1
            if not codes <= corpus.REFUSED:
                wrong.append((shown, codes))
        else:
            became["read"] += 1
            ours = document.data if isinstance(document.data, dict) else {}
            for name in theirs.keys() - {"secrets"}:
                if name not in ours or ours[name] != theirs[name]:
                    wrong.append((shown, ours.get(name), theirs[name]))
    assert wrong == []
    assert became["read"] >= 150, became


def test_an_address_in_a_flow_mapping_is_read_and_placed() -> None:
    text = "x: {url: https://a.example:8443/b, c: [http://d.example]}\ny:\n  e: 1.10\n"
    document = read(text)
    assert document.problems == []
    assert document.data == {
        "x": {"url": "https://a.example:8443/b", "c": ["http://d.example"]}, "y": {"e": "1.10"},
    }  # fmt: skip
    assert str(document.place(("x", "c"))).endswith(":1:36")
    assert list(document.unquoted) == [("y", "e")]
    assert read(text + "z: [a: b: c]\n").problems[0].code == "yaml"
