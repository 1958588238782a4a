"""Somebody who may push a branch, and has main merged into it by a job that holds the key."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from reconciler.manifest.merge import Conflicts, Entry, Trees
from reconciler.operations.merging import sides
from reconciler.values.sensitive import Sensitive
from tests.age_key import new_age_key
from tests.github.conftest import job  # noqa: F401, a fixture
from tests.github.job import Job
from tests.github.merging import JWT, LOCK, Scene, make_scene
from tests.manifest.branch.build import ENVIRONMENT, MAIN, PARAMETERS, SECRETS
from tests.trees import creation_rules, default_settings

SCRIPT = "x;touch${IFS}pwned;$(touch${IFS}pwned)'\"#%2Fy&force=true"


@pytest.fixture
def scene(tmp_path: Path, job: Job) -> Scene:  # noqa: F811
    made = make_scene(tmp_path, job)
    made.conflicting()
    made.git("switch", "-q", "change")
    return made


def refused(scene: Scene, *told: str) -> None:
    """The job says so, and nothing is pushed or said on the pull request."""
    scene.ready()
    before = scene.head()
    done = scene.merge(code=1)
    for words in told:
        assert words in done.err, done.err
    assert scene.head() == before
    assert scene.job.state["comments"] == []
    assert scene.job.asked("POST") == []


def pwned(scene: Scene) -> list[Path]:
    return list(scene.clone.parent.rglob("pwned*"))


def test_a_branch_whose_name_is_a_script(scene: Scene) -> None:
    scene.git("branch", "-m", SCRIPT)
    scene.ready(SCRIPT)
    scene.merge()
    assert scene.decrypted(MAIN, SCRIPT)["secrets"]["db"]["value"]["password"] == "from main"
    heads = scene.git("for-each-ref", "--format=%(refname)", "refs/heads").split()
    others = ["refs/heads/main", "refs/heads/prepared", "refs/heads/prepared-main"]
    assert heads == [*others, f"refs/heads/{SCRIPT}"]
    assert pwned(scene) == []


def test_hooks_attributes_filters_and_drivers_do_nothing(scene: Scene) -> None:
    """Neither those of the branch, nor what an earlier job left in the runner's checkout."""
    evil = "touch pwned; touch $PWD/pwned"
    hook = scene.folder / ".githooks" / "post-index-change"
    hook.parent.mkdir()
    hook.write_text(f"#!/bin/sh\n{evil}\n")
    hook.chmod(0o755)
    attributes = "* filter=evil merge=evil diff=evil text eol=crlf ident"
    (scene.folder / ".gitattributes").write_text(f"{attributes}\n")
    (scene.folder / "manifests" / ".gitattributes").write_text(f"{attributes}\n")
    scene.commit()
    scene.ready()
    (scene.clone / ".git" / "info" / "attributes").write_text(f"{attributes}\n")
    for name in ("filter.evil.clean", "filter.evil.smudge", "filter.evil.process",
                 "merge.evil.driver", "diff.evil.command", "core.fsmonitor"):  # fmt: skip
        subprocess.run(["git", "-C", str(scene.clone), "config", name, evil], check=True)
    hooks = ["git", "-C", str(scene.clone), "config", "core.hooksPath", str(hook.parent)]
    subprocess.run(hooks, check=True)
    scene.merge()
    assert scene.decrypted(MAIN)["secrets"]["db"]["value"]["password"] == "from main"
    assert "\r" not in scene.at(MAIN) + scene.at(LOCK)
    assert pwned(scene) == []


@pytest.mark.parametrize("mode", ["120000", "160000"])
@pytest.mark.parametrize(
    "path", ["manifests/production/more.sops.yaml", "manifests/common/link.yaml", "manifests/x"]
)
def test_a_symlink_or_a_submodule_among_the_manifests(scene: Scene, mode: str, path: str) -> None:
    target = scene.folder / "target"
    target.write_text("/proc/self/environ")
    blob = scene.git("hash-object", "-w", str(target)).strip()
    object_id = blob if mode == "120000" else scene.head()
    scene.git("update-index", "--add", "--cacheinfo", f"{mode},{object_id},{path}")
    scene.git("commit", "-q", "-m", "a link")
    scene.git("reset", "-q", "--hard")
    refused(scene, "a symlink or a submodule", path)


