"""Who moved, as a bookkeeper knows it who saw everybody act. It knows nothing of the product.

It is told what each thing holds after somebody acted, part by part, and who that was. What git
wrote last, and what is there now, say the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Content = Mapping[str, Any]  # of one thing, by part; of what git declares, only what it declares
Declared = Mapping[str, Content]


_THEIRS = object()  # no content of ours


@dataclass
class Thing:
    """``there`` is what it holds, None where it does not exist or is pending deletion, and
    ``owned`` whether it has our marks; ``last`` is what it held when it last was there. ``ours`` is
    what the last run left of each part, ``former`` the value that this was before, and ``cut`` what
    runs wrote that were killed since, in place of ``before``; ``begun`` says that there was such a
    run."""

    there: Content | None = None
    last: Content = field(default_factory=dict)
    owned: bool = False
    begun: bool = False
    former: Any = None
    ours: dict[str, Any] = field(default_factory=dict)
    cut: dict[str, list[Any]] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)


class Oracle:
    """``complete`` is what git declared when all of it was last applied, ``attempts`` what it
    declared in each run since that was not of all of it, or did not end."""

    def __init__(self) -> None:
        self.things: dict[str, Thing] = {}
        self.complete: Declared = {}
        self.attempts: list[Declared] = []

    def seen(self, name: str, there: Content | None, *, owned: bool) -> Thing:
        """Somebody acted, and this is there now."""
        thing = self.things.setdefault(name, Thing())
        thing.there, thing.owned, thing.last = there, owned, there or thing.last
        return thing

    def took(self, name: str) -> None:
        """Somebody wrote over all of what AWS writes only as a whole."""
        thing = self.things.setdefault(name, Thing())
        thing.ours = dict.fromkeys(thing.there or (), _THEIRS)
        thing.cut, thing.before = {}, {}

    def gone(self, name: str) -> None:
        """It is not there any more, and nothing of it: what comes under its name is another."""
        self.things.pop(name, None)

    def wrote(self, name: str, there: Content | None, declared: Content, *, owned: bool) -> None:
        """A run of ours wrote this to its end, or found it so."""
        thing = self.seen(name, there, owned=owned)
        if there is not None and owned:
            if there.get("value") != thing.ours.get("value", there.get("value")):
                thing.former = thing.ours["value"]
            thing.ours |= {part: there.get(part) for part in declared}
            # What a killed run wrote, and git no longer declares, stays as that run left it.
            thing.cut = {part: all_ for part, all_ in thing.cut.items() if part not in declared}
            thing.before = {part: was for part, was in thing.before.items() if part in thing.cut}
            thing.begun = False

    def killed(self, name: str, there: Content | None, *, owned: bool, whole: bool) -> None:
        """A run of ours was killed while it wrote this, or before, or after. What is ``whole`` is
        written in all its parts or in none."""
        before = self.things.get(name, Thing()).last
        thing = self.seen(name, there, owned=owned)
        thing.begun = True
        for part, content in (there or {}).items():
            if content != before.get(part) or (whole and there != before):
                thing.cut.setdefault(part, []).append(content)
                thing.before.setdefault(part, before.get(part))

    def ended(self, declared: Declared, *, whole: bool) -> None:
        """A run ended, of all that git declares and as it should, or not."""
        if whole:
            self.complete, self.attempts = dict(declared), []
        else:
            self.attempts.append(dict(declared))

    def expects(self, name: str, declared: Content | None) -> dict[str, set[str]]:
        """The classes that are right of each part that differs, and of `itself` where it is not
        there, or not ours; nothing of what is as declared, or not declared."""
        thing = self.things.get(name, Thing())
        if declared is None:
            return {}
        if thing.there is None or not thing.owned:
            return {"itself": self._gone(name, thing)}
        return {
            part: self._moved(name, part, thing.there.get(part), content)
            for part, content in declared.items()
            if thing.there.get(part) != content
        }

    def _gone(self, name: str, thing: Thing) -> set[str]:
        if name in self.complete:
            always = all(name in attempt for attempt in self.attempts)
            if always:
                return {"outside"}
            # A run since then was to remove it. What is there without our marks, pending deletion
            # or not, is refused anyway.
            return {"unknown", "refused"}
        if any(name in attempt for attempt in self.attempts):
            return {"unknown"}
        # What is pending deletion without our marks is not there, and not for us to bring back.
        return {"pending", "refused"} if thing.there is None else {"refused"}

    def _moved(self, name: str, part: str, now: Any, want: Any) -> set[str]:
        thing = self.things[name]
        if now in thing.cut.get(part, []):
            return {"pending", "unknown"}  # never outside
        if part not in thing.ours or thing.ours[part] == now:
            # What only a killed run wrote may be remembered, and what git never wrote is not; or
            # it remembered what it wrote, and somebody put the former back.
            if part in thing.cut:
                return {"pending", "unknown", "outside"}
            # Of a value it may have remembered that it was about to move.
            return {"pending", "unknown"} if part == "value" and thing.begun else {"pending"}
        if part in thing.cut and (now or None) == (thing.before[part] or None):
            return {"pending", "unknown", "outside"}  # as if it had written nothing there
        # Which value an attempt was to write nobody reads in git.
        back = part == "value" and now == thing.former and bool(self.attempts)
        tried = back or any(self._tried(attempt, name, part, now) for attempt in self.attempts)
        return {"outside", "unknown"} if tried else {"outside"}

    def _tried(self, attempt: Declared, name: str, part: str, now: Any) -> bool:
        """Whether a run that did not end was to make it what it is now."""
        asked = attempt.get(name, {})
        return part in asked and asked[part] == now
