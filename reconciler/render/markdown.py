"""Plans as Markdown, for a comment on a pull request.

Whatever comes from outside stands in code blocks and code spans only, where no mention, link or
HTML begins. It is written for somebody who sees such a plan for the first time: what each mark
means, what is lost, and what an approval lets happen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.core import guards
from reconciler.core.digest import plan_digest
from reconciler.core.model import Action, Plan
from reconciler.render import access
from reconciler.render.commit import made_of
from reconciler.render.describe import Block, Section, sections
from reconciler.render.escape import code, fence
from reconciler.render.reasons import is_destructive
from reconciler.render.summary import summary
from reconciler.render.text import note
from reconciler.render.unverified import unverified

LIMIT = 60_000  # characters; GitHub refuses a comment of more than 65,536
_BELOW = " " * 4
_FRAME = 1_500  # characters kept for headings, <details>, the summary and what is left out


_MEANS = {
    Action.CREATE: "does not exist yet",
    Action.UPDATE: "changed in place",
    Action.REPLACE: "deleted, then re-created",
    Action.ADOPT: "exists already and is managed from now on",
    Action.RESTORE: "its deletion is taken back",
    Action.PRUNE: "no longer declared, so it is deleted",
    Action.REFUSE: "left as it is",
}
_ABOUT = {
    "Destructive": "Each of these removes something that exists today.",
    "Refused": "Nothing is written to these. The other changes do not wait for them.",
    "Unknown values": "Nobody has compared these values: the plan was made without the key, and the"
    " lock does not know their ciphertext. Apply writes them only when it is told to.",
}
_VALUES = (
    "Values are not shown. When a secret gets a new value, `reconciler rollback` brings the old one"
    " back until the next; a parameter's old values stay in its history."
)
_APPROVAL = (
    "Nothing is written yet. Applying this plan writes exactly this; where something of it has"
    " changed in AWS meanwhile, it writes nothing at all."
)


def plan(
    plans: Sequence[Plan], *, where: str | None = None, limit: int = LIMIT, saved: bool = False
) -> str:
    """The plans of some environments in one text of at most ``limit`` characters.

    Each begins with its summary; then comes what destroys something or is refused, then, folded,
    the rest. Where not all fits, the text says how many changes are left out, and that the whole
    is in the file ``where``, or how to see it. ``saved``: it comes from a file, and what its digest
    does not cover is named.
    """
    if not plans:
        return "No plan could be made; the log says why.\n"
    texts: list[str] = []
    left = limit - _FRAME
    for index, entry in enumerate(plans):
        share = left // (len(plans) - index)
        text = _plan(entry, where, share, saved=saved)
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


def _plan(plan: Plan, where: str | None, limit: int, *, saved: bool) -> str:
    head = list(_head(plan))
    foot = list(_foot(plan, saved=saved))
    room = _Room(limit - sum(len(line) + 1 for line in [*head, *foot]) - _FRAME // 3)
    found = sections(plan)
    body = _access(plan, room)
    for section in found:
        if section.alarming:
            body += _section(section, room, "###")
    folded: list[str] = []
    for section in found:
        if not section.alarming:
            folded += _section(section, room, "####")
    folded += _notes(plan, room)
    rest = sum(len(section.blocks) for section in found if not section.alarming)
    if folded:
        title = f"{rest} other change{'' if rest == 1 else 's'}" if body else _count(rest)
        body += ["", f"<details><summary>{title}</summary>", *folded, "", "</details>"]
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


def _count(changes: int) -> str:
    if not changes:
        return "What is not changed"
    return f"{changes} change{'' if changes == 1 else 's'}"


def _head(plan: Plan) -> Iterator[str]:
    scope = plan.scope
    yield f"## {code(scope.environment)}"
    yield ""
    told = summary(plan)
    if not plan.changes:
        told = "Nothing to do: everything is as git declares it."
    yield f"**{told}**"
    yield ""
    at = ""
    if plan.uncommitted:
        at = f", **{code(made_of(None, plan.uncommitted) or '')}**"
    elif plan.revision is not None:
        at = f", commit {code(plan.revision)}"
    yield (
        f"Account {code(scope.account)}, {code(scope.region)}, names below {code(scope.prefix)}{at}"
    )
    for guard in guards.broken(plan):
        yield ""
        stopped = f"**Nothing is written: the guard {code(guard.code)} stops it.**"
        yield f"{stopped} {code(guard.message)}"
        if guard.hint:
            yield f"<br>hint: {code(guard.hint)}"
    yield from _legend(plan)


def _legend(plan: Plan) -> Iterator[str]:
    """What the marks of this plan mean, and how many changes to look at first."""
    actions = {change.action for change in plan.changes}
    if actions:
        yield ""
        told = (
            f"{code(action.symbol)} {action.value}: {means}"
            for action, means in _MEANS.items()
            if action in actions
        )
        yield " · ".join(told)
    destructive = sum(map(is_destructive, plan.changes))
    if destructive:
        takes = "1 change takes" if destructive == 1 else f"{destructive} changes take"
        yield ""
        yield f"**{takes} something away: see Destructive.**"


def _foot(plan: Plan, *, saved: bool) -> Iterator[str]:
    written = [change for change in plan.changes if change.action is not Action.REFUSE]
    yield ""
    if any(change.value is not None for change in written):
        yield _VALUES
    if written and not guards.broken(plan):
        yield _APPROVAL
    yield f"Digest {code(plan_digest(plan))}"
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


def _section(section: Section, room: _Room, level: str) -> list[str]:
    heading = ["", f"{level} {section.title}", ""]
    if about := _ABOUT.get(section.title):
        heading += [about, ""]
    longest = _fence_length(section)
    if not room.take([*heading, longest + "diff", longest]):
        room.left_out += len(section.blocks)
        return []
    lines: list[str] = []
    for block in section.blocks:
        whole = _block(block)
        if room.take(whole):
            lines += whole
        elif room.take(short := [f"{whole[0]} (its details are left out)"]):
            lines += short
            room.shortened += 1
        else:
            room.left_out += 1
    if not lines:
        return []
    return [*heading, fence(lines, "diff")]


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
        line = note(entry, plan.scope)
        if room.take([line]):
            lines.append(line)
        else:
            room.notes_left_out += 1
    return ["", "#### Not changed", "", fence(lines, "text")] if lines else []
