"""old-ciphertext: values that are encrypted as they were when a removed recipient could decrypt
them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from reconciler.manifest.gitfiles import Repository
from reconciler.rules import old_ciphertext
from tests.rules.leaver import ENVIRONMENT, MAIN, Leaver, lock
from tests.rules.look import AGED, look
from tests.trees import Tree, default_settings, make_tree


@pytest.fixture
def leaver(tmp_path: Path) -> Leaver:
    return Leaver(tmp_path)


def test_values_are_told_until_they_are_others(leaver: Leaver) -> None:
    assert leaver.found(old_ciphertext) == []
    leaver.encrypt_for()
    seen = f"is as it was when it could be decrypted by age {leaver.who}"
    assert leaver.found(old_ciphertext) == [
        f"{MAIN}:4:13 old-ciphertext: `user` of db and 1 other {seen}",
        f"{MAIN}:8:9 old-ciphertext: the value of text {seen}",
        f"{MAIN}:17:13 old-ciphertext: `host` of shared {seen}",
    ]  # the seeds of what rotates are not among them
    removed = leaver.branch.commit("the leaver has left")
    told = leaver.found(old_ciphertext)
    assert all(line.endswith(f"{leaver.who} (until commit {removed[:12]})") for line in told)
    leaver.branch.set('["secrets"]["text"]["value"]', "two")
    leaver.branch.set('["secrets"]["db"]["value"]["user"]', "v")
    assert [line.partition(seen)[0] for line in leaver.found(old_ciphertext)] == [
        f"{MAIN}:5:13 old-ciphertext: `password` of db ",
        f"{MAIN}:17:13 old-ciphertext: `host` of shared ",
    ]


def test_manifests_that_are_a_folder_of_their_repository(tmp_path: Path) -> None:
    leaver = Leaver(tmp_path, above=True)
    leaver.encrypt_for()
    leaver.branch.commit()
    (tmp_path / "manifests" / "production" / "deeper").mkdir()
    leaver.branch.git("mv", f"manifests/{MAIN}", "manifests/production/deeper/main.sops.yaml")
    assert leaver.found(old_ciphertext) == []  # git has not been told of the new name
    leaver.branch.commit()
    assert [line.split(":")[0] for line in leaver.found(old_ciphertext)] == [
        "production/deeper/main.sops.yaml"
    ] * 3


def test_whoever_is_a_recipient_again_may_read(leaver: Leaver) -> None:
    leaver.encrypt_for()
    leaver.branch.commit()
    assert leaver.found(old_ciphertext)
    leaver.encrypt_for(leaver.who)
    assert leaver.found(old_ciphertext) == []


def test_a_file_keeps_its_past_under_another_name(leaver: Leaver) -> None:
    leaver.encrypt_for()
    leaver.branch.commit()
    leaver.branch.git("mv", MAIN, "production/renamed.sops.yaml")
    leaver.branch.commit()
    assert any(
        line.startswith("production/renamed.sops.yaml:8:9") for line in leaver.found(old_ciphertext)
    )


def test_behind_a_new_data_key_the_lock_tells_the_same_value(leaver: Leaver) -> None:
    lock(leaver.tree)
    leaver.branch.commit("a lock")
    leaver.encrypt_for()
    leaver.sops("rotate", "--in-place", MAIN)
    lock(leaver.tree)
    leaver.branch.commit("the leaver has left")
    leaver.sops("set", MAIN, '["secrets"]["text"]["value"]', '"two"')
    lock(leaver.tree)
    named = [line.split(" is as ")[0].split(": ")[1] for line in leaver.found(old_ciphertext)]
    assert named == ["`user` of db and 1 other", "`host` of shared"]
    # What is left of a mapping of which one part has changed.
    leaver.branch.commit("text has changed")
    leaver.sops("set", MAIN, '["secrets"]["db"]["value"]["user"]', '"v"')
    lock(leaver.tree)
    for _ in range(2):
        named = [line.split(" is as ")[0].split(": ")[1] for line in leaver.found(old_ciphertext)]
        assert named == ["`password` of db", "`host` of shared"]
        leaver.branch.commit("and the user of db")
    leaver.sops("set", MAIN, '["secrets"]["db"]["value"]["password"]', '"q"')
    lock(leaver.tree)
    assert len(leaver.found(old_ciphertext)) == 1


def test_and_so_does_it_once_the_fingerprint_key_is_another(leaver: Leaver) -> None:
    settings = default_settings("production")
    [old] = settings["fingerprint_keys"]
    lock(leaver.tree)
    leaver.branch.commit("a lock")
    leaver.encrypt_for()
    leaver.sops("rotate", "--in-place", MAIN)
    for keys in (["6a" * 32, old], ["6a" * 32]):
        leaver.tree.write(ENVIRONMENT, settings | {"fingerprint_keys": keys})
        lock(leaver.tree)
        leaver.branch.commit("another step")
    assert len(leaver.found(old_ciphertext)) == 3


def test_a_file_with_a_new_data_key_and_no_lock_has_no_old_ciphertext(leaver: Leaver) -> None:
    leaver.encrypt_for()
    leaver.branch.commit()
    leaver.sops("rotate", "--in-place", MAIN)
    assert leaver.found(old_ciphertext) == []


def test_what_is_ignored_is_used_only_where_all_history_is_there(
    leaver: Leaver, tmp_path: Path
) -> None:
    text = leaver.tree.read(ENVIRONMENT)
    ignore = "ignore:\n    old-ciphertext: nobody has left\n"
    leaver.tree.path(ENVIRONMENT).write_text(ignore + text)
    leaver.branch.commit()
    assert [line.split(" ")[1] for line in leaver.found(old_ciphertext)] == ["ignore-unused:"]
    source = f"file://{leaver.tree.manifests}"
    leaver.branch.git("clone", "-q", "--depth", "1", source, str(tmp_path / "shallow"))
    shallow = Tree(tmp_path / "shallow", leaver.tree.key, leaver.tree.key_file)
    assert look(shallow, old_ciphertext, key=False, repository=Repository(shallow.manifests)) == []


def test_a_partial_clone_without_the_old_locks_says_what_the_files_say(
    leaver: Leaver, tmp_path: Path
) -> None:
    """It has the files of before, since somebody looked at them, and not the locks."""
    lock(leaver.tree)
    leaver.branch.commit("a lock")
    leaver.encrypt_for()
    leaver.sops("rotate", "--in-place", ENVIRONMENT)
    leaver.sops("rotate", "--in-place", MAIN)
    lock(leaver.tree)
    leaver.branch.commit("the leaver has left")
    assert len(leaver.found(old_ciphertext)) == 3
    leaver.branch.git("config", "uploadpack.allowFilter", "true")
    leaver.branch.git("config", "uploadpack.allowAnySHA1InWant", "true")
    clone, source = tmp_path / "partial", f"file://{leaver.tree.manifests}"
    leaver.branch.git("clone", "-q", "--filter=blob:none", source, str(clone))
    for name in (MAIN, ENVIRONMENT):
        for commit in leaver.branch.git("log", "--format=%H", "--", name).split():
            fetch = ["git", "-C", str(clone), "cat-file", "blob", f"{commit}:{name}"]
            subprocess.run(fetch, check=True, capture_output=True)
    partial = Tree(clone, leaver.tree.key, leaver.tree.key_file)
    assert look(partial, old_ciphertext, key=False, repository=Repository(clone)) == []


def test_a_repository_without_a_commit_has_no_past(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, {"production": {"secrets": {"a": {"value": "v", **AGED}}}})
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    assert look(tree, old_ciphertext, key=False, repository=Repository(tree.manifests)) == []


def test_a_driver_that_prints_plaintext_is_never_run(leaver: Leaver) -> None:
    (leaver.tree.manifests / ".gitattributes").write_text("*.yaml diff=plain filter=plain\n")
    for setting in ("diff.plain.command", "diff.plain.textconv", "diff.external"):
        leaver.branch.git("config", setting, "touch ran;")
    leaver.encrypt_for()
    leaver.branch.commit()
    assert leaver.found(old_ciphertext)
    assert not (leaver.tree.manifests / "ran").exists()
