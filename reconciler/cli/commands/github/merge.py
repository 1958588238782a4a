"""``reconciler github merge``."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import click

from reconciler.cli import walk
from reconciler.cli.commands.github import shown
from reconciler.cli.options import Common, chosen, common
from reconciler.cli.terminal import out, say
from reconciler.core.errors import Exit, UsageError
from reconciler.github import comment, merged, pull, push
from reconciler.github.job import Job
from reconciler.github.marker import marker
from reconciler.github.pull import Pull
from reconciler.manifest.gitfiles import Repository
from reconciler.manifest.merge import Conflicts, Trees, find
from reconciler.manifest.trust import Trust
from reconciler.operations import merging
from reconciler.operations.merging import Made, Resolved
from reconciler.values import sops


@click.command("merge", epilog="Example: reconciler github merge 17 --check")
@click.argument("number", metavar="NUMBER", type=click.IntRange(1))
@click.option(
    "--check",
    is_flag=True,
    help="Push nothing and use no key: print the environments whose key the merge takes.",
)
@click.option(
    "--no-kms", is_flag=True, help="Refuse what only KMS decrypts: the job may not ask it."
)
@click.option(
    "--branch",
    metavar="NAME",
    default="main",
    help="The branch that is merged: GITHUB_REF. [default: main]",
)
@shown.configuration
@shown.form
@common
def command(
    number: int, check: bool, no_kms: bool, branch: str, configuration: str | None, form: str
) -> int:
    """Merge the branch of this job into a pull request that conflicts with it, with the key.

    For conflicts in manifests and locks only: manifests are merged by path, as merge-driver does,
    and the locks of their environments are made. Pushes one commit, and comments on the pull
    request which lines of the locks are new. Nothing of the pull request is checked out.

    Needs all of git's history. Refuses forks, and branches that change who can decrypt.
    """
    options, job = chosen(), shown.job()
    if job.branch != branch:
        raise UsageError(f"this job is not of {branch}", hint=f"run the workflow on {branch}")
    repository = Repository(walk.folder(options))
    main, api = repository.commit(job.sha), shown.connect(job)
    asked = pull.find(api, number, branch)
    if repository.id(asked.head) is None:
        raise pull.moved(asked)
    with tempfile.TemporaryDirectory(prefix="reconciler-") as folder:
        trees = Trees(repository, Path(folder))
        found = find(trees, asked.head, main, repository.under)
        merging.refuse(trees, found, kms=not no_kms)  # nobody is asked to approve it
        if check or found.nothing:
            return _told(asked, found, job, options, form)
        trust = Trust(walk.folder(options).absolute())
        resolved = merging.resolve(trees, found, trust, sops.Sops(sops.find(options.sops)))
        files = _files(trees, found, resolved)
        base = trees.tree(found.theirs)
    said = merged.Merged(number, branch, found.theirs, found.ours, resolved.files,
                         [_lines(made) for made in resolved.made])  # fmt: skip
    run, parents = shown.run_page(job) or "", (found.ours, found.theirs)
    message = merged.message(said, run)
    commit = push.push(api, asked, push.Merge(resolved.tree, base, files, parents, message))
    say(f"pull request {number}: {branch} was merged into it, as {commit}", options)
    shown.output(job, {"sha": commit, "count": str(len(found.environments))})

    def text(limit: int) -> str:
        return merged.comment(said, commit, run, limit)

    summarised = shown.summarise(job, text, options)
    if form == "text":
        out(message.rstrip("\n"))
    mark = marker("merge", shown.name(configuration, job, options), commit)
    comment.keep(api, number, mark, text(comment.LIMIT - len(mark) - 1))
    if form == "json":
        shown.tell(_data(said, commit, summarised))
    return Exit.OK


def _told(asked: Pull, found: Conflicts, job: Job, options: Common, form: str) -> int:
    """What a merge would take, or that there is none to make."""
    if found.nothing:
        say(f"pull request {asked.number}: nothing to merge here: {found.nothing}", options)
    names = found.environments
    shown.output(job, {"environments": ",".join(names), "count": str(len(names))})
    if form == "json":
        files, nothing = sorted(found.manifests), found.nothing or None
        shown.tell({"number": asked.number, "environments": list(names), "sha": None,
                    "files": files, "nothing": nothing})  # fmt: skip
    elif names:
        out("\n".join(names))
    return Exit.OK


def _files(trees: Trees, found: Conflicts, resolved: Resolved) -> list[push.File]:
    """What the merged tree has other than main's, with the content of what GitHub has not."""
    ours, theirs, now = map(trees.entries, (found.ours, found.theirs, resolved.tree))
    known = {entry.object_id for side in (ours, theirs) for entry in side.values()}
    changed = {path: entry for path, entry in now.items() if theirs.get(path) != entry}
    contents = trees.read(e.object_id for e in changed.values() if e.object_id not in known)
    return [
        *(
            push.File(path, entry.mode, entry.object_id, contents.get(entry.object_id))
            for path, entry in sorted(changed.items())
        ),
        *(push.File(path, theirs[path].mode, None) for path in sorted(theirs.keys() - now.keys())),
    ]


def _lines(made: Made) -> merged.Lines:
    # As the lock calls them.
    combined, behind = (
        [f"{key.kind} {key.name}" for key in keys] for keys in (made.combined, made.behind)
    )
    return merged.Lines(made.environment, combined, behind, made.macs)


def _data(said: merged.Merged, commit: str, summarised: bool) -> dict[str, Any]:
    made = [
        {"environment": lines.environment, "combined": list(lines.combined),
         "behind": list(lines.behind), "macs": list(lines.macs)}
        for lines in said.made
    ]  # fmt: skip
    return {"number": said.number, "environments": [lines.environment for lines in said.made],
            "sha": commit, "files": list(said.files), "nothing": None, "lines": made,
            "summary": summarised}  # fmt: skip
