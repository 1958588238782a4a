"""The only place that runs sops.

What sops writes to stderr is read here and goes no further: it can quote plaintext. What it writes
to stdout goes into memory only, as :class:`Sensitive`. Plaintext reaches sops through stdin, never
through a file, an argument or the environment.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.core.errors import SopsError
from reconciler.values.sensitive import Sensitive

TIMEOUT = 120.0  # seconds; a file of 10,000 values takes 2.4 s, and KMS may be slow

KEY_TYPES = frozenset({"age", "pgp", "kms", "gcp_kms", "hckms", "azure_kv", "hc_vault"})
LOCAL = frozenset({"age", "pgp"})  # keys on this machine: sops asks nobody for them

# A run of sops is short: it is over before collecting garbage in threads beside it would pay, which
# takes 15 ms of the 40 that it computes.
_SHORT = {"GOMAXPROCS": "1", "GOGC": "off", "GOMEMLIMIT": "512MiB"}
# What a child needs whatever the key is. A name that ends in `*` stands for all that begin so.
_ALWAYS = ("PATH", "HOME", "TMPDIR")
_NETWORK = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)
# Each type of key brings only its own credentials, so that a file encrypted to age is decrypted by
# a process that holds no AWS credentials at all. SOPS_KEYSERVICE is never passed: it names an
# address that would be sent the data keys.
_FOR_KEY_TYPE: Mapping[str, tuple[str, ...]] = {
    "age": (
        "SOPS_AGE_KEY",
        "SOPS_AGE_KEY_CMD",
        "SOPS_AGE_KEY_FILE",
        "SOPS_AGE_SSH_PRIVATE_KEY_FILE",
        "XDG_CONFIG_HOME",
    ),
    "pgp": ("GNUPGHOME", "GPG_TTY", "SOPS_GPG_EXEC"),
    "kms": ("AWS_*", *_NETWORK),
    "gcp_kms": ("GOOGLE_*", "CLOUDSDK_*", *_NETWORK),
    "hckms": ("HUAWEICLOUD_*", *_NETWORK),
    "azure_kv": ("AZURE_*", *_NETWORK),
    "hc_vault": ("VAULT_*", *_NETWORK),
}
# What keeps sops from finding credentials at HOME, or from the machine that it runs on, for a key
# that it may not ask: readers of YAML differ, and it may find one in a file where we find none.
_NOTHING_FOR: Mapping[str, Mapping[str, str]] = {
    "kms": {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    },
    "gcp_kms": {"GOOGLE_APPLICATION_CREDENTIALS": os.devnull},
    "hc_vault": {"VAULT_TOKEN": "none"},
}


# Where a key could be found, by type: one of these variables, or one of these files at home.
_SIGNS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "age": (_FOR_KEY_TYPE["age"][:4], (".config/sops/age/keys.txt", ".ssh/id_ed25519")),
    "pgp": (("GNUPGHOME",), (".gnupg",)),
    "kms": (
        ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"),
        (".aws/credentials", ".aws/config"),
    ),
    "gcp_kms": (("GOOGLE_*",), (".config/gcloud",)),
    "hckms": (("HUAWEICLOUD_*",), ()),
    "azure_kv": (("AZURE_*",), (".azure",)),
    "hc_vault": (("VAULT_TOKEN",), (".vault-token",)),
}


def may_decrypt(key_types: Collection[str], environment: Mapping[str, str] | None = None) -> bool:
    """Whether a key of these types could be here, by the variables and files where sops looks for
    one. Nothing is read, and no service is asked."""
    there = os.environ if environment is None else environment
    home = Path(there.get("HOME") or "/nonexistent")
    for type_ in key_types:
        names, files = _SIGNS[type_]
        if _pick(there, names) or any((home / file).exists() for file in files):
            return True
    return False


@dataclass(frozen=True)
class _Failure:
    """What an exit code of sops means, in our words."""

    code: str
    message: str
    hint: str | None = None


_FAILURES: Mapping[int, _Failure] = {
    2: _Failure(
        "sops-crashed",
        "sops crashed on this file",
        "the encrypted text is damaged; restore the file from git: git restore FILE",
    ),
    25: _Failure(
        "tampered",
        "an encrypted value does not decrypt: it was changed, or moved from another place",
        "undo that edit: git restore FILE; to rename: reconciler move ENV NAME NEW; to change a"
        " value: reconciler set ENV NAME",
    ),
    51: _Failure(
        "mac-mismatch",
        "the file's MAC does not match: encrypted values were added, removed, reordered or changed"
        " without the key",
        "restore the file from git: git restore FILE; after a merge conflict in `mac`, take one"
        " side and write a value again in"
        " `sops --config manifests/.sops.yaml edit --ignore-mac FILE`",
    ),
    128: _Failure("no-key", "no key here decrypts this file"),
}

# The only sentences of sops that are looked for, all of them constants of its source.
_NOT_ENCRYPTED = b"sops metadata not found"
_BAD_INPUT = b"Error unmarshalling input"

_WHERE_KEYS_ARE: Mapping[str, str] = {
    "age": "for age: export SOPS_AGE_KEY_FILE=<file with the identity>",
    "pgp": "for PGP: have the secret key in the keyring of gpg",
    "kms": "for KMS: have AWS credentials that may use the key (kms:Decrypt)",
}


def find(path: str | None = None) -> Path:
    """The sops binary: ``path`` where given, else from PATH, else beside this Python.

    Raises SopsError where there is none.
    """
    if path is not None:
        found = shutil.which(path)
        if found is None:
            raise SopsError(f"no program at {path}", code="sops-missing", hint="check --sops")
        return Path(found)
    beside = str(Path(sys.executable).parent)
    found = shutil.which("sops") or shutil.which("sops", path=beside)
    if found is None:
        raise SopsError(
            "sops is not installed",
            code="sops-missing",
            hint="install the release of the sops project, or name the binary with --sops",
        )
    return Path(found)


class Sops:
    """Runs one sops binary. Holds no key: sops finds it, by the variables that sops documents."""

    def __init__(
        self,
        binary: Path,
        *,
        environment: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self.binary = binary
        self._environment = os.environ if environment is None else environment
        self._timeout = timeout

    def decrypt(
        self,
        document: bytes,
        *,
        key_types: Collection[str] = LOCAL,
        ignore_mac: bool = False,
    ) -> Sensitive[bytes]:
        """A YAML document decrypted, as JSON.

        The document comes as bytes, so that what was checked is what is decrypted. ``key_types``
        are those that the document names, and that `manifest.trust` lets sops ask: the child gets
        the credentials of these only.
        ``ignore_mac`` is for a document whose MAC is about to be made again. Raises SopsError.
        """
        options = ["--ignore-mac"] if ignore_mac else []
        # Without --config sops would read a `.sops.yaml` from the working directory upward, which
        # decryption does not need and an unrelated one could break.
        return self._run(
            [
                "--config",
                os.devnull,
                "decrypt",
                *options,
                "--input-type",
                "yaml",
                "--output-type",
                "json",
            ],
            Sensitive(document),
            key_types,
        )

    def encrypt(
        self,
        text: Sensitive[str],
        *,
        path: Path,
        config: Path,
        key_types: Collection[str] = LOCAL,
    ) -> bytes:
        """A YAML document encrypted as the creation rule of ``config`` for ``path`` says.

        ``key_types`` as for :meth:`decrypt`, of the rule. Nothing is read from ``path`` and nothing
        written to it. Raises SopsError.
        """
        arguments = ["--config", str(config), "encrypt", "--filename-override", str(path)]
        encrypted = self._run(
            [*arguments, "--input-type", "yaml", "--output-type", "yaml"],
            Sensitive(text.reveal().encode()),
            key_types,
        )
        return encrypted.reveal()

    def set(
        self,
        document: bytes,
        path: Sequence[str | int],
        value: Sensitive[str],
        *,
        key_types: Collection[str] = LOCAL,
        ignore_mac: bool = False,
    ) -> bytes:
        """An encrypted YAML document with another value at ``path``; ``value`` is JSON.

        sops changes files only in place, so it is given a file of its own: the encrypted document.
        The value goes in through stdin. The MAC is made again; with ``ignore_mac`` whatever it was.
        Raises SopsError.
        """
        options = ["--ignore-mac"] if ignore_mac else []
        given = Sensitive(value.reveal().encode())
        return self._edited(document, ["set", *options, "--value-stdin"], path, given, key_types)

    def unset(
        self,
        document: bytes,
        path: Sequence[str | int],
        *,
        key_types: Collection[str] = LOCAL,
    ) -> bytes:
        """An encrypted YAML document without what stands at ``path``. Raises SopsError."""
        return self._edited(document, ["unset"], path, Sensitive(b""), key_types)

    def update_keys(
        self, document: bytes, *, path: Path, config: bytes, key_types: Collection[str] = LOCAL
    ) -> bytes:
        """A document encrypted for whom the creation rule of ``config`` for ``path``, relative to
        it, says; its values stay as they are. ``key_types`` are those of both. Raises SopsError."""
        with tempfile.TemporaryDirectory(prefix="reconciler-") as folder:
            rules, file = Path(folder) / ".sops.yaml", Path(folder) / path
            rules.write_bytes(config)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(document)
            self._run(
                ["--config", str(rules), "updatekeys", "--yes", "--input-type", "yaml", str(file)],
                Sensitive(b""),
                key_types,
            )
            return file.read_bytes()

    def new_data_key(self, document: bytes, *, key_types: Collection[str] = LOCAL) -> bytes:
        """A document encrypted with a new data key, for the same recipients: every ciphertext of it
        is another. Raises SopsError."""
        with tempfile.TemporaryDirectory(prefix="reconciler-") as folder:
            file = Path(folder) / "document.yaml"
            file.write_bytes(document)
            arguments = ["--config", os.devnull, "rotate", "--in-place", str(file)]
            self._run(arguments, Sensitive(b""), key_types)
            return file.read_bytes()

    def _edited(
        self,
        document: bytes,
        command: list[str],
        path: Sequence[str | int],
        text: Sensitive[bytes],
        key_types: Collection[str],
    ) -> bytes:
        index = "".join(f"[{json.dumps(part)}]" for part in path)
        with tempfile.TemporaryDirectory(prefix="reconciler-") as folder:
            file = Path(folder) / "document.yaml"
            file.write_bytes(document)
            self._run(["--config", os.devnull, *command, str(file), index], text, key_types)
            return file.read_bytes()

    def _missing(self) -> str | None:
        """The file of age keys that the environment names, if it is not there."""
        named = self._environment.get("SOPS_AGE_KEY_FILE")
        return named if named and not os.path.exists(named) else None  # noqa: PTH110, a bad name is no error

    def version(self) -> str:
        """What the binary says its version is. Raises SopsError."""
        out = self._run(["--version"], Sensitive(b""), ())
        first = out.reveal().decode(errors="replace").split("\n", 1)[0]
        return first.removeprefix("sops ").split(" ")[0]

    def _run(
        self, arguments: list[str], document: Sensitive[bytes], key_types: Collection[str]
    ) -> Sensitive[bytes]:
        outcome = self._call(arguments, document, key_types)
        if isinstance(outcome, Sensitive):
            return outcome
        raise SopsError(outcome.message, code=outcome.code, hint=outcome.hint)

    def _call(
        self, arguments: list[str], document: Sensitive[bytes], key_types: Collection[str]
    ) -> Sensitive[bytes] | _Failure:
        # Failures are returned and raised by the caller: no exception may have this frame, which
        # holds plaintext, in its traceback, nor `TimeoutExpired`, which holds output.
        try:
            child = subprocess.run(
                [str(self.binary), "--disable-version-check", *arguments],
                input=document.reveal(),
                capture_output=True,
                env=_child_environment(self._environment, key_types),
                timeout=self._timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return _Failure(
                "sops-timeout",
                f"sops did not finish within {self._timeout:g} seconds",
                "check that the key service can be reached",
            )
        except OSError as error:
            return _Failure(
                "sops-missing", f"cannot run {self.binary}: {os.strerror(error.errno or 0)}"
            )
        if child.returncode == 0:
            return Sensitive(child.stdout)
        return _explain(child.returncode, child.stderr, key_types, self._missing())


def _child_environment(
    environment: Mapping[str, str], key_types: Collection[str]
) -> dict[str, str]:
    """The part of ``environment`` that sops gets."""
    names = [*_ALWAYS, *(n for t in sorted(key_types) for n in _FOR_KEY_TYPE.get(t, ()))]
    child = {**_SHORT, **_pick(environment, names)}
    if "SOPS_AGE_KEY_CMD" in child:
        return child  # the user's own command, which may get the key from anywhere
    for type_, nothing in _NOTHING_FOR.items():
        if type_ not in key_types:
            child |= nothing
    return child


def _pick(environment: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    """The variables of these names; one that ends in `*` stands for all that begin so."""
    exact = {name for name in names if not name.endswith("*")}
    starts = tuple(name[:-1] for name in names if name.endswith("*"))
    return {
        name: value
        for name, value in environment.items()
        if name in exact or (starts and name.startswith(starts))
    }


def _explain(
    status: int, stderr: bytes, key_types: Collection[str], missing: str | None
) -> _Failure:
    """Our words for a failure. ``stderr`` is only searched for sentences that sops holds as
    constants, and no part of it is returned."""
    if status < 0:
        return _Failure("sops-killed", f"sops was killed by {signal.Signals(-status).name}")
    if status == 128:
        failure = _FAILURES[status]
        hints = [_WHERE_KEYS_ARE[t] for t in _WHERE_KEYS_ARE if t in key_types]
        if "age" in key_types and missing is not None:
            hints = [f"SOPS_AGE_KEY_FILE names a file that is not there: {missing}"]
        return _Failure(failure.code, failure.message, "; ".join(hints) or None)
    if status in _FAILURES:
        return _FAILURES[status]
    if _NOT_ENCRYPTED in stderr:
        return _Failure(
            "not-encrypted",
            "the file is not encrypted",
            "encrypt it: sops --config manifests/.sops.yaml encrypt --in-place FILE",
        )
    if _BAD_INPUT in stderr:
        return _Failure("sops-input", "sops cannot read this file as YAML")
    return _Failure("sops-failed", f"sops failed with exit code {status}")
