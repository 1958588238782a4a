"""What a lock has said before, from git's objects: a value that git had and left comes back.

An old file, put back with its old lines of the lock by somebody without the key, looks like any
change of a value. The history of the branch that is merged into tells it from a new one.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.core.model import Key
from reconciler.manifest.gitfiles import Repository
from reconciler.manifest.lock.names import FILE

MOST = 1000  # changes of the locks that are looked at, the newest first

Prints = Mapping[Key, frozenset[str]]  # `ct:digest` and `kid:fingerprint`, as a lock has them


def prints(raw: bytes) -> dict[Key, frozenset[str]]:
    """What a lock says of each value, in any form that there was: the digests stand after the name,
    or in the line below it. What is no lock says nothing."""
    found = {}
    above = ""
    for line in raw.decode(errors="replace").split("\n"):
        text = f"{above} {line}" if line.startswith("ct:") else line
        above = line
        kind, _, rest = text.partition(" ")
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
    known: dict[str, dict[Key, frozenset[str]]] = {}  # what each object says
    for state, held in repository.states(commit, environment, FILE, MOST):
        contents = repository.contents(set(held) - known.keys())
        known = {one: known[one] if one in known else prints(contents[one]) for one in held}
        said = {key: one for each in known.values() for key, one in each.items()}
        for key, wanted in list(waiting.items()):
            if not said.get(key, frozenset()) & wanted:
                left.add(key)
            elif key in left:
                found[key] = state
                del waiting[key]
        if not waiting:
            break
    return found
