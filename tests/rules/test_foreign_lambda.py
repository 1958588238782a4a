"""foreign-lambda: a rotation function of another account."""

from __future__ import annotations

from pathlib import Path

from reconciler.rules import foreign_lambda
from tests.rules.look import OTHER, codes, secrets, told

HERE = "arn:aws:lambda:us-west-2:123456789012:function:rotate"
THERE = f"arn:aws:lambda:us-west-2:{OTHER}:function:rotate"


def test_a_function_of_another_account(tmp_path: Path) -> None:
    inline = {"lambda": THERE, "schedule": "rate(30 days)"}
    found = told(
        tmp_path,
        {
            "production": {
                "settings": {
                    "schedules": {
                        "own": {"lambda": HERE, "schedule": "rate(7 days)"},
                        "other": {"lambda": THERE, "schedule": "rate(7 days)"},
                        "managed": {"schedule": "rate(7 days)"},
                    }
                },
                **secrets(a={"value": "v", "rotation": inline}),
            }
        },
        foreign_lambda,
    )
    assert codes(found) == ["foreign-lambda", "foreign-lambda"]
    assert "production/environment.sops.yaml:13:9" in found[0]
    assert f"schedule other: the rotation function is of account {OTHER}" in found[0]
    assert f"the rotation function of a is of account {OTHER}" in found[1]
