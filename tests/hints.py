"""The commands that messages tell people to run, collected from the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reconciler.cli.main import COMMANDS

PACKAGE = Path(__file__).parents[1] / "reconciler"
_SHOWN = ("help", "epilog", "short_help")  # of click: the pages of commands have these
# Where a command ends in a sentence.
_END = re.compile(
    r"[;,`)\n]|: | \| | && | > | \(|\.$|\. "
    r"| (?:and|with|prints|lists|marks|makes|to|as|for|gives)\b"
)
_NAMES = "|".join(map(re.escape, sorted(COMMANDS, key=len, reverse=True)))
_BEGIN = re.compile(rf"(`?)\breconciler ({_NAMES})(?![\w-])")
# Commands of other programs: by their own words, since sentences say what sops and git do.
OTHERS = {
    "sops": re.compile(
        r"\bsops (?=--config |(?:encrypt|decrypt|edit|rotate|set|unset|updatekeys)\b)"
    ),
    "git": re.compile(
        r"\bgit (?=-C |(?:add|checkout|clone|commit|config|fetch|init|log|mv|pull|push|restore|rm"
        r"|show|switch)\b)"
    ),
    "aws": re.compile(r"\baws (?=[a-z]+ [a-z]+-[a-z-]+)"),
}
_OTHERS_END = re.compile(
    r"[;,`)\n]|: | \| | && | > | \(|\.$|\. | (?:and|with|looks|in the|under)\b"
)


@dataclass(frozen=True)
class Told:
    """A command in a message: where, and the words after `reconciler`; `X` stands for what is
    filled in."""

    where: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.where}: reconciler {' '.join(self.words)}"


def told() -> Iterator[Told]:
    """All of them."""
    for source in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(source.read_text())
        name = source.relative_to(PACKAGE.parent).as_posix()
        for text in _texts(tree):
            for match in _BEGIN.finditer(text):
                rest = text[match.end() :]
                end = _END.search(rest)
                words = rest[: end.start() if end else len(rest)].split()
                found = (match[2], *(word for word in words if set(word) != {"X"} or word == "X"))
                # A name alone, within ticks, is spoken of and not to be run.
                if not (match[1] and all(word.isalpha() and word != "X" for word in found)):
                    yield Told(name, found)


def told_of(program: str) -> Iterator[Told]:
    """All commands of another program."""
    for source in sorted(PACKAGE.rglob("*.py")):
        name = source.relative_to(PACKAGE.parent).as_posix()
        for text in _texts(ast.parse(source.read_text())):
            for match in OTHERS[program].finditer(text):
                rest = text[match.end() :]
                end = _OTHERS_END.search(rest)
                yield Told(name, tuple(rest[: end.start() if end else len(rest)].split()))


def _texts(tree: ast.AST) -> Iterator[str]:
    """Every string but docstrings and help."""
    skipped = {id(node) for node in _skipped(tree)}
    inside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(tree):
        if id(node) in skipped or id(node) in inside:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values
            )


def _skipped(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            yield body[0].value
        if isinstance(node, ast.keyword) and node.arg in _SHOWN:
            yield from ast.walk(node.value)
