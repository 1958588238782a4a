"""What beginners do wrong, as a table."""

from __future__ import annotations

from tests.mistakes import MISTAKES
from tests.reference.markdown import table


def mistakes() -> str:
    """Each mistake, the command that tells it, and what it says."""
    head = ("what", "command", "exit code", "what it says")
    return table(
        head,
        (
            (one.did, _code(f"reconciler {one.types}"), str(one.code), _said(one.gets, one.todo))
            for one in MISTAKES
        ),
    )


def _said(gets: str, todo: str) -> str:
    return _code(gets) + (f"<br>{_code(todo)}" if todo else "")


def _code(text: str) -> str:
    fence = "``" if "`" in text else "`"
    space = " " if "`" in text else ""
    return f"{fence}{space}{text}{space}{fence}"
