"""Documents as YAML, and as files: what sops would expand, drop or read in another way."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.manifest import read
from reconciler.manifest.document import parse
from reconciler.manifest.scalars import Unquoted, resolve
from tests.canary import CANARY
from tests.manifest.conftest import Refused
from tests.trees import Tree

MAIN = "production/main.sops.yaml"


@pytest.mark.parametrize(
    ("text", "code", "place", "hint"),
    [
        ("a: 1\n---\nb: 2\n", "documents", "x:2:1", "each in a file of its own"),
        ("a: 1\nb: 2\na: 3\n", "duplicate-field", "x:3:1", "first appears in line 1"),
        ("a: &anchor 1\n", "anchor", "x:1:4", None),
        ("a:\n  b: *missing\n", "anchor", "x:2:6", None),
        ("a: {<<: {b: c}}\n", "merge-key", "x:1:5", None),
        ("a: !!python/name:os.system x\n", "tag-not-read", "x:1:4", "quote them"),
        ("a: !!str 1\n", "tag-not-read", "x:1:4", "quote them"),
        ("12: a\n", "field-name", "x:1:1", "quote it"),
        ("? [a]\n: b\n", "field-name", "x:1:3", None),
        ("a: b: c\n", "yaml", "x:1:5", "quote the text"),
        ("a: @b\n", "yaml", "x:1:4", "quote the text"),
        ("a:\n  - b\n c: d\n", "yaml", "x:3:2", "indentation"),
        ("a: '\x01'\n", "yaml", "x:1:5", "escapes"),
        ("[" * 50 + "]" * 50, "too-deep", "x:1:33", None),
    ],
)
def test_yaml_that_is_refused(text: str, code: str, place: str, hint: str | None) -> None:
    document = parse(Path("x"), "x", text.encode())
    problem = document.problems[0]
    assert (problem.code, str(problem.place)) == (code, place)
    if hint is not None:
        assert hint in (problem.hint or "")


@pytest.mark.parametrize("fast", [True, False])
def test_both_parsers_read_the_same(fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not fast:
        monkeypatch.setattr("ruamel.yaml.main.CParser", None)
    document = parse(Path("x"), "x", b"a:\n  b: [x, {c: 1}, 0x1]\n  d: 'e'\n  f: 012\ng: true\n")
    assert document.data == {
        "a": {"b": ["x", {"c": 1}, "0x1"], "d": "e", "f": "012"},
        "g": True,
    }
    assert set(document.unquoted) == {("a", "f"), ("a", "b", 2)}
    assert str(document.place(("a", "b", 1, "c"))) == "x:2:11"
    assert str(document.place(("a", "d"))) == "x:3:3"
    assert str(document.place(("a", "missing"))) == "x:1:1"
    twice = parse(Path("x"), "x", b"a: 1\nb: 2\nb: 3\n---\nc: 4\n")
    assert [problem.code for problem in twice.problems] == ["duplicate-field", "documents"]


@pytest.mark.parametrize(
    "text",
    ["012", "1.10", "1_000", "0x1f", "0o17", "0b11", "1e3", ".5", "+1", ".inf", "2024-01-31"],
)
def test_scalars_that_are_not_what_they_look_like(text: str) -> None:
    assert isinstance(resolve(text), Unquoted)


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("10", 10),
        ("0", 0),
        ("0.5", 0.5),
        ("true", True),
        ("~", None),
        ("", None),
        ("3h", "3h"),
        ("10.0.0.1", "10.0.0.1"),
        ("yes", "yes"),
        ("1.2.3", "1.2.3"),
        ("-", "-"),
        ("30 days", "30 days"),
    ],
)
def test_scalars_that_are_what_they_look_like(text: str, content: object) -> None:
    assert resolve(text) == content


def test_a_value_in_broken_yaml_is_not_shown(tree: Tree, refused: Callable[..., Refused]) -> None:
    tree.path(MAIN).write_text(f"secrets:\n  x:\n    value: '{CANARY}\n")
    problem = refused(key=False).only()
    assert problem.code == "yaml"
    assert problem.place.path == f"manifests/{MAIN}"


def test_two_documents_in_one_file(tree: Tree, refused: Callable[..., Refused]) -> None:
    text = tree.read(MAIN)
    tree.path(MAIN).write_text(text + "---\n" + text)
    problem = refused(key=False).only()
    assert problem.code == "documents"
    assert problem.place.line == text.count("\n") + 1


def test_text_that_is_not_utf_8(tree: Tree, refused: Callable[..., Refused]) -> None:
    tree.path(MAIN).write_bytes(b"a: b\nc: \xff\n")
    problem = refused(key=False).only()
    assert (problem.code, problem.place.line) == ("not-utf-8", 2)


@pytest.mark.parametrize("character", ["\x85", "\u2028", "\u2029"])
def test_a_character_that_ends_a_line_for_some(character: str) -> None:
    """As an escape in double quotes it is text to everybody."""
    found = parse(Path("f"), "f", f'a: "x"\nb: é{character}c: d\n'.encode())
    assert [(p.code, str(p.place)) for p in found.problems] == [("sops-differs", "f:2:5")]
    assert found.data is None
    assert (found.problems[0].hint or "").endswith(f'"\\u{ord(character):04x}"')
    escaped = parse(Path("f"), "f", f'a: "x\\u{ord(character):04x}"\n'.encode())
    assert (escaped.problems, escaped.data) == ([], {"a": f"x{character}"})


def test_an_empty_file(tree: Tree, refused: Callable[..., Refused]) -> None:
    tree.path(MAIN).write_text("# nothing\n")
    assert refused(key=False).only().code == "empty-file"


def test_a_duplicate_field(tree: Tree, refused: Callable[..., Refused]) -> None:
    tree.edit(
        MAIN, "    port:\n", "    port:\n        description: one\n        description: two\n"
    )
    problem = refused(key=False).only()
    assert problem.code == "duplicate-field"
    assert "`description`" in problem.message


@pytest.mark.parametrize("encrypted", [True, False])
def test_an_empty_field(
    encrypted: bool, tree: Tree, refused: Callable[..., Refused], add: Callable[..., Path]
) -> None:
    add("secrets:\n  x:\n    external: true\n    description:\n")
    problem = refused(key=False).problems[0]
    assert problem.code == "empty-field"
    assert str(problem.place) == "manifests/production/more.sops.yaml:4:9"
    assert "none" in (problem.hint or "")


def test_unquoted_cleartext(tree: Tree, refused: Callable[..., Refused]) -> None:
    tree.edit(MAIN, 'plaintext: "5432"', "plaintext: 012")
    problem = refused(key=False).only()
    assert problem.code == "unquoted"
    assert str(problem.place).endswith(f"{MAIN}:8:9")
    assert problem.hint == "write it in quotes"


def test_a_number_where_text_belongs(tree: Tree, refused: Callable[..., Refused]) -> None:
    tree.edit(MAIN, 'plaintext: "5432"', "plaintext: 5432")
    problem = refused(key=False).only()
    assert problem.code == "wrong-type"
    assert problem.hint == "write it in quotes"


# --- files --------------------------------------------------------------------------------------


def test_a_symlink_to_a_file(tree: Tree, refused: Callable[..., Refused], tmp_path: Path) -> None:
    outside = tmp_path / "outside.sops.yaml"
    outside.write_text(tree.read(MAIN))
    tree.path("production/link.sops.yaml").symlink_to(outside)
    problem = refused(key=False).only()
    assert problem.code == "symlink"
    assert str(problem.place) == "manifests/production/link.sops.yaml"


def test_a_symlink_to_a_folder(tree: Tree, refused: Callable[..., Refused], tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    tree.path("production/linked").symlink_to(tmp_path / "outside")
    assert refused(key=False).only().code == "symlink"


def test_an_environment_behind_a_symlink(tree: Tree, refused: Callable[..., Refused]) -> None:
    tree.path("staging").symlink_to(tree.path("production"))
    assert "symlink" in refused("staging", key=False).codes()


def test_included_files_behind_a_symlink(tree: Tree, refused: Callable[..., Refused]) -> None:
    tree.path("real").mkdir()
    tree.path("real/a.yaml").write_text("secrets: {x: {external: true}}\n")
    tree.path("common").symlink_to(tree.path("real"))
    tree.edit(
        "production/environment.sops.yaml",
        "owner: test",
        "owner: test\ninclude: [../common/*.yaml]",
    )
    problem = refused(key=False).only()
    assert (problem.code, str(problem.place)) == ("symlink", "manifests/common")


def test_a_named_pipe_is_not_waited_for(tree: Tree, refused: Callable[..., Refused]) -> None:
    os.mkfifo(tree.path("production/pipe.sops.yaml"))
    assert refused(key=False).only().code == "not-a-file"


@pytest.mark.parametrize("name", ["forgotten.yaml", "forgotten.sops.yml", "forgotten.json"])
def test_a_file_that_nothing_reads(
    name: str, add: Callable[..., Path], refused: Callable[..., Refused]
) -> None:
    add({"secrets": {}}, name, encrypt=False)
    problem = refused(key=False).only()
    assert problem.code == "not-read"
    assert problem.place.path == f"manifests/production/{name}"


def test_hidden_files_are_not_looked_at(tree: Tree) -> None:
    tree.path("production/.draft.sops.yaml").write_text("nonsense: [")
    tree.path("production/.git").mkdir()
    assert read(tree.manifests, "production")


def test_files_in_folders_are_read(add: Callable[..., Path], tree: Tree) -> None:
    add({"secrets": {"x": {"external": True}}}, "deep/er/x.sops.yaml")
    names = {key.name for key in read(tree.manifests, "production").resources()}
    assert "/test/production/x" in names
