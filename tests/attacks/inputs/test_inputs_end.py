"""What a fork can put into a pull request ends, says one line for each thing, and forges none.

`validate`, `diff` and `matrix` read manifests that nobody has reviewed, in a job of the repository:
a file that makes them hang holds the runner, and a name that breaks a line writes into its log.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.run import cli
from tests.limit import has_to_end
from tests.manifest.branch.build import MAIN, Branch

RULES = ".sops.yaml"
COMMANDS = [
    ("validate",),
    ("diff", "--base", "base"),
    ("diff", "--base", "base", "-o", "json"),
    ("matrix", "--base", "base"),
]
NAME = "x\n::error::forged\nproduction/a.sops.yaml:1:1: error[yaml]: forged\x1b[2J.sops.yaml"


def said(branch: Branch, *arguments: str) -> subprocess.CompletedProcess[str]:
    """How a command ends. It does, and never by an error of ours that it does not know."""
    with has_to_end(0.5):
        done = cli(*arguments, cwd=branch.folder)
    text = done.stdout + done.stderr
    assert "internal error" not in text, text[-2000:]
    assert "\x1b" not in text
    assert not any(
        line.startswith(("::", "production/a.sops.yaml:1:1")) for line in text.split("\n")
    )
    return done


def merged_aliases() -> str:
    """A key group that merges a hundred million others, in 500 bytes."""
    levels = "".join(
        f"      - &l{n} {{merge: [{', '.join([f'*l{n - 1}'] * 10)}]}}\n" for n in range(1, 9)
    )
    return (
        "creation_rules:\n  - encrypted_regex: ^(value|fingerprint_keys)$\n"
        f"    mac_only_encrypted: true\n    key_groups:\n      - &l0 {{age: [age1x]}}\n{levels}"
    )


def within_itself() -> str:
    return merged_aliases().replace("&l0 {age: [age1x]}", "&l0 {merge: [*l0]}")


@pytest.mark.parametrize("rules", [merged_aliases(), within_itself()], ids=["many", "endless"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_aliases_in_the_rules_are_expanded_within_bounds(
    branch: Branch, rules: str, command: tuple[str, ...]
) -> None:
    branch.tree.path(RULES).write_text(rules)
    branch.commit()
    done = said(branch, *command)
    if command[0] == "validate":
        assert done.returncode == 1
        assert f"manifests/{RULES}:" in done.stderr
        assert "error[" in done.stderr


@pytest.mark.parametrize(
    "pattern", ["^(a+)+$", "(.*)*(.*)*(.*)*!$", "^((a|aa)+)+$", "(x?){500}(x?){500}y"]
)
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_pattern_of_the_rules_takes_no_longer_than_its_path(
    branch: Branch, pattern: str, command: tuple[str, ...]
) -> None:
    rules = branch.tree.read(RULES)
    first = rules.removeprefix("creation_rules:\n").replace(r"\.sops\.yaml$", f"'{pattern}'")
    branch.tree.path(RULES).write_text(f"creation_rules:\n{first}{rules[16:]}")
    branch.tree.path(f"production/{'a' * 200}.sops.yaml").write_text("secrets: {}\n")
    branch.commit()
    said(branch, *command)


def test_an_include_over_links_to_its_own_folder_ends(branch: Branch) -> None:
    for number in range(8):
        branch.tree.path(f"common/{number}").symlink_to(".")
    file = "production/environment.sops.yaml"
    pattern = f"../common/{'*/' * 20}*.yaml"
    branch.tree.edit(file, "../common/*.yaml", pattern)
    done = said(branch, "validate", "production")
    assert done.returncode == 1
    assert "error[symlink]" in done.stderr


def test_of_ten_thousand_problems_a_hundred_are_told(branch: Branch) -> None:
    rows = "".join(f"  s{n}: {{value: v}}\n" for n in range(10_000))
    branch.tree.path("production/more.sops.yaml").write_text(f"secrets:\n{rows}")
    done = said(branch, "validate", "production")
    assert done.returncode == 1
    assert done.stderr.count("error[") == 100
    assert " more errors not shown" in done.stderr
    assert said(branch, "validate", "production", "-o", "json").stdout.count('"code"') > 10_000


@pytest.fixture(params=["fifo", "endless", "folder", "no plan"])
def odd(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """What is no plan file."""
    path = tmp_path / "plan.json"
    if request.param == "fifo":
        os.mkfifo(path)
    elif request.param == "endless":
        path = Path("/dev/zero")
    elif request.param == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"\xff\xfe")
    return path


@pytest.mark.parametrize(
    "command",
    [
        ("show", "{}"),
        ("apply", "production", "--plan", "{}"),
        ("matrix", "--plan", "{}"),
        ("github", "plan", "production", "--plan", "{}"),
        ("github", "drift", "production", "--drift", "{}"),
    ],
    ids=" ".join,
)
def test_a_plan_that_is_no_file_or_never_ends(
    branch: Branch, odd: Path, command: tuple[str, ...]
) -> None:
    done = said(branch, *(word.format(odd) for word in command))
    assert done.returncode in (1, 64), done.stderr
    assert done.stderr.count("error") == 1
    irregular = odd.is_char_device() or odd.is_fifo() or odd.is_dir()
    assert ("is not a regular file" in done.stderr) == irregular, "nothing of it was read"


def folder_in_place(name: str) -> Callable[[Branch], None]:
    """Puts a folder where a file is."""

    def put(branch: Branch) -> None:
        path = branch.tree.path(name)
        path.unlink(missing_ok=True)
        path.mkdir()
        (path / "inner.txt").write_text("git keeps no empty folder")

    put.__name__ = f"a folder called {name}"
    return put


def many_folders(branch: Branch) -> None:
    """1,500 of them, one in the other: more than a path may be long."""
    at = os.open(branch.tree.manifests / "production", os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("deep", dir_fd=at)
        inner = os.open("deep", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = inner
    os.close(os.open("x.sops.yaml", os.O_CREAT | os.O_WRONLY, dir_fd=at))
    os.close(at)


def not_text(branch: Branch) -> None:
    """A name that is not UTF-8."""
    folder = os.fsencode(branch.tree.manifests / "production")
    (Path(os.fsdecode(folder + b"/\xff\xfe.sops.yaml"))).write_text("secrets: {}\n")


def not_text_folder(branch: Branch) -> None:
    """An environment's name that is not UTF-8."""
    folder = Path(os.fsdecode(os.fsencode(branch.tree.manifests) + b"/\xff"))
    folder.mkdir()
    (folder / "environment.sops.yaml").write_text("environment: x\n")


