"""A MAC is exchanged, or a ciphertext under it, by somebody without the key.

sops refuses such a file, and until somebody with the key runs it nobody would know: the lock keeps
a digest of each file's MAC, so that `validate` and a keyless plan know it before the merge.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.attacks.p3_only_what_was_reviewed.test_every_byte_is_named import (
    mac_of_another,
    value_of_another_time,
)
from tests.cli.run import cli
from tests.manifest.branch.build import MAIN, Branch, make_branch
from tests.manifest.lock.build import write_earlier

FILE = "production/main.fingerprints.lock"
NO_KEY = {"HOME": "/nonexistent", "SOPS_AGE_KEY_FILE": "/nonexistent"}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Branch:
    folder = tmp_path_factory.mktemp("macs") / "repository"
    folder.mkdir()
    made = make_branch(folder)
    done = cli("lock", cwd=folder, environment=made.tree.environ)
    assert done.returncode == 0, done.stderr
    made.commit()
    made.git("tag", "-f", "locked")
    return made


@pytest.fixture
def branch(repository: Branch) -> Branch:
    """With locks, as they were committed."""
    repository.git("reset", "-q", "--hard", "locked")
    repository.git("clean", "-ffdxq")
    return repository


def validate(branch: Branch, *more: str) -> tuple[int, str]:
    done = cli("validate", "production", *more, cwd=branch.folder, environment=NO_KEY)
    return int(done.returncode), done.stderr


def test_what_is_honest_passes(branch: Branch) -> None:
    assert "lock" not in validate(branch)[1]
    branch.set('["secrets"]["jwt"]["value"]', "another")
    code, said = validate(branch)
    assert code == 0
    assert "lock-mac" not in said
    branch.tree.edit(MAIN, "description: Login", "description: by hand")
    assert validate(branch)[0] == 0


@pytest.mark.parametrize(
    ("attack", "severity"), [(mac_of_another, "error"), (value_of_another_time, "warning")]
)
def test_validate_and_a_keyless_plan_see_it(
    branch: Branch, attack: Callable[[Branch], None], severity: str
) -> None:
    """A value that changed is shown as unknown by a plan: there a person looks."""
    attack(branch)
    code, said = validate(branch)
    assert code == (1 if severity == "error" else 0)
    assert f"manifests/{FILE}:" in said
    assert f"{severity}[lock-mac]" in said
    plan = cli("plan", "production", "--keyless", cwd=branch.folder, environment=NO_KEY)
    assert "warning[lock-mac]" in plan.stderr


def test_a_lock_that_is_made_without_the_key_vouches_for_no_mac(branch: Branch) -> None:
    before = branch.tree.read(FILE)
    mac_of_another(branch)
    done = cli("lock", "production", cwd=branch.folder, environment=NO_KEY)
    assert done.returncode == 0, done.stderr
    assert branch.tree.read(FILE) == before
    assert "error[lock-mac]" in validate(branch)[1]


def test_a_mac_that_is_taken_out_of_the_lock_is_told(branch: Branch) -> None:
    path: Path = branch.tree.path(FILE)
    path.write_text(re.sub(r"file\nmac:.*\n\n", "", path.read_text()))
    mac_of_another(branch)
    _, said = validate(branch)
    assert "warning[lock-outdated]: the lock has no MAC of main.sops.yaml" in said
    assert FILE in branch.diff(base="locked")


def test_a_lock_of_0_1_goes_on(branch: Branch) -> None:
    write_earlier(branch.tree, macs=False)
    code, said = validate(branch)
    assert code == 0
    assert said.count("warning[lock-") == 1
    assert "the lock has no MACs: 0.1 wrote it" in said
    done = cli("lock", "production", "--check", cwd=branch.folder, environment=branch.tree.environ)
    assert done.returncode == 0, done.stdout
    done = cli("lock", "production", cwd=branch.folder, environment=branch.tree.environ)
    assert "written" in done.stdout
    assert "lock" not in validate(branch)[1]
