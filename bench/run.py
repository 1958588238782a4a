"""The benchmark: how long a plan takes, how many calls it makes, how much memory it needs.

    make bench                     what RESULTS.md holds
    python bench/run.py --quick    without the naive way and without 10,000

Everything runs as whole processes, as a user runs them, against an embedded AWS in a process of its
own. Times on a shared machine are noisy: of several runs the median is given, and two ways are
compared within one run of the benchmark.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
RESULTS = ROOT / "bench" / "RESULTS.md"
RUNS = 5
NAIVE_RUNS = 1  # it takes a minute and a half
PER_FILE = 250  # resources of each kind
LINKS = (0.0, 0.02, 0.08)  # seconds a call


@dataclass(frozen=True)
class Run:
    """One process: seconds of wall clock and of processor, and its largest size in MiB."""

    wall: float
    cpu: float
    memory: float


class Server:
    """The embedded AWS, in a child."""

    def __init__(self) -> None:
        self._child = subprocess.Popen(
            [sys.executable, ROOT / "bench" / "server.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        self.url = self._read()

    def _read(self) -> str:
        assert self._child.stdout is not None
        return self._child.stdout.readline().strip()

    def tell(self, command: str) -> str:
        """Give a command; its answer."""
        assert self._child.stdin is not None
        self._child.stdin.write(command + "\n")
        self._child.stdin.flush()
        return self._read()

    def calls(self) -> dict[str, int]:
        """The calls since this was last asked."""
        found: dict[str, int] = json.loads(self.tell("count"))
        return found

    def close(self) -> None:
        """End it."""
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._child.wait(30)


@contextmanager
def account(count: int) -> Iterator[tuple[Server, Path, dict[str, str]]]:
    """``count`` secrets and as many parameters, declared and applied."""
    from tests.trees import clean_environ, make_tree

    server = Server()
    try:
        with tempfile.TemporaryDirectory(prefix="reconciler-bench-") as folder:
            tree = make_tree(Path(folder), {"production": {"files": _files(count)}})
            environment = {
                **clean_environ(),
                **tree.environ,
                "AWS_ENDPOINT_URL": server.url,
                "AWS_ACCESS_KEY_ID": "bench",
                "AWS_SECRET_ACCESS_KEY": "bench",
                "AWS_DEFAULT_REGION": "us-west-2",
                "PYTHONPATH": str(ROOT),
            }
            _fill(tree, environment)
            server.calls()
            yield server, Path(folder), environment
    finally:
        server.close()


def _files(count: int) -> dict[str, Any]:
    files: dict[str, Any] = {}
    for start in range(0, count, PER_FILE):
        numbers = range(start, min(count, start + PER_FILE))
        files[f"{start:05}.sops.yaml"] = {
            "secrets": {f"s{n:05}/login": {"value": {"user": f"u{n}"}} for n in numbers},
            "parameters": {
                f"p{n:05}/host": {"plaintext": f"h{n}"} if n % 2 else {"value": f"h{n}"}
                for n in numbers
            },
        }
    return files


def _fill(tree: Any, environment: dict[str, str]) -> None:
    """Apply without AWS's quotas: 3 parameters a second would take an hour for 10,000."""
    import boto3

    from reconciler import apply, manifest, planning
    from reconciler.aws import Aws
    from reconciler.pacing import Pacing

    os.environ.update(environment)
    declared = manifest.read(tree.manifests, "production")
    aws = Aws(boto3.session.Session(), "us-west-2", pacing=Pacing(100_000))
    planned = planning.make(declared.settings.scope, lambda: declared.decrypt(tree.sops), aws)
    outcomes = apply.run(planned, planned.plan.changes, aws, lambda _: None, threading.Event())
    assert all(outcome.status == "done" for outcome in outcomes)


def measure(command: list[str], folder: Path, environment: dict[str, str]) -> Run:
    """Run a process to its end. Raises where it fails."""
    began = time.monotonic()
    child = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert child.stderr is not None
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - began
    if child.returncode:
        sys.exit(f"{command} ended with {child.returncode}: {said.decode()}")
    unit = 1024 if sys.platform == "linux" else 1024 * 1024
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def plan(folder: Path, environment: dict[str, str]) -> Run:
    """An unchanged plan, from the start of the process to its end."""
    command = [sys.executable, "-m", "reconciler.cli.main", "plan", "production"]
    return measure(command, folder, environment)


