"""GitHub's database of git's objects and references, in the repository that ``git`` of the state
names. As https://docs.github.com/en/rest/git describes it, whose sentences are quoted.
"""

from __future__ import annotations

import base64
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.github.routes import Refusal, Reply, Request, allow, route
from tests.github.state import State

_MODES = {
    "100644": "blob", "100755": "blob", "040000": "tree", "160000": "commit", "120000": "blob",
}  # fmt: skip
_AUTHOR = {
    f"GIT_{who}_{what}": said
    for who in ("AUTHOR", "COMMITTER")
    for what, said in (("NAME", "bot"), ("EMAIL", "bot@example.com"))
}


def _git(state: State, *arguments: str, given: bytes = b"", **variables: str) -> str:
    done = subprocess.run(
        ["git", "-C", state["git"], *arguments], input=given, capture_output=True, check=False,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": "/nonexistent", **variables},
    )  # fmt: skip
    if done.returncode:
        raise Refusal(422, "Validation Failed")
    return done.stdout.decode().strip()


def _body(request: Request, *names: str) -> Any:
    if not isinstance(request.body, dict) or any(name not in request.body for name in names):
        raise Refusal(422, "Validation Failed: a parameter is required")
    return request.body


@route("POST", r"/git/blobs")
def _blob(state: State, request: Request, found: re.Match[str]) -> Reply:
    """'Currently, "utf-8" and "base64" are supported. Default: utf-8'"""
    allow(state, "write", "contents")
    body = _body(request, "content")
    content = body["content"].encode()
    if body.get("encoding", "utf-8") == "base64":
        content = base64.b64decode(content)
    made = _git(state, "hash-object", "-w", "--stdin", given=content)
    return Reply(201, {"url": "u", "sha": made})


@route("POST", r"/git/trees")
def _tree(state: State, request: Request, found: re.Match[str]) -> Reply:
    """'If provided, a new Git tree object will be created from entries in the Git tree object
    pointed to by base_tree and entries defined in the tree parameter.' 'If the value is null then
    the file will be deleted.' 'Returns an error if you try to delete a file that does not exist.'
    """
    allow(state, "write", "contents")
    body = _body(request, "tree")
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        if "base_tree" in body:
            _git(state, "read-tree", body["base_tree"], **index)
        for entry in body["tree"]:
            path, mode, sha = entry["path"], entry["mode"], entry["sha"]
            if _MODES.get(mode) != entry["type"]:
                raise Refusal(422, "tree.mode and tree.type do not go together")
            if sha is None:
                if not _git(state, "ls-files", "--", f":(literal,top){path}", **index):
                    raise Refusal(422, "GitRPC::BadObjectState")
                line = f"0 {'0' * 40}\t{path}"
            else:
                # A blob of the repository: "The SHA1 checksum ID of the object in the tree."
                if _git(state, "cat-file", "-t", sha) != entry["type"]:
                    raise Refusal(422, "tree.sha is not an object of this type")
                line = f"{mode} {sha}\t{path}"
            _git(state, "update-index", "-z", "--index-info", given=f"{line}\0".encode(), **index)
        made = _git(state, "write-tree", **index)
    return Reply(201, {"sha": made, "tree": []})


@route("POST", r"/git/commits")
def _commit(state: State, request: Request, found: re.Match[str]) -> Reply:
    """'The full SHA-1 of the commits that were the parents of this commit. If omitted or empty, the
    commit will be written as a root commit. […] for a merge commit, an array of more than one
    should be provided.' 'By default, the author will be the authenticated user'."""
    allow(state, "write", "contents")
    body = _body(request, "message", "tree")
    parents = [part for sha in body.get("parents", []) for part in ("-p", sha)]
    made = _git(state, "commit-tree", body["tree"], *parents,
                given=body["message"].encode(), **_AUTHOR)  # fmt: skip
    return Reply(201, {"sha": made})


@route("GET", r"/git/ref/(heads/.+)")
def _reference(state: State, request: Request, found: re.Match[str]) -> Reply:
    """'The ref in the URL must be formatted as heads/<branch name>'; 404 'if the ref doesn't
    match'."""
    allow(state, "read", "contents")
    return Reply(200, _shown(found[1], _held(state, found[1])))


@route("PATCH", r"/git/refs/(heads/.+)")
def _reference_moved(state: State, request: Request, found: re.Match[str]) -> Reply:
    """'Indicates whether to force the update or to make sure the update is a fast-forward update.
    Leaving this out or setting it to false will make sure you're not overwriting work.'"""
    allow(state, "write", "contents")
    name, body = found[1], _body(request, "sha")
    held = _held(state, name)
    if not body.get("force", False):
        base = _git(state, "merge-base", held, body["sha"])
        if base != held:
            raise Refusal(422, "Update is not a fast forward")
    _git(state, "update-ref", f"refs/{name}", body["sha"], held)
    for pull in state["pulls"]:
        if f"heads/{pull['head']['ref']}" == name:
            pull["head"]["sha"] = body["sha"]
    return Reply(200, _shown(name, body["sha"]))


def _held(state: State, name: str) -> str:
    try:
        return _git(state, "rev-parse", "--verify", f"refs/{name}")
    except Refusal:
        raise Refusal(404, "Not Found") from None


def _shown(name: str, sha: str) -> dict[str, Any]:
    return {"ref": f"refs/{name}", "object": {"type": "commit", "sha": sha}}
