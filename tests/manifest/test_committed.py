"""Of which commit an environment's files are: of none, where any is not committed as it is."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.manifest.committed import Committed, committed
from reconciler.manifest.surroundings import Surroundings
from tests.trees import clean_environ, make_tree

SHARED = {"shared.yaml": "secrets: {db: {description: d}}\n"}


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments],
        cwd=folder, env=clean_environ(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with two environments, committed."""
    folder = tmp_path_factory.mktemp("committed")
    entry = {"secrets": {"db": {"value": "v"}}}
    make_tree(folder, {"production": entry, "staging": entry}, common=SHARED)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", "manifests")
    git(folder, "commit", "--quiet", "--message", "all")
    return folder / "manifests"


@pytest.fixture
def clean(made: Path) -> Path:
    """The manifests' folder, as committed."""
    git(made, "reset", "--quiet", "--hard")
    git(made, "clean", "--quiet", "-fd", ".")
    return made


def append(name: str) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        with (folder / name).open("a") as stream:
            stream.write("\n")

    return act


def write(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_text("new\n") and None


def test_a_clean_tree_is_of_its_commit(clean: Path) -> None:
    head = git(clean, "rev-parse", "HEAD")
    assert committed(Surroundings(clean), "production") == Committed(head, (), "manifests")


@pytest.mark.parametrize(
    ("act", "named"),
    [
        (append("production/main.sops.yaml"), "production/main.sops.yaml"),
        (write("production/more.sops.yaml"), "production/more.sops.yaml"),
        (write("production/fingerprints.lock"), "production/fingerprints.lock"),
        (lambda f: (f / "production/main.sops.yaml").unlink(), "production/main.sops.yaml"),
        (append("common/shared.yaml"), "common/shared.yaml"),
        (append(".sops.yaml"), ".sops.yaml"),
        (
            lambda f: (f / "production/link.sops.yaml").symlink_to("main.sops.yaml"),
            "production/link.sops.yaml",
        ),
    ],
)
def test_what_is_not_committed_is_named(
    clean: Path, act: Callable[[Path], None], named: str
) -> None:
    act(clean)
    found = committed(Surroundings(clean), "production")
    assert found.uncommitted == (named,)
    assert found.commit == git(clean, "rev-parse", "HEAD")
    assert found.clean is None


@pytest.mark.parametrize(
    "act", [append("staging/main.sops.yaml"), write("notes.yaml"), write("production/notes.md")]
)
def test_what_the_environment_does_not_read_is_of_no_matter(
    clean: Path, act: Callable[[Path], None]
) -> None:
    act(clean)
    assert committed(Surroundings(clean), "production").uncommitted == ()


def test_a_staged_change_is_not_committed(clean: Path) -> None:
    append("production/main.sops.yaml")(clean)
    git(clean, "add", "--all")
    assert committed(Surroundings(clean), "production").uncommitted == (
        "production/main.sops.yaml",
    )


def test_no_filter_of_git_runs_and_line_ends_are_no_change(clean: Path) -> None:
    ran = clean.parent / "ran"
    git(clean, "config", "filter.x.clean", f"touch {ran}; cat")
    (clean / ".gitattributes").write_text("*.yaml filter=x\n")
    file = clean / "common/shared.yaml"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert committed(Surroundings(clean), "production").uncommitted == ()
    assert not ran.exists()


def test_outside_git_and_before_the_first_commit_there_is_none(tmp_path: Path) -> None:
    folder = tmp_path / "manifests"
    make_tree(tmp_path, {"production": {"secrets": {"db": {"value": "v"}}}})
    assert committed(Surroundings(folder), "production") == Committed()
    git(tmp_path, "init", "--quiet")
    assert committed(Surroundings(folder), "production") == Committed(None, (), "manifests")
