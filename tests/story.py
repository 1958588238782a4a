"""What the README shows of the commands: a branch of Lagomo's manifests, and an account.

``python -m tests.story`` runs every command that README.md shows an output of, and puts the output
there. Such a command stands after ``$`` in a code block, its output below it; or, where the output
is a block of its own, in a comment before that: ``<!-- $ reconciler … -->``.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import boto3

from reconciler.cli.main import run
from reconciler.sandbox.server import Sandbox
from tests.sandbox.conftest import deploy_function
from tests.trees import clean_environ

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
OF_A_MACHINE = ("reconciler doctor",)  # what these print, the machine and its rights decide
SMTP = "manifests/production/smtp.sops.yaml"
ENVIRONMENT = "manifests/production/environment.sops.yaml"
COMMON, WEB3 = "manifests/common/smtp.yaml", "manifests/production/web3.sops.yaml"
PASSWORD = "smtp/credentials --key password"
NAME = "/lagomo/production"
BY_HAND = "b0e7a9c2-5d1f-4c8e-9a36-2f4d7b1e6c05"
# Cleartext: whoever adds it needs no key.
ADDED = """\
parameters:
    web3/network:
        description: Chain that the application talks to
        plaintext: mainnet
secrets:
    web3/alchemy:
        description: Alchemy project
        max_age: 180 days
        generate: {length: 32}
