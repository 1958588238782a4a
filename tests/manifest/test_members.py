"""Which files an environment is made of is one rule, whether a folder holds them or a commit."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.manifest import branch, files, members
from reconciler.manifest.unclaimed import included

HELD = (
    "production/environment.sops.yaml",
    "production/db.sops.yaml",
    "production/team/mail.sops.yaml",
    "production/.kept/old.sops.yaml",
    "production/.db.sops.yaml",
    "production/notes.yaml",
    "staging/environment.sops.yaml",
    "staging/db.sops.yaml",
    "common/smtp.yaml",
    "common/web.yaml",
    "common/.hidden.yaml",
    "common/deep/er.yaml",
)


@pytest.mark.parametrize(
    ("pattern", "named"),
    [
        ("../common/smtp.yaml", {"common/smtp.yaml"}),
        ("../common/*.yaml", {"common/smtp.yaml", "common/web.yaml"}),
        ("../*/*.yaml", {path for path in HELD if path.count("/") == 1 and "/." not in path}),
        ("../common/*/*.yaml", {"common/deep/er.yaml"}),
        ("../common/?????yaml", {"common/smtp.yaml"}),
        ("./notes.yaml", {"production/notes.yaml"}),
        ("../common/../common/smtp.yaml", set()),
        ("../../manifests/common/smtp.yaml", set()),
        ("/common/smtp.yaml", set()),
        ("..", set()),
        ("", set()),
    ],
)
def test_a_folder_and_a_commit_agree(tmp_path: Path, pattern: str, named: set[str]) -> None:
    """A folder finds them on the disk, a commit among the paths that git lists."""
    for path in HELD:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("{}\n")
    own = tmp_path / "production/environment.sops.yaml"
    own.write_text(f'include: ["{pattern}"]\n')
    listed = files.environment_files(tmp_path / "production").files
    on_disk = {file.relative_to(tmp_path).as_posix() for file in listed}
    found = included(tmp_path, "production", {"include": [pattern]})
    taken = {file.relative_to(tmp_path).as_posix() for file in found}
    side = branch.of_folder(tmp_path)
    expected = {"production/db.sops.yaml", "production/team/mail.sops.yaml"}
    assert on_disk == expected
    assert taken == named
    assert side.members("production") == {HELD[0]} | expected | taken


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("../../x.yaml", "leads out"),
        ("a/../x.yaml", "only at the beginning"),
        ("..", "names a folder"),
        ("/x.yaml", "relative to this file's folder"),
    ],
)
def test_a_pattern_that_can_name_nothing_says_why(pattern: str, words: str) -> None:
    """The message is the one that `validate` shows."""
    with pytest.raises(members.WrongPattern, match=words):
        members.wanted("production", pattern)
