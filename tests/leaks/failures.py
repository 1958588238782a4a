"""Everything that the suite can let go wrong, one at a time.

A failure changes the world, and says which sops, which variables and which options the commands run
with. ``shows`` is a part of what has to come out: without it the failure has struck nothing.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from reconciler.core import wholefile
from reconciler.manifest.lock import write as locking
from reconciler.sandbox.server import Answer, Drop
from reconciler.values.sops import Sops, find
from tests.age_key import new_age_key
from tests.leaks.account import declare
from tests.leaks.canaries import Canaries, program
from tests.world import World

WRITES = ("PutSecretValue", "CreateSecret", "PutParameter")
READS = ("BatchGetSecretValue", "GetParameters", "GetSecretValue", "GetParameter")
MAIN = "production/main.sops.yaml"


@dataclass(frozen=True)
class Ground:
    """Where a failure happens."""

    world: World
    canaries: Canaries
    folder: Path
    patch: pytest.MonkeyPatch


Arrange = Callable[[Ground], Path | None]  # the sops to run, if it is another


@dataclass(frozen=True)
class Failure:
    """One thing that goes wrong."""

    arrange: Arrange
    shows: bytes
    bug: bool = False  # ends in "internal error", as a bug does
    in_clear: bool = False  # the manifest itself holds a planted value
    of_aws: bool = False  # nothing else is another: who does not call AWS sees nothing of it
    on_the_way: bool = False  # what comes over the network is another, too


# --- AWS ------------------------------------------------------------------------------------------


def quoting(code: str, status: int = 400) -> Failure:
    """Every write is refused, with a message that quotes what was sent, as AWS's can."""

    def arrange(ground: Ground) -> None:
        ground.world.aws.hooks.append(quote(code, status))

    return Failure(arrange, code.encode(), of_aws=True)


def quote(code: str, status: int = 400) -> Callable[[str, Any], tuple[int, str, str] | None]:
    """Such a hook."""

    def hook(operation: str, body: object) -> tuple[int, str, str] | None:
        if operation in WRITES:
            return status, code, f"invalid: {json.dumps(body, ensure_ascii=False)}"
        return None

    return hook


def denied(ground: Ground) -> None:
    """Nothing is allowed but to say who one is."""
    ground.world.aws.hooks.append(
        lambda operation, body: (
            None
            if operation == "GetCallerIdentity"
            else (400, "AccessDeniedException", f"not allowed: {json.dumps(body)}")
        )
    )


def half_throttled(ground: Ground) -> None:
    asked: list[str] = []

    def hook(operation: str, body: object) -> tuple[int, str, str] | None:
        asked.append(operation)
        if operation in WRITES and len(asked) % 2:
            return 400, "ThrottlingException", f"slowly: {json.dumps(body)}"
        return None

    ground.world.aws.hooks.append(hook)


def spoil(
    operations: tuple[str, ...], spoiled: Callable[[Any, Answer], Answer], *, once: bool = False
) -> Arrange:
    """Answers that are not as AWS meant them; the call has had its effect."""

    def arrange(ground: Ground) -> None:
        seen: set[str] = set()

        def after(operation: str, body: object, answer: Answer) -> Answer | None:
            if operation not in operations or (once and operation in seen):
                return None
            seen.add(operation)
            return spoiled(body, answer)

        ground.world.aws.after.append(after)

    return arrange


def dropped(body: object, answer: Answer) -> Answer:
    raise Drop


def garbled(body: object, answer: Answer) -> Answer:
    quoted = json.dumps(body, ensure_ascii=False).encode()
    return Answer(answer.status, dict(answer.headers), b"<html>" + quoted)


def cut(body: object, answer: Answer) -> Answer:
    return Answer(answer.status, dict(answer.headers), answer.body[:-9])


def empty(body: object, answer: Answer) -> Answer:
    return Answer(answer.status, dict(answer.headers), b"{}")


def stale(ground: Ground) -> None:
    ground.world.aws.list_staleness = 300.0


def raced(ground: Ground) -> None:
    """Somebody else writes between each list and what follows from it."""
    value = ground.canaries.plant()
    client = ground.world.client("secretsmanager")
    ground.world.aws.hooks.append(_race(client, value))


