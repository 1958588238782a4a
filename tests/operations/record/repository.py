"""The manifests of a world, in a git repository."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler import manifest
from reconciler.operations import record
from tests.command import Done, command
from tests.trees import clean_environ
from tests.world import World


@dataclass
class Repository:
    """``head`` is the commit that is checked out."""

    world: World

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self.world.tree.manifests.parent

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        """Run git as somebody."""
        done = subprocess.run(
            ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments],
            cwd=cwd or self.folder, env=clean_environ(), capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.strip()

    def commit(self, *secrets: str, parameters: tuple[str, ...] = (), **settings: Any) -> str:
        """Declare exactly these, and commit it; the commit."""
        self.world.declare(
            {name: {"value": f"value of {name}"} for name in secrets},
            {name: {"plaintext": name} for name in parameters},
            **settings,
        )
        return self.save()

    def save(self) -> str:
        """Commit the manifests as they are."""
        self.git("add", "manifests")
        self.git("commit", "--quiet", "--allow-empty", "--message", "change")
        return self.head

    @property
    def head(self) -> str:
        """The commit."""
        return self.git("rev-parse", "HEAD")

    def run(self, *arguments: str, code: int | None = 0) -> Done:
        """Run a command."""
        return command(self.world, *arguments, "--pace", "1000", code=code)

    def apply(self, *more: str, code: int = 0) -> Done:
        """Apply production."""
        return self.run("apply", "production", "--auto-approve", *more, code=code)

    def drift(self, *more: str, code: int | None = 0) -> dict[str, Any]:
        """Drift of production as JSON; with None, whatever its exit code is."""
        done = self.run("drift", "production", "-o", "json", *more, code=code)
        found: dict[str, Any] = json.loads(done.out)
        return found

    def classes(self, *more: str, code: int | None = 0) -> dict[str, str]:
        """The class of each difference by its name below the prefix."""
        found = self.drift(*more, code=code)["drift"]
        return {one["key"]["name"].rpartition("/")[2]: one["class"] for one in found}

    @property
    def name(self) -> str:
        """The record's parameter."""
        return record.name(manifest.read(self.world.tree.manifests, "production").settings.scope)

    @property
    def parameter(self) -> dict[str, Any] | None:
        """The record's parameter as AWS describes it."""
        by_name = [{"Key": "Name", "Values": [self.name]}]
        found = self.world.client("ssm").describe_parameters(ParameterFilters=by_name)
        return found["Parameters"][0] if found["Parameters"] else None

    @property
    def record(self) -> dict[str, Any]:
        """What the record says."""
        held: dict[str, Any] = json.loads((self.parameter or {})["Description"])
        return held

    def forge(self, description: str) -> None:
        """Somebody writes the record."""
        self.world.client("ssm").put_parameter(
            Name=self.name, Value="v", Type="String", Description=description, Overwrite=True
        )

    def gone(self, *names: str) -> None:
        """Somebody deletes secrets, at once and for good."""
        for name in names:
            self.world.client("secretsmanager").delete_secret(
                SecretId=f"/test/production/{name}", ForceDeleteWithoutRecovery=True
            )


PLAN_CALLS = Counter({"GetCallerIdentity": 1, "ListSecrets": 1, "DescribeParameters": 1})
