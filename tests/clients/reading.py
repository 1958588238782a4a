"""What applications read with, run in an environment of its own: a cache that AWS publishes, and
Powertools. Each line of standard input is a call; each line of output its result, or its error.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def cache() -> Any:
    import botocore.session
    from aws_secretsmanager_caching import SecretCache, SecretCacheConfig

    client = botocore.session.get_session().create_client("secretsmanager")
    config = SecretCacheConfig(secret_refresh_interval=0)
    return SecretCache(config=config, client=client)


def main() -> None:
    """Answer line by line."""
    from aws_lambda_powertools.utilities import parameters

    cached = cache()
    calls: dict[str, Any] = {
        "cached": lambda name, stage=None: cached.get_secret_string(name, stage),
        "secret": lambda name: parameters.get_secret(name, max_age=0),
        "parameter": lambda name: parameters.get_parameter(name, decrypt=True, max_age=0),
        "below": lambda path: parameters.get_parameters(path, decrypt=True, max_age=0),
        "by_name": lambda *names: parameters.get_parameters_by_name(
            {name: {} for name in names}, decrypt=True, max_age=0, raise_on_error=False
        ),
        "set_secret": lambda name, value: parameters.set_secret(name, value)["VersionId"],
        "set_parameter": lambda name, value: parameters.set_parameter(name, value, overwrite=True)[
            "Version"
        ],
    }
    for line in sys.stdin:
        name, *given = json.loads(line)
        try:
            answer = calls[name](*given)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