"""


@dataclass(frozen=True)
class Shown:
    """Commands in a README, and lines ``first`` to ``last`` with what they print, each after
    ``prefix``. With ``typed`` the commands themselves stand there too."""

    commands: tuple[str, ...]
    first: int
    last: int
    prefix: str = ""
    typed: bool = False


def shown(readme: str) -> Iterator[Shown]:
    """Everything that a README shows an output of, in its order."""
    lines = readme.split("\n")
    for at, line in enumerate(lines):
        if line == "```" and lines[at + 1].startswith("$ "):
            end = lines.index("```", at + 1)
            typed = tuple(row[2:] for row in lines[at + 1 : end] if row.startswith("$ "))
            if not typed[0].startswith(OF_A_MACHINE):
                yield Shown(typed, at + 1, end, typed=True)
        elif match := re.fullmatch(r"<!-- \$ (.*) -->", line):
            if lines[at + 2].startswith("```"):
                yield Shown((match[1],), at + 3, lines.index("```", at + 3))
            else:
                end = next(n for n in range(at + 2, len(lines)) if not lines[n].startswith(">"))
                yield Shown((match[1],), at + 2, end, prefix="> ")


def written(block: Shown, outputs: list[str]) -> list[str]:
    """The lines that a block should have."""
    text = ""
    for command, output in zip(block.commands, outputs, strict=True):
        text += (f"$ {command}\n" if block.typed else "") + output
    return [f"{block.prefix}{row}".rstrip() for row in text.rstrip("\n").split("\n")]


def same_everywhere(text: str) -> str:
    """Without what is another in each run: commits and dates."""
    text = re.sub(r"\b[0-9a-f]{40}\b", "0" * 40, text)
    text = re.sub(r"\bct:[0-9a-f]{64}\b", "ct:", text)  # sops encrypts with chance
    # A change that returns to an earlier value is bound to the moment of the last one.
    text = re.sub(r"\bDigest(:? `?)[0-9a-f]{64}\b", r"Digest\g<1>" + "0" * 64, text)
    text = re.sub(r'"checksum": "[0-9a-f]{64}"', '"checksum": ""', text)  # of the commit, too
    text = re.sub(r"\bfrom [0-9a-f]{12} ", "from 000000000000 ", text)
    return re.sub(r"\b20\d\d-\d\d-\d\d\b", "2026-01-01", text)


class Story:
    """A repository with the branches main, feature and two that others made, and the account that
    main was applied to. ``feature`` is checked out."""

    def __init__(self, folder: Path, aws: Sandbox) -> None:
        self.folder, self.aws = folder / "repository", aws
        self.environ = {
            **clean_environ(),
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_DEFAULT_REGION": "us-west-2",
            "SOPS_AGE_KEY_FILE": str(ROOT / "manifests/demo-age-key.txt"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com",
            "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com",
        }  # fmt: skip
        self.folder.mkdir()
        shutil.copytree(ROOT / "manifests", self.folder / "manifests")
        self._main()
        self._others()
        self._feature()

    def say(
        self, line: str, *, folder: Path | None = None, stdin: str = "", data: bool = False
    ) -> str:
        """Run one command; what it prints on both streams, or on stdout: its ``data``."""
        program, *arguments = shlex.split(line)
        place = folder or self.folder
        if program != "reconciler":
            done = subprocess.run(
                [program, *arguments], cwd=place, env=self.environ, check=False, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            return done.stdout
        out = io.StringIO()
        err = io.StringIO() if data else out
        with (
            contextlib.chdir(place),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            mock.patch.dict(os.environ, self.environ),
            mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()))),
        ):
            run(arguments)
        return out.getvalue()

    def output(self, block: Shown, folder: Path) -> list[str]:
        """What a block's commands print, in a copy of the repository."""
        shutil.copytree(self.folder, folder)
        return [self.say(c, folder=folder, data=not block.typed) for c in block.commands]

    def _main(self) -> None:
        for line in ("git init -q -b main", "reconciler merge-driver --install"):
            self.say(line)
        self._commit("main")
        self.say("git update-ref refs/remotes/origin/main main")
        with mock.patch.dict(os.environ, self.environ):
            for name in ("rotate-database", "rotate-jwt"):
                deploy_function(boto3.client, name=name)
            self.say("reconciler apply production --auto-approve --pace 1000")
            assert self.aws.wait_for_rotations()
            client = boto3.client("secretsmanager")
            client.rotate_secret(SecretId=f"{NAME}/database/credentials", RotateImmediately=True)
            assert self.aws.wait_for_rotations()
            client.create_secret(Name=f"{NAME}/web3/alchemy", SecretString="theirs")
            # The version is part of what the plan is bound to, and so of its digest.
            client.put_secret_value(
                SecretId=f"{NAME}/web3/infura", SecretString="by hand", ClientRequestToken=BY_HAND
            )

    def _others(self) -> None:
        """One changes another value of a file that feature changes, one the same value."""
        for branch, what in (("infura", "web3/infura"), ("password", PASSWORD)):
            self.say(f"git switch -q -c {branch} main")
            self._set(what, f"{branch} of another branch")
            self._commit(branch)

    def _feature(self) -> None:
        self.say("git switch -q -c feature main")
        self._set(PASSWORD, "the password of feature")
        self._set("web3/walletconnect", "the id of feature")
        self._edit(ENVIRONMENT, "cron(0 4 1 * ? *)", "cron(0 4 15 * ? *)")
        self._edit(ENVIRONMENT, "prune: false", "prune: true")
        self._edit(ENVIRONMENT, "max_prunes: 0", "max_prunes: 1")
        self._edit(SMTP, "    smtp/config/from:\n        plaintext: no-reply@lagomo.example\n", "")
        self._edit(COMMON, "  smtp/config/from:\n    description: Sender of all mail\n", "")
        self._edit(COMMON, '"587"', '"465"')
        self._edit(WEB3, "secrets:\n", ADDED)
        self._commit("feature")

    def _set(self, what: str, value: str) -> None:
        self.say(f"reconciler set production {what}", stdin=value)

    def _edit(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text()
        assert old in text, (name, old)
        (self.folder / name).write_text(text.replace(old, new, 1))

    def _commit(self, message: str) -> None:
        self.say("git add -A")
        self.say(f"git commit -q -m {message}")


def fresh(readme: str, folder: Path, aws: Sandbox) -> str:
    """A README with what its commands print now."""
    story = Story(folder, aws)
    lines = readme.split("\n")
    blocks = list(shown(readme))
    for number, block in reversed(list(enumerate(blocks))):
        outputs = story.output(block, folder / f"block-{number}")
        lines[block.first : block.last] = written(block, outputs)
    return "\n".join(lines)


if __name__ == "__main__":
    import tempfile

    with Sandbox() as sandbox, tempfile.TemporaryDirectory() as place:
        README.write_text(fresh(README.read_text(), Path(place), sandbox))
