"""Values that a branch takes back to what git had before, by the locks of both sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.core.model import Key
from reconciler.manifest import lock
from reconciler.manifest.branch.difference import Difference, Group
from reconciler.manifest.branch.side import Side, View
from reconciler.manifest.gitfiles import Repository


def returning(repository: Repository, commit: str, base: Side, head: Side) -> Iterator[Difference]:
    """One for each value whose line in the lock is another than in the base, and one that it had
    before. ``commit`` is the base."""
    for environment in sorted(base.environments() & head.environments()):
        was, now = _locks(base, environment), _locks(head, environment)
        if was == now:
            continue
        before, after = _prints(was), _prints(now)
        where = {key: path for path, raw in now.items() for key in lock.prints(raw)}
        hidden = _encrypted(head.view(environment))
        changed = {
            key: said
            for key, said in after.items()
            if key in before and key.name in hidden and not said & before[key]
        }
        found = lock.returning(repository, commit, environment, changed)
        for key, state in sorted(found.items()):
            yield Difference(
                Group.DESTRUCTIVE,
                "value-returns",
                f"{key.kind} {key.name}",
                where[key],
                environment,
                after=state,
            )


def _locks(side: Side, environment: str) -> dict[str, bytes]:
    return {
        path: raw
        for path, raw in side.files.items()
        if path.startswith(f"{environment}/") and lock.is_one(path)
    }


def _prints(files: Mapping[str, bytes]) -> dict[Key, frozenset[str]]:
    return {key: said for raw in files.values() for key, said in lock.prints(raw).items()}


def _encrypted(view: View) -> set[str]:
    """The full names of what has a value that git does not show."""
    prefix = str(view.settings.get("prefix", "")).rstrip("/")
    return {
        str(declared.fields.get("name") or f"{prefix}/{name}")
        for (_, name), declared in view.declarations.items()
        if declared.value is not None
    }