def names(folder: Path, count: int) -> Path:
    """The file that the naive way is given."""
    path = folder / "names"
    prefix = "/test/production"
    lines = [f"secret {prefix}/s{n:05}/login" for n in range(count)]
    lines += [f"parameter {prefix}/p{n:05}/host" for n in range(count)]
    path.write_text("\n".join(lines))
    return path


def median(runs: list[Run]) -> Run:
    """The median of each figure."""
    return Run(
        statistics.median(run.wall for run in runs),
        statistics.median(run.cpu for run in runs),
        max(run.memory for run in runs),
    )


def unchanged(sizes: tuple[int, ...], *, naive: bool) -> list[str]:
    """Plans of what is as declared, over each link, and the naive way beside 1,000."""
    lines = [
        "| secrets + parameters | link | calls | wall, median (s) | processor (s) | memory (MiB) |",
        "|---|---|---|---|---|---|",
    ]
    compared: list[str] = []
    for count in sizes:
        with account(count) as (server, folder, environment):
            for link in LINKS:
                server.tell(f"latency {link}")
                server.calls()
                runs = [plan(folder, environment) for _ in range(RUNS)]
                calls = {name: n // RUNS for name, n in server.calls().items()}
                mid = median(runs)
                told = ", ".join(f"{n} {name}" for name, n in sorted(calls.items()))
                lines.append(
                    f"| {count:,} + {count:,} | {link * 1000:.0f} ms | {told} |"
                    f" {mid.wall:.2f} | {mid.cpu:.2f} | {mid.memory:.0f} |"
                )
                print(lines[-1], flush=True)
                if naive and count == 1000 and link == 0.02:
                    compared += _naive(server, folder, environment, count, mid)
    return [*lines, "", *compared]


def _naive(
    server: Server, folder: Path, environment: dict[str, str], count: int, ours: Run
) -> list[str]:
    command = [sys.executable, str(ROOT / "bench" / "naive.py"), str(names(folder, count))]
    server.calls()
    runs = [measure(command, folder, environment) for _ in range(NAIVE_RUNS)]
    total = sum(server.calls().values()) // NAIVE_RUNS
    mid = median(runs)
    line = (
        f"The naive way (a Describe and a Get for each, one after the other) takes {mid.wall:.1f} s"
        f" and {total:,} calls for {count:,} + {count:,} over 20 ms: {mid.wall / ours.wall:.0f}"
        f" times as long, {total / 31:.0f} times as many calls, and it reads every value."
    )
    print(line, flush=True)
    return [line]


def start() -> list[str]:
    """How long ``--help`` takes, beside a Python that does nothing."""
    from tests.trees import clean_environ

    folder, environment = ROOT, clean_environ()
    helped, nothing = [], []
    for _ in range(2 * RUNS):
        command = [sys.executable, "-m", "reconciler.cli.main", "--help"]
        helped.append(measure(command, folder, environment))
        nothing.append(measure([sys.executable, "-c", ""], folder, environment))
    line = (
        f"`reconciler --help`: {median(helped).wall:.3f} s, a Python that does nothing:"
        f" {median(nothing).wall:.3f} s (medians of {2 * RUNS}, in turn)."
    )
    print(line, flush=True)
    return [line]


def main() -> None:
    """Measure, print, and write RESULTS.md unless it was a quick run."""
    quick = "--quick" in sys.argv[1:]
    sizes = (100, 1000) if quick else (100, 1000, 10_000)
    head = [
        "# Results",
        "",
        "Written by `make bench`. Times are of whole processes, sops and the start of Python"
        f" included; medians of {RUNS} runs on {os.cpu_count()} processors,"
        f" Python {platform.python_version()}, {platform.machine()}, load"
        f" {os.getloadavg()[0]:.1f} at the start. Memory is the largest process, without sops's.",
        "",
    ]
    lines = [*head, "## Start", "", *start(), "", "## Unchanged plan", ""]
    lines += unchanged(sizes, naive=not quick)
    if not quick:
        RESULTS.write_text("\n".join(lines).rstrip() + "\n")
        print(f"written: {RESULTS.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
