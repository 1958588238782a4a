"""A week of a team of five: twelve pull requests, and what goes wrong between them.

`platform` has the key and approves; `developer-1`, `developer-2` and `lead` have it too;
`developer-3` has none. Whoever is outside has a fork. Each check of a pull request, each merge and
each morning is a run of the workflows, which callers as `init` writes them call. At the end AWS is
as main says, and no value was seen.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest

from reconciler.values.sensitive import Sensitive
from tests.embedded import Embedded
from tests.github.server import running
from tests.github.state import fresh
from tests.leaks.test_leaks import Canaries
from tests.trees import make_tree
from tests.workflows.project import Project, Run, make_project
from tests.workflows.test_runs import places
from tests.world import World

pytestmark = pytest.mark.long  # thirty runs, some five minutes

ENVIRONMENTS = ("production", "staging")
DATABASE = "production/database.sops.yaml"
LOGIN = ("secrets", "database/credentials", "value")
JWT = ("production/jwt.sops.yaml", "secrets", "jwt/secret", "value")
SMTP = ("production/smtp.sops.yaml", "secrets", "smtp/credentials", "value")


@dataclass
class Week:
    """``opened`` are the branches of pull requests by number, ``conflicted`` the numbers of those
    that main was merged into, ``seen`` all runs."""

    project: Project
    canaries: Canaries
    opened: dict[int, str] = field(default_factory=dict)
    seen: list[Run] = field(default_factory=list)
    conflicted: list[int] = field(default_factory=list)

    # --- what people do ---------------------------------------------------------------------------

    def branch(self, number: int, who: str, *edits: Callable[[], object], key: bool = True) -> None:
        """Somebody commits this on a branch off main; who has the key brings the lock along."""
        name = f"{who}/{number}"
        self.opened[number] = name
        self.project.git("checkout", "--quiet", "-b", name, "main")
        self.more(number, who, *edits, key=key)

    def more(self, number: int, who: str, *edits: Callable[[], object], key: bool = True) -> None:
        """Somebody commits this on the pull request's branch."""
        self.project.git("checkout", "--quiet", self.opened[number])
        for edit in edits:
            edit()
        if key:
            self.project.lock()
        self.project.commit(f"{who}: #{number}")
        self.project.git("checkout", "--quiet", "main")

    def value(self, file: str, *path: str) -> Callable[[], object]:
        """An edit: one value is another, as `sops set` does it."""
        given = Sensitive(json.dumps(self.canaries.plant()))
        where = self.project.tree.path(file)
        sops = self.project.tree.sops
        return lambda: where.write_bytes(sops.set(where.read_bytes(), path, given))

    def text(self, file: str, old: str, new: str) -> Callable[[], object]:
        """An edit of clear text, which takes no key."""
        return lambda: self.project.tree.edit(file, old, new)

    def file(self, name: str, content: Callable[[], dict[str, Any]]) -> Callable[[], object]:
        """An edit: another manifest, encrypted for the recipients, which takes no key."""
        made = content()
        return lambda: self.project.tree.write(name, made)

    # --- what runs --------------------------------------------------------------------------------

    def kept(self, run: Run, *jobs: str) -> Run:
        """A run in which these jobs succeed and no other runs."""
        assert run.results == dict.fromkeys(jobs, "success"), run.log
        return self.add(run)

    def add(self, run: Run) -> Run:
        """A run that is looked through at the end."""
        self.seen.append(run)
        return run

    def checked(self, number: int, *environments: str, fork: bool = False) -> Run:
        """The check of a pull request, which plans these."""
        run = self.project.pull_request(number, self.opened[number], fork=fork)
        jobs = [] if fork else [*named("plan", environments), "unchanged"]
        return self.kept(run, "check", *jobs, "secrets")

    def merged(self, number: int, *environments: str) -> Run:
        """The merge of a pull request, and the run that applies it: it is approved."""
        run = self.project.merge(number, self.opened[number])
        jobs = [*named("plan", environments), "todo", *named("apply", environments), "outcome"]
        return self.kept(run, "changed", *jobs)

    def conflicts(self, number: int) -> bool:
        """Whether GitHub could not merge it: its server runs no merge driver. "Workflows will not
        run on `pull_request` activity if the pull request has a merge conflict." (docs.github.com,
        Events that trigger workflows)"""
        done = subprocess.run(
            ["git", "merge-tree", "--write-tree", "main", self.opened[number]],
            cwd=self.project.repository, capture_output=True, check=False,
        )  # fmt: skip
        return done.returncode != 0

    def resolved(self, number: int) -> None:
        """It conflicts, and no check runs; main is merged into it with the key. Then whoever may
        write presses "Approve workflows to run"."""
        assert self.conflicts(number)
        self.conflicted.append(number)
        self.pull(number)["base"]["sha"] = self.project.git("rev-parse", "main")
        self.kept(self.project.merge_main(number), "conflicts", "merge")
        assert not self.conflicts(number)

    def pull(self, number: int) -> dict[str, Any]:
        """What GitHub knows of it."""
        found: list[dict[str, Any]] = self.project.github.state["pulls"]
        return next(pull for pull in found if pull["number"] == number)

    def morning(self) -> list[dict[str, Any]]:
        """The drift check, and the issues that are open after it."""
        self.kept(self.project.drift(), "environments", "removed", *named("drift", ENVIRONMENTS))
        return [one for one in self.project.github.state["issues"] if one["state"] == "open"]

    def by_hand(self, environment: str, digest: str) -> None:
        """Somebody has read a plan, and starts the workflow with its digest."""
        self.kept(
            self.project.by_hand(environment, digest), "changed", f"plan {environment}", "todo",
            f"apply {environment}", "outcome",
        )  # fmt: skip


