"""One commit pushed by GitHub's own API: no git runs, no hook, and no name is a command's part."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.core.errors import GithubError
from reconciler.github.api import Api
from reconciler.github.pull import Pull, moved

_NEEDS = "contents: write"
_TYPES = {"160000": "commit"}  # all else in a list of files is a blob


@dataclass(frozen=True)
class File:
    """A path of the new tree: git's mode and object, None where it is gone. ``content`` where
    GitHub does not have the object yet."""

    path: str
    mode: str
    object_id: str | None
    content: bytes | None = None


@dataclass(frozen=True)
class Merge:
    """A commit of ``tree``, which is ``base_tree`` with these files, and its parents."""

    tree: str
    base_tree: str
    files: Sequence[File]
    parents: Sequence[str]
    message: str


def push(api: Api, pull: Pull, merge: Merge) -> str:
    """Make the commit, and let the branch of the pull request go on to it: its id.

    Raises HeadMovedError where the branch is no longer where it was read, GithubError.
    """
    for file in merge.files:
        if file.content is not None:
            body = {"content": base64.b64encode(file.content).decode(), "encoding": "base64"}
            _same(_made(api, "/git/blobs", body), file.object_id)
    entries = [_entry(file) for file in merge.files]
    tree = _made(api, "/git/trees", {"base_tree": merge.base_tree, "tree": entries})
    # Git's name of a tree is a digest of all that is in it: this is what was made here.
    _same(tree, merge.tree)
    commit = _made(api, "/git/commits", {"message": merge.message, "tree": tree,
                                         "parents": list(merge.parents)})  # fmt: skip
    _refuse_moved(api, pull)
    reference = f"/git/refs/heads/{pull.branch}"
    try:
        # "Leaving this out or setting it to false will make sure you're not overwriting work."
        api.patch(reference, {"sha": commit, "force": False}, needs=_NEEDS)
    except GithubError as error:
        if error.status == 422:
            _refuse_moved(api, pull)
        raise
    return commit


def _refuse_moved(api: Api, pull: Pull) -> None:
    try:
        now = api.get(f"/git/ref/heads/{pull.branch}", needs=_NEEDS)
    except GithubError as error:
        if error.status == 404:
            raise moved(pull) from None
        raise
    held = now.get("object") if isinstance(now, Mapping) else None
    if not isinstance(held, Mapping) or held.get("sha") != pull.head:
        raise moved(pull)


def _entry(file: File) -> dict[str, Any]:
    try:
        file.path.encode()
    except UnicodeEncodeError:
        raise GithubError("a file's name is not UTF-8, and GitHub's API takes no other") from None
    type_ = _TYPES.get(file.mode, "blob")
    return {"path": file.path, "mode": file.mode, "type": type_, "sha": file.object_id}


def _made(api: Api, path: str, body: Mapping[str, Any]) -> str:
    """The id of an object, which is the same however often it is made."""
    answer = api.post(path, body, needs=_NEEDS, twice=True)
    sha = answer.get("sha") if isinstance(answer, Mapping) else None
    if not isinstance(sha, str):
        raise GithubError(f"GitHub does not say what it made of POST {path}")
    return sha


def _same(one: str, other: str | None) -> None:
    if one != other:
        raise GithubError("GitHub made something else of what was sent; nothing was pushed")