def _race(client: Any, value: str) -> Callable[[str, Any], None]:
    busy: list[bool] = []

    def hook(operation: str, body: Any) -> None:
        if operation == "UpdateSecretVersionStage" and not busy:
            busy.append(True)
            try:
                client.put_secret_value(SecretId=body["SecretId"], SecretString=value)
            finally:
                busy.clear()

    return hook


def another_account(ground: Ground) -> None:
    ground.world.settings(account="210987654321")


# --- sops -----------------------------------------------------------------------------------------


def dying(folder: Path) -> Path:
    """sops as it might crash: all plaintext on stderr, much of it on stdout, then killed."""
    return program(
        folder / "dying-sops",
        f'plain=$("{find()}" "$@")\n'
        'echo "panic: $plain" >&2\n'
        'printf %.2000s "$plain"\n'
        "kill -9 $$\n",
    )


def quoting_sops(folder: Path, code: int) -> Path:
    """sops that ends with an error, and quotes all plaintext."""
    return program(
        folder / "quoting-sops",
        f'plain=$("{find()}" "$@")\necho "bad: $plain" >&2\necho "bad: $plain"\nexit {code}\n',
    )


def halved(folder: Path) -> Path:
    """sops whose output is cut, and who finds nothing wrong with it."""
    return program(folder / "halved-sops", f'"{find()}" "$@" | head -c 700\n')


def slow(ground: Ground) -> None:
    """A key service that does not answer."""
    ground.patch.setitem(Sops.__init__.__kwdefaults__, "timeout", 0.001)


def no_key(ground: Ground) -> None:
    ground.world.tree.key_file.write_text(new_age_key().identity + "\n")


# --- manifests ------------------------------------------------------------------------------------


def other_types(ground: Ground) -> None:
    """What makes sops's own errors quote plaintext."""
    for name in ("int", "float", "bool", "bytes", "comment"):
        ground.world.tree.edit(MAIN, "type:str", f"type:{name}")


def tampered(ground: Ground) -> None:
    text = ground.world.tree.read(MAIN)
    start = text.index("ENC[AES256_GCM,data:") + 20
    other = "A" if text[start] != "A" else "B"
    ground.world.tree.path(MAIN).write_text(text[:start] + other + text[start + 1 :])


def swapped(ground: Ground) -> None:
    """A file whose MAC is that of another: a ciphertext is doubled under another name."""
    ground.world.tree.edit(MAIN, "text:", "text2:")


def in_clear(ground: Ground) -> None:
    """A value that somebody forgot to encrypt."""
    text = ground.world.tree.read(MAIN)
    start = text.index("ENC[AES256_GCM")
    end = text.index("]", start) + 1
    ground.world.tree.path(MAIN).write_text(text[:start] + ground.canaries.plant() + text[end:])


def no_yaml(ground: Ground) -> None:
    text = ground.world.tree.read(MAIN)
    cleartext = f"    x: [{ground.canaries.plant()!r}\n"
    ground.world.tree.path(MAIN).write_text(cleartext + text)


def wrong_values(ground: Ground) -> None:
    plant = ground.canaries.plant
    ground.world.declare(
        {
            "binary": {"value": plant(), "binary": True},
            "long": {"value": plant() * 2000},
            "newline": {"value": plant() + "\n"},
        },
        {
            "reference": {"value": "{{" + plant() + "}}"},
            "long": {"value": plant() * 200},
        },
    )


def outdated_lock(ground: Ground) -> None:
    assert ground.world.cli("lock").returncode == 0
    declare(ground.world, ground.canaries)
    ground.patch.setattr(
        locking, "wholefile", SimpleNamespace(save=lambda *_: None)
    )  # nobody brings it up to date


def malformed_lock(ground: Ground) -> None:
    lock(ground, lambda text: re.sub(r"(\n\w+ .*\n.*\n)\n# end", r"\1\1\n# end", text))


def lying_lock(ground: Ground) -> None:
    """Fingerprints of other values, at the ciphertexts of now."""
    lock(ground, lambda text: re.sub(r":[0-9a-f]{64}$", ":" + "0" * 64, text, flags=re.MULTILINE))


