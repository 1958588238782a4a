"""Variables as text, in forms that the programs which read them agree about."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Mapping

from ruamel.yaml import YAML

from reconciler.kinds.represent import as_yaml
from reconciler.values.sensitive import Sensitive

Text = Mapping[str, Sensitive[str]]

# Within quotes, readers of .env files differ about backslashes, `$` and quotes. python-dotenv
# replaces ${NAME} within single quotes too, and nothing that it reads is ${ for certain.
_APOSTROPHES = re.compile(r"'|\\\\|\\\Z|\$\{")
_QUOTES = re.compile(r'["$`\\\n]')


def unwritable(values: Text) -> list[str]:
    """The names whose values readers of .env files would read differently."""
    return [name for name, value in values.items() if _quoted(value.reveal()) is None]


def dotenv(values: Text) -> str:
    """``NAME='value'``: as shells, Docker Compose, and the dotenv packages of Node and Python
    read it. Those of :func:`unwritable` are left out."""
    lines = ((name, _quoted(value.reveal())) for name, value in values.items())
    return "".join(f"{name}={quoted}\n" for name, quoted in lines if quoted is not None)


def as_json(values: Text) -> str:
    """One JSON object."""
    plain = {name: value.reveal() for name, value in values.items()}
    return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"


def yaml(values: Text) -> str:
    """One YAML mapping, every value in quotes."""
    return "".join(
        as_yaml(f"{name}: {json.dumps(value.reveal())}\n") for name, value in values.items()
    )


def _quoted(text: str) -> str | None:
    if "\0" in text or "\r" in text:
        return None
    if not _APOSTROPHES.search(text):
        return f"'{text}'"
    return None if _QUOTES.search(text) else f'"{text}"'


FORMATS: Mapping[str, Callable[[Text], str]] = {"dotenv": dotenv, "json": as_json, "yaml": yaml}


# --- where values are ----------------------------------------------------------------------------


def paths(found: Mapping[str, str], form: str) -> str:
    """Names of resources by variable; they hold nothing that a reader of .env files would take for
    more than text."""
    if form == "dotenv":
        return "".join(f"{name}={path}\n" for name, path in found.items())
    if form == "json":
        return json.dumps(found, indent=2) + "\n"
    return "".join(f"{name}: {json.dumps(path)}\n" for name, path in found.items())


def containers(found: Mapping[str, str]) -> str:
    """`secrets` of a container in a task definition."""
    entries = [{"name": name, "valueFrom": found[name]} for name in sorted(found)]
    return json.dumps({"secrets": entries}, indent=2) + "\n"


def documents(found: Mapping[str, object]) -> str:
    """Documents of YAML, one after another."""
    writer = YAML()
    writer.indent(mapping=2, sequence=4, offset=2)
    writer.explicit_start = True
    text = io.StringIO()
    for document in found.values():
        writer.dump(document, text)
    return text.getvalue()
