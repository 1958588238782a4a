"""sops is run in one place, with what it needs and nothing else, and never speaks for itself."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.core.errors import SopsError
from reconciler.values.sensitive import Sensitive
from reconciler.values.sops import Sops, find
from tests.canary import CANARY, assert_holds_no_canary
from tests.trees import Tree, clean_environ, make_tree


@pytest.fixture
def fake(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a program that stands in for sops."""

    def write(body: str) -> Path:
        program = tmp_path / "sops"
        program.write_text(f"#!{sys.executable}\nimport os, signal, sys, time\n{body}\n")
        program.chmod(0o755)
        return program

    return write


ENVIRON = {
    "PATH": "/bin",
    "HOME": "/home/x",
    "SOPS_AGE_KEY": "age",
    "SOPS_AGE_KEY_FILE": "file",
    "SOPS_KEYSERVICE": "tcp://elsewhere",
    "SOPS_DECRYPTION_ORDER": "pgp",
    "GNUPGHOME": "gnupg",
    "AWS_PROFILE": "profile",
    "AWS_ENDPOINT_URL": "http://127.0.0.1",
    "HTTPS_PROXY": "proxy",
    "VAULT_TOKEN": "vault",
    "GITHUB_TOKEN": "github",
    "LD_PRELOAD": "x",
}


NO_AWS = {"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED"}
NO_GOOGLE = {"GOOGLE_APPLICATION_CREDENTIALS"}
NO_VAULT = {"VAULT_TOKEN"}
NOTHING = NO_AWS | NO_GOOGLE | NO_VAULT


@pytest.mark.parametrize(
    ("key_types", "gets"),
    [
        ({"age"}, {"SOPS_AGE_KEY", "SOPS_AGE_KEY_FILE", *NOTHING}),
        ({"pgp"}, {"GNUPGHOME", *NOTHING}),
        ({"kms"}, {"AWS_PROFILE", "AWS_ENDPOINT_URL", "HTTPS_PROXY", *NO_VAULT, *NO_GOOGLE}),
        ({"hc_vault"}, {"VAULT_TOKEN", "HTTPS_PROXY", *NO_AWS, *NO_GOOGLE}),
        (set(), NOTHING),
    ],
)
def test_the_child_gets_what_its_keys_need(
    key_types: set[str], gets: set[str], fake: Callable[[str], Path]
) -> None:
    program = fake("import json; print(json.dumps(dict(os.environ)))")
    out = Sops(program, environment=ENVIRON).decrypt(b"", key_types=key_types)
    # Python sets some itself, and Go is told not to collect garbage.
    ignored = {"LC_CTYPE", "__CF_USER_TEXT_ENCODING", "GOGC", "GOMAXPROCS", "GOMEMLIMIT"}
    got = json.loads(out.reveal())
    assert set(got) - ignored == {"PATH", "HOME", *gets}
    # What keeps sops from looking for more at HOME holds none of ours.
    assert {got[name] for name in gets & NOTHING if name not in ENVIRON} <= {"/dev/null", "true"}
    assert got["VAULT_TOKEN"] == ("vault" if "hc_vault" in key_types else "none")


def test_a_command_that_gets_the_key_finds_what_is_at_home(fake: Callable[[str], Path]) -> None:
    program = fake("import json; print(json.dumps(dict(os.environ)))")
    asked = Sops(program, environment=ENVIRON | {"SOPS_AGE_KEY_CMD": "aws ssm get-parameter"})
    got = json.loads(asked.decrypt(b"", key_types={"age"}).reveal())
    assert got["SOPS_AGE_KEY_CMD"] == "aws ssm get-parameter"
    assert not NOTHING & set(got)


