"""How the keys that git owns are seen: by the mark on their secret, without reading it."""

from __future__ import annotations

import re

from reconciler.aws.recogniser import Recogniser
from reconciler.core.digest import short_digest
from reconciler.core.model import Key, Live, LiveValue, Origin, Resource, Rotation, Scope
from reconciler.kinds import field, tags
from reconciler.kinds.keys.declare import NAME
from reconciler.kinds.keys.fields import FIELDS, Seen
from reconciler.kinds.kind import Record
from reconciler.kinds.secret import mark as memory
from reconciler.kinds.secret import observe as secret
from reconciler.values.sensitive import public

READS = "secret"

pages, find = secret.pages, secret.find

_MARK = re.compile(r"[0-9a-f]{62}\Z")


def marked(record: Record) -> str | None:
    """The public form of the mark of what git last wrote; None where there is none."""
    mark = tags.from_list(record.data.get("Tags")).get(tags.GIT_KEYS, "")
    return public(mark) if _MARK.match(mark) else None


def shape(
    record: Record, resource: Resource | None, trust: Recogniser, scope: Scope
) -> Live | None:
    """What the mark says of the keys. Not declared, it is nobody's business: None.

    Rotation does not own these keys, so of its state only what forbids every write is told.
    """
    if resource is None:
        return None
    live_tags = tags.from_list(record.data.get("Tags"))
    ownership, owner = secret.owner_of(record, live_tags, trust, scope)
    last, mark = memory.read(record, trust), marked(record)
    remembered = last.memory.get(memory.KEYS)
    kid = live_tags.get(tags.GIT_KEYS, "")[:6]
    value = None if mark is None else LiveValue(mark, Origin.GIT, mark, kid)
    declared = () if resource.value is None else resource.value.fingerprints
    return Live(
        key=Key(NAME, record.name),
        # Keys that are going to be written again depend on no fingerprint key.
        fields=field.observed(FIELDS, Seen(kid if mark in declared else trust.kid)),
        ownership=ownership,
        owner=owner,
        value=value,
        rotation=Rotation(pending=secret.rotation_of(record).pending),
        deleted=record.data.get("DeletedDate") is not None,
        changed=record.data.get("LastChangedDate"),
        versioned="the mark of the keys that git owns",
        # Without the mark, as after a rollback, the next plan writes git's keys again.
        as_written={}
        if remembered is None or mark is None
        else {"value": short_digest(live_tags[tags.GIT_KEYS]) == remembered},
    )
