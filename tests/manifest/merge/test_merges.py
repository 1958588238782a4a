"""Branches merged by git itself, with the driver that `merge-driver --install` names."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from reconciler import manifest
from reconciler.manifest import lock, merge
from reconciler.values.sops import find
from tests import forked
from tests.age_key import new_age_key
from tests.cli.run import cli, environ
from tests.leaks.canaries import program
from tests.manifest.branch.build import ENVIRONMENT, MAIN, Branch, make_branch
from tests.manifest.lock.build import write_earlier
from tests.trees import creation_rules

LOCK = "production/main.fingerprints.lock"


class Merging(Branch):
    """A repository with two branches and the driver."""

    def run(self, *arguments: str, key: bool = True) -> subprocess.CompletedProcess[str]:
        """Run git as somebody with the key, or without it."""
        variables = self.tree.environ if key else {"HOME": "/nonexistent"}
        return subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments],
            cwd=self.folder, env=environ(variables), capture_output=True, text=True, check=False,
        )  # fmt: skip

    def branch(self, name: str) -> None:
        """Begin a branch at the base."""
        self.git("switch", "-q", "-c", name, "base")

    def merge(self, name: str, *, key: bool = True) -> subprocess.CompletedProcess[str]:
        """Merge a branch into the one that is checked out."""
        return self.run("merge", "--no-edit", name, key=key)

    def decrypted(self, file: str = MAIN) -> Any:
        """A file's content, its MAC checked."""
        return json.loads(self.tree.sops.decrypt(self.tree.path(file).read_bytes()).reveal())

    def lock(self) -> None:
        """Write the lock of what is declared now."""
        declared = manifest.read(self.tree.manifests, "production")
        made = lock.make(declared, declared.decrypt(self.tree.sops))
        lock.renew(self.tree.manifests, made, declared).write()


@pytest.fixture
def merging(tmp_path: Path) -> Merging:
    folder = tmp_path / "repository"
    folder.mkdir()
    made = make_branch(folder)
    merging = Merging(made.tree, made.folder)
    merge.install(folder)
    merging.git("config", "merge.reconciler.driver", f"{forked.program()} merge-driver %O %A %B %P")
    merging.lock()
    merging.commit("with the driver and a lock")
    merging.git("tag", "-f", "base")
    return merging


def two(merging: Merging, file: str = MAIN) -> None:
    """Two branches that each change another value of the same file; `ours` is checked out."""
    merging.branch("theirs")
    merging.set('["secrets"]["jwt"]["value"]', "their value", file)
    merging.lock()
    merging.commit()
    merging.branch("ours")
    merging.set('["secrets"]["db"]["value"]["password"]', "our value", file)
    merging.lock()
    merging.commit()


def assert_locked(merging: Merging) -> None:
    """The locks are those that `lock` writes of the merged files, MACs included."""
    declared = manifest.read(merging.tree.manifests, "production")
    found = lock.load(merging.tree.manifests, "production")
    assert found is not None
    assert found.macs is not None
    assert found.macs == {name: mac for name, (mac, _) in declared.macs().items()}
    made = lock.make(declared, declared.decrypt(merging.tree.sops))
    assert not lock.renew(merging.tree.manifests, made, declared)


def test_without_the_driver_they_conflict_in_two_lines_only(merging: Merging) -> None:
    two(merging)
    merging.git("config", "--remove-section", "merge.reconciler")
    assert merging.merge("theirs").returncode == 1
    text = merging.tree.read(MAIN)
    start, end = text.index("<<<<<<<"), text.index(">>>>>>>")
    kept = [line.split(":")[0].strip() for line in text[start:end].splitlines() if ": " in line]
    assert {"mac"} <= set(kept) <= {"lastmodified", "mac"}  # both within one second


def test_two_values_of_one_file_merge(merging: Merging) -> None:
    two(merging)
    done = merging.merge("theirs")
    assert done.returncode == 0, done.stdout + done.stderr
    content = merging.decrypted()
    assert content["secrets"]["jwt"]["value"] == "their value"
    assert content["secrets"]["db"]["value"]["password"] == "our value"
    assert "warning" not in done.stderr
    assert_locked(merging)


