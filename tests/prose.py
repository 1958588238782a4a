"""One voice: words that people stumble over, in what they read, with what to write in their place.

``python -m tests.prose`` prints each, and what proselint finds, and ends with 1 where there is any.
What the commands say of themselves is on the page of commands, so it is read here too.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.pages import ROOT, pages

# Typography is Markdown's; a heading and its first word are no illusion.
OFF = ("annotations", "lexical_illusions", "typography", "weasel_words", "misc.phrasal_adjectives")
# A pattern, and what to write.
WORDS = {
    r"of ours": "owned by this environment",
    r"is another(?! account)": "differs",
    r"are others": "changed",
    r"anew": "again",
    r"let go of": "released",
    r"re-?made": "re-created",
    r"somebody has to act": "action is needed",
    r"hands? out of": "export",
    r"at their word": "believes them",
    r"serves? again": "is restored",
    r"for ever": "for good",
    r"in the clear": "in clear text",
    r"utili[sz]e": "use",
    r"in order to": "to",
    r"please note": "nothing",
    r"simply|obviously|of course": "nothing",
    r"blacklist|whitelist": "deny, allow",
}


def read() -> list[Path]:
    """What is checked."""
    return [*pages(), ROOT / "SECURITY.md", ROOT / "CONTRIBUTING.md"]


def prose(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a page that are no code, without code spans, by their number."""
    inside = False
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("```"):
            inside = not inside
        elif not inside and not line.startswith(("<!--", ">")):
            yield number, re.sub(r"`[^`]*`", "``", line)


def found(text: str) -> Iterator[tuple[int, str, str]]:
    """Each such word of a page: its line, the word, what to write."""
    for number, line in prose(text):
        for pattern, instead in WORDS.items():
            for match in re.finditer(rf"\b(?:{pattern})\b", line, re.IGNORECASE):
                yield number, match[0], instead


def proselint() -> Iterator[str]:
    """What proselint finds in the text without its code, but for the checks that are off."""
    program = Path(sys.executable).with_name("proselint")
    with tempfile.TemporaryDirectory() as place:
        for path in read():
            copy = Path(place, path.relative_to(ROOT))
            copy.parent.mkdir(parents=True, exist_ok=True)
            lines = dict(prose(path.read_text()))
            copy.write_text("\n".join(lines.get(n, "") for n in range(1, max(lines) + 1)))
        done = subprocess.run(
            [program, "check", place], capture_output=True, text=True, check=False
        )
    for line in done.stdout.splitlines():
        if line.startswith(place) and not re.search(rf": ({'|'.join(OFF)})[.:]", line):
            yield line.removeprefix(place + "/")


def main() -> int:
    """Print all of them, and all that proselint finds."""
    lines = [
        f"{path.relative_to(ROOT)}:{number}: {word!r}: write {instead}"
        for path in read()
        for number, word, instead in found(path.read_text())
    ]
    lines += proselint()
    print("\n".join(lines), end="\n" if lines else "")
    return bool(lines)


if __name__ == "__main__":
    sys.exit(main())
