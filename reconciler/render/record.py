"""What the record tells of the last apply, in one line; and what it does not tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.core.applied import Applied, Untold
from reconciler.render.escape import terminal

_WHY: Mapping[Untold, str] = {
    Untold.OFF: "the environment says `record: none`",
    Untold.NO_RECORD: "there is no record of an apply yet; the next apply of a commit writes one",
    Untold.DENIED: "the role may not read the record",
    Untold.MALFORMED: "the record in AWS is damaged, or was edited",
    Untold.OTHER_OWNER: "the record in AWS names another owner",
    Untold.FUTURE: "the record in AWS is of a later version, or of a time that is still to come",
    Untold.UNKNOWN_KEY: "the record in AWS was made with a fingerprint key that is not listed",
    Untold.FALSE: "the record in AWS is not proven by its fingerprint key: it was edited or copied",
    Untold.NO_GIT: "the manifests are not in a git repository",
    Untold.SHALLOW: "this clone is shallow and lacks what the record names: check out with"
    " fetch-depth: 0",
    Untold.UNKNOWN_COMMIT: "git does not have that commit: fetch the branch that it is on",
    Untold.ELSEWHERE: "the checked-out branch does not contain that commit, and without the key"
    " only its own commits are believed",
    Untold.UNCOMMITTED: "a run since then wrote what is in no commit",
    Untold.UNREADABLE: "a commit that the record names is not in git, or its manifests cannot be"
    " read",
}
_UNSURE = "who deleted or replaced what is missing cannot be told"


def line(applied: Applied) -> str | None:
    """One line; None where there is nothing to say, as the environment wants no record."""
    if applied.untold is Untold.OFF:
        return None
    said = [_last(applied)] if applied.commit is not None else []
    if applied.commit is not None and not applied.proven:
        said.append(f"unproven without the key: {_writer(applied)} wrote the record last")
    if applied.unfinished:
        count = len(applied.unfinished)
        runs = "a run" if count == 1 else f"{count} runs"
        since = " since then" if said else ""
        first = "" if said else "no apply has written all of it yet; "
        partly = "wrote only a part: adopt, apply --only, or one that failed"
        said.append(f"{first}{runs}{since} {partly}")
    if applied.untold is not None:
        by = f" (written by {applied.writer})" if applied.acts and applied.writer else ""
        said.append(f"{_WHY[applied.untold]}{by}: {_UNSURE}")
    return "; ".join(terminal(part) for part in said) or None


def _last(applied: Applied) -> str:
    commit = "" if applied.commit is None else applied.commit[:12]
    on = f" on {applied.at:%Y-%m-%d %H:%M} UTC" if applied.at else ""
    by = f" by {applied.by}" if applied.by else ""
    if applied.behind is None:
        ago = ""
    elif applied.behind == 0:
        ago = ", the commit that is checked out"
    else:
        ago = f", {applied.behind} commit{'s' if applied.behind > 1 else ''} ago"
    return f"last applied {commit}{on}{by}{ago}"


def _writer(applied: Applied) -> str:
    return applied.writer or "nobody that AWS names"


def as_object(applied: Applied) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "commit": applied.commit,
        "at": None if applied.at is None else applied.at.isoformat(timespec="seconds"),
        "by": applied.by,
        "commits_since": applied.behind,
        "unfinished": list(applied.unfinished),
        "proven": applied.proven,
        "written_by": applied.writer,
        "untold": applied.untold,
        "acts": applied.acts,
        "text": line(applied),
    }
