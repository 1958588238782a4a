"""Nothing that leaves the process holds a value.

Unguessable values are planted everywhere that a value can be; then every command is run, well and
with every failure that can be injected, and everything that came out is searched for them, in every
form that a value might take on its way.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import stat
import subprocess
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reconciler.sandbox.server import Answer, Drop
from reconciler.sensitive import Sensitive
from reconciler.sops import find
from tests.e2e.world import World

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("validate", "-vv"),
    ("plan", "production", "-vv", "--out", "out.plan.json"),
    ("plan", "production", "-o", "markdown"),
    ("plan", "production", "-o", "json"),
    ("show", "out.plan.json"),
    ("show", "out.plan.json", "-o", "markdown"),
    ("show", "out.plan.json", "-o", "json"),
    ("plan", "production", "--base", "HEAD", "-vv"),
    ("plan", "production", "--base", "HEAD", "-o", "markdown"),
    ("plan", "production", "--base", "HEAD", "-o", "json"),
    ("diff", "--base", "HEAD"),
    ("diff", "--base", "HEAD", "-o", "markdown"),
    ("diff", "--base", "HEAD", "-o", "json"),
    ("lock", "-vv"),
    ("validate", "-vv"),
    ("plan", "production", "--keyless", "-vv"),
    ("plan", "production", "--keyless", "-o", "markdown"),
    ("plan", "production", "--keyless", "-o", "json", "--out", "keyless.plan.json"),
    ("drift", "--read-values", "-vv"),
    ("drift", "--read-values=all", "-vv", "-o", "json"),
    (
        "merge-driver",
        "base.yaml",
        "ours.yaml",
        "theirs.yaml",
        "manifests/production/main.sops.yaml",
    ),
    ("drift", "-vv", "-o", "json"),
    ("apply", "production", "--plan", "out.plan.json", "-vv"),
    ("plan", "production", "-vv"),
    ("drift",),
    ("drift", "--deep", "--read-values=all"),
    ("adopt", "production", "--auto-approve"),
)
# One run of each command that decrypts, reads or writes: for each failure that can be injected.
FEW: tuple[tuple[str, ...], ...] = (
    ("plan", "production", "-vv", "--out", "out.plan.json"),
    ("show", "out.plan.json", "-o", "markdown"),
    ("plan", "production", "--base", "HEAD", "-o", "json"),
    ("lock", "-vv"),
    ("validate", "-vv"),
    ("plan", "production", "--keyless", "-vv"),
    ("apply", "production", "--plan", "out.plan.json", "-vv"),
    ("drift", "--read-values=all", "-vv"),
)
CHANGED = "canary-" + secrets.token_urlsafe(18)  # what two branches set values to


@dataclass
class Canaries:
    """Planted values, and the search for them."""

    planted: list[str] = field(default_factory=lambda: [CHANGED])

    def plant(self, prefix: str = "") -> str:
        """A new value that nobody can guess; it has characters that encodings change."""
        value = prefix + 'c&"<é/' + secrets.token_urlsafe(18)
        self.planted.append(value)
        return value

    def forms(self) -> Iterator[tuple[str, bytes]]:
        """What to look for: every value raw, encoded, escaped, and hashed without a key."""
        for value in self.planted:
            raw = value.encode()
            core = value[-24:]  # survives most escapes
            yield "raw", raw
            yield "its core", core.encode()
            yield "URL-encoded", urllib.parse.quote(value, safe="").encode()
            yield "JSON", json.dumps(value)[1:-1].encode()
            yield "reversed", core[::-1].encode()
            yield "hexadecimal", raw.hex().encode()
            for shift in range(3):
                # Base64 of anything around it depends on where the value begins.
                encoded = base64.b64encode(b"x" * shift + raw)
                yield "base64", encoded[4:-4]
            for algorithm in ("md5", "sha1", "sha256", "sha512"):
                digest = hashlib.new(algorithm, raw)
                yield algorithm, digest.hexdigest().encode()
                yield algorithm, base64.b64encode(digest.digest())

    def found(self, *places: bytes) -> list[str]:
        """The forms in which a planted value is in any of the places."""
        return sorted({form for form, needle in self.forms() for p in places if needle in p})


@pytest.fixture
def canaries() -> Canaries:
    return Canaries()


@pytest.fixture
def planted(world: World, canaries: Canaries) -> World:
    """A world whose every value is a canary, live ones and fingerprint keys included."""
    key = secrets.token_hex(32)
    canaries.planted.append(key)
    world.settings(fingerprint_keys=[key])
    declare(world, canaries)
    world.converge()
    commit(world)
    world.put_secret("outside", canaries.plant())
    world.put_parameter("outside", canaries.plant(), Type="SecureString")
    declare(world, canaries)
    return world


def commit(world: World) -> None:
    """Let what is declared be the base of what comes, and two sides of a merge."""
    folder = world.tree.manifests.parent
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-C", str(folder))
    for arguments in (("init", "-q"), ("add", "manifests"), ("commit", "-q", "-m", "base")):
        subprocess.run((*git, *arguments), check=True, capture_output=True)
    base = world.tree.path("production/main.sops.yaml").read_bytes()
    (folder / "base.yaml").write_bytes(base)
    for name, secret in (("ours", "text"), ("theirs", "json")):
        value = Sensitive(json.dumps(CHANGED))
        side = world.tree.sops.set(base, ("secrets", secret, "value"), value)
        (folder / f"{name}.yaml").write_bytes(side)


def declare(world: World, canaries: Canaries) -> None:
    """Every kind of value, each new."""
    binary = base64.b64encode(canaries.plant().encode()).decode()
    canaries.planted.append(binary)
    world.declare(
        {
            "mapping": {"value": {"user": canaries.plant(), "nested": {"a": canaries.plant()}}},
            "text": {"value": canaries.plant()},
            "json": {"value": json.dumps({"key": canaries.plant()})},
            "binary": {"value": binary, "binary": True},
            "outside": {"value": canaries.plant()},
        },
        {"secure": {"value": canaries.plant()}, "outside": {"value": canaries.plant()}},
    )


def spying_sops(folder: Path) -> Path:
    """The real sops behind a script that keeps the arguments and variables of each child."""
    script = folder / "sops"
    script.write_text(
        "#!/bin/sh\n"
        f'echo "$@" >> "{folder}/arguments"\n'
        f'env >> "{folder}/environment"\n'
        f'exec "{find()}" "$@"\n'
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script


def everything(folder: Path) -> list[bytes]:
    """All files that a run has left or changed."""
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def run_all(
    world: World, tmp_path: Path, commands: tuple[tuple[str, ...], ...] = FEW
) -> list[bytes]:
    """Run commands; all that came out."""
    spy = tmp_path / "spy"
    spy.mkdir(exist_ok=True)
    temporary = tmp_path / "tmp"
    temporary.mkdir(exist_ok=True)
    tool = spying_sops(spy)
    out: list[bytes] = []
    for command in commands:
        done = world.cli(*command, "--sops", str(tool), environment={"TMPDIR": str(temporary)})
        out += [done.stdout.encode(), done.stderr.encode()]
        assert "Traceback" not in done.stderr
    tool.unlink()
    # The identity file is the tests' own; it is not part of what the commands made.
    return out + everything(tmp_path)


def raise_status(code: str) -> object:
    """Every write is refused, with a message that quotes what was sent, as AWS's can."""

    def hook(operation: str, body: object) -> tuple[int, str, str] | None:
        if operation in ("PutSecretValue", "CreateSecret", "PutParameter"):
            return 400, code, f"invalid: {json.dumps(body, ensure_ascii=False)}"
        return None

    return hook


