"""Environments and resources for a shell to complete, from the clear text of manifests.

Someone has pressed a key and waits: nothing is imported that takes long, click neither. Commands
and options, and the scripts for bash, zsh and fish, are click's own.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

VARIABLE = "_RECONCILER_COMPLETE"  # as click calls it

_ENVIRONMENT = "environment.sops.yaml"
_RULES = ".sops.yaml"
# What each command is given, one after the other: an environment (E), a resource of the first of
# them (R), or anything else (-). With + the last may come again.
_GIVEN: Mapping[str, str] = {
    **dict.fromkeys(("validate", "plan", "apply", "drift", "report", "doctor", "lock"), "E+"),
    **dict.fromkeys(("add", "export", "import", "bootstrap", "revoke", "exec", "rotate-keys"), "E"),
    **dict.fromkeys(("set", "move", "rollback"), "ER"),
    **dict.fromkeys(("remove", "rotate", "adopt", "release"), "ER+"),
    "compare": "EE",
    "copy": "EER+",
    "iam": "-E",
    "matrix": "E+",
    "rotation template": "E",
    "recipients list": "E+",
    "recipients add": "-E+",
    "recipients remove": "-E+",
}
_GROUPS = frozenset({"recipients", "rotation"})
_FOLDER = ("-C", "--manifests")
_RESOURCE = "--only"
# Options after which a word is not what a command is given.
_TAKES = frozenset(
    {"-C", "-j", "-o", "--account", "--action", "--age", "--among", "--as", "--audit", "--audited",
     "--base", "--below", "--branch", "--built", "--ca", "--color", "--description", "--digest",
     "--environment", "--environment-name", "--file", "--format", "--from", "--generate",
     "--group", "--head", "--html", "--jobs", "--key", "--key-file", "--kind", "--kms", "--like",
     "--log-format", "--manifests", "--name", "--one", "--only", "--out", "--override",
     "--owner", "--owner-id", "--pace", "--parallelism", "--part", "--plan", "--prefix",
     "--profile", "--region", "--repository", "--repository-id", "--role", "--role-arn",
     "--service", "--sops", "--take", "--terraform-state", "--timeout", "--user", "--values",
     "--wait", "--wheels", "--workflow"}
)  # fmt: skip
_SECTION = re.compile(r"(secrets|parameters):\s*(#.*)?$")
_KEY = re.compile(r"( +)(\"[^\"]+\"|'[^']+'|[^\s#:\"'][^:#]*):(\s|$)")


def complete() -> bool:
    """Answer the shell; False, and nothing printed, where the answer is click's to give."""
    shell, _, what = os.environ.get(VARIABLE, "").partition("_")
    if what != "complete" or shell not in ("bash", "zsh", "fish"):
        return False
    found = names(*asked(shell))
    if found is None:
        return False
    for name in found:
        print(told(shell, name))
    return True


def asked(shell: str) -> tuple[list[str], str]:
    """The words before the cursor, and what there is of the next, as click reads them."""
    words = _split(os.environ.get("COMP_WORDS", ""))[1:]
    word = os.environ.get("COMP_CWORD", "")
    if shell == "fish":
        incomplete = (_split(word) or [""])[0]
        return words[:-1] if incomplete and words[-1:] == [incomplete] else words, incomplete
    position = int(word) - 1 if word.isdigit() else len(words)
    return words[:position], words[position] if position < len(words) else ""


def told(shell: str, name: str) -> str:
    """A name as click's scripts read it."""
    return f"plain\n{name}\n_" if shell == "zsh" else f"plain,{name}"


def names(words: Sequence[str], incomplete: str) -> list[str] | None:
    """What could come after these words; None where that is neither an environment nor a
    resource."""
    last = words[-1] if words else ""
    if incomplete.startswith("-") or (last in _TAKES and last != _RESOURCE):
        return None
    folder, given = _given(words)
    size = 2 if given and given[0] in _GROUPS else 1
    pattern, before = _GIVEN.get(" ".join(given[:size]), ""), given[size:]
    wanted = "R" if last == _RESOURCE else _wanted(pattern, len(before))
    if wanted == "-":
        return None
    root = _root(folder)
    if root is None:
        return []
    if wanted == "E":
        known = sorted(path.parent.name for path in root.glob(f"*/{_ENVIRONMENT}"))
    else:
        named = before[pattern.find("E") :][:1]
        known = _resources(root, named[0]) if named else []
    return [name for name in known if name.startswith(incomplete)]


def _wanted(pattern: str, place: int) -> str:
    once = pattern.removesuffix("+")
    if place < len(once):
        return once[place]
    return once[-1] if once != pattern else "-"


def _given(words: Sequence[str]) -> tuple[str | None, list[str]]:
    """The folder of manifests, and the words that are neither an option nor its value."""
    folder, given, skip = None, [], False
    for before, word in zip(["", *words], words, strict=False):
        if skip:
            folder = word if before in _FOLDER else folder
            skip = False
        elif word.startswith("-"):
            skip = word in _TAKES
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
    words = shlex.shlex(text, posix=True, punctuation_chars=False)
    words.whitespace_split, words.commenters = True, ""
    found: list[str] = []
    try:
        found.extend(words)
    except ValueError:  # a quote that is still open
        found.append(words.token)
    return found
