"""Where the values come from that a command needs: given as JSON, generated, or asked for."""

from __future__ import annotations

import base64
import json
import secrets as randomness
import string
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from reconciler.cli.options import Common
from reconciler.cli.terminal import say
from reconciler.core import wholefile
from reconciler.manifest.structure import Missing
from reconciler.values.sensitive import Sensitive

LARGEST = 8 << 20  # bytes of values
_NAMED = 6  # fields that a copy does not have, told by name
LONGEST = 4096  # characters of a generated value
_LETTERS = string.ascii_letters + string.digits

length = click.IntRange(8, LONGEST)


def options(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--values`` and ``--generate``."""
    for decorate in (
        click.option(
            "--generate",
            type=length,
            metavar="LENGTH",
            help="Generate missing values, with this many letters and digits.",
        ),
        click.option(
            "--values",
            "source",
            type=click.Path(path_type=Path, allow_dash=True),
            metavar="FILE",
            help="The values: a JSON object by name; - is standard input.",
        ),
    ):
        function = decorate(function)
    return function


def fill(
    missing: Sequence[Missing], source: Path | None, generate: int | None
) -> dict[Missing, Sensitive[str]]:
    """A value for each. Raises UsageError, with the names of those that have none."""
    given = {} if source is None else _given(source, missing)
    answers: dict[Missing, Sensitive[str]] = {}
    without = []
    for one in missing:
        if one in given:
            answers[one] = given[one]
        elif generate is not None and not one.shown:
            answers[one] = random(generate, binary=one.binary)
        elif sys.stdin.isatty():
            answers[one] = _ask(one)
        else:
            without.append(one)
    if without:
        told = ", ".join(map(str, without[:3]))
        rest = f" and {len(without) - 3} more" if len(without) > 3 else ""
        raise click.UsageError(
            f"There is no value for {told}{rest}: give them with --values FILE, a JSON object by"
            " name" + ("." if generate is not None else ", or make the secret ones with --generate"
            " LENGTH.")
        )  # fmt: skip
    return answers


def tell_left_out(left: Sequence[str], source: str, options: Common) -> None:
    """What a copy does not have, because it names something that exists once."""
    if left:
        more = f" and {len(left) - _NAMED} more" if len(left) > _NAMED else ""
        say(
            f"not copied, since it is of {source} alone: {', '.join(left[:_NAMED])}{more}:"
            " declare it where it is needed",
            options,
            level="warning",
        )


def random(characters: int, *, binary: bool = False) -> Sensitive[str]:
    """A new value: so many letters and digits; as base64, so many bytes."""
    if binary:
        return Sensitive(base64.b64encode(randomness.token_bytes(characters)).decode())
    return Sensitive("".join(randomness.choice(_LETTERS) for _ in range(characters)))


def _ask(missing: Missing) -> Sensitive[str]:
    if missing.shown:
        what = "separated by commas; in clear in git" if missing.listed else "in clear in git"
        return Sensitive(click.prompt(f"Value of {missing} ({what})", err=True))
    return Sensitive(
        click.prompt(
            f"New value of {missing}",
            hide_input=True,
            confirmation_prompt="The same again",
            err=True,
        )
    )


def _given(source: Path, missing: Sequence[Missing]) -> Mapping[Missing, Sensitive[str]]:
    raw = Sensitive(_read(source))
    tree = _tree(raw)
    if not isinstance(tree, dict):
        raise click.UsageError("--values takes a JSON object: names, each with its value.")
    known = {one.key for one in missing}
    unknown = sorted(name for name in tree if name not in known)
    if unknown:
        raise click.UsageError(f"--values has {unknown[0]}, and no value is missing there.")
    found = {}
    for one in missing:
        text = _at(tree.get(one.key), one.inner)
        if text is not None:
            if not isinstance(text, str) or not text or not _is_text(text):
                raise click.UsageError(f"--values: {one} is not a text, or empty.")
            found[one] = Sensitive(text)
    return found


def _read(source: Path) -> bytes:
    if str(source) == "-":
        return sys.stdin.buffer.read(LARGEST)
    return wholefile.read(source, LARGEST)


def _tree(raw: Sensitive[bytes]) -> Any:
    try:
        return json.loads(raw.reveal())
    except (ValueError, RecursionError):
        return None


def _at(node: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        if isinstance(part, int):
            node = node[part] if isinstance(node, list) and part < len(node) else None
        else:
            node = node.get(part) if isinstance(node, dict) else None
    return node


def _is_text(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def one(what: str) -> Sensitive[str]:
    """A new value, typed unseen on a terminal, or from standard input, where one newline at its end
    is not part of it. Raises UsageError."""
    if sys.stdin.isatty():
        value = Sensitive(
            click.prompt(
                f"New value of {what}",
                hide_input=True,
                confirmation_prompt="The same again",
                default="",
                show_default=False,
                err=True,
            )
        )
    else:
        value = _piped()
    if not value.reveal():
        raise click.UsageError("The value is empty.")
    return value


def _piped() -> Sensitive[str]:
    try:
        text = sys.stdin.buffer.read().decode()
    except UnicodeDecodeError:
        text = None
    if text is None:
        raise click.UsageError("The value on standard input is not UTF-8 text.")
    return Sensitive(text[:-1] if text.endswith("\n") and text.count("\n") == 1 else text)
