"""Every rendering of one plan that holds every action and every kind of field change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from reconciler.core.applied import Applied
from reconciler.core.checked import Checked
from reconciler.core.drift import Drift, DriftClass
from reconciler.core.model import Action, Key, Place, Plan, Write
from reconciler.render import drift, json, markdown, outcome, text
from tests.render.plans import EMPTY, EVERYTHING, SCOPE

Compare = Callable[[str, str], None]
PLANS = {"everything": EVERYTHING, "empty": EMPTY}

DRIFT = (
    Drift(
        Key("parameter", f"{SCOPE.under}database/host"),
        DriftClass.PENDING,
        "declared and not there: to create",
    ),
    Drift(
        Key("secret", f"{SCOPE.under}database/credentials"),
        DriftClass.ROTATED,
        "rotated on 2025-03-01: rotation owns the value",
    ),
    Drift(
        Key("secret", f"{SCOPE.under}jwt/secret"),
        DriftClass.STUCK,
        "a rotation has begun and not ended",
    ),
    Drift(
        Key("secret", f"{SCOPE.under}smtp/credentials"),
        DriftClass.OUTSIDE,
        "the value was written outside by \x1b[31mops on 2025-03-01 09:00 UTC",
        Place("manifests/production/smtp.sops.yaml", 3, 5),
    ),
    Drift(Key("secret", f"{SCOPE.under}spare"), DriftClass.KEPT, "ours and no longer declared"),
    Drift(
        Key("secret", f"{SCOPE.under}web3/infura"),
        DriftClass.OVERDUE,
        "written 100 days ago, and max_age is 90 days",
    ),
)
APPLIED = Applied(
    commit="0123456789abcdef0123456789abcdef01234567",
    at=datetime(2025, 2, 28, 9, 15, tzinfo=UTC),
    by="arn:aws:sts::123456789012:assumed-role/secrets-apply-production/run",
    behind=3,
)
CHECKED = Checked(SCOPE, DRIFT, APPLIED)


def test_the_plan_holds_everything_there_is() -> None:
    assert {change.action for change in EVERYTHING.changes} == set(Action)
    assert {change.value.write for change in EVERYTHING.changes if change.value} == set(Write)


@pytest.mark.parametrize("name", PLANS)
def test_text(name: str, same_as_snapshot: Compare) -> None:
    same_as_snapshot(f"{name}.txt", text.plan(PLANS[name]))


@pytest.mark.parametrize("name", PLANS)
def test_text_in_colour(name: str, same_as_snapshot: Compare) -> None:
    same_as_snapshot(f"{name}.colour.txt", text.plan(PLANS[name], colour=True))


@pytest.mark.parametrize("name", PLANS)
def test_markdown(name: str, same_as_snapshot: Compare) -> None:
    same_as_snapshot(f"{name}.md", markdown.plan([PLANS[name]], where="production.plan.json"))


@pytest.mark.parametrize("name", PLANS)
def test_json(name: str, same_as_snapshot: Compare) -> None:
    same_as_snapshot(f"{name}.json", json.plan([PLANS[name]]))


def test_markdown_and_json_of_several(same_as_snapshot: Compare) -> None:
    plans: list[Plan] = list(PLANS.values())[::-1]
    same_as_snapshot("several.md", markdown.plan(plans, where=None))
    same_as_snapshot("several.json", json.plan(plans))


def test_drift(same_as_snapshot: Compare) -> None:
    same_as_snapshot("drift.txt", drift.text(CHECKED))
    same_as_snapshot("drift.md", drift.markdown(CHECKED, limit=60_000))
    same_as_snapshot("drift.json", drift.as_json(CHECKED) + "\n")
    same_as_snapshot("no-drift.txt", drift.text(Checked(SCOPE)))


def test_outcomes(same_as_snapshot: Compare) -> None:
    lines = [
        outcome.line("+", "secret", "database/credentials", "done"),
        outcome.line(
            "~", "secret", "jwt/secret", "conflict", "AWSCURRENT moved", "nothing was overwritten"
        ),
        outcome.line("~", "parameter", "host", "failed", "PutParameter: \x1b[0m", colour=True),
        outcome.line("!", "secret", "old", "refused", "it exists and is not managed", "adopt it"),
        outcome.line("+", "rotation", "old", "not-started"),
        "",
        outcome.summary({"failed": 1, "done": 1, "conflict": 1, "refused": 1, "not-started": 1}),
        outcome.summary({"failed": 2}),
    ]
    same_as_snapshot("outcomes.txt", "\n".join(lines) + "\n")
