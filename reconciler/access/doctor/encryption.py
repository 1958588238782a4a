"""Live values that AWS left under a former KMS key: who deletes that key deletes them.

A changed key "succeeds" without a permission on the old one, and nothing but the versions' own keys
tells it later; no value is read.
"""

from __future__ import annotations

from collections.abc import Sequence

from reconciler import kinds
from reconciler.access.doctor.check import Check, fails, ok, warning
from reconciler.aws.client import Aws
from reconciler.core.errors import AwsError
from reconciler.core.model import Resource
from reconciler.kinds import field
from reconciler.manifest import Cleartext

_SUBJECT = "encryption"
_HINT = (
    "let the apply role decrypt with that key, declare it, apply, and declare the new one again;"
    " or write a new value"
)


def look(declared: Cleartext, aws: Aws) -> list[Check]:
    """What is wrong with each resource that declares something that is looked at closely; one call
    each, and no line where none does."""
    scope = declared.settings.scope
    before = aws.warned

    def one(resource: Resource) -> Sequence[str] | AwsError:
        try:
            return field.looked(kinds.named(resource.key.kind).FIELDS, aws, [resource], scope)[0]
        except AwsError as error:
            return [] if error.aws_code == "ResourceNotFoundException" else error

    asked = [
        resource
        for resource in declared.resources().values()
        if any(
            row.looks is not None and row.name in resource.fields
            for row in kinds.all_of_them()[resource.key.kind].FIELDS
        )
    ]
    found = dict(zip((r.key.name for r in asked), aws.each(one, asked), strict=True))
    checks = [
        fails(_SUBJECT, f"{name}: {text}", _HINT)
        for name, texts in found.items()
        if not isinstance(texts, AwsError)
        for text in texts
    ]
    unknown = {error.message for error in found.values() if isinstance(error, AwsError)}
    checks += [
        warning(
            _SUBJECT,
            f"cannot tell: {text}",
            f"reconciler iam drift {scope.environment} --deep prints what the role needs",
        )
        for text in sorted(unknown | (aws.warned - before))
    ]
    if asked and not checks:
        checks.append(ok(_SUBJECT, "every live value is under the KMS key that its secret has"))
    return checks
