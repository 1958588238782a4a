"""Damaged input of every sort: an error of ours or none, no other exception, and no hang.

What really stands in manifests, ``sops:`` blocks, locks, plan files and AWS's marks is damaged at
random. The seed is printed on failure: FUZZ_SEED=N repeats it. FUZZ_SECONDS is how long each sort
takes.
"""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reconciler import kinds, manifest
from reconciler.core import planfile
from reconciler.core.errors import ReconcilerError
from reconciler.core.model import Plan
from reconciler.kinds import parameter, secret
from reconciler.kinds.kind import Record
from reconciler.manifest import lock
from reconciler.manifest.lock import earlier
from reconciler.values.sops import Sops, find
from tests.core import build
from tests.faults.direct import SCOPE, desired
from tests.limit import has_to_end
from tests.trees import clean_environ

ROOT = Path(__file__).parents[2]
ENVIRONMENT = "production"
SHORT = 1.0  # seconds a sort
LONG = 600.0  # seconds in all
WORDS = (
    "secrets", "parameters", "value", "sops", "age", "kms", "recipient", "enc", "mac", "rotation",
    "generate", "tags", "name", "include", "&a", "*a", "<<:", "!!python/object", "!!binary", "---",
    "...", "? ", "- ", ": ", "|", ">", "{", "}", "[", "]", '"', "'", "#", "%YAML 1.1", "null",
    "true", "1e999", "NaN", "-1", "999999999999999999999999", "0x1f", "2024-01-01", "\t", "\r\n",
    "\u0000", "\u2028", "\u202e", "\ufeff", "\ud7ff", "é", "ENC[AES256_GCM,data:", ",type:int]",
    "../", "/etc/passwd", "[r1:1:", "r1", "g1", "::set-output", "A" * 5000, "[" * 3000,
    "{a: " * 300,
)  # fmt: skip

Target = Callable[[bytes], object]


def damaged(original: bytes, chance: random.Random) -> bytes:
    """A copy with one to five injuries."""
    data = bytearray(original)
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(data) + 1)
        end = min(len(data), at + chance.choice((1, 1, 4, 30, 200)))
        match chance.randrange(6):
            case 0:
                del data[at:end]
            case 1:
                data[at:at] = data[at:end]
            case 2:
                data[at:end] = chance.choice(WORDS).encode("utf-8", "surrogatepass")
            case 3 if at < len(data):
                data[at] = chance.randrange(256)
            case 4:
                lines = data.split(b"\n")
                first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
                lines[first], lines[second] = lines[second], lines[first]
                data = bytearray(b"\n".join(lines))
            case _:
                data[at:at] = chance.choice(WORDS).encode("utf-8", "surrogatepass")
    return bytes(data)


def fuzz(target: Target, original: bytes, seconds: float) -> None:
    """Damage and try, for so long. Raises AssertionError for what is no error of ours."""
    target(original)
    seed = int(os.environ.get("FUZZ_SEED", random.randrange(2**32)))
    end = time.monotonic() + float(os.environ.get("FUZZ_SECONDS", seconds))
    while time.monotonic() < end:
        given = damaged(original, random.Random(seed))
        try:
            with has_to_end():
                target(given)
        except ReconcilerError as error:
            if not error.message:
                noted(error, given, seed)
                raise
        except BaseException as error:
            noted(error, given, seed)
            raise
        seed += 1


def noted(error: BaseException, given: bytes, seed: int) -> None:
    """The seed comes last, where nothing cuts it off."""
    error.add_note(f"input: {given[:2000]!r}")
    error.add_note(f"FUZZ_SEED={seed}")


# --- sorts of input -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the manifests that are in the repository."""
    folder = tmp_path_factory.mktemp("fuzz") / "manifests"
    shutil.copytree(ROOT / "manifests", folder)
    return folder


def reading(tree: Path, name: str, *, decrypts: bool = False) -> tuple[Target, bytes]:
    """Read the environment with another content of one file."""
    path = tree / name
    original = path.read_bytes()
    key = {"SOPS_AGE_KEY_FILE": str(tree / "demo-age-key.txt")}
    runner = Sops(find(), environment=clean_environ() | key)

    def target(given: bytes) -> object:
        path.write_bytes(given)
        try:
            declared = manifest.read(tree, ENVIRONMENT)
            return declared.decrypt(runner) if decrypts else declared.resources()
        finally:
            path.write_bytes(original)

    return target, original


def of_block(tree: Path) -> tuple[Target, bytes]:
    """Read and decrypt with another ``sops:`` block."""
    name = f"{ENVIRONMENT}/smtp.sops.yaml"
    target, original = reading(tree, name, decrypts=True)
    start = original.index(b"\nsops:")
    return lambda given: target(original[:start] + given), original[start:]


