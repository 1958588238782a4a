"""An embedded AWS in a child process, and manifests that are applied to it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from bench import declared
from bench.process import Run, measure
from tests.trees import Tree, clean_environ, default_settings, make_tree

ROOT = Path(__file__).resolve().parent.parent
RECONCILER = [sys.executable, "-m", "reconciler.cli.main"]
FREELY = "1000"  # --pace: as if AWS had no quotas


@dataclass(frozen=True)
class Counted:
    """The calls that were answered, and how many came too soon for AWS's quotas."""

    calls: Counter[str]
    refused: int


class Account:
    """A context manager. ``quotas``: the account has AWS's, and the reconciler keeps to them."""

    def __init__(self, *, quotas: bool = False) -> None:
        self.quotas = quotas
        self._folder = Path(tempfile.mkdtemp(prefix="reconciler-bench-"))
        self._tree: Tree | None = None
        self._child = subprocess.Popen(
            [sys.executable, "-m", "bench.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=clean_environ(),
        )
        self.url = self._read()
        self.environment = {
            **clean_environ(),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_DEFAULT_REGION": declared.REGION,
            "PYTHONPATH": str(ROOT),
        }
        self.tell(f"throttle {'on' if quotas else 'off'}")

    def __enter__(self) -> Account:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._child.wait(30)
        shutil.rmtree(self._folder)

    def _read(self) -> str:
        assert self._child.stdout is not None
        return self._child.stdout.readline().strip()

    def tell(self, command: str) -> str:
        """Give the server a command; its answer. Raises where there is none."""
        assert self._child.stdin is not None
        self._child.stdin.write(command + "\n")
        self._child.stdin.flush()
        answer = self._read()
        if answer in ("", "what?"):
            raise RuntimeError(f"the embedded AWS did not do `{command}`")
        return answer

    def counted(self) -> Counted:
        """The calls since this was last asked."""
        said = json.loads(self.tell("count"))
        calls, refused = Counter(said["calls"]), Counter(said["refused"])
        calls.subtract(refused)
        return Counted(+calls, refused.total())

    def declare(
        self, count: int, generation: int, *, secrets: bool = True, parameters: bool = True
    ) -> None:
        """Write and encrypt the manifests; in parallel, since sops takes a second for 1,000."""
        tree = self._new_tree()
        tree.write("production/environment.sops.yaml", default_settings("production"))
        files = declared.files(count, generation, secrets=secrets, parameters=parameters)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda file: tree.write(f"production/{file[0]}", file[1]), files))

    def declare_many(self, names: Sequence[str], count: int) -> None:
        """Write, encrypt and commit many environments, each with values of its own."""
        tree = self._new_tree()

        def one(generation: int, name: str) -> None:
            tree.write(f"{name}/environment.sops.yaml", default_settings(name))
            for file, content in declared.files(count, generation):
                tree.write(f"{name}/{file}", content)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(one, range(len(names)), names))
        identity = ("-c", "user.name=bench", "-c", "user.email=bench@localhost")
        for words in (("init",), ("add", "manifests"), (*identity, "commit", "-m", "declared")):
            self.measure(["git", *words])

    def _new_tree(self) -> Tree:
        if self._tree is not None:
            shutil.rmtree(self._tree.manifests)
        tree = self._tree = make_tree(self._folder, {})
        self.environment |= tree.environ
        return tree

    def path(self, name: str) -> Path:
        """A file beside the manifests."""
        return self._folder / name

    def run(self, *words: str) -> Run:
        """One command of ours, from the start of its process to its end."""
        pace = [] if self.quotas else ["--pace", FREELY]
        return self.measure([*RECONCILER, *words, *pace])

    def measure(self, command: list[str]) -> Run:
        """Any other command."""
        return measure(command, self._folder, self.environment)
