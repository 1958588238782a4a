"""A declaration under a new name, beside the old one, which stays until nobody reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from reconciler.kinds.field import NONE
from reconciler.kinds.kind import Settings
from reconciler.manifest import declaring
from reconciler.manifest.declaring import MOVED, MOVED_FROM, Declaring
from reconciler.manifest.edit import WrongEdit
from reconciler.manifest.encrypted import VALUE
from reconciler.manifest.entries import PLAINTEXT, Entry
from reconciler.values.sensitive import Sensitive

_ROTATION, _KEYS, _EXTERNAL, _MADE = "rotation", "git_keys", "external", "generate"
_NOT_CARRIED = frozenset({"name", MOVED, MOVED_FROM, "take"})
# Of what git does not have the value: nothing may rotate it while it is under two names.
_NOT_COPIED = _NOT_CARRIED | {"rotate_on_enable", "binary"}


def rotates(entry: Entry) -> bool:
    """Whether git declares a rotation, which owns the value."""
    return getattr(entry.declared, _ROTATION, None) not in (None, NONE)


def in_git(entry: Entry) -> bool:
    """Whether git has the value that AWS has."""
    return not rotates(entry) and (entry.shape is not None or PLAINTEXT in entry.fields)


@dataclass(frozen=True)
class Renamed:
    """A declaration that gets a ``new`` name, in the file ``target``."""

    making: Declaring
    entry: Entry
    new: str
    target: Path

    def with_value(self) -> None:
        """Both have the value that git has. Raises SopsError, ManifestError."""
        entry = self.entry
        value = self.making.value(entry) if entry.shape is not None else None
        self._declare(declaring.as_json(declaring.fields(entry, _NOT_CARRIED), value))

    def without_value(self, settings: Settings) -> None:
        """The new one takes over the value that AWS has under the old name. Of a rotated one the
        schedule goes with it: two rotations would change one password under each other, so the old
        name's ends, and with it what git knows of a first value. Raises SopsError, WrongEdit."""
        entry = self.entry
        if _KEYS in entry.fields:
            raise WrongEdit(
                f"{entry.key} cannot be renamed: git owns some keys of it, and rotation the rest",
                hint=f"take `{_KEYS}` away and apply that first; after the rename declare it again",
                place=entry.place(_KEYS),
            )
        gone = {_MADE} if rotates(entry) else set()
        fields = declaring.fields(entry, _NOT_COPIED | gone)
        self._declare(declaring.as_json({**fields, MOVED_FROM: entry.full_name(settings)}))
        if rotates(entry):
            self._let_go()

    def _let_go(self) -> None:
        entry, making = self.entry, self.making
        for name in (VALUE, _MADE, "rotate_on_enable", "binary"):
            if name in entry.fields or (name == VALUE and entry.shape is not None):
                making.take(entry, name)
        making.mark(entry, _ROTATION, Sensitive(json.dumps(NONE)))
        making.mark(entry, _EXTERNAL, Sensitive(json.dumps(True)))

    def _declare(self, content: Sensitive[str]) -> None:
        self.making.add(self.target, self.entry.section, self.new, content)
        self.making.mark(self.entry, MOVED, Sensitive(json.dumps(self.new)))