@pytest.mark.parametrize("mode", ["120000", "160000"])
def test_a_manifest_in_conflict_that_becomes_a_symlink_or_a_submodule(
    scene: Scene, mode: str
) -> None:
    blob = scene.git("hash-object", "-w", str(scene.tree.path(MAIN))).strip()
    object_id = blob if mode == "120000" else scene.head()
    scene.git("update-index", "--cacheinfo", f"{mode},{object_id},manifests/{MAIN}")
    scene.git("commit", "-q", "-m", "a link")
    scene.git("reset", "-q", "--hard")
    refused(scene, "a person has to resolve", f"manifests/{MAIN}")


def test_a_symlink_elsewhere_is_carried_along_and_not_followed(scene: Scene) -> None:
    (scene.folder / "link").symlink_to("/etc/passwd")
    scene.commit()
    scene.ready()
    scene.merge()
    assert scene.git("ls-tree", "change", "link").startswith("120000 blob")
    assert scene.git("show", "change:link") == "/etc/passwd"


def test_names_that_lead_out_of_the_folder_are_not_written(tmp_path: Path, scene: Scene) -> None:
    """No git writes such a tree; whoever does find the file missing."""
    from reconciler.manifest.gitfiles import Repository

    (tmp_path / "git").mkdir()
    trees = Trees(Repository(scene.folder), tmp_path / "git")
    blob = Entry("100644", trees.keep(b"text"))
    paths = ("manifests/../../out.yaml", "manifests/a/.git/out.yaml", "manifests/in.yaml")
    sides.write(
        trees, dict.fromkeys(paths, blob), Conflicts("", "", "manifests"), tmp_path / "into"
    )
    found = {file.name for file in tmp_path.rglob("*.yaml")}
    assert "in.yaml" in found
    assert "out.yaml" not in found


def test_a_recipient_that_the_branch_adds_gets_nothing_of_mains(scene: Scene) -> None:
    """With its rule: the file would be in order, and whoever has that key could read all of it."""
    both = creation_rules(scene.tree.key.recipient, new_age_key().recipient)
    scene.tree.write(".sops.yaml", both, encrypt=False)
    scene.commit()
    refused(scene, "the branch changes manifests/.sops.yaml")


@pytest.mark.parametrize("file", [MAIN, "production/more.sops.yaml"])
def test_a_recipient_in_a_file_alone(scene: Scene, file: str) -> None:
    """In the one that conflicts, and in another of the environment."""
    other = new_age_key().recipient
    if file != MAIN:
        scene.tree.write(file, {"secrets": {"more": {"value": "text"}}})
    text = scene.tree.read(file)
    item = text[text.index("- recipient:") : text.index("lastmodified")].rstrip()
    twin = item.replace(scene.tree.key.recipient, other)
    scene.tree.edit(file, item, f"{twin}\n        {item}")
    scene.commit()
    told = "for whom the file is encrypted" if file == MAIN else "foreign-recipient"
    refused(scene, f"manifests/{file}:", told)


@pytest.mark.parametrize("place", ["production/.sops.yaml", "common/.SOPS.yaml"])
def test_other_rules_beside_the_manifests(scene: Scene, place: str) -> None:
    rules = creation_rules(new_age_key().recipient)
    scene.tree.write(place, rules, encrypt=False)
    scene.commit()
    refused(scene, "error[other-rules]")


