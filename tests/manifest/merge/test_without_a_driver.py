"""Branches that git merges by itself, as GitHub does: it runs no merge driver.

Manifests are played, since what sops makes takes long: git sees lines that change as sops changes
them. The locks are real, and are those of what the merged manifests declare.
"""

from __future__ import annotations

import hashlib
import random
import subprocess
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path

import pytest

from reconciler.core.model import Key
from reconciler.manifest import lock
from reconciler.manifest.lock import Line, Lock, earlier
from reconciler.manifest.merge.text import git as merge_file

ENV = "production"
Files = dict[str, dict[str, str]]  # each manifest: the digests of its values by their names


def digest(of: object) -> str:
    return hashlib.sha256(str(of).encode()).hexdigest()


def locked(files: Files) -> Lock:
    """The lock of what the manifests declare."""
    lines = {
        Key("secret", f"/x/{name}"): Line(value, (digest(f"fp {value}"),))
        for values in files.values()
        for name, value in values.items()
    }
    macs = {name: digest(f"mac {values}") for name, values in files.items()}
    return Lock(ENV, "1", "r", "/x", ("aaaaaa",), digest("keys"), lines, macs)


def homes(files: Files) -> Mapping[Key, str]:
    return {Key("secret", f"/x/{n}"): file for file, values in files.items() for n in values}


def tree(files: Files) -> dict[str, str]:
    """Everything in the folder: manifests and locks."""
    played = {
        name: "secrets:\n"
        + "".join(f"    {n}:\n        value: ENC[{v}]\n" for n, v in sorted(values.items()))
        + f"sops:\n    lastmodified: {digest(values)}\n    mac: ENC[{digest(f'm{values}')}]\n"
        for name, values in files.items()
    }
    return {**played, **lock.dumps(locked(files), homes(files))}


def change(chance: random.Random, files: Files, within: list[str], tag: str) -> Files:
    """What a branch makes of them: it changes, adds and removes values, and whole files."""
    changed = deepcopy(files)
    for name in within:
        if chance.random() < 0.15:
            del changed[name]
            continue
        values = changed[name]
        for _ in range(chance.randint(1, 3)):
            known = sorted(values)
            act = chance.choice(["change", "add", "remove"])
            if act == "add" or not known:
                values[f"{name[0]}/{chance.choice('abcdefgh')}{chance.randint(0, 99)}{tag}"] = (
                    digest(chance.random())
                )
            elif act == "change":
                values[chance.choice(known)] = digest(chance.random())
            else:
                del values[chance.choice(known)]
    if chance.random() < 0.3:
        changed[f"{chance.choice('abcdefghz')}-{tag}.sops.yaml"] = {f"n/{tag}": digest(tag)}
    return changed