@pytest.mark.parametrize(
    ("how", "name"),
    [("rebase", "a.sops.yaml"), ("cherry-pick", "z z.sops.yaml"), ("merge", "sub/main.sops.yaml")],
)
def test_the_lock_has_the_mac_of_the_merged_file(merging: Merging, how: str, name: str) -> None:
    """It is merged after the file, whatever that is called, and whoever merges."""
    merging.tree.path("production/sub").mkdir()
    merging.git("mv", f"manifests/{MAIN}", f"manifests/production/{name}")
    merging.lock()
    merging.commit()
    merging.git("tag", "-f", "base")
    two(merging, f"production/{name}")
    done = merging.run(how, "theirs")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in done.stderr
    assert_locked(merging)


def test_a_branch_with_the_lock_of_before_merges_after_lock(merging: Merging) -> None:
    """Main has the new form, and a branch that was begun before has changed a value."""
    write_earlier(merging.tree, macs=True)
    merging.commit()
    merging.git("tag", "-f", "base")
    merging.branch("theirs")
    merging.set('["secrets"]["jwt"]["value"]', "their value")
    write_earlier(merging.tree, macs=True)
    merging.commit()
    merging.branch("ours")
    merging.lock()
    merging.commit()
    done = merging.merge("theirs")
    assert done.returncode == 1
    assert "one side has the lock in its earlier form" in done.stderr
    again = cli("lock", "production", cwd=merging.folder, environment=merging.tree.environ)
    assert again.returncode == 0, again.stderr
    assert_locked(merging)


def test_without_the_key_it_is_said_what_makes_the_lock_right(merging: Merging) -> None:
    two(merging)
    assert merging.merge("theirs").returncode == 0
    merging.git("reset", "-q", "--hard", "HEAD^")  # what was made then is of no use now
    done = merging.merge("theirs", key=False)
    assert done.returncode == 1
    told = [line for line in done.stderr.splitlines() if "MAC of" in line]
    assert len(told) == 1
    assert told[0].startswith(f"warning: manifests/{LOCK}: ")
    assert told[0].endswith("after the merge run: reconciler lock production")
    # Somebody chooses with the key, and forgets the lock.
    merging.git("checkout", "--ours", f"manifests/{MAIN}")
    merging.set('["secrets"]["jwt"]["value"]', "their value")
    for command in (("validate", "production"), ("lock", "--check", "production")):
        said = cli(*command, cwd=merging.folder, environment=merging.tree.environ)
        text = said.stdout + said.stderr
        assert "reconciler lock production" in text, text
    every = ("validate", "production", "--all")
    said = cli(*every, cwd=merging.folder, environment={"HOME": "/nonexistent"})
    assert said.stderr.count("the lock has no MAC of main.sops.yaml") == 1


def test_nothing_of_the_text_is_touched_but_the_two_lines(merging: Merging) -> None:
    two(merging)
    ours = merging.tree.read(MAIN).splitlines()
    theirs = merging.git("show", f"theirs:manifests/{MAIN}").splitlines()
    merging.merge("theirs")
    new = [line for line in merging.tree.read(MAIN).splitlines() if line not in ours + theirs]
    assert {line.split(":")[0].strip() for line in new} <= {"lastmodified", "mac"}
    assert len(new) >= 1


def test_cleartext_and_a_value_merge(merging: Merging) -> None:
    merging.branch("theirs")
    merging.tree.edit(MAIN, "description: Login", "description: Theirs")
    merging.commit()
    merging.branch("ours")
    merging.set('["secrets"]["jwt"]["value"]', "our value")
    merging.lock()
    merging.commit()
    assert merging.merge("theirs", key=False).returncode == 0
    content = merging.decrypted()
    assert content["secrets"]["db"]["description"] == "Theirs"
    assert content["secrets"]["jwt"]["value"] == "our value"


def test_fingerprint_keys_of_both_sides(merging: Merging) -> None:
    """An environment's own file has a MAC too."""
    merging.branch("theirs")
    merging.set('["fingerprint_keys"][0]', "7b" * 32, ENVIRONMENT)
    merging.commit()
    merging.branch("ours")
    merging.set('["fingerprint_keys"][0]', "8c" * 32, ENVIRONMENT)
    merging.commit()
    assert merging.merge("theirs").returncode == 1
    assert merging.tree.read(ENVIRONMENT).count("<<<<<<<") == 2


def test_the_same_value_on_both_sides_is_a_persons_choice(merging: Merging) -> None:
    merging.branch("theirs")
    merging.set('["secrets"]["jwt"]["value"]', "their value")
    merging.commit()
    merging.branch("ours")
    merging.set('["secrets"]["jwt"]["value"]', "our value")
    merging.commit()
    done = merging.merge("theirs")
    assert done.returncode == 1
    assert "error[conflict]" in done.stderr
    assert "both sides changed secrets: jwt: value\n" in done.stderr
    text = merging.tree.read(MAIN)
    assert text.count("<<<<<<<") == 2
    assert "our value" not in text + done.stdout + done.stderr


