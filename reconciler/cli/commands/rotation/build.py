"""``reconciler rotation build``."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.access import functions
from reconciler.cli.options import chosen, common
from reconciler.cli.terminal import out, say
from reconciler.core import wholefile
from reconciler.core.errors import Exit
from reconciler.kinds.shipped import FUNCTIONS

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command("build", epilog="Example: reconciler rotation build random --out built")
@click.argument("function", type=click.Choice([*FUNCTIONS]), metavar="NAME")
@click.option(
    "--wheels",
    metavar="FOLDER",
    type=_FOLDER,
    help="Folder with the pinned packages that the function needs.",
)
@click.option(
    "--ca",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Certificates in PEM that it trusts, in place of the usual ones: those of RDS.",
)
@click.option(
    "--out", "folder", metavar="FOLDER", type=click.Path(file_okay=False, path_type=Path),
    default=Path(), help="Folder to write the zip into.  [default: here]",
)  # fmt: skip
@common
def command(function: str, wheels: Path | None, ca: Path | None, folder: Path) -> int:
    """Pack a function as a zip, and print its path and SHA-256.

    The same version makes the same zip everywhere. Its name holds its hash.
    """
    options = chosen()
    archive = functions.build(function, wheels, ca)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / archive.key
    wholefile.write(file, archive.content)
    out(f"{archive.digest}  {file}")
    say(f"upload it with: aws s3 cp {file} s3://BUCKET/{archive.key}", options)
    return Exit.OK
