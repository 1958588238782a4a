"""Values that a branch takes back to what git had before, by the locks of both sides."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.manifest import lock
from reconciler.manifest.branch.difference import Difference, Group
from reconciler.manifest.branch.side import Side, View
from reconciler.manifest.gitfiles import Repository


def returning(repository: Repository, commit: str, base: Side, head: Side) -> Iterator[Difference]:
    """One for each value whose line in the lock is another than in the base, and one that it had
    before. ``commit`` is the base."""
    for environment in sorted(base.environments() & head.environments()):
        path = f"{environment}/{lock.FILE}"
        was, now = base.files.get(path), head.files.get(path)
        if was is None or now is None or was == now:
            continue
        before, after = lock.prints(was), lock.prints(now)
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
                path,
                environment,
                after=state,
            )


def _encrypted(view: View) -> set[str]:
    """The full names of what has a value that git does not show."""
    prefix = str(view.settings.get("prefix", "")).rstrip("/")
    return {
        str(declared.fields.get("name") or f"{prefix}/{name}")
        for (_, name), declared in view.declarations.items()
        if declared.value is not None
    }
