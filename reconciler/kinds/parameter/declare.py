"""How a parameter is declared, and what of it is compared."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any, Literal

from pydantic import Field

from reconciler.aws.arn import arn
from reconciler.aws.recogniser import Recogniser
from reconciler.core.model import JSON, Key, Place, Resource, Source, Value
from reconciler.kinds import kms, tags
from reconciler.kinds.kind import Content, Declared, Flaw, Locked, Parsed, Settings
from reconciler.kinds.parameter import stamp
from reconciler.kinds.variable import Variables
from reconciler.values.sensitive import Fingerprinter, Sealed, Sensitive, public

NAME = "parameter"
SECTION = "parameters"
DEFAULT_KEY = "alias/aws/ssm"
SECURE = "SecureString"
STANDARD, ADVANCED, TIERING = "Standard", "Advanced", "Intelligent-Tiering"
EVERYTHING = ".*"  # a pattern cannot be sent empty: this one stands for none
LIMITS = {STANDARD: 4096, ADVANCED: 8192, TIERING: 8192}  # bytes of a value

_NAME = re.compile(r"(/[a-zA-Z0-9_.-]+)+\Z|[a-zA-Z0-9_.-]+\Z")
_LEVELS = 15
_REFERENCE = re.compile(r"\{\{.*\}\}", re.DOTALL)


class Declaration(Declared):
    """A parameter in Parameter Store. Unset fields are not managed."""

    name: str | None = Field(default=None, description="full name, in place of prefix and key")
    plaintext: str | list[str] | None = Field(
        default=None, description="a value that git shows in clear: String or StringList"
    )
    type: Literal["String", "StringList", "SecureString"] | None = Field(
        default=None, description="SecureString for a `value`, else String"
    )
    description: str | None = Field(default=None, min_length=1, description="`none` removes it")
    tier: Literal["Standard", "Advanced", "Intelligent-Tiering"] | None = None
    kms_key: str | None = Field(default=None, min_length=1)
    tags: dict[str, str] | None = None
    allowed_pattern: str | None = Field(
        default=None, min_length=1, max_length=1024, description="`none` removes it"
    )
    data_type: Literal["text", "aws:ec2:image", "aws:ssm:integration"] | None = None
    parameter_policies: list[dict[str, Any]] | None = Field(
        default=None, description="`[]` removes all"
    )
    replace: bool = Field(
        default=False, description="may be deleted and created where AWS cannot change it in place"
    )
    env: Variables | None = Field(
        default=None, description="variable for export and exec; of a mapping, one for each field"
    )
    ignore: dict[str, str] = Field(default_factory=dict, description="rule: why it is ignored")

    @property
    def chosen_type(self) -> str:
        """The type, declared or by what kind of value there is."""
        if self.type is not None:
            return self.type
        if self.plaintext is None:
            return SECURE
        return "String" if isinstance(self.plaintext, str) else "StringList"


def check(
    declared: Declaration, *, has_value: bool, names: Collection[str] | None = None
) -> list[Flaw]:
    """What is wrong with a parameter, as far as its cleartext tells."""
    found = list(tags.flaws(declared.tags or {}))
    if has_value and declared.plaintext is not None:
        found.append(
            Flaw(
                ("plaintext",),
                "two-values",
                "`value` and `plaintext` exclude each other",
                "`value` is encrypted in git, `plaintext` is not",
            )
        )
    elif not has_value and declared.plaintext is None:
        found.append(Flaw((), "no-value", "a parameter needs a `value` or a `plaintext`"))
    if declared.plaintext is not None and declared.chosen_type == SECURE:
        found.append(
            Flaw(
                ("type",),
                "secure-plaintext",
                "a SecureString cannot be in plaintext",
                "give it as `value` and encrypt the file",
            )
        )
    if isinstance(declared.plaintext, list) and declared.chosen_type != "StringList":
        found.append(Flaw(("type",), "type", "a list is a StringList"))
    if isinstance(declared.plaintext, list) and any(
        "," in item or not item for item in declared.plaintext
    ):
        found.append(
            Flaw(
                ("plaintext",), "value", "the items of a StringList are not empty and have no comma"
            )
        )
    if declared.kms_key is not None and declared.chosen_type != SECURE:
        found.append(Flaw(("kms_key",), "kms-key", "only a SecureString is encrypted with a key"))
    if declared.description is not None and len(declared.description) > stamp.LIMIT - stamp.LENGTH:
        room = stamp.LIMIT - stamp.LENGTH
        found.append(
            Flaw(
                ("description",),
                "too-long",
                f"a parameter's description has at most {room} characters",
                f"AWS allows {stamp.LIMIT}, and the reconciler's stamp takes {stamp.LENGTH}",
            )
        )
    if declared.parameter_policies and declared.tier not in (ADVANCED, TIERING):
        found.append(
            Flaw(
                ("parameter_policies",),
                "policies",
                "parameter policies need `tier: Advanced`",
            )
        )
    if declared.plaintext is not None:
        found += _check_text(text_of(declared.plaintext), declared, field="plaintext")
    return found


def text_of(plaintext: str | list[str]) -> str:
    """A plaintext as AWS stores it: a list with commas between its items."""
    return plaintext if isinstance(plaintext, str) else ",".join(plaintext)


def _check_text(text: str, declared: Declaration, *, field: str) -> list[Flaw]:
    found = []
    limit = LIMITS[declared.tier or STANDARD]
    if not text:
        found.append(Flaw((field,), "empty-value", "a parameter's value is not empty"))
    if len(text.encode()) > limit:
        more = "" if declared.tier else ", or 8192 with `tier: Advanced`"
        found.append(Flaw((field,), "too-long", f"the value is over {limit} bytes{more}"))
    if _REFERENCE.search(text):
        found.append(
            Flaw(
                (field,),
                "reference",
                "the value has {{ and }} in it",
                "Parameter Store takes that for a reference to another parameter and refuses it",
            )
        )
    return found


def check_name(name: str, settings: Settings) -> list[Flaw]:
    """What Parameter Store does not allow in a name."""
    scope = settings.scope
    if not _NAME.match(name):
        return [
            Flaw(
                (),
                "name",
                "AWS allows letters, digits and _ . - between single slashes in a parameter's name",
            )
        ]
    if name.lstrip("/").lower().startswith(("aws", "ssm")):
        return [Flaw((), "name", "a parameter's name does not begin with aws or ssm")]
    if name.count("/") > _LEVELS:
        return [Flaw((), "name", f"a parameter's name has at most {_LEVELS} levels")]
    full = arn("ssm", scope.region, scope.account, f"parameter/{name.lstrip('/')}")
    if len(full) > 1011:
        return [Flaw((), "name", "a parameter's name has at most 1011 characters with its ARN")]
    return []


def form(declared: Declaration) -> dict[str, str]:
    """What of a declaration is part of its value's fingerprint."""
    return {"type": declared.chosen_type, "encoding": "string"}