def test_a_file_that_was_encrypted_under_a_data_key_of_his_own(scene: Scene) -> None:
    """To the public recipient, with a data key that he knows: what main adds would be under it."""
    scene.git("switch", "-q", "--discard-changes", "main")
    scene.git("reset", "-q", "--hard", "base")
    scene.set('["secrets"]["new"]["value"]', "from main")
    scene.commit()
    scene.git("switch", "-q", "change")
    scene.git("reset", "-q", "--hard", "base")
    raw = scene.tree.sops.encrypt(
        Sensitive(json.dumps({"secrets": SECRETS, "parameters": PARAMETERS})),
        path=scene.tree.path(MAIN),
        config=scene.tree.path(".sops.yaml"),
    )
    scene.tree.path(MAIN).write_bytes(raw)
    scene.commit()
    refused(scene, f"manifests/{MAIN}:", "or its data key")


def test_fingerprint_keys_that_the_branch_chose(scene: Scene) -> None:
    """Who knows the key tests guesses of every value against the locks."""
    keys = {"fingerprint_keys": ["00" * 32], "include": ["../common/*.yaml"]}
    schedules = {"schedules": {"weekly": {"schedule": "rate(7 days)"}}}
    scene.tree.write(ENVIRONMENT, default_settings("production") | schedules | keys)
    scene.commit()
    refused(scene, f"manifests/{ENVIRONMENT}:", "the branch changes the fingerprint keys")


@pytest.mark.parametrize("side", ["change", "main"])
@pytest.mark.parametrize("file", [MAIN, "production/more.sops.yaml"])
def test_a_file_whose_own_mac_is_invalid_is_not_signed(scene: Scene, side: str, file: str) -> None:
    """A value is taken out without the key: in the file that conflicts, and in another one."""
    scene.git("switch", "-q", side)
    if file != MAIN:
        scene.tree.write(file, {"secrets": {"more": {"value": {"port": "1", "b": "2"}}}})
    text = scene.tree.read(file)
    lines = [line for line in text.splitlines(True) if not re.match(r" *port: ENC", line)]
    assert len(lines) < len(text.splitlines())
    scene.tree.path(file).write_text("".join(lines))
    scene.commit()
    refused(scene, f"manifests/{file}:", "error[mac-mismatch]")


def test_a_line_of_the_lock_that_lies(scene: Scene) -> None:
    """Written again it would be true, and nobody would know who had hidden what."""
    raw = scene.tree.read(LOCK)
    lied = re.sub(r"(?<=/jwt\n)(ct:\w+ \w{6}:)\w{64}", lambda m: m[1] + "0" * 64, raw)
    assert lied != raw
    scene.tree.path(LOCK).write_text(lied)
    scene.commit()
    refused(scene, "error[lock-lie]", "/jwt")


def test_a_value_moved_to_another_name_is_not_signed(scene: Scene) -> None:
    """Its ciphertext is bound to its place."""
    text = scene.tree.read(MAIN)
    (user,) = re.findall(r"user: (ENC\S+)", text)
    (jwt,) = re.findall(r"jwt:\n +value: (ENC\S+)", text)
    scene.tree.path(MAIN).write_text(text.replace(jwt, user))
    scene.commit()
    refused(scene, f"manifests/{MAIN}:", "error[tampered]")


@pytest.mark.parametrize("repository", ["somebody/fork", None])
def test_a_fork(scene: Scene, repository: str | None) -> None:
    """One that was deleted, too."""
    scene.ready()
    scene.job.state["pulls"][0]["head"]["repo"] = repository
    done = scene.merge(code=64, SOPS_AGE_KEY_FILE=None)
    assert "is of a fork" in done.err
    assert scene.job.asked("POST") == []


def test_git_gets_no_key(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "spy"
    folder.mkdir()
    (folder / "git").write_text(f'#!/bin/sh\nenv >> {folder}/seen\nexec /usr/bin/git "$@"\n')
    (folder / "git").chmod(0o755)
    scene.ready()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    scene.set(JWT, "text")  # the fixture's own git
    (folder / "seen").write_text("")
    scene.merge("--check", GITHUB_TOKEN=scene.job.state["token"])
    seen = (folder / "seen").read_text()
    assert "GIT_CONFIG_NOSYSTEM=1" in seen
    own = [line for line in seen.splitlines() if line.startswith(("SOPS_", "GITHUB_TOKEN"))]
    assert own == []
