"""Roles: the permissions that each command needs on what an environment declares, and no more, and
whom AWS lets assume them. Read from the manifests in clear: no key, no AWS."""

from __future__ import annotations

from reconciler.access.iam.document import INLINE, MANAGED, document, parts, size
from reconciler.access.iam.role import Role, application, statements
from reconciler.access.iam.trust import GitHub, trust
from reconciler.kinds.statement import Statement

__all__ = [
    "INLINE",
    "MANAGED",
    "GitHub",
    "Role",
    "Statement",
    "application",
    "document",
    "parts",
    "size",
    "statements",
    "trust",
]