def test_nothing_leaks_when_all_goes_well(
    planted: World, canaries: Canaries, tmp_path: Path
) -> None:
    seen = run_all(planted, tmp_path, COMMANDS)
    assert canaries.found(*seen) == []
    assert planted.changes() == {}


@pytest.mark.parametrize(
    "code", ["ValidationException", "InternalServiceError", "EncryptionFailure"]
)
def test_nothing_leaks_when_aws_quotes_the_request(
    planted: World, canaries: Canaries, tmp_path: Path, code: str
) -> None:
    planted.aws.hooks.append(raise_status(code))  # type: ignore[arg-type]
    seen = run_all(planted, tmp_path)
    assert canaries.found(*seen) == []
    assert any(code.encode() in place for place in seen)


def test_nothing_leaks_when_answers_are_lost(
    planted: World, canaries: Canaries, tmp_path: Path
) -> None:
    lost: dict[str, int] = {}

    def lose(operation: str, body: object, answer: Answer) -> Answer | None:
        lost[operation] = lost.get(operation, 0) + 1
        if lost[operation] == 1 and operation in ("PutSecretValue", "PutParameter"):
            raise Drop
        return None

    planted.aws.after.append(lose)
    assert canaries.found(*run_all(planted, tmp_path)) == []


@pytest.mark.parametrize("type_", ["int", "float", "bool", "bytes", "comment"])
def test_nothing_leaks_from_a_tampered_type(
    planted: World, canaries: Canaries, tmp_path: Path, type_: str
) -> None:
    planted.tree.edit("production/main.sops.yaml", "type:str", f"type:{type_}")
    seen = run_all(planted, tmp_path)
    assert canaries.found(*seen) == []
    assert any(b"error[" in place for place in seen)


