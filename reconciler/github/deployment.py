"""Which commit was last applied: GitHub keeps a deployment for each job behind an Environment."""

from __future__ import annotations

from itertools import islice

from reconciler.core.errors import GithubError
from reconciler.github.api import Api
from reconciler.github.job import SHA

_NEEDS = "deployments: read"
_LOOKED_AT = 100  # deployments; of more failures in a row, the last commit is no longer looked for


def last_applied(api: Api, environment: str) -> str | None:
    """The commit of the newest deployment that succeeded; None where none is known.

    GitHub lists the newest first, and calls an earlier success *inactive* once there is another.
    Raises GithubError.
    """
    listed = api.pages("/deployments", needs=_NEEDS, environment=environment)
    for deployment in islice(listed, _LOOKED_AT):
        path = f"/deployments/{int(deployment['id'])}/statuses"
        states = {status.get("state") for status in api.pages(path, needs=_NEEDS)}
        if states & {"success", "inactive"}:
            sha = str(deployment.get("sha"))
            if not SHA.fullmatch(sha):
                raise GithubError("GitHub's deployment names no commit id")
            return sha
    return None
