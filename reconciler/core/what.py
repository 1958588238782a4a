"""What may have happened to a resource, by name; how each is said is in ``render.difference``."""

from __future__ import annotations

from enum import StrEnum


class What(StrEnum):
    """What happened to a resource, or is to happen. The words are in ``render``."""

    # Somebody else did it.
    VALUE = "value"  # its value was written
    GENERATED = "generated-value"  # the same, and git does not know the value
    VALUE_OR_ROTATION = "value-or-rotation"  # the same, or by a rotation that is off now
    CHANGED = "changed"  # fields of it
    WRITTEN = "written"  # all of it, since AWS writes it only as a whole
    SWITCHED = "switched"  # its rotation, on or off
    RESCHEDULED = "rescheduled"
    DELETED = "deleted"
    DELETING = "deleting"  # it is pending deletion
    REPLACED = "replaced"  # something of its name is there that is not owned
    UNMARKED = "unmarked"  # its marks do not make it owned any more
    MARK = "mark"  # the mark that remembers what was last written was changed
    OPEN_POLICY = "open-policy"  # its resource policy allows everybody
    # Nobody can tell by whom.
    GONE = "gone"  # it may have been deleted, or never been created
    NOT_OURS = "not-ours"  # something of its name is there that is not owned
    VALUE_LEFT = "value-left"  # nothing proves the value to be owned, and a run did not end
    LEFT = "left"  # its fields differ, and a run did not end
    # A date has passed.
    STUCK = "stuck"
    LATE = "late"  # a rotation that should have been
    AGED = "aged"  # a value that people rotate
    # Git is ahead.
    CREATE = "create"
    UPDATE = "update"
    RESTORE = "restore"
    REPLACE = "replace"
    REFUSED = "refused"
    PRUNE = "prune"
    # Nobody declares it.
    FOREIGN = "foreign"  # a resource below the prefix
    UNDECLARED = "undeclared"  # something on an owned resource
