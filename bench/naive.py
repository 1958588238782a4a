"""The naive way to see whether anything has changed: describe and read each, one by one."""

from __future__ import annotations

import sys

import boto3

from bench import declared


def main() -> None:
    """Look at as many secrets and parameters as the argument says."""
    secrets, ssm = boto3.client("secretsmanager"), boto3.client("ssm")
    for number in range(int(sys.argv[1])):
        name = declared.secret(number)
        secrets.describe_secret(SecretId=name)
        secrets.get_secret_value(SecretId=name)
        name = declared.parameter(number)
        ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": [name]}])
        ssm.get_parameter(Name=name, WithDecryption=True)


if __name__ == "__main__":
    main()
