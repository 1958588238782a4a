"""Who answers a request: an operation of ours, or moto; and whom nobody answers."""

from __future__ import annotations

from typing import Any

from . import parameters, secretsmanager, shapes, tagging
from .call import Call
from .context import Context
from .http import Request
from .refusal import Refusal, denied

HOST = "127.0.0.1"

_TARGETS = {
    "secretsmanager": "secretsmanager.",
    "ssm": "AmazonSSM.",
    "tagging": "ResourceGroupsTaggingAPI_20170126.",
}
_MODELS = {"tagging": "resourcegroupstaggingapi"}  # where botocore calls a service otherwise
_HANDLERS = {
    "secretsmanager": secretsmanager.handle,
    "ssm": parameters.handle,
    "tagging": tagging.handle,
}


def refuse_browsers(request: Request) -> None:
    """Keep web pages out: moto allows every origin, so that a page could otherwise ask for
    secrets, also under a name of its own that leads here.
    """
    host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
    local = host in (HOST, "localhost") or host.endswith(".localhost")
    if not local or "origin" in request.headers:
        raise denied("The sandbox answers AWS clients only.", 403)


def perform(sandbox: Context, request: Request) -> dict[str, Any] | None:
    """The answer of an operation of ours; None for what is left to moto."""
    service = _ours(request)
    if service is None:
        return None
    if request.service != service:
        raise _wrongly_signed(request, service)
    if not shapes.knows(_MODELS.get(service, service), request.operation):
        raise Refusal("UnknownOperationException", "")
    if request.body is None:
        raise Refusal("SerializationException", "The request body is not JSON.")
    return _HANDLERS[service](
        Call(sandbox, request.operation, request.region, request.body, request.access_key)
    )


def _ours(request: Request) -> str | None:
    """The service that the overlay answers for, or None for one that is left to moto."""
    target = request.headers.get("x-amz-target", "")
    for service, prefix in _TARGETS.items():
        if target.startswith(prefix):
            return service
    return None


def _wrongly_signed(request: Request, service: str) -> Refusal:
    # No signature is checked, but its scope says the Region and must fit the service.
    if not request.service:
        return Refusal("MissingAuthenticationTokenException", "Missing Authentication Token", 403)
    return Refusal(
        "InvalidSignatureException",
        f"Credential should be scoped to correct service: '{service}'.",
        403,
    )
