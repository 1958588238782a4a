"""How GitHub's REST API answers what the reconciler asks, as its reference describes it."""

from __future__ import annotations

import base64
import io
import re
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.github.state import State

BODY = 65_536  # characters of a comment or an issue
TITLE = 256
COMPARED = 300  # files that a comparison names
_ORDER = ("none", "read", "write")


@dataclass
class Request:
    """One request; ``query`` has each parameter once."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any = None


@dataclass
class Reply:
    """What is answered: ``content`` as JSON, unless it is bytes. A list is answered in pages."""

    status: int
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    under: str | None = None  # the key that a paged list stands under
    paged: bool = True
    cut: int = 0  # bytes at the end that are never sent


class Refusal(Exception):
    """An error as GitHub answers it."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.reply = Reply(
            status,
            {"message": message, "documentation_url": "https://docs.github.com/rest"},
            headers,
        )


Handler = Callable[[State, Request, "re.Match[str]"], Reply]
_ROUTES: list[tuple[str, re.Pattern[str], Handler]] = []


def route(method: str, path: str) -> Callable[[Handler], Handler]:
    """Let a function answer a path below the repository's."""

    def add(handler: Handler) -> Handler:
        _ROUTES.append((method, re.compile(path), handler))
        return handler

    return add


def answer(state: State, request: Request) -> Reply:
    """The answer to a request whose headers were checked. Raises Refusal."""
    if request.path == "/graphql":
        return _graphql(state, request)
    root = f"/repos/{state['repository']}"
    if not request.path.startswith(root + "/"):
        raise Refusal(404, "Not Found")
    rest = request.path.removeprefix(root)
    for method, pattern, handler in _ROUTES:
        found = pattern.fullmatch(rest)
        if found and method == request.method:
            return handler(state, request, found)
    raise Refusal(404, "Not Found")


def allow(state: State, level: str, *names: str) -> None:
    """One of the permissions is enough."""
    held = state["permissions"]
    if not any(_ORDER.index(held.get(name, "none")) >= _ORDER.index(level) for name in names):
        accepted = "; ".join(f"{name.replace('-', '_')}={level}" for name in names)
        raise Refusal(
            403,
            "Resource not accessible by integration",
            **{"X-Accepted-GitHub-Permissions": accepted},
        )


def _find(entries: list[dict[str, Any]], **wanted: Any) -> dict[str, Any]:
    for entry in entries:
        if all(entry[name] == value for name, value in wanted.items()):
            return entry
    raise Refusal(404, "Not Found")


def _text(request: Request, name: str, limit: int, *, required: bool = True) -> str | None:
    if not isinstance(request.body, dict):
        raise Refusal(400, "Problems parsing JSON")
    text = request.body.get(name)
    if text is None and not required:
        return None
    if not isinstance(text, str) or not text.strip():
        raise Refusal(422, f"Validation Failed: {name} cannot be blank")
    if len(text) > limit:
        raise Refusal(422, f"Validation Failed: {name} is too long (maximum is {limit} characters)")
    return text


def _user(login: str) -> dict[str, str]:
    return {"login": login, "type": "Bot" if login.endswith("[bot]") else "User"}


def _graphql(state: State, request: Request) -> Reply:
    query = request.body.get("query", "") if isinstance(request.body, dict) else ""
    if re.sub(r"\s+", "", query) not in ("{viewer{login}}", "query{viewer{login}}"):
        return Reply(200, {"errors": [{"message": "this server knows the viewer only"}]})
    return Reply(200, {"data": {"viewer": {"login": state["login"]}}})


# --- comments and issues --------------------------------------------------------------------------


@route("GET", r"/issues/(\d+)/comments")
def _comments(state: State, request: Request, found: re.Match[str]) -> Reply:
    allow(state, "read", "issues", "pull-requests")
    number = int(found[1])
    _numbered(state, number)
    return Reply(200, [_comment(c) for c in state["comments"] if c["issue"] == number])


