"""Where the manifests are."""

from __future__ import annotations

from pathlib import Path

from reconciler.cli.options import Common
from reconciler.core.errors import UsageError


def folder(options: Common) -> Path:
    """The folder of the manifests. Raises UsageError where there is none."""
    if options.manifests is not None:
        return options.manifests
    here = Path.cwd()
    for parent in (here, *here.parents):
        if (parent / "manifests" / ".sops.yaml").is_file():
            return (
                (parent / "manifests").relative_to(here) if parent == here else parent / "manifests"
            )
    raise UsageError(
        "there is no folder manifests/ with a file .sops.yaml here or above",
        code="no-manifests",
        hint="name the folder with -C",
    )
