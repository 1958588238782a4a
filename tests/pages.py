"""README.md and the pages of docs/: the commands that each shows, and the outputs below them.

A block of code is one of these:

- ``console`` (or no language) with lines that begin with ``$ ``: commands, and below each what it
  prints.
- After ``<!-- $ COMMAND -->``: what that command prints on stdout, in a block or a quotation.
- ``sh``: commands whose output is not shown. They have to end with 0.
- Any of these after ``<!-- not run: WHY -->``: shown only, for a machine that is not here.
- Any other language: no command.

Further comments: ``<!-- run: COMMAND -->`` runs unseen, ``<!-- stdin: TEXT -->`` is what a person
types in the next block, ``<!-- approved -->`` stands for their yes in it, and
``<!-- story: NAME -->`` says with which repository and account a page begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
COMMENT = re.compile(r"<!-- (\$|[a-z ]+)(?:: ?| )?(.*?) ?-->")
FENCE = re.compile(r"( *)```(\w*)( .*)?")
RUN = ("", "console", "sh", "bash")


@dataclass(frozen=True)
class Step:
    """Commands of a page. What they print stands in lines ``first`` to ``last``, each after
    ``prefix``; with ``typed`` the commands themselves stand there too. Where it is not shown,
    ``first`` is None."""

    commands: tuple[str, ...]
    first: int | None = None
    last: int = 0
    prefix: str = ""
    typed: bool = False
    stdin: str = ""
    approved: bool = False


def pages() -> list[Path]:
    """README.md, and every page of the site."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def begins(page: str) -> str:
    """With which repository and account a page begins."""
    match = re.search(r"^<!-- story: (\w+) -->$", page, re.MULTILINE)
    return match[1] if match else "main"


def steps(page: str) -> Iterator[Step]:
    """What a page runs, in its order.

    Raises:
        ValueError: a block that is neither run nor said not to be, or that shows no command.
    """
    lines = page.split("\n")
    said: dict[str, str] = {}
    at = 0
    while at < len(lines):
        line = lines[at]
        if comment := COMMENT.fullmatch(line.strip()):
            if comment[1] == "run":
                yield Step((comment[2],), stdin=said.pop("stdin", ""), approved="approved" in said)
            else:
                said[comment[1].strip()] = comment[2]
        elif line.startswith(">") and "$" in said:
            end = next(n for n in range(at, len(lines)) if not lines[n].startswith(">"))
            yield Step((said["$"],), at, end, prefix="> ")
            at, said = end, {}
        elif fence := FENCE.fullmatch(line):
            end = next(n for n in range(at + 1, len(lines)) if lines[n].strip() == "```")
            step = _step(lines, at + 1, end, fence, said)
            if step is not None:
                yield step
            at, said = end, {}
        elif line.strip():
            said = {}
        at += 1


def _step(
    lines: list[str], first: int, last: int, fence: re.Match[str], said: dict[str, str]
) -> Step | None:
    indent, language = fence[1], fence[2]  # in a list, what is printed stands in as far
    people = {"stdin": said.get("stdin", ""), "approved": "approved" in said}
    if "$" in said:
        return Step((said["$"],), first, last, indent, approved=people["approved"] is True)
    if language not in RUN:
        return None
    if "not run" in said:
        if not said["not run"]:
            raise ValueError(f"line {first}: not run, and not why")
        return None
    block = [line.strip() for line in lines[first:last]]
    if language in ("", "console"):
        typed = tuple(line[2:] for line in block if line.startswith("$ "))
        if not block[0].startswith("$ "):
            raise ValueError(f"line {first}: neither a command nor marked as text")
        return Step(typed, first, last, indent, typed=True, **people)  # type: ignore[arg-type]
    joined = "\n".join(block).replace("\\\n", " ")
    commands = [re.sub(r"(^|\s+)#( .*)?$", "", line) for line in joined.split("\n")]
    return Step(tuple(filter(None, commands)), **people)  # type: ignore[arg-type]


def written(step: Step, outputs: list[str]) -> list[str]:
    """The lines that a step should have."""
    text = ""
    for command, output in zip(step.commands, outputs, strict=True):
        text += (f"$ {command}\n" if step.typed else "") + output
        if text and not text.endswith("\n"):
            text += "\n"
    return [f"{step.prefix}{row}".rstrip() for row in text.rstrip("\n").split("\n")]
