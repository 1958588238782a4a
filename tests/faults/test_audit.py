"""The audit log: what is in it, when, and that no value is."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from reconciler.core.digest import change_digest
from reconciler.core.model import Key
from reconciler.operations import apply, planning
from reconciler.operations.apply import Outcome
from reconciler.operations.audit import AuditError, AuditLog
from tests.canary import CANARY
from tests.command import command
from tests.faults.account import Account
from tests.faults.direct import SCOPE
from tests.world import PREFIX, World

DB, HOST = Key("secret", f"{SCOPE.under}db"), Key("parameter", f"{SCOPE.under}host")


def declared(value: str) -> dict[str, dict[str, Any]]:
    return {"secrets": {"db": {"value": value}}, "parameters": {"host": {"value": value}}}


def run(account: Account, path: Path) -> dict[Key, Outcome]:
    """Apply with an audit log."""
    aws = account.connect()
    planned = planning.make(SCOPE, lambda: account.git, aws)
    with AuditLog(path, planned) as log:
        outcomes = apply.run(
            planned, planned.plan.changes, aws, log.ended, threading.Event(), log.begun
        )
    return {outcome.change.key: outcome for outcome in outcomes}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_change_has_a_line_before_and_a_line_after(account: Account, tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    account.declare(declared(CANARY + "-1"))
    run(account, path)
    account.aws.settling.pass_by()  # what is new is asked for again, and told as a call
    account.declare(declared(CANARY + "-2"))
    planned = account.plan()
    outcomes = run(account, path)
    first, second = lines(path)[:4], lines(path)[4:]
    assert [entry["outcome"] for entry in first if entry["name"] == DB.name] == ["begun", "done"]
    assert {entry["action"] for entry in first} == {"create"}
    ended = next(e for e in second if e["name"] == DB.name and e["outcome"] == "done")
    change = next(c for c in planned.plan.changes if c.key == DB)
    made = outcomes[DB].calls
    assert [call.operation for call in made] == [
        "PutSecretValue",
        "TagResource",
        "UpdateSecretVersionStage",
    ]
    assert made[-1].request_id is not None
    assert ended.pop("time").endswith("+00:00")
    assert ended == {
        "environment": "production",
        "account": SCOPE.account,
        "region": SCOPE.region,
        "commit": None,
        "uncommitted": [],
        "principal": planned.principal,
        "change": change_digest(change, planned.plan.scope, planned.plan.policy),
        "kind": "secret",
        "name": DB.name,
        "action": "update",
        "version_before": planned.live[DB].value.version,  # type: ignore[union-attr]
        "version_after": outcomes[DB].version,
        "request_id": made[-1].request_id,
        "calls": [[call.operation, call.request_id] for call in made],
        "outcome": "done",
        "error": None,
        "aws_code": None,
        "uncertain": False,
    }
    host = next(e for e in second if e["name"] == HOST.name and e["outcome"] == "done")
    assert (host["version_before"], host["version_after"]) == ("1", "2")
    assert CANARY not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_failure_is_recorded_with_aws_s_code_and_request(
    account: Account, tmp_path: Path
) -> None:
    path = tmp_path / "audit.jsonl"
    account.declare(declared(CANARY))
    account.refuse("AccessDeniedException", 1.0, "CreateSecret")
    run(account, path)
    ended = next(e for e in lines(path) if e["name"] == DB.name and e["outcome"] != "begun")
    assert (ended["outcome"], ended["error"], ended["aws_code"]) == (
        "failed",
        "aws",
        "AccessDeniedException",
    )
    assert ended["request_id"]
    assert CANARY not in path.read_text()


def test_a_line_is_on_the_disk_before_the_first_call(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "audit.jsonl"
    account.declare({"secrets": {"db": {"value": "v"}}})
    events: list[str] = []
    fsync = os.fsync
    monkeypatch.setattr(
        "reconciler.operations.audit.os.fsync",
        lambda file: (events.append("synced"), fsync(file))[1],
    )
    account.aws.hooks.append(lambda operation, _: events.append(operation))
    run(account, path)
    assert events[-3:] == ["synced", "CreateSecret", "synced"]


def test_what_cannot_be_recorded_is_not_begun(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.declare({"secrets": {"db": {"value": "v"}}})

    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("reconciler.operations.audit.os.write", full)
    aws = account.connect()
    planned = planning.make(SCOPE, lambda: account.git, aws)
    with AuditLog(tmp_path / "audit.jsonl", planned) as log:
        (outcome,) = apply.run(
            planned, planned.plan.changes, aws, lambda _: None, threading.Event(), log.begun
        )
    assert outcome.status == "failed"
    assert "No space left" in str(outcome.error)
    assert account.aws.calls["CreateSecret"] == 0


def test_a_line_cut_off_by_a_crash_swallows_no_other(account: Account, tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_text('{"half": ')
    path.chmod(0o644)
    account.declare({"secrets": {"db": {"value": "v"}}})
    run(account, path)
    torn, *rest = path.read_text().splitlines()
    assert torn == '{"half": '
    assert [json.loads(line)["outcome"] for line in rest] == ["begun", "done"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("what", ["link", "pipe", "folder"])
def test_only_a_regular_file_is_written_to(account: Account, tmp_path: Path, what: str) -> None:
    path = tmp_path / "audit.jsonl"
    if what == "link":
        path.symlink_to(tmp_path / "elsewhere")
    elif what == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    planned = account.plan()
    with pytest.raises(AuditError):
        AuditLog(path, planned)
    assert not (tmp_path / "elsewhere").exists()


def test_a_log_shows_whether_a_plan_was_what_was_applied(world: World, tmp_path: Path) -> None:
    world.declare({"db": {"value": CANARY}}, {"host": {"plaintext": "h"}})
    plan, log = str(tmp_path / "plan.json"), str(tmp_path / "audit.jsonl")
    command(world, "plan", "production", "--out", plan)
    apply_it = ("apply", "production", "--audit", log)
    command(world, *apply_it, "--only", "db", "--auto-approve")
    half = command(world, "show", plan, "--audited", log, code=2)
    assert "production: 1 of 2 changes of this plan are written, the last at " in half.out
    assert "\n  not written: parameter host\n" in half.out
    command(world, *apply_it, "--plan", plan)
    whole = command(world, "show", plan, "--audited", log)
    assert "production: all 2 changes of this plan are written, the last at " in whole.out
    assert ", by arn:aws:" in whole.out
    assert "not of this plan" not in whole.out
    world.declare({"db": {"value": "other"}}, {"host": {"plaintext": "h"}})
    command(world, *apply_it, "--auto-approve")
    more = command(world, "show", plan, "--audited", log, "-o", "json")
    assert f"written too, and not of this plan: secret {PREFIX}/db" in more.err
    assert json.loads(more.out)["environment"] == "production"
    assert CANARY not in half.said + whole.said + more.said
