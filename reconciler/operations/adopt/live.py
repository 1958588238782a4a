"""Taking the live value: it goes into the manifest, and is then equal."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.aws.client import Aws
from reconciler.core.model import Action, Key, Plan
from reconciler.kinds.parameter import NAME as PARAMETER
from reconciler.kinds.parameter import values as parameters
from reconciler.kinds.reading import Read, Unread
from reconciler.kinds.secret import NAME as SECRET
from reconciler.kinds.secret import values as secrets
from reconciler.manifest import Cleartext
from reconciler.manifest.edit import Edit, EditError, entry_of
from reconciler.manifest.represent import represent, unrepresentable

DIFFERENT = "values-differ"


def differing(plan: Plan) -> list[Key]:
    """What a plan of adoption refuses because the live value is another one."""
    return [c.key for c in plan.changes if c.action is Action.REFUSE and c.code == DIFFERENT]


def edits(declared: Cleartext, keys: Iterable[Key], aws: Aws) -> list[Edit]:
    """The live value of each, in the form in which its manifest declares it.

    Raises EditError where one cannot be read, or where no manifest can say it.
    """
    wanted = list(keys)
    found = {
        **_read(SECRET, secrets.read(aws, [k.name for k in wanted if k.kind == SECRET])),
        **_read(PARAMETER, parameters.read(aws, [k.name for k in wanted if k.kind == PARAMETER])),
    }
    return [_edit(declared, key, found[key]) for key in wanted]


def _read(kind: str, found: dict[str, Read | Unread]) -> dict[Key, Read | Unread]:
    return {Key(kind, name): answer for name, answer in found.items()}


def _edit(declared: Cleartext, key: Key, answer: Read | Unread) -> Edit:
    entry = entry_of(declared, key)
    if isinstance(answer, Unread):
        raise EditError(f"{entry.key}: AWS does not hand out its value ({answer.aws_code})")
    reason = unrepresentable(answer.content)
    if reason is not None:
        raise EditError(f"{entry.key} cannot be declared: {reason}", place=entry.place())
    made = represent(answer.content, mapping=key.kind == SECRET)
    if made.binary != bool(getattr(entry.declared, "binary", False)):
        what = "binary" if made.binary else "text"
        raise EditError(
            f"{entry.key} holds {what} in AWS, and the manifest declares the other",
            hint="change `binary` in the manifest, then run again",
            place=entry.place(),
        )
    return Edit(key, made.json)
