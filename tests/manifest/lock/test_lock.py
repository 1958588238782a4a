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
from tests.manifest.lock.build import (
    ENV,
    PREFIX,
    TWO_KEYS,
    VALUES,
    made,
    small,
    write,
    write_earlier,
)
from tests.trees import Tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return small(tmp_path)


def codes(error: ManifestError) -> list[str]:
    return [problem.code for problem in error.problems]


def test_it_has_a_line_for_each_declared_value(tree: Tree) -> None:
    assert set(made(tree).lines) == VALUES


def texts(tree: Tree) -> dict[str, str]:
    """All locks of the environment."""
    return {name: raw.decode() for name, raw in lock.present(tree.manifests, ENV).items()}


def test_it_is_read_as_it_was_written(tree: Tree) -> None:
    write(tree)
    found = lock.load(tree.manifests, ENV)
    assert found is not None
    assert lock.dumps(found, manifest.read(tree.manifests, ENV).homes()) == texts(tree)
    assert replace(found, path="x") == replace(made(tree), path="x")


def test_an_entry_is_two_lines_and_an_empty_one(tree: Tree) -> None:
    write(tree)
    written = texts(tree)
    assert set(written) == {lock.FILE, f"main.{lock.FILE}"}
    for text in written.values():
        lines = text.split("\n\n", 1)[1].removesuffix("# end\n").split("\n")
        names, digests, empty = lines[:-1:3], lines[1::3], lines[2::3]
        assert names == sorted(names)
        assert all(line.startswith(("ct:", "mac:")) for line in digests)
        assert set(empty) <= {""}
        assert names[0] == "file"
    assert len(written[f"main.{lock.FILE}"].split("\n\n")) == len(VALUES) + 3


def test_each_manifest_has_its_own(tree: Tree) -> None:
    """And what is included has the environment's."""
    tree.path(f"{ENV}/sub").mkdir()
    tree.write(f"{ENV}/sub/more.sops.yaml", {"secrets": {"more": {"value": "x"}}})
    tree.write("common/shared.yaml", {"parameters": {"shared": {"plaintext": "y"}}}, encrypt=False)
    tree.edit(f"{ENV}/environment.sops.yaml", "owner:", "include: [../common/*.yaml]\nowner:")
    write(tree)
    written = texts(tree)
    assert set(written) == {lock.FILE, f"main.{lock.FILE}", f"sub/more.{lock.FILE}"}
    assert f"secret {PREFIX}/more\n" in written[f"sub/more.{lock.FILE}"]
    assert f"parameter {PREFIX}/shared\n" in written[lock.FILE]
    found = lock.load(tree.manifests, ENV)
    assert found is not None
    assert lock.macs(found, manifest.read(tree.manifests, ENV)) == []
    # What is removed leaves a lock that is told, and that goes with the next one.
    tree.path(f"{ENV}/sub/more.sops.yaml").unlink()
    found, declared = lock.load(tree.manifests, ENV), manifest.read(tree.manifests, ENV)
    assert found is not None
    assert [p.code for p in lock.check(found, declared)] == ["lock-extra"]
    assert [p.message for p in lock.macs(found, declared)] == [
        "the lock has a MAC of sub/more.sops.yaml, which has no value"
    ]
    write(tree)
    assert set(texts(tree)) == {lock.FILE, f"main.{lock.FILE}"}


@pytest.mark.parametrize("macs", [True, False])
def test_one_for_all_as_before_is_read_and_moved(tree: Tree, macs: bool) -> None:
    """What 0.1 wrote has no MACs. It says the same, at its own lines."""
    path = write_earlier(tree, macs=macs)
    found = lock.load(tree.manifests, ENV)
    assert found is not None
    whole = made(tree)
    assert found.lines == whole.lines
    assert found.macs == (whole.macs if macs else None)
    lines = path.read_text().splitlines()
    for key in found.lines:
        assert lines[found.place(key).line - 1].startswith(f"{key.kind} {key.name} ct:")
    declared = manifest.read(tree.manifests, ENV)
    assert lock.check(found, declared) == []
    assert lock.mismatches(found, declared, declared.decrypt(tree.sops)) == []
    renewal = lock.renew(tree.manifests, whole, declared)
    assert renewal.earlier
    renewal.write()
    assert set(texts(tree)) == {lock.FILE, f"main.{lock.FILE}"}
    assert lock.load(tree.manifests, ENV) == replace(whole, path=found.path)
    # Without the key what 0.1 wrote stays, since nobody knows the MACs.
    again = lock.reuse(found, declared)
    assert again is not None
    assert len(lock.dumps(again, declared.homes())) == (2 if macs else 1)


