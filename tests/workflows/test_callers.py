"""What callers say, and what the workflows that they call ask of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from reconciler.access.init import Source, called, copied
from tests.reference.workflows import root_action
from tests.workflows.test_static import ACTION, ROOT, check, load

SOURCE = Source("octo/reconciler@" + "2" * 40, "v1.2.3")
AGE, KMS = called(SOURCE, age=True), called(SOURCE, age=False)
NAMES = sorted(Path(path).stem for path in AGE)
LEVELS = ("read", "write")


def parsed(text: str) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(text)
    return found


def written(folder: Path, files: Mapping[str, str]) -> list[str]:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return [str(folder / path) for path in files]


def test_there_is_a_caller_for_each() -> None:
    assert sorted(file.stem for file in (ROOT / ".github/workflows").glob("secrets-*.yml")) == NAMES
    assert AGE.keys() - KMS.keys() == {".github/workflows/secrets-merge.yml"}, (
        "with KMS it can do nothing"
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_caller_has_under_fifteen_lines_and_names_a_commit(name: str) -> None:
    text = AGE[f".github/workflows/{name}.yml"]
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(lines) < 15
    job = parsed(text)["jobs"]["secrets"]
    assert job["uses"] == f"octo/reconciler/.github/workflows/{name}.yml@{'2' * 40}"
    assert f"{'2' * 40} # v1.2.3\n" in text


@pytest.mark.parametrize("name", NAMES)
def test_a_caller_runs_when_the_workflow_itself_does_and_hands_on_what_is_asked(name: str) -> None:
    ours, theirs = load(name)["on"], parsed(AGE[f".github/workflows/{name}.yml"])
    events = theirs["on"]
    assert set(events) == ours.keys() - {"workflow_call"}
    asked = (ours.get("workflow_dispatch") or {}).get("inputs", {})
    assert set(theirs["jobs"]["secrets"].get("with", {})) == asked.keys()
    if asked:
        assert events["workflow_dispatch"]["inputs"].keys() == asked.keys()
        for one, of in asked.items():
            given = events["workflow_dispatch"]["inputs"][one]
            assert (given["type"], given.get("required", False)) == (
                of["type"], of.get("required", False),
            )  # fmt: skip
            assert one in ours["workflow_call"]["inputs"]
    if "schedule" in ours:
        assert events["schedule"] == ours["schedule"]


@pytest.mark.parametrize("name", NAMES)
def test_a_caller_permits_what_the_jobs_ask_for_and_no_more(name: str) -> None:
    """GitHub refuses a run in which a called job asks for more ("can be only downgraded (not
    elevated) by the called workflow": Reusing workflow configurations), whether or not that job
    would run."""
    most: dict[str, str] = {}
    for job in load(name)["jobs"].values():
        for permission, level in job["permissions"].items():
            most[permission] = max(level, most.get(permission, "read"), key=LEVELS.index)
    caller = parsed(AGE[f".github/workflows/{name}.yml"])
    assert caller["permissions"] == {}
    assert caller["jobs"]["secrets"]["permissions"] == most


@pytest.mark.parametrize("name", NAMES)
def test_secrets_go_along_where_a_key_is_needed_and_with_age_only(name: str) -> None:
    """ "Environment secrets cannot be passed from the caller workflow": what is inherited is looked
    up in the job's own Environment."""
    path = f".github/workflows/{name}.yml"
    decrypts = name in ("secrets-apply", "secrets-adopt", "secrets-merge")
    assert parsed(AGE[path])["jobs"]["secrets"].get("secrets") == ("inherit" if decrypts else None)
    assert "inherit" not in KMS.get(path, "")


@pytest.mark.parametrize("name", NAMES)
def test_an_input_that_nobody_gives_is_as_by_default(name: str) -> None:
    """A run that is not called has no inputs at all: each use says what then."""
    workflow = load(name)
    for text in re.findall(
        r"inputs\.(?:manifests|runner|branch|reviewed)\b[^}]*}}", str(workflow["jobs"])
    ):
        assert "||" in text
    default = workflow["on"]["workflow_call"]["inputs"]["runner"]["default"]
    assert f"inputs.runner || '{default}'" in (ROOT / f".github/workflows/{name}.yml").read_text()
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            if "$/" in step.get("uses", "") and step["with"]["command"] != "install":
                assert step["with"]["manifests"] == "${{ inputs.manifests || 'manifests' }}"


def test_linters_find_nothing_in_callers(tmp_path: Path) -> None:
    files = written(tmp_path, AGE) + written(tmp_path / "kms", KMS)
    check("zizmor", "--offline", "--no-config", "--persona", "auditor", "--no-progress",
          str(tmp_path / ".github"), str(tmp_path / "kms/.github"))  # fmt: skip
    check("actionlint", *files)
    check("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files)


def test_what_is_accepted_in_a_caller_is_found_without_its_reason(tmp_path: Path) -> None:
    bare = {path: re.sub(r"inherit #.*", "inherit", text) for path, text in AGE.items()}
    files = written(tmp_path, bare)
    with pytest.raises(AssertionError, match="secrets-inherit"):
        check("zizmor", "--offline", "--no-config", "--persona", "auditor", *files)


def test_copies_have_nothing_that_enterprise_server_does_not_know(tmp_path: Path) -> None:
    """ "The `$/` syntax is not available in GitHub Enterprise Server"; nor is `deployment:`, by the
    documentation's own list of features."""
    copies = copied(SOURCE)
    assert sorted(Path(path).stem for path in copies) == NAMES
    for text in copies.values():
        assert "$/" not in text
        assert not re.search(r"(?m)^ *deployment:", text)
    check("actionlint", *written(tmp_path, copies))


def test_the_action_at_the_top_is_the_same_action() -> None:
    """As GitHub's Marketplace wants it: at the top, with a name and a mark of its own."""
    text = (ROOT / "action.yml").read_text()
    assert text == root_action(), "python -m tests.reference"
    top, inner = parsed(text), parsed((ACTION / "action.yml").read_text())
    assert top["inputs"] == inner["inputs"]
    assert top["outputs"] == inner["outputs"]
    assert len(top["description"]) <= 125
    assert top["branding"].keys() == {"icon", "color"}
    for one, other in zip(top["runs"]["steps"], inner["runs"]["steps"], strict=True):
        path = other["env"].pop("ACTION_PATH")
        assert one["env"].pop("ACTION_PATH") == f"{path}/.github/actions/reconcile"
        assert one == other
    check("check-jsonschema", "--builtin-schema", "vendor.github-actions", str(ROOT / "action.yml"))
    check("zizmor", "--offline", "--no-config", "--persona", "auditor", str(ROOT / "action.yml"))