@route("POST", r"/issues/(\d+)/comments")
def _comment_made(state: State, request: Request, found: re.Match[str]) -> Reply:
    number = int(found[1])
    _numbered(state, number)
    allow(state, "write", "issues", "pull-requests")
    made = {
        "id": 1000 + len(state["comments"]),
        "issue": number,
        "login": state["login"],
        "body": _text(request, "body", BODY),
        "edits": 0,
    }
    state["comments"].append(made)
    return Reply(201, _comment(made))


@route("PATCH", r"/issues/comments/(\d+)")
def _comment_edited(state: State, request: Request, found: re.Match[str]) -> Reply:
    comment = _find(state["comments"], id=int(found[1]))
    allow(state, "write", "issues", "pull-requests")
    if comment["login"] != state["login"]:
        raise Refusal(403, "Resource not accessible by integration")
    comment["body"] = _text(request, "body", BODY)
    comment["edits"] = comment.get("edits", 0) + 1
    return Reply(200, _comment(comment))


@route("DELETE", r"/issues/comments/(\d+)")
def _comment_deleted(state: State, request: Request, found: re.Match[str]) -> Reply:
    comment = _find(state["comments"], id=int(found[1]))
    allow(state, "write", "issues", "pull-requests")
    if comment["login"] != state["login"]:
        raise Refusal(403, "Resource not accessible by integration")
    state["comments"].remove(comment)
    return Reply(204)


def _numbered(state: State, number: int) -> None:
    """Pull requests and issues share their numbers."""
    known = {entry["number"] for entry in [*state["pulls"], *state["issues"]]}
    if number not in known:
        raise Refusal(404, "Not Found")


def _comment(comment: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": comment["id"],
        "user": _user(comment["login"]),
        # GitHub gives line ends back as browsers send them.
        "body": comment["body"].replace("\n", "\r\n"),
    }


@route("GET", r"/issues")
def _issues(state: State, request: Request, found: re.Match[str]) -> Reply:
    allow(state, "read", "issues")
    wanted = request.query.get("state", "open")
    pulls = [
        {"number": p["number"], "user": _user(p.get("login", "somebody")), "title": "t",
         "body": p.get("body"), "state": p["state"], "pull_request": {}}
        for p in state["pulls"]
    ]  # fmt: skip
    both = [*(_issue(i) for i in state["issues"]), *pulls]
    return Reply(200, [i for i in both if wanted in ("all", i["state"])])


@route("POST", r"/issues")
def _issue_made(state: State, request: Request, found: re.Match[str]) -> Reply:
    allow(state, "write", "issues")
    numbers = [entry["number"] for entry in [*state["pulls"], *state["issues"]]]
    made = {
        "number": max(numbers, default=0) + 1,
        "login": state["login"],
        "title": _text(request, "title", TITLE),
        "body": _text(request, "body", BODY),
        "state": "open",
        "edits": 0,
    }
    state["issues"].append(made)
    return Reply(201, _issue(made))


@route("PATCH", r"/issues/(\d+)")
def _issue_edited(state: State, request: Request, found: re.Match[str]) -> Reply:
    issue = _find(state["issues"], number=int(found[1]))
    allow(state, "write", "issues")
    body = _text(request, "body", BODY, required=False)
    title = _text(request, "title", TITLE, required=False)
    wanted = request.body.get("state", issue["state"])
    if wanted not in ("open", "closed"):
        raise Refusal(422, "Validation Failed: state")
    # "Can be one of: completed, not_planned, duplicate, reopened, null"
    why = request.body.get("state_reason")
    if why not in ("completed", "not_planned", "duplicate", "reopened", None):
        raise Refusal(422, "Validation Failed: state_reason")
    issue["state_reason"] = why
    issue |= {"body": body or issue["body"], "title": title or issue["title"], "state": wanted}
    issue["edits"] = issue.get("edits", 0) + 1
    return Reply(200, _issue(issue))


def _issue(issue: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: issue[name] for name in ("number", "title", "body", "state")}
    return shown | {"user": _user(issue["login"])}


# --- pull requests, runs, artifacts ---------------------------------------------------------------


