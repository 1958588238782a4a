"""What the pages show of the commands: repositories and accounts in which they are run.

``python -m tests.story [PAGE…]`` runs every command that README.md and docs/ show, and puts what it
prints there. ``tests/pages.py`` says how a page shows one.
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
from collections.abc import Iterable
from pathlib import Path
from unittest import mock

import boto3

from reconciler.cli.main import run
from tests.aws_command import aws as aws_command
from tests.embedded import Embedded
from tests.kept import Kept, keep
from tests.pages import ROOT, Step, begins, pages, steps, written
from tests.sandbox.conftest import deploy_function
from tests.trees import clean_environ

SMTP = "manifests/production/smtp.sops.yaml"
ENVIRONMENT = "manifests/production/environment.sops.yaml"
COMMON, WEB3 = "manifests/common/smtp.yaml", "manifests/production/web3.sops.yaml"
PASSWORD = "smtp/credentials --key password"
NAME = "/lagomo/production"
BY_HAND = "b0e7a9c2-5d1f-4c8e-9a36-2f4d7b1e6c05"
PROFILES = ("acme-production", "acme-staging", "acme-development", "acme-login")
ASKING = ("adopt", "apply", "import", "release", "revoke", "rollback", "rotate", "set")
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


def same_everywhere(text: str) -> str:
    """Without what is another in each run: commits, dates, request ids, and what sops makes."""
    text = re.sub(r"\b[0-9a-f]{40}\b", "0" * 40, text)
    text = re.sub(r"\bct:[0-9a-f]{64}\b", "ct:", text)  # sops encrypts with chance
    # A change that returns to an earlier value is bound to the moment of the last one.
    text = re.sub(r"\bDigest(:? `?)[0-9a-f]{64}\b", r"Digest\g<1>" + "0" * 64, text)
    text = re.sub(r'"(checksum|digest)": "[0-9a-f]{64}"', r'"\1": ""', text)  # of commits, too
    text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "0" * 36, text)
    text = re.sub(r"\b[0-9a-f]{12}\b", "0" * 12, text)
    text = re.sub(r"\b[gr]1[0-9a-f]{62}\b", "r1", text)
    text = re.sub(r"(:secret:[\w/+=.@-]+-)[A-Za-z0-9]{6}\b", r"\1XXXXXX", text)
    text = re.sub(r"\b\d\d:\d\d(:\d\d)?\b", "00:00", text)
    return re.sub(r"\b20\d\d-\d\d-\d\d\b", "2026-01-01", text)


class Story:
    """Repositories and accounts that pages begin with: ``main``, applied and as it should be;
    ``feature``, a branch of it, while others wrote to the account; ``clone``, this repository and
    an empty account; ``nothing``, an empty folder and account."""

    def __init__(self, folder: Path, aws: Embedded) -> None:
        self.folder, self.aws, self.accounts = folder, aws, dict[str, Kept]()
        self.environ = {
            **clean_environ(),
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_DEFAULT_REGION": "us-west-2",
            "SOPS_AGE_KEY_FILE": str(ROOT / "manifests/demo-age-key.txt"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "AWS_CONFIG_FILE": str(folder / "aws"),
            "XDG_CONFIG_HOME": str(folder / "session" / "configuration"),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com",
            "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com",
        }  # fmt: skip
        (folder / "aws").write_text("".join(map(_profile, PROFILES)))
        self.repository = folder / "repository"
        self.repository.mkdir()
        shutil.copytree(ROOT / "manifests", self.repository / "manifests")
        self._main()
        self._others()
        self._feature()

    def fresh(self, page: str) -> str:
        """A page with what its commands print now.

        Raises:
            AssertionError: a command whose output is not shown did not end with 0.
        """
        lines = page.split("\n")
        done = list(steps(page))
        if not done:
            return page
        folder = self.begin(begins(page))
        results = [[self._run(command, step, folder) for command in step.commands] for step in done]
        for step, outputs in reversed(list(zip(done, results, strict=True))):
            if step.first is not None:
                lines[step.first : step.last] = written(step, outputs)
        shutil.rmtree(folder.parent)
        return "\n".join(lines)

    def begin(self, state: str) -> Path:
        """The repository of a page, with its account."""
        self.aws.reset()
        folder = self.folder / "session" / "repository"
        if state in self.accounts:
            self.accounts[state].restore(self.aws)
            shutil.copytree(self.repository, folder)
            self.say(f"git switch -q {state}", folder)
        else:
            folder.mkdir(parents=True)
            for part in ("manifests", "demo") if state == "clone" else ():
                shutil.copytree(ROOT / part, folder / part)
            if state == "clone":
                for line in ("git init -q -b main", "git add -A", "git commit -q -m clone"):
                    self.say(line, folder)
        return folder

    def _run(self, line: str, step: Step, folder: Path) -> str:
        words = line.split()
        if step.approved and words[0] == "reconciler" and words[1] in ASKING:
            line += " --auto-approve"
        code, output = self._end(line, folder, step.stdin, data=not step.typed)
        assert step.first is not None or code == 0, (line, output)
        return output

    def say(self, line: str, folder: Path | None = None, stdin: str = "") -> str:
        """Run one command; what it prints on both streams."""
        return self._end(line, folder or self.repository, stdin, data=False)[1]

    def _end(self, line: str, folder: Path, stdin: str, *, data: bool) -> tuple[int, str]:
        """How a command ends, and what it prints: on both streams, or on stdout alone."""
        before, bar, after = line.rpartition(" | ")
        if bar and after.startswith("reconciler "):  # what a file or a command hands to it
            stdin, line = self._end(before, folder, stdin, data=True)[1], after
        line, arrow, target = line.partition(" > ")
        words = shlex.split(line)
        if words[0] == "aws":
            with mock.patch.dict(os.environ, self.environ), contextlib.chdir(folder):
                code, shown = 0, aws_command(words[1:])
        elif words[0] == "reconciler" and words[1] != "exec":  # which becomes its command
            code, shown = self._reconciler(words[1:], folder, stdin, data=data or bool(arrow))
        else:
            done = subprocess.run(
                ["bash", "-c", line], cwd=folder, env=self.environ, check=False, text=True,
                input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            code, shown = done.returncode, done.stdout
        if arrow and code == 0:
            (folder / target.strip()).write_text(shown)
            shown = ""
        return code, shown.replace(str(folder), ".")

    def _reconciler(
        self, arguments: list[str], folder: Path, stdin: str, *, data: bool
    ) -> tuple[int, str]:
        out = io.StringIO()
        err = io.StringIO() if data else out
        with (
            contextlib.chdir(folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            mock.patch.dict(os.environ, self.environ),
            mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()))),
        ):
            code = run(arguments)
        return code, out.getvalue() + (err.getvalue() if data and code not in (0, 2) else "")

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
            self.accounts["main"] = keep(self.aws)
            client = boto3.client("secretsmanager")
            client.rotate_secret(SecretId=f"{NAME}/database/credentials", RotateImmediately=True)
            assert self.aws.wait_for_rotations()
            client.create_secret(Name=f"{NAME}/web3/alchemy", SecretString="theirs")
            # The version is part of what the plan is bound to, and so of its digest.
            client.put_secret_value(
                SecretId=f"{NAME}/web3/infura", SecretString="by hand", ClientRequestToken=BY_HAND
            )
            self.accounts["feature"] = keep(self.aws)

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
        text = (self.repository / name).read_text()
        assert old in text, (name, old)
        (self.repository / name).write_text(text.replace(old, new, 1))

    def _commit(self, message: str) -> None:
        self.say("git add -A")
        self.say(f"git commit -q -m {message}")


def _profile(name: str) -> str:
    return f"[profile {name}]\naws_access_key_id = {name}\naws_secret_access_key = sandbox\n"


def write(chosen: Iterable[Path]) -> None:
    """Write pages again, with what their commands print now."""
    import tempfile

    with Embedded() as sandbox, tempfile.TemporaryDirectory() as place:
        story = Story(Path(place), sandbox)
        for page in chosen:
            page.write_text(story.fresh(page.read_text()))


if __name__ == "__main__":
    write([Path(name) for name in sys.argv[1:]] or pages())
