"""The lock as a file, and what is wrong with one."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler import manifest
from reconciler.core.errors import ManifestError
from reconciler.manifest import lock
from reconciler.values.sensitive import Fingerprinter, Sensitive, public
from tests.manifest.lock.build import ENV, PREFIX, TWO_KEYS, VALUES, made, small, write
from tests.trees import Tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return small(tmp_path)


def codes(error: ManifestError) -> list[str]:
    return [problem.code for problem in error.problems]


def test_it_has_a_line_for_each_declared_value(tree: Tree) -> None:
    assert set(made(tree).lines) == VALUES


def test_it_is_read_as_it_was_written(tree: Tree) -> None:
    path = write(tree)
    found = lock.load(tree.manifests, ENV)
    assert found is not None
    assert lock.dumps(found) == path.read_text()
    assert replace(found, path="x") == replace(made(tree), path="x")


def test_lines_are_sorted_and_one_for_each_value(tree: Tree) -> None:
    lines = write(tree).read_text().split("\n\n")[1].splitlines()
    assert lines == sorted(lines)
    assert len([line for line in lines if not line.startswith("file ")]) == len(VALUES)
    assert [line.split(" ")[1] for line in lines if line.startswith("file ")] == [
        "environment.sops.yaml", "main.sops.yaml"
    ]  # fmt: skip


def test_it_holds_public_fingerprints_and_no_version_id(tree: Tree) -> None:
    text = write(tree).read_text()
    declared = manifest.read(tree.manifests, ENV)
    fingerprinter = Fingerprinter([Sensitive(key) for key in TWO_KEYS], declared.settings.scope)
    tokens = fingerprinter.secret_tokens(f"{PREFIX}/text", Sensitive("a text"))
    assert len(tokens) == 2
    for token in tokens:
        assert public(token) in text
        assert token not in text
        assert token[8:] not in text


def test_there_may_be_none(tree: Tree) -> None:
    assert lock.load(tree.manifests, ENV) is None


def test_it_may_not_be_a_symlink(tree: Tree, tmp_path: Path) -> None:
    path = write(tree)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ManifestError) as raised:
        lock.load(tree.manifests, ENV)
    assert codes(raised.value) == ["symlink"]


BAD = {
    "no text": (rb"# ", b"\xff\xfe", "lock-format"),
    "another format": (rb"format: 2", b"format: 3", "lock-format"),
    "no head": (rb"region: .*\n", b"", "lock-format"),
    "a bad key id": (rb"keys: ([0-9a-f]{6})", b"keys: zzzzzz", "lock-format"),
    "the same key twice": (rb"keys: ([0-9a-f]{6}) [0-9a-f]{6}", rb"keys: \1 \1", "lock-format"),
    "a short digest": (rb"ct:[0-9a-f]", b"ct:", "lock-format"),
    "a fingerprint too few": (rb" [0-9a-f]{6}:[0-9a-f]{64}\n", b"\n", "lock-format"),
    "a line twice": (rb"\n(parameter [^\n]*\n)", rb"\n\1\1", "lock-duplicate"),
    "a conflict": (rb"\nparameter", b"\n<<<<<<< HEAD\nparameter", "lock-format"),
    "no end of line": (rb"\n\Z", b"", "lock-format"),
    "a line too many in the head": (rb"\n\n", b"\nmore: x\n\n", "lock-format"),
    "lines in another order": (
        rb"(?s)\n(parameter [^\n]*\n)(parameter [^\n]*\n)",
        rb"\n\2\1",
        "lock-format",
    ),
}


@pytest.mark.parametrize(("pattern", "by", "code"), BAD.values(), ids=BAD)
def test_what_is_no_lock_is_told_with_its_line(
    tree: Tree, pattern: bytes, by: bytes, code: str
) -> None:
    path = write(tree)
    text, count = re.subn(pattern, by, path.read_bytes(), count=1)
    assert count == 1
    path.write_bytes(text)
    with pytest.raises(ManifestError) as raised:
        lock.load(tree.manifests, ENV)
    problem = raised.value.problems[0]
    assert problem.code == code
    assert problem.place.path.endswith(lock.FILE)
    assert problem.place.line >= 1
    assert problem.hint == "write it again: reconciler lock production"


def test_a_value_without_a_line_and_a_line_without_a_value_are_errors(tree: Tree) -> None:
    write(tree)
    declared = manifest.read(tree.manifests, ENV)
    found = made(tree)
    keys = sorted(found.lines)
    assert lock.check(found, declared) == []
    few = replace(found, lines={key: found.lines[key] for key in keys[1:]})
    assert [p.code for p in lock.check(few, declared)] == ["lock-missing"]
    more = replace(found, lines={**found.lines, replace(keys[0], name="/x"): found.lines[keys[0]]})
    assert [p.code for p in lock.check(more, declared)] == ["lock-extra"]


@pytest.mark.parametrize("field", ["environment", "account", "region", "prefix"])
def test_a_head_of_something_else_is_an_error(tree: Tree, field: str) -> None:
    declared = manifest.read(tree.manifests, ENV)
    other = replace(made(tree), **{field: "other"})  # type: ignore[arg-type]
    assert [p.code for p in lock.check(other, declared)] == ["lock-head"]


def test_without_a_key_it_is_made_of_itself_where_no_ciphertext_changed(tree: Tree) -> None:
    found = made(tree)
    main = tree.path(f"{ENV}/main.sops.yaml")
    tree.path(f"{ENV}/renamed.sops.yaml").write_bytes(main.read_bytes())
    main.unlink()
    renamed = manifest.read(tree.manifests, ENV)
    again = lock.reuse(found, renamed)
    assert again is not None
    text = lock.dumps(found).replace("file main.sops.yaml", "file renamed.sops.yaml")
    assert lock.dumps(again) == text


@pytest.mark.parametrize("what", ["value", "plaintext", "type", "name", "account", "keys"])
def test_what_is_part_of_a_fingerprint_takes_a_key(tree: Tree, what: str) -> None:
    found = made(tree)
    file = f"{ENV}/main.sops.yaml"
    if what == "value":
        text = tree.read(file)
        start = text.index("ENC[AES256_GCM,data:") + 20
        tree.path(file).write_text(text[:start] + "AAAA" + text[start + 4 :])
    elif what == "plaintext":
        tree.edit(file, "db.internal", "db.other")
    elif what == "type":
        tree.edit(file, "host:", "host:\n        type: StringList")
    elif what == "name":
        tree.edit(file, "host:", "server:")
    elif what == "account":
        tree.edit(f"{ENV}/environment.sops.yaml", "123456789012", "123456789013")
    else:
        tree.edit(f"{ENV}/environment.sops.yaml", "data:", "data:A")
    assert lock.reuse(found, manifest.read(tree.manifests, ENV)) is None


def test_a_lie_is_told_with_the_key(tree: Tree) -> None:
    declared = manifest.read(tree.manifests, ENV)
    desired = declared.decrypt(tree.sops)
    found = lock.make(declared, desired)
    key = sorted(found.lines)[0]
    assert lock.mismatches(found, declared, desired) == []
    line = replace(found.lines[key], fingerprints=("f" * 64, "f" * 64))
    lying = replace(found, lines={**found.lines, key: line})
    assert [p.code for p in lock.mismatches(lying, declared, desired)] == ["lock-lie"]
    second = replace(line, fingerprints=(found.lines[key].fingerprints[0], "f" * 64))
    lying = replace(found, lines={**found.lines, key: second})
    assert [p.code for p in lock.mismatches(lying, declared, desired)] == ["lock-lie"]
    kids = replace(found, kids=found.kids[::-1])
    assert [p.code for p in lock.mismatches(kids, declared, desired)] == ["lock-lie"]
    old = replace(found, lines={**found.lines, key: replace(line, ciphertext="0" * 64)})
    assert lock.mismatches(old, declared, desired) == []
    assert [(p.code, p.warning) for p in lock.outdated(old, declared)] == [("lock-outdated", True)]
    rekeyed = replace(found, keys_ciphertext="0" * 64, kids=("000000", "111111"))
    assert lock.mismatches(rekeyed, declared, desired) == []
    assert [p.code for p in lock.outdated(rekeyed, declared)] == ["lock-outdated"]