@route("GET", r"/commits/([0-9a-f]+)/pulls")
def _pulls_of_commit(state: State, request: Request, found: re.Match[str]) -> Reply:
    allow(state, "read", "pull-requests", "contents")
    sha = found[1]
    merged = [p for p in state["pulls"] if p.get("merge_commit_sha") == sha]
    others = [p for p in state["pulls"] if p["head"]["sha"] == sha]
    return Reply(200, [_pull(state, p) for p in merged or others])


@route("GET", r"/pulls")
def _pulls(state: State, request: Request, found: re.Match[str]) -> Reply:
    allow(state, "read", "pull-requests")
    wanted, head = request.query.get("state", "open"), request.query.get("head")
    chosen = [p for p in state["pulls"] if wanted in ("all", p["state"])]
    if head is not None:
        chosen = [p for p in chosen if head == f"{_owner(state, p)}:{p['head']['ref']}"]
    return Reply(200, [_pull(state, p) for p in chosen])


@route("GET", r"/pulls/(\d+)")
def _one_pull(state: State, request: Request, found: re.Match[str]) -> Reply:
    allow(state, "read", "pull-requests")
    return Reply(200, _pull(state, _find(state["pulls"], number=int(found[1]))))


@route("GET", r"/pulls/(\d+)/files")
def _pull_files(state: State, request: Request, found: re.Match[str]) -> Reply:
    allow(state, "read", "pull-requests")
    pull = _find(state["pulls"], number=int(found[1]))
    return Reply(200, [{"status": "modified", **f} for f in pull.get("files", [])][:3000])


def _owner(state: State, pull: Mapping[str, Any]) -> str:
    name: str = pull["head"].get("repo", state["repository"]) or "ghost/gone"
    return name.partition("/")[0]


def _pull(state: State, pull: Mapping[str, Any]) -> dict[str, Any]:
    head = pull["head"]
    name = head.get("repo", state["repository"])
    return {
        "number": pull["number"],
        "state": pull["state"],
        "title": pull.get("title", "a change"),
        "head": {**head, "repo": None if name is None else {"full_name": name}},
        "base": {**pull["base"], "repo": {"full_name": state["repository"]}},
        "merged_at": pull.get("merged_at"),
        "merge_commit_sha": pull.get("merge_commit_sha"),
    }


@route("GET", r"/actions/workflows/([^/]+)/runs")
def _runs(state: State, request: Request, found: re.Match[str]) -> Reply:
    allow(state, "read", "actions")
    name = found[1]
    of_it = [r for r in state["runs"] if r["path"].partition("@")[0].endswith(f"/{name}")]
    if not of_it and not re.fullmatch(r"[\w.-]+\.ya?ml", name):
        raise Refusal(404, "Not Found")
    for key, field_ in (("event", "event"), ("head_sha", "head_sha"), ("branch", "head_branch")):
        if key in request.query:
            of_it = [r for r in of_it if r[field_] == request.query[key]]
    wanted = request.query.get("status")
    if wanted is not None:
        of_it = [r for r in of_it if wanted in (r["status"], r["conclusion"])]
    of_it = sorted(of_it, key=lambda r: -int(r["id"]))
    shown = [
        {
            **r,
            "head_repository": {"full_name": r.get("head_repository", state["repository"])},
            "repository": {"full_name": state["repository"]},
            "pull_requests": r.get("pull_requests", []),
            # A run that is run again keeps its id, and has another of these.
            "run_started_at": r.get("run_started_at", _minute(int(r["id"]))),
        }
        for r in of_it
    ]
    return Reply(200, shown, under="workflow_runs")


@route("GET", r"/actions/runs/(\d+)/artifacts")
def _artifacts(state: State, request: Request, found: re.Match[str]) -> Reply:
    allow(state, "read", "actions")
    chosen = [a for a in state["artifacts"] if a["run"] == int(found[1])]
    if "name" in request.query:
        chosen = [a for a in chosen if a["name"] == request.query["name"]]
    shown = [
        {
            "id": a["id"],
            "name": a["name"],
            "size_in_bytes": a.get("size", len(zipped(a))),
            "expired": a.get("expired", False),
            "digest": a.get("digest"),
            "created_at": a.get("created_at", _minute(int(a["id"]))),
        }
        for a in chosen
    ]
    return Reply(200, shown, under="artifacts")


