"""The files of a new environment that declares what another one does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.access import init
from reconciler.access.init import Answers
from reconciler.cli import filling, walk
from reconciler.cli.options import Common
from reconciler.cli.terminal import say
from reconciler.core.model import JSON
from reconciler.manifest import structure
from reconciler.manifest.files import ENVIRONMENT_FILE
from reconciler.values.sensitive import Sensitive


def files(
    like: str, answers: Answers, values: Path | None, generate: int | None, options: Common
) -> dict[str, Sensitive[str]]:
    """With values of its own, which are taken from a file, generated or asked for; in clear. Raises
    ReconcilerError."""
    declared = walk.read(like, options)
    source = declared.settings.scope
    target = answers.scope
    folder = declared.document.file.parent
    own = {d.file: d for entry in declared.entries for d in entry.documents if not d.included}
    found = {file: structure.of(document, source, target) for file, document in own.items()}
    every = [one for made in found.values() for one in made.missing]
    filled = filling.fill(every, values, generate)
    settings: Mapping[str, JSON] = structure.settings(declared.document, source, target)
    texts = {ENVIRONMENT_FILE: init.environment(answers, settings)}
    for file, made in found.items():
        its = {one: filled[one] for one in made.missing}
        texts[file.relative_to(folder).as_posix()] = made.filled(its)
    left = [
        *structure.left_out(declared.document),
        *(n for made in found.values() for n in made.left_out),
    ]
    filling.tell_left_out(left, like, options)
    moves = source.account != target.account or source.region != target.region
    if moves and any(b"arn:" in document.raw for document in (*own.values(), declared.document)):
        say(
            f"ARNs of {like} in account {source.account} and {source.region} were written with"
            f" {target.account} and {target.region}: check that what they name is there",
            options,
        )
    return texts