def named(job: str, environments: tuple[str, ...]) -> list[str]:
    """A matrix's jobs as act calls them: with a number where there are more."""
    if len(environments) == 1:
        return [f"{job} {environments[0]}"]
    return [f"{job} {name}-{number}" for number, name in enumerate(environments, 1)]


@pytest.fixture
def week(
    tmp_path: Path, embedded_aws: Embedded, world: World, canaries: Canaries
) -> Iterator[Week]:
    """Two environments with a manifest for each service, all of it applied."""
    folder = tmp_path / "github"
    (folder / "repository").mkdir(parents=True)
    plant = canaries.plant

    def services() -> dict[str, object]:
        return {
            "database.sops.yaml": {
                "secrets": {
                    "database/credentials": {"value": {"user": plant(), "password": plant()}},
                    "database/replica": {"value": plant()},
                }
            },
            "jwt.sops.yaml": {"secrets": {"jwt/secret": {"value": plant()}}},
            "smtp.sops.yaml": {
                "secrets": {"smtp/credentials": {"value": {"user": plant(), "password": plant()}}},
                "parameters": {"smtp/host": {"plaintext": "smtp.internal"}},
            },
            "web.sops.yaml": {
                "parameters": {"web/workers": {"plaintext": "4"}, "web/token": {"value": plant()}}
            },
        }

    tree = make_tree(folder / "repository", {e: {"files": services()} for e in ENVIRONMENTS})
    key = tree.key_file.rename(folder / "key")
    with running(fresh()) as github:
        github.state["permissions"]["contents"] = "write"
        project = make_project(
            folder, type(tree)(tree.manifests, tree.key, key), embedded_aws, github
        )
        project.call()
        project.commit("Call the workflows")
        project.converge()
        yield Week(project, canaries)
        assert github.state["violations"] == []