def test_it_holds_public_fingerprints_and_no_version_id(tree: Tree) -> None:
    write(tree)
    text = "".join(texts(tree).values())
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
    "no text": (lock.FILE, rb"# ", b"\xff\xfe", "lock-format"),
    "another format": (lock.FILE, rb"format: 3", b"format: 4", "lock-format"),
    "no head": (lock.FILE, rb"region: .*\n", b"", "lock-format"),
    "a bad key id": (lock.FILE, rb"keys: ([0-9a-f]{6})", b"keys: zzzzzz", "lock-format"),
    "the same key twice": (lock.FILE, rb"keys: (\w{6}) \w{6}", rb"keys: \1 \1", "lock-format"),
    "other keys": (lock.FILE, rb"keys: (\w{6}) (\w{6})", rb"keys: \2 \1", "lock-format"),
    "a line too many in the head": (lock.FILE, rb"\n\n", b"\nmore: x\n\n", "lock-format"),
    "no format": (None, rb"format: 3\n", b"", "lock-format"),
    "a later format": (None, rb"format: 3", b"format: 4", "lock-format"),
    "a short digest": (None, rb"ct:[0-9a-f]", b"ct:", "lock-format"),
    "a fingerprint too few": (None, rb" [0-9a-f]{6}:[0-9a-f]{64}\n", b"\n", "lock-format"),
    "no empty line": (None, rb"\n\nsecret", b"\nsecret", "lock-format"),
    "an entry twice": (None, rb"\n(secret .*\n.*\n)", rb"\n\1\n\1", "lock-duplicate"),
    "a conflict": (None, rb"\nsecret", b"\n<<<<<<< HEAD\nsecret", "lock-format"),
    "no end": (None, rb"# end\n\Z", b"", "lock-format"),
    "no end of line": (None, rb"\n\Z", b"", "lock-format"),
    "in another order": (None, rb"(secret .*\n.*\n\n)(secret .*\n.*\n\n)", rb"\2\1", "lock-format"),
    "a MAC of two": (None, rb"(file\n.*\n\n)", rb"\1\1", "lock-duplicate"),
    "before: a line twice": ("2", rb"\n(secret [^\n]*\n)", rb"\n\1\1", "lock-duplicate"),
    "before: a short digest": ("2", rb"ct:[0-9a-f]", b"ct:", "lock-format"),
    "before: a conflict": ("2", rb"\nsecret", b"\n<<<<<<< HEAD\nsecret", "lock-format"),
    "before: MACs that 0.1 had not": ("2", rb"format: 2", b"format: 1", "lock-format"),
    "before: in another order": ("2", rb"(secret .*\n)(secret .*\n)", rb"\2\1", "lock-format"),
}


@pytest.mark.parametrize(("file", "pattern", "by", "code"), BAD.values(), ids=BAD)
def test_what_is_no_lock_is_told_with_its_line(
    tree: Tree, file: str | None, pattern: bytes, by: bytes, code: str
) -> None:
    path = write_earlier(tree, macs=True) if file == "2" else write(tree)
    if file == lock.FILE:
        path = path.with_name(lock.FILE)
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


@pytest.mark.parametrize(
    ("pattern", "by", "said"),
    [
        (rb"# end\n\Z", b"", "the lock ends too early"),
        (rb"\nsecret", b"\n<<<<<<< HEAD\nsecret", "there is an unresolved merge conflict"),
    ],
)
def test_what_is_cut_off_or_in_conflict_is_called_so(
    tree: Tree, pattern: bytes, by: bytes, said: str
) -> None:
    path = write(tree)
    path.write_bytes(re.sub(pattern, by, path.read_bytes(), count=1))
    with pytest.raises(ManifestError) as raised:
        lock.load(tree.manifests, ENV)
    (problem,) = raised.value.problems
    assert problem.message.startswith(said)


def test_a_value_in_two_locks_is_told(tree: Tree) -> None:
    """As a merge leaves it, where one side moved the value to another file."""
    path = write(tree)
    (tree.path(ENV) / f"other.{lock.FILE}").write_bytes(path.read_bytes())
    with pytest.raises(ManifestError) as raised:
        lock.load(tree.manifests, ENV)
    assert set(codes(raised.value)) == {"lock-duplicate"}
    assert f"stands in {path.as_posix()[-30:]}"[-30:] in raised.value.problems[0].message


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
    found, declared = made(tree), manifest.read(tree.manifests, ENV)
    main = tree.path(f"{ENV}/main.sops.yaml")
    tree.path(f"{ENV}/renamed.sops.yaml").write_bytes(main.read_bytes())
    main.unlink()
    renamed = manifest.read(tree.manifests, ENV)
    again = lock.reuse(found, renamed)
    assert again is not None
    was, now = (lock.dumps(one, d.homes()) for one, d in ((found, declared), (again, renamed)))
    assert now[f"renamed.{lock.FILE}"] == was[f"main.{lock.FILE}"]
    assert now.keys() == {lock.FILE, f"renamed.{lock.FILE}"}


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
    assert [(p.code, p.warning) for p in lock.outdated(old, declared)] == [("lock-plaintext", True)]
    rekeyed = replace(found, keys_ciphertext="0" * 64, kids=("000000", "111111"))
    assert lock.mismatches(rekeyed, declared, desired) == []
    assert [p.code for p in lock.outdated(rekeyed, declared)] == ["lock-outdated"]
