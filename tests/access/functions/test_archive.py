"""A built function: the same bytes, with what Lambda has not, and nothing else of the package."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from reconciler.access import functions
from reconciler.access.functions.archive import handler
from reconciler.core.errors import UsageError
from reconciler.kinds.shipped import CODE, FUNCTIONS
from tests.inprocess import reconciler
from tests.trees import clean_environ

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def names(content: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(content)).namelist()


@pytest.mark.parametrize("name", ["random", "jwt"])
def test_it_is_reproducible_and_starts_alone(tmp_path: Path, name: str) -> None:
    first, second = functions.build(name), functions.build(name)
    assert first.content == second.content
    assert first.key == f"{name}-{hashlib.sha256(first.content).hexdigest()[:16]}.zip"
    zipfile.ZipFile(io.BytesIO(first.content)).extractall(tmp_path)
    module, _, function = handler(name).rpartition(".")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from importlib import import_module;"
        f" found = import_module({module!r}.replace('/', '.')); found.{function};"
        f" assert found.__file__.startswith({str(tmp_path)!r});"
        " assert not {'click', 'pydantic'} & {*sys.modules}"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not [one for one in names(first.content) if "requirements" in one or "tests" in one]


def test_every_folder_is_a_function_with_a_handler() -> None:
    folders = {path.parent.name for path in CODE.glob("*/handler.py")}
    assert folders == FUNCTIONS.keys()


def test_the_command_writes_it(tmp_path: Path) -> None:
    done = reconciler(
        ("rotation", "build", "random", "--out", "built"), cwd=tmp_path,
        environment=clean_environ(),
    )  # fmt: skip
    digest, path = done.stdout.split()
    assert hashlib.sha256((tmp_path / path).read_bytes()).hexdigest() == digest
    assert functions.read(tmp_path / "built", "random").content == functions.build("random").content
    assert "aws s3 cp built/random-" in done.stderr


def test_what_is_pinned_has_to_be_there_and_unchanged(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs wheels: --wheels DIR") as caught:
        functions.build("postgres")
    assert "pip download --no-deps" in str(caught.value.hint)
    (tmp_path / "pg8000-1.31.6-py3-none-any.whl").write_bytes(b"another")
    with pytest.raises(UsageError, match=r"no wheel of asn1crypto .* with a pinned hash"):
        functions.build("postgres", tmp_path)


def test_authorities_are_packed(tmp_path: Path) -> None:
    file = tmp_path / "rds.pem"
    file.write_text(CERTIFICATE)
    assert "ca.pem" in names(functions.build("random", authorities=file).content)
    file.write_text(CERTIFICATE + "-----BEGIN PRIVATE KEY-----\n")
    with pytest.raises(UsageError, match="no file of certificates"):
        functions.build("random", authorities=file)


def test_which_zip_is_meant(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"has no random-….zip"):
        functions.read(tmp_path, "random")
    archive = functions.build("random")
    (tmp_path / archive.key).write_bytes(archive.content + b"more")
    with pytest.raises(UsageError, match="is not what its name says"):
        functions.read(tmp_path, "random")
    (tmp_path / "random-0.zip").write_bytes(b"")
    with pytest.raises(UsageError, match="has 2 of random"):
        functions.read(tmp_path, "random")
