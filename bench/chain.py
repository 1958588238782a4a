"""The bare chain of pages: both lists, side by side, and nothing made of what they hold.

No plan can be faster than this, since each page's address is in the one before.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3

from bench import declared

CHAINS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "secretsmanager",
        "list_secrets",
        {
            "MaxResults": 100,
            "IncludePlannedDeletion": True,
            "Filters": [{"Key": "name", "Values": [f"{declared.PREFIX}/"]}],
        },
    ),
    (
        "ssm",
        "describe_parameters",
        {
            "MaxResults": 50,
            "ParameterFilters": [
                {"Key": "Path", "Option": "Recursive", "Values": [declared.PREFIX]}
            ],
        },
    ),
)


def follow(client: Any, operation: str, parameters: dict[str, Any]) -> None:
    """Ask for page after page."""
    token: str | None = None
    while True:
        more = {} if token is None else {"NextToken": token}
        token = getattr(client, operation)(**parameters, **more).get("NextToken")
        if token is None:
            return


def main() -> int:
    """Follow both."""
    clients = [boto3.client(service) for service, _, _ in CHAINS]
    with ThreadPoolExecutor(len(CHAINS)) as pool:
        chains = zip(clients, CHAINS, strict=True)
        done = [pool.submit(follow, client, name, given) for client, (_, name, given) in chains]
    for chain in done:
        chain.result()
    return 0


if __name__ == "__main__":
    sys.exit(main())
