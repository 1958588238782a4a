"""Annotations: what a run's page and the changed files of a pull request show, at its place."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from reconciler.core.model import Place
from reconciler.render.escape import terminal

MOST = 10  # of each level; GitHub drops what comes after
_LINES = 12  # of one annotation
_WIDTH = 400  # characters of a line


class Level(StrEnum):
    """How bad it is, the worst first."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True)
class Annotation:
    """One thing to show: its place, if it has one, a title, and lines below it."""

    level: Level
    title: str
    lines: tuple[str, ...]
    place: Place | None = None


def limited(found: Sequence[Annotation]) -> list[Annotation]:
    """At most MOST of each level, the worst level first; the last one counts what is left out."""
    chosen: list[Annotation] = []
    for level in Level:
        of_it = [annotation for annotation in found if annotation.level is level]
        if len(of_it) > MOST:
            more = len(of_it) - MOST + 1
            told = Annotation(level, f"{more} more", ("The summary of the job shows all.",))
            of_it = [*of_it[: MOST - 1], told]
        chosen += of_it
    return chosen


def commands(found: Sequence[Annotation], workspace: Path) -> list[str]:
    """The workflow commands that make annotations, a line each. ``workspace`` is what paths are
    relative to."""
    return [_command(annotation, workspace) for annotation in found]


def _command(annotation: Annotation, workspace: Path) -> str:
    properties: dict[str, str] = {}
    if annotation.place is not None:
        properties["file"] = relative(annotation.place.path, workspace)
        if annotation.place.line:
            properties["line"] = str(annotation.place.line)
        if annotation.place.column:
            properties["col"] = str(annotation.place.column)
    properties["title"] = annotation.title
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    lines = [terminal(line)[:_WIDTH] for line in annotation.lines[:_LINES]]
    if len(annotation.lines) > _LINES:
        lines.append("…")
    return f"::{annotation.level} {told}::{_data(chr(10).join(lines))}"


def relative(path: str, workspace: Path) -> str:
    """A path as the repository knows it, where it is in the workspace."""
    absolute = os.path.normpath(Path.cwd() / path)
    root = os.path.normpath(workspace)
    return Path(absolute).relative_to(root).as_posix() if _below(absolute, root) else path


def _below(path: str, root: str) -> bool:
    return Path(path).is_relative_to(root)


def _data(text: str) -> str:
    """A message, as the runner reads it back."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """A property, which ends at a comma or a colon."""
    return _data(terminal(text)).replace(":", "%3A").replace(",", "%2C")