def test_nothing_leaks_from_tampered_ciphertext(
    planted: World, canaries: Canaries, tmp_path: Path
) -> None:
    text = planted.tree.read("production/main.sops.yaml")
    start = text.index("ENC[AES256_GCM,data:") + 20
    other = "A" if text[start] != "A" else "B"
    path = planted.tree.path("production/main.sops.yaml")
    path.write_text(text[:start] + other + text[start + 1 :])
    assert canaries.found(*run_all(planted, tmp_path)) == []


def test_nothing_leaks_when_values_are_wrong(
    world: World, canaries: Canaries, tmp_path: Path
) -> None:
    world.declare(
        {
            "binary": {"value": canaries.plant(), "binary": True},
            "long": {"value": canaries.plant() * 2000},
            "newline": {"value": canaries.plant() + "\n"},
        },
        {
            "reference": {"value": "{{" + canaries.plant() + "}}"},
            "long": {"value": canaries.plant() * 200},
        },
    )
    seen = run_all(world, tmp_path)
    assert canaries.found(*seen) == []
    assert any(b"error[reference]" in place for place in seen)


def test_nothing_leaks_from_a_lock_of_other_ciphertext(
    planted: World, canaries: Canaries, tmp_path: Path
) -> None:
    assert planted.cli("lock").returncode == 0
    declare(planted, canaries)
    unknown = planted.cli("plan", "production", "--keyless", "-vv", "--out", "unknown.json")
    assert "unknown until apply" in unknown.stdout
    refused = planted.cli("apply", "production", "--plan", "unknown.json", "-vv")
    assert refused.returncode == 4
    done = planted.cli("apply", "production", "--plan", "unknown.json", "--allow-unknown-values")
    assert done.returncode == 0, done.stderr
    seen = [text.encode() for run in (unknown, refused, done) for text in (run.stdout, run.stderr)]
    assert canaries.found(*seen, *everything(tmp_path)) == []


def test_nothing_leaks_of_a_large_manifest(
    world: World, canaries: Canaries, tmp_path: Path
) -> None:
    world.declare(
        {f"secret-{n:03}": {"value": {"password": canaries.plant()}} for n in range(150)},
        {f"parameter-{n:03}": {"value": canaries.plant()} for n in range(50)},
    )
    out: list[bytes] = []
    for command in (
        ("lock", "-vv"),
        ("plan", "production", "-o", "markdown", "--out", "p.json", "-vv"),
        ("plan", "production", "--keyless", "-o", "json"),
        ("apply", "production", "--plan", "p.json", "-vv"),
        ("drift", "--read-values=all", "-vv"),
    ):
        done = world.cli(*command, timeout=300)
        assert done.returncode == 0, done.stderr
        out += [done.stdout.encode(), done.stderr.encode()]
    assert canaries.found(b"\0".join([*out, *everything(tmp_path)])) == []


def test_the_search_finds_a_leak(planted: World, canaries: Canaries, tmp_path: Path) -> None:
    """The twin: each form of a leak, made on purpose, is found."""
    value = canaries.planted[-1]
    core = value[-24:]
    leaks = {
        "raw": value.encode(),
        "its core": b"..." + core.encode(),
        "URL-encoded": urllib.parse.quote(value, safe="").encode(),
        "JSON": json.dumps({"a": value}).encode(),
        "hexadecimal": value.encode().hex().encode(),
        "base64": base64.b64encode(b'{"password":"' + value.encode() + b'"}'),
        "sha256": hashlib.sha256(value.encode()).hexdigest().encode(),
    }
    for form, leak in leaks.items():
        assert form in canaries.found(b"some text " + leak + b" and more"), form
    # And a file that a command might have left.
    (tmp_path / "left-behind").write_bytes(leaks["base64"])
    assert canaries.found(*run_all(planted, tmp_path)) == ["base64"]


def test_a_child_gets_no_value_and_no_foreign_variable(
    planted: World, canaries: Canaries, tmp_path: Path
) -> None:
    run_all(planted, tmp_path)
    arguments = (tmp_path / "spy" / "arguments").read_bytes()
    environment = (tmp_path / "spy" / "environment").read_bytes()
    assert b"decrypt" in arguments
    assert canaries.found(arguments, environment) == []
    # These files are encrypted to age: their sops has no use for AWS credentials.
    assert b"AWS_SECRET_ACCESS_KEY" not in environment
    assert b"SOPS_AGE_KEY_FILE" in environment
    assert os.environ.get("PYTEST_CURRENT_TEST", "x").encode() not in environment