def of_lock(tree: Path) -> tuple[Target, bytes]:
    """Read a lock."""
    key = {"SOPS_AGE_KEY_FILE": str(tree / "demo-age-key.txt")}
    declared = manifest.read(tree, ENVIRONMENT)
    made = lock.make(declared, declared.decrypt(Sops(find(), environment=clean_environ() | key)))
    parts = {name: text.encode() for name, text in lock.dumps(made, declared.homes()).items()}
    name = "smtp.fingerprints.lock"
    return lambda given: lock.loads({**parts, name: given}, "x", ENVIRONMENT), parts[name]


def of_first_lock(tree: Path) -> tuple[Target, bytes]:
    """Read a lock of the earlier form, or the head of all."""
    key = {"SOPS_AGE_KEY_FILE": str(tree / "demo-age-key.txt")}
    declared = manifest.read(tree, ENVIRONMENT)
    made = lock.make(declared, declared.decrypt(Sops(find(), environment=clean_environ() | key)))
    return lambda given: lock.loads({lock.FILE: given}, "x", ENVIRONMENT), earlier.dumps(
        made
    ).encode()


def of_plan(_: Path) -> tuple[Target, bytes]:
    """Read a plan file."""
    plan: Plan = build.plan(
        build.secret(value=build.value(), description="d", tags={"a": "b"}),
        build.parameter("/app/production/host", value=build.value(plaintext="h"), type="String"),
        build.live(build.held(), kind="parameter", name="/app/production/host", type="String"),
    )
    original = planfile.dumps([plan]).encode()
    return lambda given: planfile.loads(
        given.decode("utf-8", "surrogateescape"), kinds.names()
    ), original


def of_marks(_: Path) -> tuple[Target, bytes]:
    """Shape what AWS lists, where anybody may have written descriptions, tags and version ids."""
    git = desired({"secrets": {"db": {"value": "v"}}, "parameters": {"host": {"plaintext": "v"}}})
    trust = git.fingerprinter
    name = f"{SCOPE.under}db"
    mark = parameter.write.stamp.make(name, "String", "0" * 56, "1" * 16, 1, trust)
    (token,) = trust.secret_tokens(name, next(iter(git.values.values())).content)  # type: ignore[arg-type]
    parts = [
        f"Where it is {mark}",
        token,
        trust.proof(name),
        trust.bound(name, token, "0" * 56),
        "a=3Db c",
        "replicas=0123456789abcdef resource_policy=0123456789abcdef",
        trust.generated_token(name),
        "7",
    ]

    def target(given: bytes) -> object:
        text = [part.decode("utf-8", "replace") for part in given.split(b"\x1e")]
        text += [""] * (len(parts) - len(text))
        described: dict[str, Any] = {
            "Name": name,
            "Type": "String",
            "Version": 1,
            "Description": text[0],
            "LastModifiedDate": datetime.now(UTC),
        }
        parameter.shape(Record(name, described), None, trust, SCOPE)
        tags = dict(zip(("proof", "bound", "tags", "spec", "recovery"), text[2:], strict=False))
        listed = {
            "Name": name,
            "Tags": [
                {"Key": "reconciler:owner", "Value": SCOPE.owner_id},
                *({"Key": f"reconciler:{key}", "Value": value} for key, value in tags.items()),
            ],
            "SecretVersionsToStages": {text[1]: ["AWSCURRENT"], text[6]: ["AWSPREVIOUS"]},
        }
        return secret.shape(
            Record(name, listed, fresh=True),
            git.resources.get(next(iter(git.resources))),
            trust,
            SCOPE,
        )

    return target, "\x1e".join(parts).encode()


SORTS: dict[str, Callable[[Path], tuple[Target, bytes]]] = {
    "manifest": lambda tree: reading(tree, f"{ENVIRONMENT}/database.sops.yaml"),
    "shared manifest": lambda tree: reading(tree, "common/database.yaml"),
    "environment": lambda tree: reading(tree, f"{ENVIRONMENT}/environment.sops.yaml"),
    "creation rules": lambda tree: reading(tree, ".sops.yaml"),
    "sops block": of_block,
    "lock": of_lock,
    "a lock of before": of_first_lock,
    "plan file": of_plan,
    "marks": of_marks,
}


@pytest.mark.parametrize("sort", SORTS)
def test_damaged_input_is_an_error_of_ours(tree: Path, sort: str) -> None:
    fuzz(*SORTS[sort](tree), SHORT)


@pytest.mark.long
@pytest.mark.parametrize("sort", SORTS)
def test_damaged_input_for_ten_minutes(tree: Path, sort: str) -> None:
    fuzz(*SORTS[sort](tree), LONG / len(SORTS))
