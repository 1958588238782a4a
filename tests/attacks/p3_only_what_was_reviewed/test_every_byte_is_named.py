"""A branch changes bytes that no resource shows: `diff` names every such file.

Nothing of it takes a key: a MAC is text, and so is the whole file of another environment.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.manifest.branch.build import MAIN, Branch

OTHER = "staging/main.sops.yaml"


def line(branch: Branch, name: str, of: str = MAIN) -> str:
    """The line of a file's `sops` block."""
    found = re.search(rf"^ +{name}: .*\n", branch.tree.read(of), re.MULTILINE)
    assert found is not None
    return found[0]


def mac_dropped(branch: Branch) -> None:
    branch.tree.edit(MAIN, line(branch, "mac"), "")


def mac_of_another(branch: Branch) -> None:
    branch.tree.edit(MAIN, line(branch, "mac"), line(branch, "mac", "staging/main.sops.yaml"))


def value_of_another_time(branch: Branch) -> None:
    """The ciphertext of a key is put in place of itself, changed, and the MAC stays."""
    found = re.search(r"password: ENC\[AES256_GCM,data:(.)", branch.tree.read(MAIN))
    assert found is not None
    other = "A" if found[1] != "A" else "B"
    branch.tree.edit(MAIN, found[0], found[0][:-1] + other)


def date(branch: Branch) -> None:
    branch.tree.edit(
        MAIN, line(branch, "lastmodified"), '    lastmodified: "2020-01-01T00:00:00Z"\n'
    )


def option(branch: Branch) -> None:
    branch.tree.edit(MAIN, "    mac_only_encrypted: true\n", "    mac_only_encrypted: false\n")


def more_options(branch: Branch) -> None:
    branch.tree.edit(MAIN, "    mac_only_encrypted: true\n",
                     "    mac_only_encrypted: true\n    unencrypted_suffix: _x\n")  # fmt: skip


def order(branch: Branch) -> None:
    text = branch.tree.read(MAIN)
    head, _, tail = text.partition("sops:\n")
    branch.tree.path(MAIN).write_text(f"sops:\n{tail}{head}")


def comment(branch: Branch) -> None:
    branch.tree.path(MAIN).write_text("# the key is in the drawer\n" + branch.tree.read(MAIN))


def section_and_more(branch: Branch) -> None:
    """A section that nothing reads, beside a change that is told."""
    branch.tree.edit(MAIN, "description: Login", "description: Other")
    branch.tree.path(MAIN).write_text("notes: {a: b}\n" + branch.tree.read(MAIN))


def another_environment(branch: Branch) -> None:
    branch.tree.path(MAIN).write_bytes(branch.tree.path(OTHER).read_bytes())


def beside_another(branch: Branch) -> None:
    branch.tree.path("production/new.sops.yaml").write_bytes(branch.tree.path(OTHER).read_bytes())


def moved_there(branch: Branch) -> None:
    branch.git("mv", f"manifests/{OTHER}", "manifests/production/theirs.sops.yaml")


def lock(branch: Branch) -> None:
    branch.tree.path("production/fingerprints.lock").write_text("anything\n")


def value_in_clear(branch: Branch) -> None:
    """What sops did not write, it leaves as it is: in git for everybody."""
    text = branch.tree.read(MAIN)
    branch.tree.path(MAIN).write_text(
        re.sub(r"value: ENC\[[^]]*\]", "value: hunter2", text, count=1)
    )


CASES: list[tuple[Callable[[Branch], None], str, str, str]] = [
    (mac_dropped, "destructive", "mac-removed", MAIN),
    (mac_of_another, "destructive", "mac-changed", MAIN),
    (value_of_another_time, "destructive", "mac-kept", MAIN),
    (value_in_clear, "access", "value-in-clear", MAIN),
    (date, "file", "file-changed", MAIN),
    (option, "destructive", "sops-changed", MAIN),
    (more_options, "destructive", "sops-changed", MAIN),
    (order, "file", "file-changed", MAIN),
    (comment, "file", "file-changed", MAIN),
    (section_and_more, "file", "file-changed", MAIN),
    (another_environment, "destructive", "file-copied", MAIN),
    (beside_another, "destructive", "file-copied", "production/new.sops.yaml"),
    (moved_there, "destructive", "file-copied", "production/theirs.sops.yaml"),
    (lock, "file", "file-added", "production/fingerprints.lock"),
]


@pytest.mark.parametrize(
    ("change", "group", "code", "path"), CASES, ids=[case[0].__name__ for case in CASES]
)
def test_each_is_named(
    branch: Branch, change: Callable[[Branch], None], group: str, code: str, path: str
) -> None:
    change(branch)
    assert (group, code, f"file {path}") in branch.told()
    assert path in branch.diff()
    assert path in branch.diff("-o", "markdown")


def test_what_is_honest_is_not_called_so(branch: Branch) -> None:
    branch.set('["secrets"]["jwt"]["value"]', "another")
    branch.tree.edit(MAIN, "description: Login", "description: Other")
    assert {code for _, code, _ in branch.told()} == {"value-changed", "resource-changed"}


def test_whatever_byte_is_changed_the_file_is_named(branch: Branch) -> None:
    """Every 97th byte of a file, one at a time."""
    path: Path = branch.tree.path(MAIN)
    content = path.read_bytes()
    unnamed = []
    for at in range(0, len(content), 97):
        changed = b"7" if content[at : at + 1] != b"7" else b"8"
        path.write_bytes(content[:at] + changed + content[at + 1 :])
        if not any(finding["path"] == MAIN for finding in branch.findings()):
            unnamed.append(at)
    assert unnamed == []