@pytest.mark.parametrize("side", ["ours", "theirs"])
def test_what_a_conflict_says_to_do_ends_it(merging: Merging, side: str) -> None:
    merging.branch("theirs")
    merging.set('["secrets"]["jwt"]["value"]', "their value")
    merging.lock()
    merging.commit()
    merging.branch("ours")
    merging.set('["secrets"]["jwt"]["value"]', "our value")
    merging.set('["secrets"]["db"]["value"]["user"]', "our user")
    merging.lock()
    merging.commit()
    assert f"git checkout --ours manifests/{MAIN}, or git" in merging.merge("theirs").stderr
    merging.git("checkout", f"--{side}", f"manifests/{MAIN}")
    if side == "theirs":
        merging.set('["secrets"]["db"]["value"]["user"]', "our user")
    done = cli("lock", "production", cwd=merging.folder, environment=merging.tree.environ)
    assert done.returncode == 0, done.stderr
    merging.git("add", ".")
    merging.git("commit", "-q", "-m", "merged")
    done = cli("validate", "production", cwd=merging.folder, environment=merging.tree.environ)
    assert "error[" not in done.stderr
    assert "warning[lock" not in done.stderr
    secrets = merging.decrypted()["secrets"]
    assert secrets["jwt"]["value"] == {"ours": "our value", "theirs": "their value"}[side]
    assert secrets["db"]["value"]["user"] == "our user"


def test_two_keys_of_one_secret_merge(merging: Merging) -> None:
    """In lines next to each other, which git takes for a conflict."""
    merging.branch("theirs")
    merging.set('["secrets"]["db"]["value"]["user"]', "their value")
    merging.commit()
    merging.branch("ours")
    merging.set('["secrets"]["db"]["value"]["password"]', "our value")
    merging.commit()
    done = merging.merge("theirs")
    assert done.returncode == 0, done.stdout + done.stderr
    value = merging.decrypted()["secrets"]["db"]["value"]
    assert (value["user"], value["password"]) == ("their value", "our value")


def test_what_is_in_conflict_is_all_that_is_wrong(merging: Merging) -> None:
    """Until somebody has chosen, and nothing that follows from it."""
    merging.branch("theirs")
    merging.set('["secrets"]["db"]["value"]["user"]', "their value")
    merging.commit()
    merging.branch("ours")
    merging.set('["secrets"]["db"]["value"]["user"]', "our value")
    merging.commit()
    done = merging.merge("theirs")
    assert done.returncode == 1
    assert "both sides changed secrets: db: value: user\n" in done.stderr
    shown = cli("validate", "production", cwd=merging.folder).stderr
    assert "error[yaml]: there is an unresolved merge conflict" in shown
    assert shown.count("error[") == 1


def test_what_sops_gives_is_not_believed_to_be_the_file(merging: Merging, tmp_path: Path) -> None:
    """A sops that talks where it should decrypt: an error without a word of it."""
    two(merging)
    tool = program(tmp_path / "talking-sops", f'echo oops; exec "{find()}" "$@"\n')
    driver = f"{forked.program()} merge-driver --sops {tool} %O %A %B %P"
    merging.git("config", "merge.reconciler.driver", driver)
    done = merging.merge("theirs")
    assert done.returncode == 1
    assert "error[sops-differs]" in done.stderr
    assert "internal error" not in done.stderr


def test_without_the_key_it_stays_a_conflict_that_says_so(merging: Merging) -> None:
    two(merging)
    done = merging.merge("theirs", key=False)
    assert done.returncode == 1
    assert "error[no-key]" in done.stderr
    assert "<<<<<<<" in merging.tree.read(MAIN)
    # The lock needs no key.
    assert "<<<<<<<" not in merging.tree.read(LOCK)


def test_a_side_whose_mac_is_wrong_is_not_made_right(merging: Merging) -> None:
    """A value removed without the key: a new MAC would say that somebody with the key did it."""
    merging.branch("theirs")
    text = merging.tree.read(MAIN)
    lines = text.splitlines(keepends=True)
    gone = next(i for i, line in enumerate(lines) if line.strip().startswith("port:"))
    mac = next(i for i, line in enumerate(lines) if line.strip().startswith("mac:"))
    lines[mac] = lines[mac].replace("data:", "data:A", 1)
    merging.tree.path(MAIN).write_text("".join(lines[:gone] + lines[gone + 1 :]))
    merging.commit()
    merging.branch("ours")
    merging.set('["secrets"]["jwt"]["value"]', "our value")
    merging.commit()
    done = merging.merge("theirs")
    assert done.returncode == 1
    assert "error[" in done.stderr
    assert "<<<<<<<" in merging.tree.read(MAIN)