def forging(branch: Branch) -> None:
    """A name with an end of line, a command for the runner, and a problem."""
    folder = branch.tree.path("production/x\n::error::forged\nproduction")
    folder.mkdir()
    (folder / NAME.partition("/")[2]).write_text("secrets: {}\n")


def forging_file(branch: Branch) -> None:
    """A file of such a name, in a folder of any."""
    branch.tree.path("production/x\n::error::forged.sops.yaml").write_text("secrets: {}\n")


def forging_folder(branch: Branch) -> None:
    """A folder of such a name, with a file of a good one."""
    folder = branch.tree.path("production/x\n::error::forged")
    folder.mkdir()
    (folder / "a.sops.yaml").write_text("secrets: {}\n")


def forging_environment(branch: Branch) -> None:
    """An environment of such a name."""
    folder = branch.tree.path("x\n::error::forged")
    folder.mkdir()
    (folder / "environment.sops.yaml").write_text("environment: x\n")


ODD = [
    folder_in_place(MAIN),
    folder_in_place(RULES),
    folder_in_place("production/environment.sops.yaml"),
    folder_in_place("production/fingerprints.lock"),
    folder_in_place("common/shared.yaml"),
    many_folders,
    not_text,
    not_text_folder,
    forging,
    forging_file,
    forging_folder,
    forging_environment,
]


@pytest.mark.parametrize("plant", ODD, ids=lambda put: put.__name__)
def test_odd_files_are_one_line_each(branch: Branch, plant: Callable[[Branch], None]) -> None:
    plant(branch)
    try:
        for command in COMMANDS:
            said(branch, *command)
        done = said(branch, "validate")
        assert done.returncode in (1, 64), done.stdout
        told = [line for line in done.stderr.split("\n") if "error[" in line]
        assert 1 <= len(told) <= 4, done.stderr
        if plant is not many_folders:  # git takes no such path
            branch.commit()
            for command in COMMANDS:
                said(branch, *command)
    finally:
        subprocess.run(["rm", "-rf", str(branch.tree.manifests)], check=True)


@pytest.mark.parametrize(
    ("plant", "code"),
    [
        (not_text, "file-name"),
        (forging_file, "file-name"),
        (forging_folder, "file-name"),
        (many_folders, "too-deep"),
    ],
    ids=lambda one: getattr(one, "__name__", one),
)
def test_it_is_told_what_is_wrong_with_a_name_or_a_folder(
    branch: Branch, plant: Callable[[Branch], None], code: str
) -> None:
    """And nothing there is read: what is in it is nothing that anybody could find."""
    plant(branch)
    try:
        done = said(branch, "validate", "production")
        assert set(re.findall(r"error\[(.*?)\]", done.stderr)) == {code}, done.stderr
    finally:
        subprocess.run(["rm", "-rf", str(branch.tree.manifests)], check=True)


def test_nothing_odd_is_left(branch: Branch) -> None:
    assert stat.S_ISREG(branch.tree.path(MAIN).lstat().st_mode)
    assert said(branch, "validate").returncode == 0
