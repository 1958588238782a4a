"""One change in lines of text: every field, what happens to the value, what is lost and why.

The lines are escaped for a terminal and for a code block, and hold the order of importance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconciler.core.digest import canonical
from reconciler.core.leaves import is_structured
from reconciler.core.model import (
    JSON,
    Action,
    Change,
    FieldChange,
    Plan,
    ValueChange,
    Write,
)
from reconciler.core.reasons import Reason
from reconciler.render import access, names, reasons, structure
from reconciler.render.escape import compact, quoted, terminal, word
from reconciler.render.reasons import is_destructive

NONE = "(none)"
UNKNOWN = "(unknown)"
RETURNS = "returns to the previous value"

_WRITES = {
    Write.FIRST: "(value set)",
    Write.SEED: "(seed: written once, from then on rotation owns the value)",
    Write.GENERATED: "(value generated: made when it is applied, never in git)",
    Write.CHANGED: "(value changed)",
    Write.RETURNED: f"(value changed: {RETURNS})",
    Write.SAME: "(same value written again: AWS writes a parameter only as a whole)",
    Write.BOUND: "(same value: the live version stays, and a tag says that it is the declared one)",
    Write.UNKNOWN: "(value: unknown until apply, since the lock is of a different ciphertext)",
}
_CLEAR = {
    Write.CHANGED: "(value changed) -> ",
    Write.RETURNED: "(value changed) -> ",
    Write.UNKNOWN: "(unknown until apply whether it differs) ",
}
_LABELS = {"fingerprint_key": "fingerprint key"}
_MARK = " (the marks of its owner are made with the new key)"
_SETTINGS = {"rotate_immediately": "rotates at once"}
_DAYS = ("recovery_window",)


DELETED_OUTSIDE = "Deleted outside"
ALARMING = ("Destructive", "Refused", DELETED_OUTSIDE, "Unknown values")


@dataclass(frozen=True)
class Block:
    """A change as it is shown: a first line without its symbol, and lines below it."""

    change: Change
    head: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """Changes that a reviewer looks at together."""

    title: str
    blocks: tuple[Block, ...]
    alarming: bool = False


def sections(plan: Plan) -> list[Section]:
    """All changes in the order in which a reviewer wants them: first what destroys something, then
    what is refused, then what somebody deleted with its last value, then what nobody could compare,
    then the rest by kind; by name in each."""
    beside = {note.key for note in plan.notes if note.code.beside}
    ranked = sorted(
        plan.changes,
        key=lambda change: (names.order(change.key.kind, plan.titles), change.key.name),
    )
    groups: dict[str, list[Change]] = {title: [] for title in ALARMING}
    for change in ranked:
        if change.action is Action.REFUSE:
            groups["Refused"].append(change)
        elif is_destructive(change):
            groups["Destructive"].append(change)
        elif change.key in beside:
            groups[DELETED_OUTSIDE].append(change)
        elif change.value is not None and change.value.ciphertext is not None:
            groups["Unknown values"].append(change)
        else:
            groups.setdefault(names.title(change.key.kind, plan.titles), []).append(change)
    found = []
    for title, changes in groups.items():
        if changes:
            alarming = title in ALARMING
            blocks = tuple(_block(change, plan, with_kind=alarming) for change in changes)
            found.append(Section(title, blocks, alarming))
    return found


def _block(change: Change, plan: Plan, *, with_kind: bool) -> Block:
    name = (names.with_kind if with_kind else names.short)(change.key, plan.scope)
    lines = (*_beside(change, plan), *_lines(change))
    return Block(change, f"{change.action.value} {name}", lines)


def _beside(change: Change, plan: Plan) -> Iterator[str]:
    for note in plan.notes:
        if note.code.beside and note.key == change.key:
            yield f"warning: {reasons.note(note)}"
            yield f"hint: {reasons.beside(change, plan.scope)}"


def _lines(change: Change) -> Iterator[str]:
    if change.action is Action.REFUSE and change.why is not None:
        yield f"refused[{change.why.reason.value}]: {reasons.reason(change.why)}"
        if (hint := reasons.hint(change.why)) is not None:
            yield f"hint: {hint}"
    if change.action is Action.REFUSE and change.place is not None:
        yield f"declared at {terminal(str(change.place))}"
    for opened in change.access:
        yield f"access: {access.words(opened)}"
    for lost in change.losses:
        yield f"{'lost' if lost.loss.destroys else 'note'}: {reasons.loss(lost)}"
    why = None if change.action is Action.REFUSE else reasons.why(change)
    if why is not None:
        yield f"why: {why}"
    for field in change.fields:
        yield from _field(field, change.action)
    if change.value is not None and "git_keys" in change.settings:
        yield from _keys(change, change.value)
        return
    if change.value is not None:
        yield from _copied(change) if _copies(change) else _value(change.value)
    if change.why is not None and change.why.reason is Reason.MARK:
        return  # nothing else is sent
    for name, content in sorted(change.settings.items()):
        yield f"{_SETTINGS.get(name) or word(name)}: {_scalar(name, content)}"


# --- fields -----------------------------------------------------------------------------------


def _field(field: FieldChange, action: Action) -> Iterator[str]:
    label = _LABELS.get(field.name) or word(field.name)
    before, after = field.before, field.after
    if not field.known:
        if is_structured(after) and after:
            yield f"{label}: {UNKNOWN} ->"
            yield from _indented(structure.parts(after))
        else:
            yield f"{label}: {UNKNOWN} -> {_scalar(field.name, after)}"
    elif action is Action.REPLACE and canonical(before) == canonical(after):
        yield from _one(label, field.name, after)
    elif _inside(before, after):
        yield f"{label}:"
        yield from _indented(structure.differences(before, after))
    elif action is Action.CREATE or (action is Action.REPLACE and before is None):
        yield from _one(label, field.name, after)
    elif action is Action.PRUNE:
        yield from _one(label, field.name, before)
    elif is_structured(after) and after:
        yield f"{label}: {_scalar(field.name, before)} ->"
        yield from _indented(structure.parts(after))
    elif is_structured(before) and before:
        yield f"{label}: -> {_scalar(field.name, after)}"
        yield from _indented(f"- {part}" for part in structure.parts(before))
    else:
        told = _MARK if field.name == "fingerprint_key" else ""
        yield f"{label}: {_scalar(field.name, before)} -> {_scalar(field.name, after)}{told}"


def _one(label: str, name: str, content: JSON) -> Iterator[str]:
    if is_structured(content) and content:
        yield f"{label}:"
        yield from _indented(structure.parts(content))
    else:
        yield f"{label}: {_scalar(name, content)}"


def _inside(before: JSON, after: JSON) -> bool:
    """Whether two contents differ somewhere inside, rather than as a whole."""
    both = is_structured(before) and is_structured(after)
    return both and bool(before) and bool(after)


def _scalar(name: str, content: JSON) -> str:
    if content is None:
        return NONE
    if isinstance(content, bool):
        return "yes" if content else "no"
    if isinstance(content, str):
        return quoted(content)
    if is_structured(content) and not content:
        return NONE
    return f"{content} days" if name in _DAYS else compact(content)


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


# --- values -----------------------------------------------------------------------------------


def _copies(change: Change) -> bool:
    return change.value is not None and change.value.write is Write.COPIED


def _copied(change: Change) -> Iterator[str]:
    """From where, and from which version: no other is copied."""
    source, version = (change.precondition.get(name) for name in ("source", "source_version"))
    yield f"(value copied from {quoted(str(source))}, version {quoted(str(version))}, never in git)"


def _value(value: ValueChange) -> Iterator[str]:
    if value.plaintext is None:
        yield _WRITES[value.write]
    elif value.write is Write.SAME:
        yield f"value: {quoted(value.plaintext)} {_WRITES[value.write]}"
    else:
        yield f"value: {_CLEAR.get(value.write, '')}{quoted(value.plaintext)}"
        if value.write is Write.RETURNED:
            yield f"({RETURNS})"
    if value.ciphertext is not None and value.write is not Write.UNKNOWN:
        yield _WRITES[Write.UNKNOWN]
    for key in value.keys or ():
        yield f"  {_mark(key)} {word(key.name)}"


_KEYS = {
    Write.FIRST: "set, if the live value has others: nothing says yet what git last wrote",
    Write.UNKNOWN: "unknown until apply, since the lock is of a different ciphertext",
}


def _keys(change: Change, value: ValueChange) -> Iterator[str]:
    """The keys that git owns of a rotated secret, by name; everything else in it stays."""
    named = change.settings.get("git_keys")
    names = ", ".join(word(str(name)) for name in named) if isinstance(named, list) else ""
    unknown = value.ciphertext is not None
    said = _KEYS.get(Write.UNKNOWN if unknown else value.write, "changed")
    yield f"keys {names} {said}"
    for key in value.keys or ():
        yield f"  {_mark(key)} {word(key.name)}"
    yield "(apply reads this secret, and leaves every other key as rotation wrote it)"


def _mark(key: FieldChange) -> str:
    """A key's name is all that is told: whether it is new, gone or changed."""
    if key.before is None:
        return "+"
    return "-" if key.after is None else "~"
