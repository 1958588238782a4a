"""Environments and resources for a shell to complete, from the clear text of manifests.

Someone has pressed a key and waits: nothing is imported that takes long, click neither. Commands
and options, and the scripts for bash, zsh and fish, are click's own.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

VARIABLE = "_RECONCILER_COMPLETE"  # as click calls it

_ENVIRONMENT = "environment.sops.yaml"
_RULES = ".sops.yaml"
# Commands that take environments, and those that take one and then names of its resources.
_MANY = frozenset(
    {"plan", "apply", "drift", "validate", "report", "doctor", "lock", "adopt", "import", "export",
     "exec", "bootstrap", "revoke"}
)  # fmt: skip
_NAMED = frozenset({"set", "rotate", "rollback", "release"})
_FOLDER = ("-C", "--manifests")
_TAKES = frozenset({*_FOLDER, "--profile", "--role-arn", "--sops", "-o", "--format", "--out",
                    "--plan", "--digest", "--base", "--parallelism", "--timeout", "--pace",
                    "--audit", "-j", "--jobs", "--color", "--log-format", "--html"})  # fmt: skip
_SECTION = re.compile(r"(secrets|parameters):\s*(#.*)?$")
_KEY = re.compile(r"( +)(\"[^\"]+\"|'[^']+'|[^\s#:\"'][^:#]*):(\s|$)")


def complete() -> bool:
    """Answer the shell; False, and nothing printed, where the answer is click's to give."""
    shell, _, what = os.environ.get(VARIABLE, "").partition("_")
    if what != "complete" or shell not in ("bash", "zsh", "fish"):
        return False
    words = _split(os.environ.get("COMP_WORDS", ""))[1:]
    word = os.environ.get("COMP_CWORD", "")
    if shell == "fish":
        incomplete = word
        words = words[:-1] if incomplete and words and words[-1] == incomplete else words
    else:
        position = int(word) - 1 if word.isdigit() else len(words)
        incomplete = words[position] if position < len(words) else ""
        words = words[:position]
    found = names(words, incomplete)
    if found is None:
        return False
    for name in found:
        print(f"plain\n{name}\n_" if shell == "zsh" else f"plain,{name}")
    return True


def names(words: Sequence[str], incomplete: str) -> list[str] | None:
    """What could come after these words; None where that is neither an environment nor a
    resource."""
    last = words[-1] if words else ""
    if incomplete.startswith("-") or last in _TAKES:
        return None
    folder, given = _given(words)
    if not given or given[0] not in _MANY | _NAMED:
        return None
    command, *positional = given
    root = _root(folder)
    if root is None:
        return []
    if last == "--only" or (command in _NAMED and positional):
        known = _resources(root, positional[0]) if positional else []
    else:
        known = sorted(path.parent.name for path in root.glob(f"*/{_ENVIRONMENT}"))
    return [name for name in known if name.startswith(incomplete)]


def _given(words: Sequence[str]) -> tuple[str | None, list[str]]:
    """The folder of manifests, and the words that are neither an option nor its value."""
    folder, given, skip = None, [], False
    for before, word in zip(["", *words], words, strict=False):
        if skip:
            folder = word if before in _FOLDER else folder
            skip = False
        elif word.startswith("-"):
            skip = word in _TAKES or word == "--only"
        else:
            given.append(word)
    return folder, given


def _root(folder: str | None) -> Path | None:
    if folder is not None:
        return Path(folder).expanduser()
    here = Path.cwd()
    for parent in (here, *here.parents):
        if (parent / "manifests" / _RULES).is_file():
            return parent / "manifests"
    return None


def _resources(root: Path, environment: str) -> list[str]:
    if "/" in environment or environment.startswith("."):
        return []
    files = sorted((root / environment).glob("**/*.sops.yaml"))
    return sorted({name for file in files for name in _declared(file)})


def _declared(file: Path) -> Iterator[str]:
    """The keys right below `secrets` and `parameters`, as sops writes them: a line each."""
    inside, indent = False, ""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        if line[:1] not in (" ", "#", ""):
            inside, indent = _SECTION.match(line) is not None, ""
        elif inside and (match := _KEY.match(line)):
            indent = indent or match[1]
            name = match[2].strip("\"' ")
            if match[1] == indent and name.isprintable():
                yield name


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # a quote that is still open
        return text.split()