class Repository:
    """Commits that are made without a working tree, many at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stream: list[bytes] = []
        subprocess.run(["git", "init", "-q", str(folder)], check=True)

    def commit(self, branch: str, contents: Mapping[str, str], parent: str | None = None) -> None:
        self.stream.append(b"commit refs/heads/%s\ncommitter a <a@example.com> 0 +0000\ndata 1\nx\n"
                           % branch.encode())  # fmt: skip
        if parent is not None:
            self.stream.append(b"from refs/heads/%s\ndeleteall\n" % parent.encode())
        for path, text in contents.items():
            raw = text.encode()
            self.stream.append(b"M 100644 inline %s\ndata %d\n%s\n"
                               % (f"{ENV}/{path}".encode(), len(raw), raw))  # fmt: skip

    def make(self) -> None:
        subprocess.run(["git", "fast-import", "--quiet"], cwd=self.folder,
                       input=b"".join(self.stream), check=True)  # fmt: skip

    def merge(self, one: str, two: str) -> dict[str, str] | None:
        """What git makes of two branches; None where they conflict."""
        done = subprocess.run(["git", "merge-tree", "--write-tree", one, two], cwd=self.folder,
                              capture_output=True, check=False, text=True)  # fmt: skip
        if done.returncode:
            return None
        merged = subprocess.run(["git", "archive", done.stdout.split()[0]], cwd=self.folder,
                                capture_output=True, check=True)  # fmt: skip
        return _unpacked(merged.stdout)


def _unpacked(archive: bytes) -> dict[str, str]:
    import io
    import tarfile

    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        found = {}
        for member in opened.getmembers():
            content = opened.extractfile(member) if member.isfile() else None
            if content is not None:
                found[member.name.removeprefix(f"{ENV}/")] = content.read().decode()
        return found


def pairs_that_touch_different_files(folder: Path, count: int, seed: int) -> None:
    chance = random.Random(seed)
    repository = Repository(folder)
    wanted: list[tuple[str, Files]] = []
    for number in range(count):
        base: Files = {
            f"{name}.sops.yaml": {
                f"{name}/{chance.choice('abcdefgh')}{n}": digest(chance.random())
                for n in range(chance.randint(1, 6))
            }
            for name in chance.sample("abcdefgh", chance.randint(2, 6))
        }
        names = chance.sample(sorted(base), len(base))
        cut = chance.randint(1, len(names) - 1)
        ours, theirs = (
            change(chance, base, within, tag)
            for within, tag in ((names[:cut], "o"), (names[cut:], "t"))
        )
        repository.commit(f"base{number}", tree(base))
        repository.commit(f"ours{number}", tree(ours), f"base{number}")
        repository.commit(f"theirs{number}", tree(theirs), f"base{number}")
        both: Files = {name: ours[name] for name in names[:cut] if name in ours}
        both |= {name: theirs[name] for name in names[cut:] if name in theirs}
        both |= {n: v for side in (ours, theirs) for n, v in side.items() if n not in base}
        wanted.append((str(number), both))
    repository.make()
    for number_, both in wanted:
        merged = repository.merge(f"ours{number_}", f"theirs{number_}")
        assert merged is not None, f"pair {number_} of seed {seed} is in conflict"
        assert merged == tree(both), f"pair {number_} of seed {seed}"
        parts = {name: text.encode() for name, text in merged.items() if lock.is_one(name)}
        found = lock.loads(parts, ENV, ENV)
        assert (found.lines, found.macs) == (locked(both).lines, locked(both).macs)


def test_pairs_of_branches_that_touch_different_files_merge(tmp_path: Path) -> None:
    pairs_that_touch_different_files(tmp_path / "r", 25, 13)


@pytest.mark.long
def test_a_thousand_pairs_merge(tmp_path: Path) -> None:
    pairs_that_touch_different_files(tmp_path / "r", 1000, random.randrange(2**32))


@pytest.mark.parametrize("seed", range(2))
def test_neighbouring_entries_of_one_lock_merge(seed: int) -> None:
    """Values of an included file have no MAC: two branches may change the same lock."""
    chance = random.Random(seed)
    clean = before = 0
    for _ in range(20):
        base = {"": {f"n/{n}": digest(chance.random()) for n in range(6)}}
        at = chance.randrange(5)
        ours, theirs = deepcopy(base), deepcopy(base)
        acts = ["change", chance.choice(["change", "remove", "add"])]
        chance.shuffle(acts)
        for side, number, tag, act in ((ours, at, "o", acts[0]), (theirs, at + 1, "t", acts[1])):
            if act == "add":
                side[""][f"n/{number}{tag}"] = digest(chance.random())
            elif act == "change":
                side[""][f"n/{number}"] = digest(chance.random())
            else:
                del side[""][f"n/{number}"]
        kept = {n for n in base[""] if n in ours[""] and n in theirs[""]}
        merged = {n: v for n, v in base[""].items() if n in kept}
        for side in (ours, theirs):
            merged |= {n: v for n, v in side[""].items() if base[""].get(n) != v}
        both = {"": merged}
        texts = [own(side) for side in (base, ours, theirs)]
        clean += merge_file(*texts) == own(both)
        lines = [earlier.dumps(locked(side)).encode() for side in (base, ours, theirs)]
        before += b"<<<<<<<" not in merge_file(*lines)
    assert clean == 20
    assert before < 15


def own(files: Files) -> bytes:
    made = locked(files)
    without = Lock(ENV, "1", "r", "/x", made.kids, made.keys_ciphertext, made.lines, {})
    return lock.dumps(without, {})[lock.FILE].encode()
