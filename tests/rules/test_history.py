"""Values that are encrypted as they were when a removed recipient could decrypt them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from reconciler.manifest.gitfiles import Repository
from reconciler.values.sops import find
from tests.age_key import new_age_key
from tests.cli.run import cli
from tests.manifest.branch.build import Branch
from tests.rules.look import AGED, look, of
from tests.trees import Tree, creation_rules, default_settings, make_tree

MAIN = "production/main.sops.yaml"
KEY = (
    "production/environment.sops.yaml:7:7 old-fingerprint-key: a fingerprint key is one that could"
    " be decrypted by "
)
HERE = "arn:aws:lambda:us-west-2:123456789012:function:rotate"


class Leaver:
    """A repository whose files were encrypted for somebody who has left since."""

    def __init__(self, folder: Path, *, above: bool = False) -> None:
        secrets = {
            "db": {"value": {"user": "u", "password": "p"}, **AGED},
            "text": {"value": "one", **AGED},
            "rotated": {"value": "s", "rotation": {"lambda": HERE, "schedule": "rate(7 days)"}},
            "shared": {
                "value": {"host": "h", "password": "seed"},
                "rotation": {"lambda": HERE, "schedule": "rate(7 days)"},
                "git_keys": ["host"],
            },
        }
        self.who = new_age_key().recipient
        self.tree = make_tree(folder, {"production": {"secrets": secrets}})
        self.branch = Branch(self.tree, folder if above else self.tree.manifests)
        self.branch.git("init", "-q", "-b", "main")
        self.branch.commit("before")
        self.encrypt_for(self.who)
        self.with_leaver = self.branch.commit("with the leaver")

    def encrypt_for(self, *others: str) -> None:
        """Name recipients in `.sops.yaml`, and let `sops updatekeys` follow."""
        rules = creation_rules(self.tree.key.recipient, *others)
        self.tree.write(".sops.yaml", rules, encrypt=False)
        for name in (MAIN, "production/environment.sops.yaml"):
            subprocess.run(
                [str(find()), "--disable-version-check", "updatekeys", "-y", name],
                cwd=self.tree.manifests, env={"PATH": "/usr/bin:/bin", **self.tree.environ},
                capture_output=True, check=True,
            )  # fmt: skip

    def sops(self, *arguments: str) -> None:
        subprocess.run(
            [str(find()), "--disable-version-check", *arguments],
            cwd=self.tree.manifests, env={"PATH": "/usr/bin:/bin", **self.tree.environ},
            capture_output=True, check=True,
        )  # fmt: skip

    def found(self) -> list[str]:
        repository = Repository(self.tree.manifests)
        return of(look(self.tree, key=False, repository=repository), self.tree)


def lock(tree: Tree) -> None:
    """Write the lock, with the key."""
    done = cli("lock", "production", "-C", str(tree.manifests), environment=tree.environ)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def leaver(tmp_path: Path) -> Leaver:
    return Leaver(tmp_path)


def test_values_are_told_until_they_are_others(leaver: Leaver) -> None:
    assert leaver.found() == []
    leaver.encrypt_for()
    seen = f"is as it was when it could be decrypted by age {leaver.who}"
    assert leaver.found() == [
        KEY + f"age {leaver.who}",
        f"{MAIN}:4:13 old-ciphertext: `user` of db and 1 other {seen}",
        f"{MAIN}:8:9 old-ciphertext: the value of text {seen}",
        f"{MAIN}:17:13 old-ciphertext: `host` of shared {seen}",
    ]  # the seeds of what rotates are not among them
    removed = leaver.branch.commit("the leaver has left")
    told = leaver.found()
    assert all(line.endswith(f"{leaver.who} (until commit {removed[:12]})") for line in told)
    leaver.branch.set('["secrets"]["text"]["value"]', "two")
    leaver.branch.set('["secrets"]["db"]["value"]["user"]', "v")
    assert [line.partition(seen)[0] for line in leaver.found()] == [
        KEY + f"age {leaver.who} (until commit {removed[:12]})",
        f"{MAIN}:5:13 old-ciphertext: `password` of db ",
        f"{MAIN}:17:13 old-ciphertext: `host` of shared ",
    ]


def test_manifests_that_are_a_folder_of_their_repository(tmp_path: Path) -> None:
    leaver = Leaver(tmp_path, above=True)
    leaver.encrypt_for()
    leaver.branch.commit()
    (tmp_path / "manifests" / "production" / "deeper").mkdir()
    leaver.branch.git("mv", f"manifests/{MAIN}", "manifests/production/deeper/main.sops.yaml")
    assert len(leaver.found()) == 1  # git has not been told of the new name
    leaver.branch.commit()
    assert [line.split(":")[0] for line in leaver.found()] == [
        *["production/deeper/main.sops.yaml"] * 3,
        "production/environment.sops.yaml",
    ]


def test_whoever_is_a_recipient_again_may_read(leaver: Leaver) -> None:
    leaver.encrypt_for()
    leaver.branch.commit()
    assert leaver.found()
    leaver.encrypt_for(leaver.who)
    assert leaver.found() == []


def test_a_file_keeps_its_past_under_another_name(leaver: Leaver) -> None:
    leaver.encrypt_for()
    leaver.branch.commit()
    leaver.branch.git("mv", MAIN, "production/renamed.sops.yaml")
    leaver.branch.commit()
    assert any(line.startswith("production/renamed.sops.yaml:8:9") for line in leaver.found())


def test_a_file_with_a_new_data_key_has_no_old_ciphertext(leaver: Leaver) -> None:
    leaver.encrypt_for()
    leaver.branch.commit()
    leaver.sops("rotate", "--in-place", MAIN)
    assert [line.split(":")[0] for line in leaver.found()] == ["production/environment.sops.yaml"]


def test_a_fingerprint_key_is_found_under_a_new_data_key_by_its_id(leaver: Leaver) -> None:
    """With it, and with the lock, guesses of new values can be tested too."""
    environment = "production/environment.sops.yaml"
    lock(leaver.tree)
    leaver.branch.commit("with a lock")
    leaver.encrypt_for()
    for name in (MAIN, environment):
        leaver.sops("rotate", "--in-place", name)
    removed = leaver.branch.commit("the leaver has left, and every ciphertext is new")
    told = f"{KEY}age {leaver.who} (until commit {removed[:12]})"
    assert leaver.found() == [told]
    settings = default_settings("production")
    [old] = settings["fingerprint_keys"]
    leaver.tree.write(environment, settings | {"fingerprint_keys": ["6a" * 32, old]})
    lock(leaver.tree)
    [line] = leaver.found()  # the old one is there still, as the second
    assert told.partition(" old-")[2] in line
    leaver.tree.write(environment, settings | {"fingerprint_keys": ["6a" * 32]})
    lock(leaver.tree)
    assert leaver.found() == []


def test_what_is_ignored_is_used_only_where_all_history_is_there(
    leaver: Leaver, tmp_path: Path
) -> None:
    text = leaver.tree.read("production/environment.sops.yaml")
    ignore = "ignore:\n    old-ciphertext: nobody has left\n"
    leaver.tree.path("production/environment.sops.yaml").write_text(ignore + text)
    leaver.branch.commit()
    assert [line.split(" ")[1] for line in leaver.found()] == ["ignore-unused:"]
    source = f"file://{leaver.tree.manifests}"
    leaver.branch.git("clone", "-q", "--depth", "1", source, str(tmp_path / "shallow"))
    shallow = Tree(tmp_path / "shallow", leaver.tree.key, leaver.tree.key_file)
    assert look(shallow, key=False, repository=Repository(shallow.manifests)) == []


def test_a_repository_without_a_commit_has_no_past(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, {"production": {"secrets": {"a": {"value": "v", **AGED}}}})
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    assert look(tree, key=False, repository=Repository(tree.manifests)) == []


def test_a_driver_that_prints_plaintext_is_never_run(leaver: Leaver) -> None:
    (leaver.tree.manifests / ".gitattributes").write_text("*.yaml diff=plain filter=plain\n")
    for setting in ("diff.plain.command", "diff.plain.textconv", "diff.external"):
        leaver.branch.git("config", setting, "touch ran;")
    leaver.encrypt_for()
    leaver.branch.commit()
    assert leaver.found()
    assert not (leaver.tree.manifests / "ran").exists()