def test_a_foreign_recipient_is_not_sent_to_sops(merging: Merging) -> None:
    other = new_age_key().recipient
    merging.branch("theirs")
    text = merging.tree.read(MAIN)
    item = text[text.index("- recipient:") : text.index("lastmodified")].rstrip()
    twin = item.replace(merging.tree.key.recipient, other)
    merging.set('["secrets"]["jwt"]["value"]', "their value")
    merging.tree.edit(MAIN, item, f"{twin}\n        {item}")
    merging.commit()
    merging.branch("ours")
    merging.set('["secrets"]["db"]["value"]["password"]', "our value")
    merging.commit()
    done = merging.merge("theirs")
    assert done.returncode == 1
    assert "does not name" in done.stderr


def test_one_side_under_another_data_key_is_a_conflict(merging: Merging) -> None:
    merging.branch("theirs")
    merging.main()
    merging.commit()
    merging.branch("ours")
    merging.set('["secrets"]["jwt"]["value"]', "our value")
    merging.commit()
    assert merging.merge("theirs").returncode == 1
    assert "<<<<<<<" in merging.tree.read(MAIN)


def test_a_rebase_and_a_cherry_pick_merge_too(merging: Merging) -> None:
    two(merging)
    done = merging.run("rebase", "theirs")
    assert done.returncode == 0, done.stdout + done.stderr
    content = merging.decrypted()
    assert content["secrets"]["jwt"]["value"] == "their value"
    assert content["secrets"]["db"]["value"]["password"] == "our value"


def test_the_lock_says_what_to_do_where_it_cannot_merge(merging: Merging) -> None:
    """Two keys of one value: the manifests merge, and the lock has one line for both."""
    merging.branch("theirs")
    merging.set('["secrets"]["db"]["value"]["user"]', "their value")
    merging.lock()
    merging.commit()
    merging.branch("ours")
    merging.set('["secrets"]["db"]["value"]["port"]', "our value")
    merging.lock()
    merging.commit()
    done = merging.merge("theirs")
    assert done.returncode == 1
    assert "reconciler lock production" in done.stderr
    assert "secret /test/production/db" in done.stderr
    assert merging.decrypted()["secrets"]["db"]["value"]["user"] == "their value"
    merging.lock()
    merging.commit()


def test_new_rules_come_with_the_merge(merging: Merging) -> None:
    """A recipient more on one side, a value on the other: the rules are those of the working
    tree, and what does not fit them is left to a person."""
    merging.branch("theirs")
    both = creation_rules(merging.tree.key.recipient, new_age_key().recipient)
    merging.tree.write(".sops.yaml", both, encrypt=False)
    merging.main()
    merging.commit()
    merging.branch("ours")
    merging.set('["secrets"]["jwt"]["value"]', "our value")
    merging.commit()
    assert merging.merge("theirs").returncode == 1
    assert "<<<<<<<" in merging.tree.read(MAIN)


# --- installing ---------------------------------------------------------------------------------


def test_install_is_done_once(merging: Merging) -> None:
    from tests.cli.run import cli

    merging.git("config", "--unset", "merge.reconciler.driver")
    (merging.folder / ".gitattributes").write_text("*.png binary\n")
    done = cli("merge-driver", "--install", cwd=merging.folder)
    assert done.returncode == 0, done.stderr
    text = (merging.folder / ".gitattributes").read_text().splitlines()
    assert text == ["*.png binary", *merge.ATTRIBUTES]
    assert merging.git("config", "merge.reconciler.driver").strip() == merge.DRIVER
    assert "already" in cli("merge-driver", "--install", cwd=merging.folder).stdout
    assert (merging.folder / ".gitattributes").read_text().splitlines() == text


def test_the_driver_in_this_repository_is_the_one_installed() -> None:
    present = (Path(__file__).parents[3] / ".gitattributes").read_text().splitlines()
    assert set(merge.ATTRIBUTES) <= set(present)


def test_mistyped(merging: Merging) -> None:
    from tests.cli.run import cli

    assert cli("merge-driver", cwd=merging.folder).returncode == 64
    assert cli("merge-driver", "a", "b", "c", "d", cwd=merging.folder).returncode == 64
