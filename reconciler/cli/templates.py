"""Printing a CloudFormation template, and what deploys it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reconciler.access import bootstrap
from reconciler.cli.options import Common
from reconciler.cli.terminal import out, say


def show(template: Mapping[str, Any], stack: str, rest: str, options: Common) -> None:
    """The template on standard output. On standard error, whether it is too long to be sent as it
    is, and the command that deploys it, which ends in ``rest``."""
    text = json.dumps(template, indent=1)
    if len(text) > bootstrap.BODY:
        say(
            f"the template has {len(text):,} bytes, and AWS takes {bootstrap.BODY:,} unless it lies"
            " in S3: deploy it with --s3-bucket",
            options,
            level="warning",
        )
    out(text)
    say(
        f"deploy it with: aws cloudformation deploy --stack-name {stack} --template-file FILE"
        f" {rest}",
        options,
    )
