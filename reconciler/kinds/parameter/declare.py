"""How a parameter is declared, and what of it is compared."""

from __future__ import annotations

import re
from collections.abc import Collection

from pydantic import Field

from reconciler.aws.arn import arn
from reconciler.aws.recogniser import Recogniser
from reconciler.core.model import JSON, Key, Place, Resource, Source, Value
from reconciler.kinds.field import Given, compared, declared_in, flaws
from reconciler.kinds.kind import Content, Declared, Flaw, Locked, Parsed, Settings
from reconciler.kinds.parameter.fields import FIELDS
from reconciler.kinds.parameter.terms import ADVANCED, LIMITS, SECURE, STANDARD, TIERING
from reconciler.kinds.parameter.terms import NAME as NAME
from reconciler.kinds.variable import Variables
from reconciler.values.sensitive import Fingerprinter, Sealed, Sensitive, public

SECTION = "parameters"

_NAME = re.compile(r"(/[a-zA-Z0-9_.-]+)+\Z|[a-zA-Z0-9_.-]+\Z")
_LEVELS = 15
_REFERENCE = re.compile(r"\{\{.*\}\}", re.DOTALL)


@declared_in(FIELDS)
class Declaration(Declared):
    """A parameter in Parameter Store. Unset fields are not managed."""

    name: str | None = Field(default=None, description="full name, in place of prefix and key")
    plaintext: str | list[str] | None = Field(
        default=None, description="a value that git shows in clear: String or StringList"
    )
    replace: bool = Field(
        default=False, description="may be deleted and created where AWS cannot change it in place"
    )
    moved_to: str | None = Field(
        default=None, description="its new name: `move` wrote it, and `remove` ends the old one"
    )
    env: Variables | None = Field(
        default=None, description="variable for export and exec; of a mapping, one for each field"
    )
    ignore: dict[str, str] = Field(default_factory=dict, description="rule: why it is ignored")

    @property
    def chosen_type(self) -> str:
        """The type, declared or by what kind of value there is."""
        declared = self.given("type")
        if declared is not None:
            return str(declared)
        if self.plaintext is None:
            return SECURE
        return "String" if isinstance(self.plaintext, str) else "StringList"


def check(
    declared: Declaration,
    *,
    has_value: bool,
    names: Collection[str] | None = None,
    settings: Settings | None = None,
) -> list[Flaw]:
    """What is wrong with a parameter, as far as its cleartext tells."""
    found = list(flaws(FIELDS, declared, None))
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
    if declared.given("kms_key") is not None and declared.chosen_type != SECURE:
        found.append(Flaw(("kms_key",), "kms-key", "only a SecureString is encrypted with a key"))
    if declared.given("parameter_policies") and declared.given("tier") not in (ADVANCED, TIERING):
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
    tier = declared.given("tier")
    limit = LIMITS[tier or STANDARD]
    if not text:
        found.append(Flaw((field,), "empty-value", "a parameter's value is not empty"))
    if len(text.encode()) > limit:
        more = "" if tier else ", or 8192 with `tier: Advanced`"
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


def doubt(name: str) -> str | None:
    """Nothing."""
    return None


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
    found += flaws(FIELDS, declared, settings)
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
        fields=compared(FIELDS, Given(declared, settings, trust)),
        value=Value(Source.GIT, prints, plaintext=shown, ciphertext=ciphertext),
        replace=declared.replace,
        whole=True,
        place=place,
    )
    return Parsed((resource,), {} if text is None else {key: Sealed(text)})
