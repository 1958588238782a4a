"""What a lock has said before, from git's objects: a value that git had and left comes back.

An old file, put back with its old lines of the lock by somebody without the key, looks like any
change of a value. The history of the branch that is merged into tells it from a new one.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.core.model import Key
from reconciler.manifest.gitfiles import Repository
from reconciler.manifest.lock.file import FILE

MOST = 1000  # changes of a lock that are looked at, the newest first

Prints = Mapping[Key, frozenset[str]]  # `ct:digest` and `kid:fingerprint`, as a lock has them


def prints(raw: bytes) -> dict[Key, frozenset[str]]:
    """What each line of a lock says of its value. What is no lock says nothing."""
    found = {}
    for line in raw.decode(errors="replace").split("\n"):
        kind, _, rest = line.partition(" ")
        name, _, said = rest.partition(" ")
        if said.startswith("ct:") and not kind.startswith("#"):
            found[Key(kind, name)] = frozenset(said.split(" "))
    return found


def returning(
    repository: Repository, commit: str, environment: str, values: Prints
) -> dict[Key, str]:
    """Of these values those that git had before and then others, with the newest commit that had
    them. ``commit`` may have them already, as after a merge."""
    waiting, left, found = dict(values), set[Key](), dict[Key, str]()
    for state, raw in repository.states(commit, f"{environment}/{FILE}", MOST):
        said = prints(raw)
        for key, wanted in list(waiting.items()):
            if not said.get(key, frozenset()) & wanted:
                left.add(key)
            elif key in left:
                found[key] = state
                del waiting[key]
        if not waiting:
            break
    return found
