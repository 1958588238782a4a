"""The rotation functions that come with the reconciler, on their way into an account: a zip of
each, what it may do, and the CloudFormation template that deploys them."""

from __future__ import annotations

from reconciler.access.functions.archive import Archive, build, read
from reconciler.access.functions.template import stack, template, used

__all__ = ["Archive", "build", "read", "stack", "template", "used"]
