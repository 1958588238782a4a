"""other-region: a KMS key or a rotation function where the secret is not."""

from __future__ import annotations

from pathlib import Path

from reconciler.rules import other_region
from tests.rules.look import ACCOUNT, secrets, told

KEY = f"arn:aws:kms:{{}}:{ACCOUNT}:alias/a"
FUNCTION = f"arn:aws:lambda:{{}}:{ACCOUNT}:function:rotate"
SCHEDULE = {"schedule": "rate(7 days)"}


def test_what_is_elsewhere(tmp_path: Path) -> None:
    away, replicas = "eu-west-1", [{"region": "eu-west-1", "kms_key": KEY.format("us-west-2")}]
    found = told(
        tmp_path,
        {
            "production": {
                "settings": {
                    "kms_key": KEY.format(away),
                    "schedules": {"own": {"lambda": FUNCTION.format(away), **SCHEDULE}},
                },
                **secrets(
                    a={"value": "v", "kms_key": KEY.format(away), "replicas": replicas},
                    b={"value": "v", "rotation": {"lambda": FUNCTION.format(away), **SCHEDULE}},
                ),
            }
        },
        other_region,
    )
    assert [line.partition(": ")[2] for line in found] == [
        "the environment's KMS key is in eu-west-1, not in us-west-2",
        "schedule own: the rotation function is in eu-west-1, not in us-west-2",
        "the KMS key of a is in eu-west-1, not in us-west-2",
        "the KMS key of a is in us-west-2, not in eu-west-1",
        "the rotation function of b is in eu-west-1, not in us-west-2",
    ]


def test_what_is_here_or_names_no_region(tmp_path: Path) -> None:
    replicas = [{"region": "eu-west-1", "kms_key": KEY.format("eu-west-1")}]
    assert not told(
        tmp_path,
        {
            "production": {
                "settings": {"kms_key": "alias/a"},
                **secrets(
                    a={"value": "v", "kms_key": KEY.format("us-west-2"), "replicas": replicas}
                ),
            }
        },
        other_region,
    )
