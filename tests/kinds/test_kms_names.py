"""One name for one KMS key, whichever way it is written."""

from __future__ import annotations

import pytest

from reconciler.kinds.kms import normal
from tests.core.build import SCOPE

ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
HERE = "arn:aws:kms:us-west-2:123456789012:"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (None, "alias/default"),
        ("", "alias/default"),
        ("alias/x", "alias/x"),
        (HERE + "alias/x", "alias/x"),
        (HERE + "alias/key/x", "alias/key/x"),
        (ID, ID),
        (f"{HERE}key/{ID}", ID),
        (f"arn:aws-us-gov:kms:us-west-2:123456789012:key/{ID}", ID),
        *(
            (arn, arn)
            for arn in (
                f"arn:aws:kms:eu-west-1:123456789012:key/{ID}",
                f"arn:aws:kms:us-west-2:210987654321:key/{ID}",
                "arn:aws:kms:us-west-2:210987654321:alias/x",
            )
        ),
        ("alias/:kms:us-west-2:123456789012:x", "alias/:kms:us-west-2:123456789012:x"),
    ],
)
def test_a_key_of_here_has_its_short_name_and_another_its_arn(written, name):
    assert normal(written, SCOPE, "alias/default") == name