def test_nothing_secret_is_in_the_arguments(fake: Callable[[str], Path], tmp_path: Path) -> None:
    program = fake("import json; sys.stdin.read(); print(json.dumps(sys.argv[1:]))")
    sops = Sops(program, environment=clean_environ())
    arguments = json.loads(sops.decrypt(CANARY.encode()).reveal())
    assert arguments[0] == "--disable-version-check"
    assert CANARY not in str(arguments)
    out = sops.encrypt(Sensitive(CANARY), path=tmp_path / "x", config=tmp_path / ".sops.yaml")
    assert CANARY not in out.decode()


@pytest.mark.parametrize(
    ("exit_", "code"),
    [
        ("sys.exit(51)", "mac-mismatch"),
        ("sys.exit(128)", "no-key"),
        ("sys.exit(25)", "tampered"),
        ("sys.exit(2)", "sops-crashed"),
        ("sys.stderr.write('sops metadata not found'); sys.exit(1)", "not-encrypted"),
        ("sys.stderr.write('Error unmarshalling input yaml'); sys.exit(1)", "sops-input"),
        ("sys.exit(1)", "sops-failed"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "sops-killed"),
        ("time.sleep(60)", "sops-timeout"),
    ],
)
def test_failures_in_our_words(exit_: str, code: str, fake: Callable[[str], Path]) -> None:
    program = fake(f"for s in (sys.stdout, sys.stderr): s.write('{CANARY}\\n'); s.flush()\n{exit_}")
    timeout = 1 if code == "sops-timeout" else 300
    with pytest.raises(SopsError) as caught:
        Sops(program, environment=clean_environ(), timeout=timeout).decrypt(b"")
    assert caught.value.code == code
    assert CANARY not in f"{caught.value!r} {caught.value.hint}"
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert_holds_no_canary(caught.value)


def test_a_missing_key_says_where_keys_are(fake: Callable[[str], Path]) -> None:
    with pytest.raises(SopsError) as caught:
        Sops(fake("sys.exit(128)")).decrypt(b"", key_types={"kms"})
    assert "kms:Decrypt" in (caught.value.hint or "")
    assert "age" not in (caught.value.hint or "")


def test_a_program_that_cannot_be_run(tmp_path: Path) -> None:
    with pytest.raises(SopsError) as caught:
        Sops(tmp_path / "missing").encrypt(
            Sensitive(CANARY), path=tmp_path / "x", config=tmp_path / "y"
        )
    assert caught.value.code == "sops-missing"
    assert_holds_no_canary(caught.value)


def test_finding_sops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SopsError) as caught:
        find(str(tmp_path / "missing"))
    assert (caught.value.code, caught.value.hint) == ("sops-missing", "check --sops")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find().parent == Path(sys.executable).parent
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(SopsError) as caught:
        find()
    assert "--sops" in (caught.value.hint or "")
    (tmp_path / "sops").write_text("")
    (tmp_path / "sops").chmod(0o755)
    assert find() == tmp_path / "sops"


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A tree with one secret."""
    return make_tree(tmp_path, {"production": {"secrets": {"x": {"value": CANARY}}}})


def test_decrypting_reads_what_was_checked_and_no_rules(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The document comes from memory, and a broken .sops.yaml here and now changes nothing."""
    raw = tree.path("production/main.sops.yaml").read_bytes()
    (tmp_path / ".sops.yaml").write_text("creation_rules: {")
    monkeypatch.chdir(tmp_path)
    out = tree.sops.decrypt(raw, key_types={"age"})
    assert repr(out) == "(sensitive)"
    assert json.loads(out.reveal()) == {"secrets": {"x": {"value": CANARY}}}


def test_the_version(tree: Tree) -> None:
    assert tree.sops.version().split(".")[0] == "3"


def test_a_key_file_that_is_not_there_is_named(fake: Callable[[str], Path], tmp_path: Path) -> None:
    missing = str(tmp_path / "keys.txt")
    sops = Sops(fake("sys.exit(128)"), environment={"SOPS_AGE_KEY_FILE": missing})
    with pytest.raises(SopsError) as caught:
        sops.decrypt(b"", key_types={"age"})
    assert caught.value.hint == f"SOPS_AGE_KEY_FILE names a file that is not there: {missing}"
