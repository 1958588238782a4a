"""A file is written whole or not at all, through no link, and for those who may read it."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from reconciler.core import wholefile
from reconciler.core.errors import UsageError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_a_new_file_has_the_permissions_of_the_process(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        wholefile.write(tmp_path / "new", b"x")
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)
    assert mode(tmp_path / "new") == 0o640


@pytest.mark.parametrize("kept", [0o600, 0o644, 0o755])
def test_a_file_that_is_there_keeps_its_permissions(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "there"
    path.write_bytes(b"before")
    path.chmod(kept)
    wholefile.write(path, b"after")
    assert (path.read_bytes(), mode(path)) == (b"after", kept)


def test_what_is_private_is_its_owners_whatever_was_there(tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.write_bytes(b"before")
    path.chmod(0o644)
    wholefile.write(path, b"after", wholefile.PRIVATE)
    assert (path.read_bytes(), mode(path)) == (b"after", 0o600)


@pytest.mark.parametrize("planted", ["plan.json", ".plan.json.part", ".plan.json."])
def test_no_planted_link_is_followed(tmp_path: Path, planted: str) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_bytes(b"theirs")
    theirs.chmod(0o604)
    (tmp_path / planted).symlink_to(theirs)
    wholefile.write(tmp_path / "plan.json", b"ours")
    assert (theirs.read_bytes(), mode(theirs)) == (b"theirs", 0o604)
    assert (tmp_path / "plan.json").read_bytes() == b"ours"
    assert not (tmp_path / "plan.json").is_symlink()
    assert mode(tmp_path / "plan.json") != 0o604


def test_what_takes_the_place_of_a_link_has_not_its_permissions(tmp_path: Path) -> None:
    """Those of a link are for everybody, and say nothing."""
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    before = os.umask(0o027)
    try:
        wholefile.write(tmp_path / "link", b"ours")
    finally:
        os.umask(before)
    assert mode(tmp_path / "link") == 0o640


def test_what_fails_leaves_what_was_there_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "there"
    path.write_bytes(b"before")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="there cannot be written: No space left on device"):
        wholefile.save(path, "after")
    assert path.read_bytes() == b"before"
    assert [left.name for left in tmp_path.iterdir()] == ["there"]


def test_it_is_on_the_disk_before_it_takes_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "there"
    path.write_bytes(b"before")
    seen: list[tuple[int, bytes]] = []
    sync = os.fsync

    def look(handle: int) -> None:
        seen.append((os.fstat(handle).st_size, path.read_bytes()))
        sync(handle)

    monkeypatch.setattr(os, "fsync", look)
    wholefile.write(path, b"after it")
    assert seen[-1] == (8, b"before")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere/file cannot be written: No such file"):
        wholefile.save(tmp_path / "nowhere" / "file", b"x")


def test_a_device_or_a_pipe_does_not_give_way(tmp_path: Path) -> None:
    """Whoever may do everything could otherwise lose /dev/null to a report."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(UsageError, match=r"pipe cannot be written: it is not a regular file$"):
        wholefile.save(pipe, b"x")
    assert stat.S_ISFIFO(pipe.lstat().st_mode)
    assert list(tmp_path.iterdir()) == [pipe]


# --- a folder -------------------------------------------------------------------------------------


def test_a_folder_is_all_there_with_what_is_in_folders_of_it(tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        wholefile.write_folder(tmp_path / "made", {"a": b"1", "x/y/b": b"2", "x/y/c": b""})
    finally:
        os.umask(old)
    made = {p.relative_to(tmp_path / "made"): p for p in tmp_path.glob("made/**/*") if p.is_file()}
    assert {str(name): p.read_bytes() for name, p in made.items()} == {
        "a": b"1",
        "x/y/b": b"2",
        "x/y/c": b"",
    }
    assert {stat.S_IMODE(p.stat().st_mode) for p in made.values()} == {0o644}
    assert [p.name for p in tmp_path.iterdir()] == ["made"]


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_a_folder_takes_the_place_of_nothing(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "made"
    if kind == "folder":
        place.mkdir()
    elif kind == "file":
        place.touch()
    else:
        place.symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsError):
        wholefile.write_folder(place, {"a": b"1"})
    assert not (tmp_path / "nowhere").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["made"]


def test_what_is_being_made_is_beside_its_place_and_ignored_by_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a rename is enough, and nothing half is committed should the process be killed."""
    seen: list[tuple[Path, bytes]] = []

    def look(self: Path, _: Path) -> None:
        seen.append((self.parent, Path(self.parent, ".gitignore").read_bytes()))
        raise OSError(5, "killed")

    monkeypatch.setattr(Path, "rename", look)
    monkeypatch.setattr(Path, "replace", look)
    with pytest.raises(OSError, match="killed"):
        wholefile.write_folder(tmp_path / "made", {"a": b"1"})
    with pytest.raises(OSError, match="killed"):
        wholefile.write(tmp_path / "made", b"1")
    for folder, ignored in seen:
        assert (folder.parent, ignored) == (tmp_path, b"*\n")
        assert folder.name.startswith(".made.")
    assert len(seen) == 2
    assert list(tmp_path.iterdir()) == []


def test_what_is_in_place_was_written_though_the_folder_beside_it_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))

    monkeypatch.setattr(os, "rmdir", busy)
    wholefile.write(tmp_path / "file", b"1")
    wholefile.write_folder(tmp_path / "made", {"a": b"2"})
    monkeypatch.undo()
    assert (tmp_path / "file").read_bytes() == b"1"
    assert (tmp_path / "made" / "a").read_bytes() == b"2"
    assert len([left for left in tmp_path.iterdir() if left.name.startswith(".")]) == 2


# --- reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 9, 10])
def test_what_is_small_enough_is_read(tmp_path: Path, size: int) -> None:
    (tmp_path / "f").write_bytes(b"x" * size)
    assert wholefile.read(tmp_path / "f", 10) == b"x" * size


def test_what_is_larger_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x" * ((1 << 20) + 1))
    with pytest.raises(UsageError, match=r"f is larger than 1 MiB$"):
        wholefile.read(tmp_path / "f", 1 << 20)


def test_what_is_no_regular_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", tmp_path):
        with pytest.raises(UsageError, match="is not a regular file"):
            wholefile.read(place, 10)
    with pytest.raises(UsageError, match=r"missing cannot be read: No such file"):
        wholefile.read(tmp_path / "missing", 10)


def test_text_is_saved_as_well_as_bytes(tmp_path: Path) -> None:
    for content in ("é", "é".encode()):
        wholefile.save(tmp_path / "f", content)
        assert (tmp_path / "f").read_bytes() == "é".encode()
