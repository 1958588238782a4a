"""What a shell is given to complete."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.cli import completion
from tests.trees import clean_environ

MAIN = """\
# secrets: not here
secrets:
    db/login:
        value:
            user: ENC[AES256_GCM,data:x,type:str]
    "quoted/name":
        generate: {length: 8}
parameters:
    host: {plaintext: a}
sops:
    age:
        - recipient: x
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("production", "staging"):
        (tmp_path / "manifests" / name).mkdir(parents=True)
        (tmp_path / "manifests" / name / "environment.sops.yaml").write_text("environment: x\n")
    (tmp_path / "manifests" / "production" / "main.sops.yaml").write_text(MAIN)
    (tmp_path / "manifests" / ".sops.yaml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "incomplete", "found"),
    [
        (["plan"], "", ["production", "staging"]),
        (["drift", "staging"], "pro", ["production"]),
        (["rotate"], "s", ["staging"]),
        (["rotate", "production"], "", ["db/login", "host", "quoted/name"]),
        (["rotate", "staging"], "", []),
        (["plan", "production", "--only"], "d", ["db/login"]),
        (["-C", "manifests", "plan"], "st", ["staging"]),
        (["plan", "-o", "json"], "st", ["staging"]),
        (["rotate", "../production"], "", []),
        (["plan", "--out"], "", None),
        (["plan"], "--", None),
        (["schema"], "", None),
        ([], "pl", None),
    ],
)
def test_environments_and_resources_come_from_clear_text(
    folder: Path, words: list[str], incomplete: str, found: list[str] | None
) -> None:
    assert completion.names(words, incomplete) == found


@pytest.mark.parametrize(
    ("shell", "words", "word", "printed"),
    [
        ("bash", "reconciler plan pro", "2", "plain,production\n"),
        ("zsh", "reconciler plan pro", "2", "plain\nproduction\n_\n"),
        ("fish", "reconciler plan pro", "pro", "plain,production\n"),
        ("bash", "reconciler dri", "1", "plain,drift\n"),
        ("bash", "reconciler drift --de", "2", "plain,--deep\n"),
    ],
)
def test_each_shell_is_answered_and_nothing_slow_is_imported_for_names(
    folder: Path, shell: str, words: str, word: str, printed: str
) -> None:
    code = (
        "import sys, json\n"
        "from reconciler.cli.start import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
    )
    asked = {"_RECONCILER_COMPLETE": f"{shell}_complete", "COMP_WORDS": words, "COMP_CWORD": word}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**clean_environ(), **asked, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout == printed
    loaded = json.loads(done.stderr)
    if "pro" in words:
        assert not {"click", "re2", "pydantic", "boto3", "ruamel"} & set(loaded)
