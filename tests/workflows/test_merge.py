"""The workflow that merges main into a pull request, really run."""

from __future__ import annotations

import json

from reconciler.values.sensitive import Sensitive
from tests.leaks.test_leaks import Canaries
from tests.workflows.project import Project
from tests.workflows.test_runs import branch, places

MAIN = "production/main.sops.yaml"


def change(project: Project, value: str, *path: str) -> None:
    """Give one value another, with the key, and leave the rest of the file as it is."""
    file = project.tree.path(MAIN)
    given = Sensitive(json.dumps(value))
    file.write_bytes(project.tree.sops.set(file.read_bytes(), path, given))


def test_main_is_merged_into_a_pull_request_with_the_key(
    project: Project, canaries: Canaries
) -> None:
    """On GitHub the two conflict: each gives another key of one secret another value."""
    theirs, ours = canaries.plant(), canaries.plant()
    login = ("secrets", "database/credentials", "value")
    branch(project, "change", lambda: change(project, theirs, *login, "user"))
    change(project, ours, *login, "password")
    project.lock()
    main = project.commit("on main")
    head = project.git("rev-parse", "change")
    state = project.github.state
    state["permissions"]["contents"] = "write"
    state["pulls"] = [
        {"number": 7, "state": "open", "head": {"ref": "change", "sha": head},
         "base": {"ref": "main", "sha": main}}
    ]  # fmt: skip
    run = project.merge_main(7)
    assert run.results == {"conflicts": "success", "merge": "success"}, run.log
    assert project.git("rev-list", "--parents", "-n", "1", "change").split()[1:] == [head, main]
    raw = project.git("show", f"change:manifests/{MAIN}").encode() + b"\n"
    merged = json.loads(project.tree.sops.decrypt(raw).reveal())
    assert merged["secrets"]["database/credentials"]["value"] == {"user": theirs, "password": ours}
    (comment,) = state["comments"]
    assert "`secret /test/production/database/credentials`: both branches" in comment["body"]
    # Main is in it now: nobody is asked for the key, nor where GitHub would ask nobody.
    again = project.merge_main(7)
    assert again.results == {"conflicts": "success"}, again.log
    project.git("branch", "--force", "change", head)
    state["pulls"][0]["head"]["sha"] = head
    state["environments"] = {"staging": {}}
    unprotected = project.merge_main(7)
    assert unprotected.results == {"conflicts": "failure"}, unprotected.log
    assert "has no GitHub Environment production" in unprotected.log
    assert canaries.found(*places(project, run, again, unprotected)) == []
