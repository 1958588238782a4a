"""Taking the live value: it goes into the manifest, and is then equal."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler import kinds
from reconciler.aws.client import Aws
from reconciler.core.model import Key, Plan
from reconciler.core.reasons import Reason
from reconciler.kinds.reading import Read, Unread
from reconciler.kinds.represent import unrepresentable
from reconciler.manifest import Cleartext
from reconciler.manifest.edit import EditError, entry_of
from reconciler.manifest.giving import Edit, holder_of
from reconciler.operations import live_values


def differing(plan: Plan) -> list[Key]:
    """What a plan of adoption refuses because the live value is another one."""
    refused = ((change.key, change.why) for change in plan.changes if change.why is not None)
    return [key for key, why in refused if why.reason is Reason.VALUES_DIFFER]


def edits(declared: Cleartext, keys: Iterable[Key], aws: Aws) -> list[Edit]:
    """The live value of each, in the form in which its manifest declares it.

    Raises EditError where one cannot be read, where no manifest can say it, or where it is in
    clear text in git: then none is read.
    """
    wanted = list(keys)
    for key in wanted:
        holder_of(entry_of(declared, key))
    found = live_values.read(aws, wanted)
    return [_edit(declared, key, found[key]) for key in wanted]


def _edit(declared: Cleartext, key: Key, answer: Read | Unread) -> Edit:
    entry = entry_of(declared, key)
    if isinstance(answer, Unread):
        raise EditError(f"{entry.key}: AWS does not return its value ({answer.aws_code})")
    reason = unrepresentable(answer.content)
    if reason is not None:
        raise EditError(f"{entry.key} cannot be declared: {reason}", place=entry.place())
    made = kinds.named(key.kind).represent(answer.content)
    if made.binary != bool(getattr(entry.declared, "binary", False)):
        what = "binary" if made.binary else "text"
        raise EditError(
            f"{entry.key} holds {what} in AWS, and the manifest declares the other",
            hint="change `binary` in the manifest, then run again",
            place=entry.place(),
        )
    return Edit(key, made.json)
