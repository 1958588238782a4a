"""old-fingerprint-key: a fingerprint key that a removed recipient could decrypt."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.rules import old_fingerprint_key
from tests.rules.leaver import ENVIRONMENT, MAIN, Leaver, lock
from tests.trees import default_settings

KEY = (
    "production/environment.sops.yaml:7:7 old-fingerprint-key: a fingerprint key is one that could"
    " be decrypted by "
)


@pytest.fixture
def leaver(tmp_path: Path) -> Leaver:
    return Leaver(tmp_path)


def test_it_is_told_until_it_is_another(leaver: Leaver) -> None:
    assert leaver.found(old_fingerprint_key) == []
    leaver.encrypt_for()
    assert leaver.found(old_fingerprint_key) == [f"{KEY}age {leaver.who}"]
    removed = leaver.branch.commit("the leaver has left")
    told = [f"{KEY}age {leaver.who} (until commit {removed[:12]})"]
    assert leaver.found(old_fingerprint_key) == told
    leaver.branch.set('["secrets"]["text"]["value"]', "two")
    assert leaver.found(old_fingerprint_key) == told
    leaver.branch.git("mv", MAIN, "production/renamed.sops.yaml")
    leaver.branch.commit()
    assert leaver.found(old_fingerprint_key) == told
    leaver.sops("rotate", "--in-place", "production/renamed.sops.yaml")
    assert leaver.found(old_fingerprint_key) == told


def test_manifests_that_are_a_folder_of_their_repository(tmp_path: Path) -> None:
    leaver = Leaver(tmp_path, above=True)
    leaver.encrypt_for()
    leaver.branch.commit()
    [line] = leaver.found(old_fingerprint_key)
    assert line.startswith(f"{ENVIRONMENT}:")
    leaver.encrypt_for(leaver.who)
    assert leaver.found(old_fingerprint_key) == []


def test_a_fingerprint_key_is_found_under_a_new_data_key_by_its_id(leaver: Leaver) -> None:
    """With it, and with the lock, guesses of new values can be tested too."""
    lock(leaver.tree)
    leaver.branch.commit("with a lock")
    leaver.encrypt_for()
    for name in (MAIN, ENVIRONMENT):
        leaver.sops("rotate", "--in-place", name)
    removed = leaver.branch.commit("the leaver has left, and every ciphertext is new")
    told = f"{KEY}age {leaver.who} (until commit {removed[:12]})"
    assert leaver.found(old_fingerprint_key) == [told]
    settings = default_settings("production")
    [old] = settings["fingerprint_keys"]
    leaver.tree.write(ENVIRONMENT, settings | {"fingerprint_keys": ["6a" * 32, old]})
    lock(leaver.tree)
    [line] = leaver.found(old_fingerprint_key)  # the old one is there still, as the second
    assert told.partition(" old-")[2] in line
    leaver.tree.write(ENVIRONMENT, settings | {"fingerprint_keys": ["6a" * 32]})
    lock(leaver.tree)
    assert leaver.found(old_fingerprint_key) == []
