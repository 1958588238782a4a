"""What the small GitHub holds, as plain data: a test in another process can set and read it.

A state is a JSON object; what a test does not say has these defaults:

``repository``, ``token``, ``login``   what the requests have to name, and whose the token is
``permissions``      of the token, by GitHub's names, ``{"issues": "write", …}``
``pulls``            ``{number, state, head: {ref, sha, repo}, base: {ref, sha}, merged_at,
                     merge_commit_sha, files: [{filename, status, previous_filename}]}``; of the
                     last two only what is needed
``comments``         ``{id, issue, login, body, edits}``
``issues``           ``{number, login, title, body, state, edits}``
``runs``             ``{id, path, event, status, conclusion, head_sha, head_branch, head_repository,
                     run_number, pull_requests: [{number, base: {ref}}]}``, ``run_started_at``
``artifacts``        ``{id, run, name, files: {name: text}}``, or ``zip`` (base64) for ``files``;
                     ``expired``, ``digest``, ``created_at``
``approvals``        ``{run, user, state, environments: [name]}``
``compare``          ``{"BASE...HEAD": {status, files, commits}}``; ``commits``, ``[{sha, parents:
                     [{sha}]}]``, only where they are asked for
``git``              a repository, asked where ``compare`` does not say
``environments``     ``{name: {protection_rules, deployment_branch_policy}}``; None: each that is
                     asked for is there, with reviewers
``faults``           ``{method, path (a regular expression), status, headers, body, times, after}``:
                     answers in place of the real one; ``after`` lets the request happen first,
                     ``cut`` is how many bytes at the end are never sent; ``first`` is what somebody
                     else does with git just before the real answer
``requests``         what was asked, and how it was answered
``violations``       what no client of GitHub may send: a test wants this empty
"""

from __future__ import annotations

import copy
from typing import Any

State = dict[str, Any]

DEFAULTS: State = {
    "repository": "lagomo/infrastructure",
    "token": "ghs_test_token_0123456789",
    "login": "github-actions[bot]",
    "permissions": {
        "actions": "read",
        "contents": "read",
        "issues": "write",
        "pull-requests": "write",
    },
    "pulls": [],
    "comments": [],
    "issues": [],
    "runs": [],
    "artifacts": [],
    "approvals": [],
    "compare": {},
    "git": None,
    "environments": None,
    "faults": [],
    "requests": [],
    "violations": [],
}


def fresh(**given: Any) -> State:
    """A state of its own, with what a test says in place of the defaults."""
    unknown = given.keys() - DEFAULTS.keys()
    if unknown:
        raise ValueError(f"a state has no {', '.join(sorted(unknown))}")
    return copy.deepcopy(DEFAULTS) | given