def test_a_week_of_a_team_of_five(week: Week) -> None:
    project, value, text = week.project, week.value, week.text
    plant = week.canaries.plant

    # Monday: work as usual, and somebody from outside.
    assert week.morning() == []
    week.branch(
        1, "developer-1",
        week.file("production/search.sops.yaml",
                  lambda: {"secrets": {"search/key": {"value": plant(), "description": "v1"}}}),
    )  # fmt: skip
    week.checked(1, "production")
    week.merged(1, "production")
    week.branch(2, "developer-2", text("staging/web.sops.yaml", '"4"', '"8"'))
    week.checked(2, "staging")
    week.merged(2, "staging")
    week.branch(3, "somebody", text("staging/smtp.sops.yaml", "smtp.int", "mail.int"), key=False)
    outside = week.checked(3, fork=True)
    assert outside.roles == []
    assert '"smtp.internal" -> "mail.internal"' in outside.summaries["check"]
    # "Allow edits by maintainers": the lock is made with the key.
    week.more(3, "platform")
    week.checked(3, fork=True)
    week.merged(3, "staging")

    # Tuesday: three branches of the same main. The second touches other files than the first, in
    # one environment: it does not conflict. The third touches a file of the second, and does.
    week.branch(4, "developer-1", value(DATABASE, *LOGIN, "password"))
    week.branch(5, "developer-2", value(*JWT), value(*SMTP, "password"))
    week.branch(6, "lead", value(*SMTP, "user"))
    for number in (4, 5, 6):
        week.checked(number, "production")
    week.merged(4, "production")
    assert not week.conflicts(5)
    week.merged(5, "production")
    # The runner of this one loses its credentials; "Re-run failed jobs" finds the plan.
    week.resolved(6)
    week.checked(6, "production")
    before = project.git("rev-parse", "main")
    project.interrupted(True)
    lost = week.add(project.merge(6, week.opened[6]))
    assert lost.results["apply production"] == "failure"
    project.interrupted(False)
    again = project.push(before, earlier=lost)
    week.kept(again, "changed", "plan production", "todo", "apply production", "outcome")

    # Wednesday: without the key. Whoever has it brings the lock.
    week.branch(
        7, "developer-3",
        week.file(
            "staging/search.sops.yaml", lambda: {"secrets": {"search/key": {"value": plant()}}}
        ),
        text("staging/web.sops.yaml", '"8"', '"6"'),
        key=False,
    )  # fmt: skip
    without = week.add(project.pull_request(7, week.opened[7]))
    assert without.results["secrets"] == "failure"
    assert "search/key has no line in the lock" in without.log
    week.more(7, "platform")
    week.checked(7, "staging")
    week.merged(7, "staging")

    # Thursday: three branches of the same main change values of one file.
    week.branch(8, "developer-1", value(DATABASE, *LOGIN, "user"))
    week.branch(9, "developer-2", value(DATABASE, *LOGIN, "password"))
    week.branch(10, "lead", value(DATABASE, "secrets", "database/replica", "value"))
    for number in (8, 9, 10):
        week.checked(number, "production")
    week.merged(8, "production")
    for number in (9, 10):
        week.resolved(number)
        week.checked(number, "production")
        week.merged(number, "production")

    # Friday: somebody was in the console at night; main's plan puts it right.
    client = boto3.client("secretsmanager")
    client.put_secret_value(SecretId="/test/staging/jwt/secret", SecretString="by hand")
    (issue,) = week.morning()
    assert issue["title"] == "Drift: staging"
    (given,) = re.findall(r"(?m)^gh workflow run secrets-apply.yml (.*)$", issue["body"])
    week.by_hand(**dict(re.findall(r"-f (\w+)=(\S+)", given)))
    # And while an approval waits: nothing is written, and the run goes on by hand.
    week.branch(11, "developer-1", value(*JWT), value(*SMTP, "user"))
    # Of the same main, and of both environments: it makes the shared host what it was not.
    week.branch(
        12, "platform", value(*SMTP, "password"),
        *(text(f"{name}/smtp.sops.yaml", old, "relay.internal")
          for name, old in (("production", "smtp.internal"), ("staging", "mail.internal"))),
    )  # fmt: skip
    week.checked(11, "production")
    week.checked(12, *ENVIRONMENTS)
    project.before_apply(
        "put-secret-value", SecretId="/test/production/jwt/secret", SecretString="by hand"
    )
    stale = week.add(project.merge(11, week.opened[11]))
    project.before_apply()
    assert stale.results["apply production"] == "failure"
    (digest,) = re.findall(r"Digest `([0-9a-f]{64})`", stale.summaries["apply production"])
    week.by_hand("production", digest)
    week.resolved(12)
    week.checked(12, *ENVIRONMENTS)
    week.merged(12, *ENVIRONMENTS)
    assert week.morning() == []

    assert len(week.opened) == 12
    assert week.conflicted == [6, 9, 10, 12]
    assert all(pull["state"] == "closed" for pull in project.github.state["pulls"])
    for environment in ENVIRONMENTS:
        project.command("plan", environment, "--detailed-exitcode")
        project.command("drift", environment, "--read-values=all")
        assert live(environment) == declared(project, environment)
    assert set(comments_of(project)) == set(range(1, 13)) - {3}, "a fork's has none"
    looked_through = [*places(project, *week.seen), *left(project)]
    assert len(week.seen) >= 34
    whole = b"".join(looked_through)
    for shown in ("relay.internal", "search/key", "## `staging`"):
        assert whole.count(shown.encode()) > 5, "what is no secret is seen by this search"
    assert week.canaries.found(*looked_through) == []


def comments_of(project: Project) -> list[int]:
    """The numbers of the pull requests that have a comment."""
    return [comment["issue"] for comment in project.github.state["comments"]]


def left(project: Project) -> list[bytes]:
    """All that was sent to GitHub, and all that runners have left."""
    sent = json.dumps(project.github.state["requests"], ensure_ascii=False)
    files = [path for run in project.folder.glob("run-*") for path in run.rglob("*")]
    return [sent.encode(), *(path.read_bytes() for path in files if path.is_file())]


def live(environment: str) -> dict[str, str]:
    """What an application reads in AWS, of all that is there."""
    secrets, parameters = boto3.client("secretsmanager"), boto3.client("ssm")
    under = f"/test/{environment}/"
    found = {}
    for page in secrets.get_paginator("list_secrets").paginate():
        for one in page["SecretList"]:
            if one["Name"].startswith(under):
                text = secrets.get_secret_value(SecretId=one["Name"])["SecretString"]
                found[one["Name"].removeprefix(under)] = text
    pages = parameters.get_paginator("get_parameters_by_path")
    for page in pages.paginate(Path=under, Recursive=True, WithDecryption=True):
        found |= {one["Name"].removeprefix(under): one["Value"] for one in page["Parameters"]}
    return found


def declared(project: Project, environment: str) -> dict[str, str]:
    """What main declares, read with the key and nothing of the reconciler's but sops."""
    found = {}
    for path in sorted(project.tree.path(environment).glob("*.sops.yaml")):
        if path.name == "environment.sops.yaml":
            continue
        content = json.loads(project.tree.sops.decrypt(path.read_bytes()).reveal())
        for section in ("secrets", "parameters"):
            for name, entry in content.get(section, {}).items():
                given = entry.get("value", entry.get("plaintext"))
                whole = isinstance(given, dict)
                found[name] = (
                    json.dumps(given, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
                    if whole
                    else given
                )
    return found
