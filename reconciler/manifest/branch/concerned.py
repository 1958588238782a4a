"""Which environments a branch concerns: each that reads a file in which the two sides differ."""

from __future__ import annotations

from pathlib import PurePosixPath

from reconciler.manifest.branch.side import MANIFESTS, Side
from reconciler.manifest.encrypted import ciphertexts
from reconciler.manifest.files import ENVIRONMENT_FILE, RULES_FILE

# A lock decides what a plan without the key says, so it is one of an environment's files.
READ = (*MANIFESTS, ".lock")


def concerned(base: Side, head: Side) -> frozenset[str]:
    """The environments of ``head`` for which anything differs: a file of their own folder, one that
    they include, or the rules for encryption, wherever they are. Both sides have to hold what
    ``READ`` names."""
    differing = _differing(base, head)
    if base.other_rules() != head.other_rules():
        differing |= {RULES_FILE}
    return frozenset(
        name for name in environments(head) if differing & _read_by(name, base, head, differing)
    )


def touched(base: Side, head: Side) -> frozenset[str]:
    """The environments of ``head`` of which a value's ciphertext, a file's MAC or the lock differs:
    what only the key can tell the truth of."""
    return frozenset(
        name for name in environments(head) if _sealed(base, name) != _sealed(head, name)
    )


def _sealed(side: Side, environment: str) -> dict[str, object]:
    """What of an environment is encrypted, or vouches for what is, by file."""
    own = f"{environment}/"
    return {
        path: side.files[path]
        if path.endswith(".lock")
        else (dict(ciphertexts(side.data(path))), side.block(path).get("mac"))
        for path in side.files
        if path.startswith(own)
    }


def environments(side: Side) -> frozenset[str]:
    """All environments, those among them whose own file is no regular one."""
    odd = {PurePosixPath(path) for path in side.odd}
    return frozenset(side.environments()) | {
        path.parts[0] for path in odd if len(path.parts) == 2 and path.name == ENVIRONMENT_FILE
    }


def _differing(base: Side, head: Side) -> set[str]:
    """Files that were changed, added or removed, or are no longer (or only now) regular ones."""
    paths = base.files.keys() | head.files.keys()
    return {path for path in paths if base.files.get(path) != head.files.get(path)} | set(
        base.odd ^ head.odd
    )


def _read_by(environment: str, base: Side, head: Side, differing: set[str]) -> set[str]:
    inside = {path for path in differing if path.startswith(f"{environment}/")}
    return {RULES_FILE, *inside} | base.members(environment) | head.members(environment)
