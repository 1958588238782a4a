"""The naive way to see whether anything has changed: describe and read each, one by one."""

from __future__ import annotations

import sys
from pathlib import Path

import boto3


def main() -> None:
    """Ask for every name in a file: ``secret NAME`` or ``parameter NAME`` a line."""
    secrets, ssm = boto3.client("secretsmanager"), boto3.client("ssm")
    for line in Path(sys.argv[1]).read_text().splitlines():
        kind, name = line.split(" ", 1)
        if kind == "secret":
            secrets.describe_secret(SecretId=name)
            secrets.get_secret_value(SecretId=name)
        else:
            ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": [name]}])
            ssm.get_parameter(Name=name, WithDecryption=True)


if __name__ == "__main__":
    main()
