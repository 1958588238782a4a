"""Plans as Markdown, for a comment on a pull request.

Whatever comes from outside stands in code blocks, code spans and elements ``<code>`` only, where no
mention, link or HTML begins. It is written for somebody who reads many: what happens and what is
dangerous in one line, a row for each change, details where they are looked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.core import guards
from reconciler.core.digest import plan_digest
from reconciler.core.model import Action, Plan
from reconciler.render import access, names, table
from reconciler.render.commit import made_of
from reconciler.render.describe import DELETED_OUTSIDE, Block, Section, sections
from reconciler.render.escape import as_html, code, fence
from reconciler.render.reasons import is_destructive
from reconciler.render.summary import summary
from reconciler.render.table import Link
from reconciler.render.text import note
from reconciler.render.unverified import unverified

LIMIT = 60_000  # characters; GitHub refuses a comment of more than 65,536
_BELOW = " " * 4
_FRAME = 1_500  # characters kept for headings, <details>, the summary and what is left out


_ABOUT = {
    "Destructive": "Each of these removes something that exists today.",
    "Refused": "Nothing is written to these. The other changes do not wait for them.",
    DELETED_OUTSIDE: "These were applied before, or may have been, and git did not take them away."
    " Their last values are gone.",
    "Unknown values": "Nobody has compared these values: the plan was made without the key, and the"
    " lock does not know their ciphertext. Apply writes them only when it is told to.",
}
_VALUES = "No value is shown."
_APPROVAL = (
    "Nothing is written yet: apply writes exactly this, or nothing where something of it has"
    " changed meanwhile."
)


def plan(
    plans: Sequence[Plan],
    *,
    where: str | None = None,
    limit: int = LIMIT,
    saved: bool = False,
    link: Link = table.nowhere,
    came: str | None = None,
) -> str:
    """The plans of some environments in one text of at most ``limit`` characters.

    Each begins with its summary and what is dangerous of it, in one line; then comes a table with a
    row for each change, then what opens access, destroys something or is refused, then the details
    of the rest, folded by resource. ``link`` has the address of a manifest's line. Where not all
    fits, the text says how many changes are left out, and that the whole
    is in the file ``where``, or how to see it. ``saved``: it comes from a file, and what its digest
    does not cover is named. ``came``: what came of it since, where it has been applied.
    """
    if not plans:
        return "No plan could be made; the log says why.\n"
    texts: list[str] = []
    left = limit - _FRAME
    for index, entry in enumerate(plans):
        share = left // (len(plans) - index)
        text = _plan(entry, where, share, link, saved=saved, came=came)
        if len(text) > share:
            rest = ", ".join(code(p.scope.environment) for p in plans[index:])
            told = f"**Left out, because there is no room:** the plans of {rest}"
            if len(told) > _FRAME - 100:
                told = f"**Left out, because there is no room: {len(plans) - index} plans**"
            texts.append(f"{told}. {_whole(where, None)}\n")
            break
        texts.append(text)
        left -= len(text) + 1
    return "\n".join(texts)


def _whole(where: str | None, plan: Plan | None) -> str:
    if where is not None and len(where) < 500:
        return f"The whole is in {code(where)}."
    name = f" {plan.scope.environment}" if plan is not None else ""
    return f"To see the whole: {code(f'reconciler plan{name}')}."


def _plan(
    plan: Plan, where: str | None, limit: int, link: Link, *, saved: bool, came: str | None
) -> str:
    head = list(_head(plan, came))
    foot = list(_foot(plan, saved=saved, is_over=came is not None))
    room = _Room(limit - sum(len(line) + 1 for line in [*head, *foot]) - _FRAME // 3)
    found = sections(plan)
    access_ = _access(plan, room)
    table_ = _table(found, plan, room, link)
    body = [*table_, *access_]
    for section in found:
        if section.alarming:
            body += _section(section, room)
    for section in found:
        if not section.alarming:
            body += _folded(section, plan, room)
    body += _notes(plan, room)
    if room.access_left_out or room.left_out or room.shortened or room.notes_left_out:
        body += ["", f"**{room.told()}** {_whole(where, plan)}"]
    return "\n".join([*head, *body, *foot])


def _access(plan: Plan, room: _Room) -> list[str]:
    """Who gets access, first of all."""
    heading = ["", f"### {access.TITLE}", "", access.ABOUT, ""]
    lines: list[str] = []
    for line in access.lines(plan) if room.take([*heading, "```text", "```"]) else ():
        if room.take([line]):
            lines.append(line)
        else:
            room.access_left_out += 1
    return [*heading, fence(lines, "text")] if lines else []


def _table(found: Sequence[Section], plan: Plan, room: _Room, link: Link) -> list[str]:
    """A row for each change, in at most a third of the room."""
    lines = ["", *table.HEAD]
    if not found or not room.take(lines):
        return []
    most, whole = room.left - room.left // 3, len(lines)
    for row in table.rows(found, plan.scope, link):
        if room.left - len(row) > most and room.take([row]):
            lines.append(row)
        else:
            break
    missing = len(plan.changes) - (len(lines) - whole)
    return [*lines, f"| | and {missing} more | |"] if missing else lines


def _head(plan: Plan, came: str | None) -> Iterator[str]:
    scope = plan.scope
    yield f"## {code(scope.environment)}"
    yield ""
    if came is not None:
        yield came
        yield ""
    told = summary(plan)
    if not plan.changes:
        told = "Nothing to do: everything is as git declares it."
    yield f"**{told}**{_danger(plan)}"
    yield ""
    at = ""
    if plan.uncommitted:
        at = f", **{code(made_of(None, plan.uncommitted) or '')}**"
    elif plan.revision is not None:
        at = f", commit {code(plan.revision)}"
    yield (
        f"Account {code(scope.account)}, {code(scope.region)}, names below {code(scope.prefix)},"
        f" owner {code(scope.owner)}{at}"
    )
    for guard in guards.broken(plan):
        yield ""
        stopped = f"**Nothing is written: the guard {code(guard.code)} stops it.**"
        yield f"{stopped} {code(guard.message)}"
        if guard.hint:
            yield f"<br>hint: {code(guard.hint)}"


def _danger(plan: Plan) -> str:
    """How many changes to look at first, as part of the first line."""
    told = ""
    destructive = sum(map(is_destructive, plan.changes))
    if destructive:
        takes = "1 change takes" if destructive == 1 else f"{destructive} changes take"
        told += f" **{takes} something away.**"
    if opening := len(list(access.lines(plan))):
        told += f" **{opening} open{'s' if opening == 1 else ''} access to values.**"
    return told


def _foot(plan: Plan, *, saved: bool, is_over: bool) -> Iterator[str]:
    written = [change for change in plan.changes if change.action is not Action.REFUSE]
    yield ""
    words = [_VALUES] if any(change.value is not None for change in written) else []
    if written and not is_over and not guards.broken(plan):
        words.append(_APPROVAL)
    yield " ".join([*words, f"Digest {code(plan_digest(plan))}"])
    if saved and (told := unverified(plan)) is not None:
        yield ""
        yield told
    yield ""


@dataclass
class _Room:
    """How many characters are left, and what has found no place in them."""

    left: int
    access_left_out: int = 0
    left_out: int = 0
    shortened: int = 0
    notes_left_out: int = 0

    def take(self, lines: Sequence[str]) -> bool:
        """Whether these lines fit; then they have their place."""
        size = sum(len(line) + 1 for line in lines)
        if size > self.left:
            return False
        self.left -= size
        return True

    def told(self) -> str:
        """What is missing."""
        parts = []
        if self.access_left_out:
            parts.append(f"{self.access_left_out} of {access.TITLE} left out")
        if self.left_out:
            parts.append(f"{self.left_out} change{'' if self.left_out == 1 else 's'} left out")
        if self.shortened:
            parts.append(f"{self.shortened} shown without details")
        if self.notes_left_out:
            parts.append(f"{self.notes_left_out} not changed left out")
        return "Not all fits here: " + ", ".join(parts) + "."


def _section(section: Section, room: _Room) -> list[str]:
    heading = ["", f"### {section.title}", ""]
    if about := _ABOUT.get(section.title):
        heading += [about, ""]
    longest = _fence_length(section)
    if not room.take([*heading, longest + "diff", longest]):
        room.left_out += len(section.blocks)
        return []
    lines = [line for block in section.blocks for line in _fitting(block, room)]
    return [*heading, fence(lines, "diff")] if lines else []


def _folded(section: Section, plan: Plan, room: _Room) -> list[str]:
    """The details of each resource by itself."""
    lines: list[str] = []
    for block in section.blocks:
        change = block.change
        title = as_html(names.with_kind(change.key, plan.scope))
        title = f"{as_html(change.action.symbol)} {change.action.value} {title}"
        opened = ["", f"<details><summary><code>{title}</code></summary>", ""]
        closed = ["", "</details>"]
        mark = fence([block.head, *block.lines]).rpartition("\n")[2]
        if not room.take([*opened, f"{mark}diff", mark, *closed]):
            room.left_out += 1
            continue
        if fits := _fitting(block, room):
            lines += [*opened, fence(fits, "diff"), *closed]
    return lines


def _fitting(block: Block, room: _Room) -> list[str]:
    """A change, without its details where there is room for no more; nothing where not even that
    fits."""
    whole = _block(block)
    if room.take(whole):
        return whole
    if room.take(short := [f"{whole[0]} (its details are left out)"]):
        room.shortened += 1
        return short
    room.left_out += 1
    return []


def _fence_length(section: Section) -> str:
    """At least as long as the fence that the section will have."""
    texts = [line for block in section.blocks for line in (block.head, *block.lines)]
    return fence(texts).rpartition("\n")[2]


def _block(block: Block) -> list[str]:
    head = f"{block.change.action.symbol} {block.head}"
    return [head, *(_BELOW + line for line in block.lines)]


def _notes(plan: Plan, room: _Room) -> list[str]:
    lines: list[str] = []
    for entry in plan.notes:
        if entry.code.beside:
            continue
        line = note(entry, plan.scope)
        if room.take([line]):
            lines.append(line)
        else:
            room.notes_left_out += 1
    if not lines:
        return []
    title = f"<details><summary>Not changed ({len(lines)})</summary>"
    return ["", title, "", fence(lines, "text"), "", "</details>"]