def lock(ground: Ground, edit: Callable[[str], str]) -> None:
    """A lock that somebody edits after each time that it is written."""
    save, path = wholefile.save, ground.world.tree.path("production/main.fingerprints.lock")

    def edited(target: Path, text: bytes) -> None:
        save(target, edit(text.decode()))

    assert ground.world.cli("lock").returncode == 0
    path.write_text(edit(path.read_text()))
    ground.patch.setattr(locking, "wholefile", SimpleNamespace(save=edited))


# --- ourselves ------------------------------------------------------------------------------------


def bug(ground: Ground) -> None:
    """A defect in what writes, with a message that quotes."""

    def fail(aws: Any, job: Any) -> None:
        raise RuntimeError(f"a bug quotes {job.sealed and job.sealed.content.reveal()}")

    updates = ("secret.update", "keys.update", "parameter.update")
    for place in (*updates, "secret.create", "parameter.create"):
        ground.patch.setattr(f"reconciler.kinds.{place}", fail)


def full_disk(ground: Ground) -> None:
    """No file can be written any more."""

    def fail(self: Path, *_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28), str(self))

    for method in ("write_text", "write_bytes"):
        ground.patch.setattr(Path, method, fail)
    ground.patch.setattr("reconciler.core.wholefile._fill", fail)


def sops_is(make: Callable[[Path], Path]) -> Arrange:
    """Another program in the place of sops."""
    return lambda ground: make(ground.folder)


FAILURES: Mapping[str, Failure] = {
    "a refusal that quotes the request": quoting("ValidationException"),
    "an error of AWS that quotes the request": quoting("EncryptionFailure"),
    "no permission": Failure(denied, b"AccessDeniedException", of_aws=True),
    "throttling that quotes the request": Failure(half_throttled, b"", of_aws=True),
    "answers to writes that are lost": Failure(
        spoil(WRITES, dropped, once=True), b"Connection", of_aws=True, on_the_way=True
    ),
    "answers to writes that quote them": Failure(
        spoil(WRITES, garbled, once=True), b"error", of_aws=True
    ),
    "answers with values that are cut": Failure(
        spoil(READS, cut), b"error", of_aws=True, on_the_way=True
    ),
    "answers with values that are empty": Failure(spoil(READS, empty), b"error", of_aws=True),
    "lists of five minutes ago": Failure(stale, b"", of_aws=True),
    "a race": Failure(raced, b"conflict", of_aws=True),
    "another account": Failure(another_account, b"210987654321"),
    "no key": Failure(no_key, b"error[no-key]"),
    "a sops that is killed": Failure(sops_is(dying), b"error[sops-killed]"),
    "a sops that quotes": Failure(sops_is(lambda folder: quoting_sops(folder, 1)), b"error["),
    "a sops that quotes and says all is well": Failure(
        sops_is(lambda folder: quoting_sops(folder, 0)), b"error["
    ),
    "a sops whose output is cut": Failure(sops_is(halved), b"error["),
    "a sops that takes too long": Failure(slow, b"error[sops-timeout]"),
    "a sops that is not there": Failure(
        sops_is(lambda folder: folder / "no-sops"), b"error[sops-missing]"
    ),
    "values of other types": Failure(other_types, b"error[not-a-string]"),
    "tampered ciphertext": Failure(tampered, b"error[tampered]"),
    "a ciphertext under another name": Failure(swapped, b"error["),
    "a value in clear": Failure(in_clear, b"error[not-encrypted]", in_clear=True),
    "no YAML": Failure(no_yaml, b"error[", in_clear=True),
    "wrong values": Failure(wrong_values, b"error[reference]"),
    "an outdated lock": Failure(outdated_lock, b"unknown until apply"),
    "a lying lock": Failure(lying_lock, b"error[lock-lie]"),
    "a malformed lock": Failure(malformed_lock, b"error[lock-duplicate]"),
    "a bug": Failure(bug, b"internal error", bug=True),
    "a full disk": Failure(full_disk, b"No space left"),
}
