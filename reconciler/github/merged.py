"""What a merge by a job did, for the pull request and for the commit's message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.render.escape import code, terminal

# https://docs.github.com/en/actions/concepts/security/github_token, "When GITHUB_TOKEN triggers
# workflow runs": those of a pull request need the approval of somebody who may write.
_CHECKS = (
    "The checks of this commit wait, since a workflow's token made it: press **Approve workflows to"
    " run** below. Where there is no such button, close the pull request and open it again."
)
_LOOK = "Look at these as at a change: a line that was out of date was the warning of the plan."


@dataclass(frozen=True)
class Lines:
    """What was made of an environment's locks, by the names of the values and files."""

    environment: str
    combined: Sequence[str] = ()
    behind: Sequence[str] = ()
    macs: Sequence[str] = ()

    def sentences(self) -> Iterator[tuple[str, str]]:
        """Each name, and why its line was made."""
        for name in self.behind:
            yield name, "its line in the lock was out of date or missing"
        for name in self.macs:
            yield name, "the lock did not have the file's MAC"
        for name in self.combined:
            yield name, "both branches changed it"


@dataclass(frozen=True)
class Merged:
    """``into`` is the branch that was merged, at ``main``; ``head`` is what it was merged into."""

    number: int
    into: str
    main: str
    head: str
    files: Sequence[str]
    made: Sequence[Lines]


def message(merged: Merged, run: str) -> str:
    """The commit's message: it keeps the names, whatever becomes of the comment."""
    lines = [f"Merge {merged.into} into pull request {merged.number}", ""]
    lines.append(f"With the key, by path: {run}" if run else "With the key, by path.")
    if merged.files:
        lines += ["", "Both sides changed:", *(f"- {terminal(file)}" for file in merged.files)]
    for made in merged.made:
        told = [f"- {terminal(name)}: {why}" for name, why in made.sentences()]
        if told:
            lines += ["", f"Lines of the lock made for {made.environment}:", *told]
    return "\n".join(lines) + "\n"


def comment(merged: Merged, commit: str, run: str, limit: int) -> str:
    """The comment, in at most so many characters."""
    by = f"[secrets-merge]({run})" if run else "secrets-merge"
    lines = [
        f"**{by} merged {code(merged.into)} ({merged.main}) into this branch**, as {commit}.", "",
    ]  # fmt: skip
    if merged.files:
        lines += ["Both sides had changed, and now has all changes and a new MAC:", ""]
        lines += [f"- {code(file)}" for file in merged.files]
        lines.append("")
    told = []
    for made in merged.made:
        sentences = list(made.sentences())
        if sentences:
            told += [f"Lines of the lock that were made here, {code(made.environment)}:", ""]
            told += [f"- {code(name)}: {why}" for name, why in sentences]
            told.append("")
    if told:
        told += [_LOOK, ""]
    else:
        told = ["No line of a lock is new: each value is as one side had it.", ""]
    room = limit - len("\n".join([*lines, _CHECKS])) - 200
    kept: list[str] = []
    for line in told:
        room -= len(line) + 1
        if room < 0:
            kept += ["", "**Not all fits here.** The message of the commit names the rest.", ""]
            break
        kept.append(line)
    return "\n".join([*lines, *kept, _CHECKS])
