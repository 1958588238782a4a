"""``reconciler merge-driver``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from reconciler.cli import failure, walk
from reconciler.cli.options import Common, chosen, common
from reconciler.cli.terminal import out, say
from reconciler.core import wholefile
from reconciler.core.errors import Exit, ReconcilerError, UsageError
from reconciler.core.model import Scope
from reconciler.manifest import merge
from reconciler.manifest.document import parse
from reconciler.manifest.environment import territory
from reconciler.manifest.files import ENVIRONMENT_FILE, RULES_FILE
from reconciler.manifest.gitfiles import Repository
from reconciler.manifest.lock import is_one
from reconciler.manifest.merge import text
from reconciler.manifest.metadata import key_types
from reconciler.manifest.rules import read as read_rules
from reconciler.manifest.surroundings import Surroundings
from reconciler.manifest.trust import Trust
from reconciler.values import sops


@click.command("merge-driver", epilog="Example: reconciler merge-driver --install")
@click.argument("base", type=click.Path(path_type=Path), required=False)
@click.argument("ours", type=click.Path(path_type=Path), required=False)
@click.argument("theirs", type=click.Path(path_type=Path), required=False)
@click.argument("path", required=False)
@click.option("--install", is_flag=True, help="Register it with git, in this clone.")
@common
def command(
    base: Path | None, ours: Path | None, theirs: Path | None, path: str | None, install: bool
) -> int:
    """Merge one file for git, which passes %O, %A, %B and %P.

    Files are merged by path: a field that one side changed is taken from that side. If both sides
    changed values, the MAC of sops is computed again, with the key. Locks merge without a key. A
    field that both sides changed is left to you, marked as git does.
    """
    options = chosen()
    if install:
        return _install(options)
    if base is None or ours is None or theirs is None or path is None:
        raise click.UsageError("Missing argument: git gives it %O %A %B %P; or use --install.")
    sides = [_read(file) for file in (base, ours, theirs)]
    try:
        merged = _merge(sides[0], sides[1], sides[2], path, options)
    except UsageError:
        raise
    except ReconcilerError as error:
        failure.show(error, options)
        wholefile.save(ours, text.git(sides[0], sides[1], sides[2]))
        return Exit.ERROR
    wholefile.save(ours, merged)
    return Exit.OK


def _merge(base: bytes, ours: bytes, theirs: bytes, path: str, options: Common) -> bytes:
    macs = merge.Macs.of(Path.cwd())
    if is_one(path):
        again = f"reconciler lock {_environment(path, options)}"
        merged, lacking = merge.merge_lock(base, ours, theirs, path, again, macs.find)
        for name in lacking:
            why = f"{path}: both sides changed the MAC of {name}, and this lacks it now"
            say(f"{why}; after the merge run: {again}", options, level="warning")
        return merged
    sides = (merge.digest(base), merge.digest(ours), merge.digest(theirs))
    macs.forget(sides)
    merged = _encrypted(base, ours, theirs, path, options)
    macs.keep(sides, merge.digest(merged))
    return merged


def _encrypted(base: bytes, ours: bytes, theirs: bytes, path: str, options: Common) -> bytes:
    file = Path.cwd() / path
    root = _root(file, path, options)
    return merge.merge_encrypted(
        base,
        ours,
        theirs,
        path=path,
        relative=file.relative_to(root).as_posix(),
        rules=read_rules(root),
        trust=Trust(root),
        sops=_runner(root, file, ours, options),
    )


def _runner(root: Path, file: Path, content: bytes, options: Common) -> sops.Sops:
    """sops, which asks KMS as the environment is asked: of the folder that the file is in."""
    scope = _scope(root, file.relative_to(root).parts[0])
    types = key_types(parse(file, str(file), content))
    if scope is None:
        return sops.Sops(sops.find(options.sops))
    return walk.runner_for(scope, types, options)


def _scope(root: Path, environment: str) -> Scope | None:
    """Which account and Region an environment is of: as it is committed, since in the middle of a
    merge its own file may be in pieces. None where nobody can tell."""
    around = Surroundings(root)
    repository, commit = around.repository, around.head
    blob = (
        None
        if commit is None
        else commit.blobs(environment).get(f"{environment}/{ENVIRONMENT_FILE}")
    )
    if repository is None or blob is None:
        return None
    raw = repository.read([blob]).values()
    name = f"{environment}/{ENVIRONMENT_FILE}"
    there = territory(parse(root / name, name, next(iter(raw), b"")))
    if there is None:
        return None
    account, region, prefix = there
    return Scope(environment, account, region, prefix, "")


def _environment(path: str, options: Common) -> str:
    """The environment that a lock is of."""
    file = Path.cwd() / path
    try:
        return file.relative_to(_root(file, path, options)).parts[0]
    except ReconcilerError:
        return file.parent.name


def _root(file: Path, path: str, options: Common) -> Path:
    """The manifests' folder that a file is in. A branch may bring rules of its own along, nearer to
    the file: where there is more than one, none is believed."""
    top = Path.cwd()
    if options.manifests is not None and file.is_relative_to(options.manifests.absolute()):
        return options.manifests.absolute()
    between = [folder for folder in file.parents if folder.is_relative_to(top)]
    found = [folder for folder in between if os.path.lexists(folder / RULES_FILE)]
    if not found:
        raise ReconcilerError(
            f"there is no .sops.yaml above {path}", code="no-rules", hint="restore it first"
        )
    if len(found) > 1:
        raise ReconcilerError(
            f"there is more than one .sops.yaml above {path}",
            code="other-rules",
            hint=f"keep the one beside the environments, remove: {found[0] / RULES_FILE}",
        )
    return found[0]


def _install(options: Common) -> int:
    changed = merge.install(Repository(walk.folder(options)).top)
    out("\n".join(changed) if changed else "the driver is already registered")
    return Exit.OK


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None
