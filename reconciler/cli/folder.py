"""Where the manifests are."""

from __future__ import annotations

from pathlib import Path

from reconciler.cli.options import Common
from reconciler.core.errors import UsageError

RULES = ".sops.yaml"


def folder(options: Common) -> Path:
    """The folder of the manifests. Raises UsageError where there is none."""
    if options.manifests is not None:
        near = _near(options.manifests)
        if near is not None:
            raise UsageError(
                f"{options.manifests} has no .sops.yaml, and {near} has: the folder of the"
                " manifests is the one with it",
                code="no-manifests",
                hint=f"name it with -C {near}",
            )
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


def _near(named: Path) -> Path | None:
    """The one folder beside a named one that has no rules, above it or in it, that has them."""
    if not named.is_dir() or (named / RULES).exists():
        return None
    above = named.absolute().parent
    inside = sorted(path.parent for path in named.glob(f"*/{RULES}"))
    found = [above] if (above / RULES).is_file() else inside
    if len(found) != 1:
        return None
    here = Path.cwd()
    return found[0].relative_to(here) if found[0].is_relative_to(here) else found[0]
