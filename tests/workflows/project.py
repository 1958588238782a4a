"""A repository that uses the workflows, an account, a GitHub: all on this machine.

``act`` runs the workflows as they are, but for what it does not know: ``queue:`` of a concurrency
group and ``deployment:`` of an Environment are left out, ``$/`` becomes a repository of its own,
and the actions of others are those in ``stubs/``. It does not wait at an Environment, and knows no
permissions. The program is a process that is forked (`tests/forked.py`); one test takes the script
that is installed.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reconciler.access.init import Source, called
from tests.embedded import Embedded
from tests.forked import program
from tests.github.server import GitHub
from tests.trees import Tree, clean_environ

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
INSTALLED = BIN / "reconciler"
STUBS = {
    "actions/checkout": "checkout",
    "actions/upload-artifact": "upload",
    "actions/download-artifact": "download",
    "aws-actions/configure-aws-credentials": "credentials",
}
SELF = "octo/self@" + "1" * 40
TIMEOUT = 300  # seconds a workflow, on a machine that is busy with other tests
PLAN_ROLE = "arn:aws:iam::{account}:role/plan-{environment}"
ADOPT_ROLE = "arn:aws:iam::{account}:role/adopt-{environment}"
APPLY_ROLE = "arn:aws:iam::{account}:role/apply-{environment}"


@dataclass
class Run:
    """What one run of a workflow did: results and summaries by job, all lines of the log."""

    results: dict[str, str] = field(default_factory=dict)
    summaries: dict[str, str] = field(default_factory=dict)
    log: str = ""
    raw: str = ""
    roles: list[str] = field(default_factory=list)
    artifacts: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass
class Project:
    """``repository`` is what is pushed to GitHub; ``runs`` counts the runs; ``program`` is what
    stands for ``reconciler``."""

    folder: Path
    tree: Tree
    aws: Embedded
    github: GitHub
    runs: int = 0
    program: Path = field(default_factory=program)
    calls: bool = False  # whether the workflows of the repository call ours
    variables: dict[str, str] = field(  # those of the repository
        default_factory=lambda: {
            "SECRETS_PLAN_ROLE": PLAN_ROLE,
            "SECRETS_APPLY_ROLE": APPLY_ROLE,
            "SECRETS_ADOPT_ROLE": ADOPT_ROLE,
        }
    )

    @property
    def repository(self) -> Path:
        """The repository, with the manifests and the workflows."""
        return self.tree.manifests.parent

    def git(self, *arguments: str) -> str:
        """Run git in the repository."""
        done = subprocess.run(
            ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments],
            cwd=self.repository,
            env=clean_environ(),
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
        return done.stdout.strip()

    def commit(self, message: str) -> str:
        """Commit everything; the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def lock(self) -> None:
        """Bring the locks up to date, with the key."""
        self.command("lock")

    def converge(self) -> None:
        """Apply what main has, without a run."""
        for environment in ("production", "staging"):
            self.command("apply", environment, "--auto-approve")

    def command(self, *arguments: str) -> None:
        """Run it as somebody who has the key and credentials; it has to succeed."""
        # The fixture's AWS variables lead to the embedded AWS.
        done = subprocess.run(
            [str(self.program), f"--manifests={self.tree.manifests.name}", *arguments],
            cwd=self.repository,
            env=os.environ | self.tree.environ | {"PYTHONDONTWRITEBYTECODE": ""},
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
        )
        assert done.returncode == 0, done.stderr

    def call(self, **inputs: str) -> None:
        """Let the workflows be callers of ours, as `init` writes them; with more inputs."""
        self.calls = True
        folder = self.repository / ".github"
        shutil.rmtree(folder)
        for path, text in called(Source(SELF, "v1.2.3"), age=True).items():
            (self.repository / path).parent.mkdir(parents=True, exist_ok=True)
            more = ", ".join(
                f"{name.replace('_', '-')}: '{value}'" for name, value in inputs.items()
            )
            if more:
                text = re.sub(r"with: { (.*) }", rf"with: {{ \1, {more} }}", text)
                if "with:" not in text:
                    text += f"    with: {{ {more} }}\n"
            (self.repository / path).write_text(text)

    # --- events -----------------------------------------------------------------------------------

    def pull_request(self, number: int, branch: str, *, fork: bool = False) -> Run:
        """Run the plan workflow on what a merge of a branch into main would be: GITHUB_SHA is the
        "last merge commit on the GITHUB_REF branch". A fork's has no secret and no identity.
        (docs.github.com, Events that trigger workflows: pull_request)"""
        repository = self.github.state["repository"]
        owner = "somebody/fork" if fork else repository
        base, head = self.git("rev-parse", "main"), self.git("rev-parse", branch)
        self.git("checkout", "--quiet", "--detach", "main")
        self.git("merge", "--quiet", "--no-ff", "--message", "merge", branch)
        pull = {
            "number": number,
            "state": "open",
            "head": {"ref": branch, "sha": head, "repo": owner},
            "base": {"ref": "main", "sha": base},
            "merged_at": None,
            "merge_commit_sha": None,
            "files": [
                {"filename": name, "status": "modified"}
                for name in self.git("diff", "--name-only", f"{base}...{head}").splitlines()
            ],
        }
        others = [p for p in self.github.state["pulls"] if p["number"] != number]
        self.github.state["pulls"] = [*others, pull]
        event = {
            "action": "synchronize",
            "number": number,
            "pull_request": {
                "number": number,
                "head": {"ref": branch, "sha": head, "repo": {"full_name": owner}},
                "base": {"ref": "main", "sha": base, "repo": {"full_name": repository}},
            },
        }
        run = self.run("secrets-plan", "pull_request", event)
        done = "success" if run.results.get("secrets") == "success" else "failure"
        self.keep(run, event="pull_request", conclusion=done, head=head, branch=branch, pull=pull)
        self.git("checkout", "--quiet", "main")
        return run

    def keep(
        self, run: Run, *, event: str, conclusion: str, head: str, branch: str, pull: Any
    ) -> None:
        """Let GitHub know of a run and of its artifacts."""
        state = self.github.state
        state["runs"].append(
            {
                "id": 100 + self.runs,
                "path": ".github/workflows/secrets-plan.yml",
                "event": event,
                "status": "completed",
                "conclusion": conclusion,
                "head_sha": head,
                "head_branch": branch,
                "head_repository": pull["head"]["repo"],
                "run_number": self.runs,
                "pull_requests": [{"number": pull["number"], "base": {"ref": "main"}}],
            }
        )
        for name, files in run.artifacts.items():
            number = 1000 + len(state["artifacts"])
            kept = {"id": number, "run": 100 + self.runs, "name": name, "files": files}
            state["artifacts"].append(kept)

    def merge(self, number: int, branch: str) -> Run:
        """Squash a pull request onto main and run the apply workflow."""
        before = self.git("rev-parse", "main")
        self.git("checkout", "--quiet", "main")
        self.git("merge", "--quiet", "--squash", branch)
        after = self.commit(f"Merge #{number}")
        for pull in self.github.state["pulls"]:
            if pull["number"] == number:
                pull |= {"state": "closed", "merged_at": "2026-01-01T00:00:00Z"}
                pull["merge_commit_sha"] = after
        # act asks git for the commit before each step: main may go on while the run goes.
        self.git("checkout", "--quiet", "--detach")
        run = self.push(before)
        self.git("checkout", "--quiet", "main")
        return run

    def push(self, before: str, earlier: Run | None = None) -> Run:
        """Run the apply workflow on the commit that is checked out; again, where ``earlier`` is an
        attempt that kept artifacts."""
        event = {"ref": "refs/heads/main", "before": before, "after": self.git("rev-parse", "HEAD")}
        return self.run("secrets-apply", "push", event, earlier)

    def by_hand(self, environment: str, digest: str) -> Run:
        """Run the apply workflow as somebody does who has read a plan."""
        inputs = {"environment": environment, "digest": digest}
        return self.run("secrets-apply", "workflow_dispatch", {"inputs": inputs})

    def adopt(self, environment: str, **inputs: str) -> Run:
        """Run the adopt workflow."""
        given = {"environment": environment, "names": "", "take": "refuse those", "digest": ""}
        return self.run("secrets-adopt", "workflow_dispatch", {"inputs": given | inputs})

    def merge_main(self, number: int) -> Run:
        """Run the workflow that merges main into a pull request."""
        return self.run("secrets-merge", "workflow_dispatch", {"inputs": {"number": str(number)}})

    def drift(self, with_key: bool = False) -> Run:
        """Run the drift workflow, as every morning."""
        self.variables["SECRETS_DRIFT_WITH_KEY"] = str(with_key).lower()
        return self.run("secrets-drift", "schedule", {"schedule": "17 5 * * *"})

    def before_apply(self, operation: str = "", **parameters: str) -> None:
        """Let somebody else do this in AWS when the apply job has begun; nothing, if empty."""
        method = operation.replace("-", "_")
        self._hook(
            f"#!{sys.executable}\n"
            "import boto3\n"
            f"boto3.client('secretsmanager').{method}(**{parameters!r})\n"
            if operation
            else ""
        )

    def overtaken(self, commit: str) -> None:
        """Let main go on to what this commit holds, and be applied, when the apply job of the next
        run has begun: a later run was approved first."""
        variables = self.tree.environ | {"HOME": str(self.folder)}
        exports = "".join(f"export {name}={shlex.quote(v)}\n" for name, v in variables.items())
        self._hook(
            f"#!/bin/bash\nset -euo pipefail\n{exports}"
            f"git -C {self.repository} worktree add --quiet {self.folder}/later main\n"
            f"cd {self.folder}/later\n"
            f"git checkout --quiet {commit} -- manifests\n"
            "git -c user.name=t -c user.email=t@example.com commit --quiet -m later\n"
            "git checkout --quiet --detach\n"
            f"{self.program} apply production --auto-approve >&2\n"
        )

    def interrupted(self, is_so: bool) -> None:
        """Let the apply job of the next runs end before it has credentials."""
        self._hook("#!/bin/bash\nexit 1\n" if is_so else "")

    def gone(self, *artifacts: str) -> None:
        """Let GitHub no longer have these when an apply job asks for them."""
        (self.folder / "gone").write_text("".join(f"{name}\n" for name in artifacts))

    def _hook(self, text: str) -> None:
        script = self.folder / "before-apply"
        script.unlink(missing_ok=True)
        if text:
            script.write_text(text)
            script.chmod(0o755)

    # --- act --------------------------------------------------------------------------------------

    def run(
        self, workflow: str, event: str, payload: Mapping[str, Any], earlier: Run | None = None
    ) -> Run:
        """Run a workflow."""
        self.runs += 1
        kept = self.folder / f"run-{self.runs}"
        (kept / "artifacts").mkdir(parents=True)
        if earlier is not None:
            for name, files in earlier.artifacts.items():
                (kept / "artifacts" / name).mkdir()
                for file_name, text in files.items():
                    (kept / "artifacts" / name / file_name).write_text(text)
            (kept / "earlier").write_text("".join(f"{name}\n" for name in earlier.artifacts))
        workflows = self._adapted()
        repository = self.github.state["repository"]
        file = kept / "event.json"
        common = {"repository": {"full_name": repository, "id": 1, "default_branch": "main"}}
        file.write_text(json.dumps(common | dict(payload)))
        variables = {
            "TEST_AWS": self.aws.url,
            "TEST_BEFORE_APPLY": str(self.folder / "before-apply"),
            "TEST_KEPT": str(kept),
            "TEST_RECONCILER": str(self.program),
            "TEST_REPOSITORY": str(self.repository),
            "GITHUB_API_URL": self.github.url,
            "PYTHONDONTWRITEBYTECODE": "",
        }
        command = [
            str(BIN / "act"), event, "--directory", str(self.repository),
            "--workflows", str(workflows / f"{workflow}.yml"), "--eventpath", str(file),
            "--platform", "ubuntu-24.04=-self-hosted", "--no-cache-server", "--no-skip-checkout",
            "--action-offline-mode", "--json", "--defaultbranch", "main",
            "--action-cache-path", str(kept / "cache"),
            "--secret", "GITHUB_TOKEN", "--secret", "SOPS_AGE_KEY",
            "--local-repository", f"{SELF}={self.folder / 'self'}",
        ]  # fmt: skip
        for name, stub in self._stubs(workflows / f"{workflow}.yml").items():
            command += ["--local-repository", f"{name}={self.folder / 'stubs' / stub}"]
        for name, value in self.variables.items():
            command += ["--var", f"{name}={value}"]
        for name, value in variables.items():
            command += ["--env", f"{name}={value}"]
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        done = subprocess.run(
            command,
            env={
                "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
                "HOME": str(home),
                "XDG_CACHE_HOME": str(kept / "cache"),
                "GITHUB_TOKEN": self.github.state["token"],
                "SOPS_AGE_KEY": self.tree.key.identity,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
        )
        return _read(done.stdout + done.stderr, kept)

    def _adapted(self) -> Path:
        """The workflows of the commit that is checked out, as act understands them."""
        into = self.folder / "adapted"
        into.mkdir(exist_ok=True)
        for file in (self.repository / ".github" / "workflows").glob("*.yml"):
            (into / file.name).write_text(_adapted(file.read_text()))
        theirs = ROOT if self.calls else self.repository
        self_ = self.folder / "self" / ".github"
        shutil.copytree(theirs / ".github", self_, dirs_exist_ok=True)
        for file in (self_ / "workflows").glob("*.yml"):
            file.write_text(_adapted(file.read_text()))
        return into

    def _stubs(self, workflow: Path) -> dict[str, str]:
        called = self.folder / "self" / ".github" / "workflows" / workflow.name
        text = workflow.read_text() + (called.read_text() if called.exists() else "")
        used = set(re.findall(r"uses: ([\w./-]+@[0-9a-f]{40})", text))
        return {
            name: STUBS[name.partition("@")[0]] for name in used if not name.startswith("octo/")
        }


def _adapted(text: str) -> str:
    """A workflow as act understands it. ``$/`` is the repository of the file that it stands in, at
    the commit that runs ("Workflow syntax for GitHub Actions")."""
    repository, _, commit = SELF.partition("@")
    text = re.sub(r"\$/(\S+)", rf"{repository}/\1@{commit}", text)
    return re.sub(r"(?m)^ +(queue: max|deployment: .*)\n", "", text)


def _read(log: str, kept: Path) -> Run:
    """What act said, line by line of JSON."""
    run = Run(raw=log)
    lines = []
    for line in log.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            lines.append(line)
            continue
        job = str(entry.get("job", "")).rpartition("/")[2].strip()
        if "jobResult" in entry:
            run.results[job] = entry["jobResult"]
        if entry.get("command") == "summary" and len(entry.get("stepID", [])) == 1:
            run.summaries[job] = run.summaries.get(job, "") + entry.get("content", "")
        lines.append(str(entry.get("msg", "")).rstrip("\n"))
    run.log = "\n".join(lines)
    roles = kept / "roles"
    run.roles = sorted(roles.read_text().splitlines()) if roles.exists() else []
    for folder in sorted((kept / "artifacts").iterdir()):
        run.artifacts[folder.name] = {f.name: f.read_text() for f in folder.iterdir()}
    return run


def make_project(folder: Path, tree: Tree, aws: Embedded, github: GitHub) -> Project:
    """A repository with these manifests, on main and never applied."""
    project = Project(folder, tree, aws, github)
    shutil.copytree(ROOT / ".github", project.repository / ".github")
    for stub in STUBS.values():
        shutil.copytree(ROOT / "tests" / "workflows" / "stubs" / stub, folder / "stubs" / stub)
    project.git("init", "--quiet", "--initial-branch", "main")
    project.git("config", "uploadpack.allowAnySHA1InWant", "true")
    origin = f"https://github.com/{github.state['repository']}.git"
    project.git("remote", "add", "origin", origin)
    github.state["git"] = str(project.repository)
    project.lock()
    project.commit("Begin")
    return project
