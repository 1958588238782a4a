"""foreign-key: a KMS key of another account."""

from __future__ import annotations

from pathlib import Path

from reconciler.rules import foreign_key
from tests.rules.look import AGED, OTHER, codes, told

KEY = f"arn:aws:kms:us-west-2:{OTHER}:key/11111111-2222-3333-4444-555555555555"


def test_a_key_of_another_account(tmp_path: Path) -> None:
    replica = {"region": "eu-west-1", "kms_key": KEY.replace("us-west-2", "eu-west-1")}
    found = told(
        tmp_path,
        {
            "production": {
                "settings": {"kms_key": KEY},
                "secrets": {
                    "a": {"value": "v", **AGED, "kms_key": KEY},
                    "b": {"value": "v", **AGED, "kms_key": "alias/own", "replicas": [replica]},
                },
                "parameters": {"p": {"value": "v", "kms_key": KEY}},
            }
        },
        foreign_key,
    )
    assert codes(found) == ["foreign-key"] * 4
    assert f"the environment's KMS key is of account {OTHER}" in found[0]
    assert f"the KMS key of b in eu-west-1 is of account {OTHER}" in "\n".join(found)