@route("GET", r"/actions/artifacts/(\d+)/zip")
def _artifact(state: State, request: Request, found: re.Match[str]) -> Reply:
    allow(state, "read", "actions")
    artifact = _find(state["artifacts"], id=int(found[1]))
    if artifact.get("expired"):
        raise Refusal(410, "Artifact has expired")
    # The server makes an address of its store of this, on another host.
    return Reply(302, None, {"Location": artifact.get("location", f"/blob/{artifact['id']}?sig=s")})


def _minute(number: int) -> str:
    """Where a test says nothing of times, what has a higher number is newer."""
    return f"2026-01-01T{number // 60 % 24:02}:{number % 60:02}:00Z"


def zipped(artifact: Mapping[str, Any]) -> bytes:
    """An artifact as it is stored."""
    if "zip" in artifact:
        return base64.b64decode(artifact["zip"])
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in artifact["files"].items():
            archive.writestr(name, text)
    return made.getvalue()


@route("GET", r"/actions/runs/(\d+)/approvals")
def _approvals(state: State, request: Request, found: re.Match[str]) -> Reply:
    """The review history of a workflow run: who decided on which Environments, without pages."""
    allow(state, "read", "actions")
    shown = [
        {
            "state": one["state"],
            "comment": "",
            "user": _user(one["user"]),
            "environments": [{"id": 1, "name": name} for name in one["environments"]],
        }
        for one in state["approvals"]
        if one["run"] == int(found[1])
    ]
    return Reply(200, shown, paged=False)


# --- commits --------------------------------------------------------------------------------------


@route("GET", r"/compare/(.+)\.\.\.(.+)")
def _compare(state: State, request: Request, found: re.Match[str]) -> Reply:
    allow(state, "read", "contents")
    base, head = found[1], found[2]
    given = state["compare"].get(f"{base}...{head}")
    if given is None and state["git"]:
        given = _compared(state["git"], base, head)
    if given is None:
        raise Refusal(404, "Not Found")
    files = [{"status": "modified", **f} for f in given["files"]]
    return Reply(200, {"commits": [], **given, "files": files[:COMPARED]})


def _compared(folder: str, base: str, head: str) -> dict[str, Any]:
    def git(*arguments: str) -> list[str]:
        done = subprocess.run(
            ["git", "-C", folder, *arguments], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Refusal(404, "Not Found")
        return done.stdout.split("\n")[:-1]

    (start,), (one,), (other,) = (
        git("merge-base", base, head), git("rev-parse", base), git("rev-parse", head)
    )  # fmt: skip
    status = "diverged"
    if one == other:
        status = "identical"
    elif start == one:
        status = "ahead"
    elif start == other:
        status = "behind"
    files = []
    for line in git("diff", "--name-status", "-M", start, other):
        kind, *names = line.split("\t")
        files.append(
            {"filename": names[-1], "status": "renamed", "previous_filename": names[0]}
            if kind.startswith("R")
            else {"filename": names[0]}
        )
    commits = []
    for line in git("rev-list", "--parents", "--reverse", f"{one}..{other}"):
        sha, *parents = line.split()
        commits.append({"sha": sha, "parents": [{"sha": parent} for parent in parents]})
    return {"status": status, "files": files, "commits": commits}


@route("GET", r"/environments/([^/]+)")
def _environment(state: State, request: Request, found: re.Match[str]) -> Reply:
    """Names "are not case sensitive". A rule is a reviewer, a wait, or a policy of branches, which
    stands beside the rules again as ``deployment_branch_policy``."""
    allow(state, "read", "actions")
    reviewers = {"protection_rules": [{"id": 1, "type": "required_reviewers", "reviewers": []}]}
    known = state["environments"]
    one = reviewers if known is None else known.get(found[1].lower())
    if one is None:
        raise Refusal(404, "Not Found")
    whole = {"protection_rules": [], "deployment_branch_policy": None, **one}
    return Reply(200, {"id": 1, "name": found[1], **whole})