def parts(name: str, declared: Declaration) -> dict[Key, dict[str, JSON]]:
    """None."""
    return {}


def parse(
    name: str,
    declared: Declaration,
    content: Content | Locked | None,
    settings: Settings,
    trust: Recogniser | None,
    place: Place,
) -> Parsed:
    """The parameter and its value."""
    found = check_name(name, settings)
    merged = {**settings.tags, **(declared.tags or {})}
    found += [] if declared.tags is None else tags.flaws(merged)
    if declared.plaintext is not None:
        text = Sensitive(text_of(declared.plaintext))
    elif isinstance(content, Content):
        text = content.text
        found += _check_text(text.reveal(), declared, field="value")
    else:
        text = None
    if found:
        return Parsed(flaws=tuple(found))
    prints: tuple[str, ...] = ()
    ciphertext = None
    if isinstance(content, Locked):
        prints, ciphertext = content.fingerprints, content.ciphertext
    elif isinstance(trust, Fingerprinter) and text is not None:
        type_ = declared.chosen_type
        prints = tuple(map(public, trust.parameter_fingerprints(name, type_, text)))
    shown = None if declared.plaintext is None else text_of(declared.plaintext)
    key = Key(NAME, name)
    resource = Resource(
        key=key,
        fields=_fields(declared, settings, merged, trust),
        value=Value(Source.GIT, prints, plaintext=shown, ciphertext=ciphertext),
        replace=declared.replace,
        whole=True,
        place=place,
    )
    return Parsed((resource,), {} if text is None else {key: Sealed(text)})


def policies(declared: list[dict[str, Any]]) -> list[JSON]:
    """Policies in one order, since AWS does not keep any."""
    return sorted(declared, key=lambda policy: json.dumps(policy, sort_keys=True))


def _fields(
    declared: Declaration,
    settings: Settings,
    merged: Mapping[str, str],
    trust: Recogniser | None,
) -> dict[str, JSON]:
    fields: dict[str, JSON] = {"type": declared.chosen_type}
    if trust is not None:
        fields["fingerprint_key"] = trust.kid
    if declared.description is not None:
        fields["description"] = None if declared.description == "none" else declared.description
    if declared.tier is not None:
        fields["tier"] = declared.tier
    chosen = declared.kms_key or settings.kms_key
    if declared.chosen_type == SECURE and chosen is not None:
        fields["kms_key"] = kms.normal(chosen, settings.scope, DEFAULT_KEY)
    if declared.allowed_pattern is not None:
        pattern = declared.allowed_pattern
        fields["allowed_pattern"] = None if pattern in ("none", EVERYTHING) else pattern
    if declared.data_type is not None:
        fields["data_type"] = declared.data_type
    if declared.parameter_policies is not None:
        fields["parameter_policies"] = policies(declared.parameter_policies)
    if declared.tags is not None or settings.tags:
        fields["tags"] = dict(merged)
    return fields
