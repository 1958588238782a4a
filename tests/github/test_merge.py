"""`github merge`: what conflicts on GitHub, merged with the key and pushed as one commit."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from reconciler import manifest
from reconciler.manifest import lock
from tests.github.job import Job
from tests.github.merging import JWT, LOCK, PASSWORD, USER, Scene, make_scene
from tests.manifest.branch.build import ENVIRONMENT, MAIN
from tests.manifest.lock.build import write_earlier

STAGING = "staging/main.sops.yaml"


@pytest.fixture
def scene(tmp_path: Path, job: Job) -> Scene:
    return make_scene(tmp_path, job)


def assert_locked(scene: Scene) -> None:
    """The locks of the branch are those that `lock` writes."""
    scene.git("switch", "-q", "change")
    declared = manifest.read(scene.tree.manifests, "production")
    made = lock.make(declared, declared.decrypt(scene.tree.sops))
    assert not lock.renew(scene.tree.manifests, made, declared)


def test_two_keys_of_one_secret_merge_into_one_commit(scene: Scene) -> None:
    scene.conflicting()
    scene.ready()
    before, main = scene.head(), scene.head("main")
    checked = scene.merge("--check", "--no-kms", SOPS_AGE_KEY_FILE=None)
    assert checked.out == "production\n"
    assert scene.head() == before
    scene.job.next()
    scene.merge()
    parents = scene.git("rev-list", "--parents", "-n", "1", "change").split()[1:]
    assert parents == [before, main]
    value = scene.decrypted(MAIN)["secrets"]["db"]["value"]
    assert (value["user"], value["password"]) == ("from the branch", "from main")
    assert scene.job.output["sha"] == scene.head()
    assert scene.git("diff", "--name-only", main, "change").split() == [
        f"manifests/{LOCK}", f"manifests/{MAIN}",
    ]  # fmt: skip
    assert_locked(scene)
    # Who reviews is told, and the message keeps it.
    assert "`secret /test/production/db`: both branches changed it" in scene.comment
    assert "**Approve workflows to run**" in scene.comment
    assert "/actions/runs/77" in scene.comment
    assert f"- manifests/{MAIN}" in scene.git("log", "-1", "--format=%B", "change")
    said = "".join([scene.comment, *scene.job.seen, scene.git("log", "-1", "--format=%B")])
    assert not [value for value in ("from the branch", "from main") if value in said]
    # Nothing is left to do.
    scene.opened()
    scene.fetched()
    again = scene.merge()
    assert "the branch has all of it already" in again.err


def test_a_stale_line_that_the_branch_had_is_named(scene: Scene) -> None:
    """Somebody without the key left the lock behind, and the plan warned of it."""
    scene.branch()
    scene.values((USER, "from the branch"))
    scene.values((JWT, "unseen"), locked=False)
    scene.main_has((PASSWORD, "from main"))
    scene.ready()
    scene.merge()
    assert_locked(scene)
    assert "`secret /test/production/jwt`: its line in the lock was out of date" in scene.comment
    assert "`secret /test/production/db`: both branches changed it" in scene.comment
    assert "secret /test/production/jwt" in scene.git("log", "-1", "--format=%B", "change")


def test_values_that_each_have_their_line_are_not_named(scene: Scene) -> None:
    scene.branch()
    scene.values((JWT, "from the branch"))
    scene.main_has((PASSWORD, "from main"))
    scene.ready()
    done = json.loads(scene.merge("-o", "json").out)
    assert done["lines"] == [
        {"environment": "production", "combined": [], "behind": [], "macs": []}
    ]  # fmt: skip
    assert "No line of a lock is new" in scene.comment
    assert_locked(scene)


def test_the_same_value_twice_is_a_conflict_and_named(scene: Scene) -> None:
    scene.branch()
    scene.values((USER, "from the branch"), (JWT, "one"))
    scene.main_has((USER, "from main"), (JWT, "two"))
    scene.ready()
    before = scene.head()
    done = scene.merge("--check", code=1, SOPS_AGE_KEY_FILE=None)  # before anybody approves
    told = f"manifests/{MAIN}: error[conflict]: both sides changed secrets: db: value: user"
    assert f"{told}, secrets: jwt: value\n" in done.err
    assert (scene.head(), scene.job.state["comments"]) == (before, [])


def test_what_git_merges_by_itself_needs_no_job(scene: Scene) -> None:
    scene.branch()
    scene.tree.edit(MAIN, "description: Login", "description: Theirs")
    scene.commit()
    scene.git("switch", "-q", "main")
    (scene.folder / "README").write_text("text")
    scene.commit()
    scene.ready()
    assert "git merges the two by itself" in scene.merge("--check").err
    assert scene.job.output["count"] == "0"


def test_what_is_no_manifest_is_left_to_a_person(scene: Scene) -> None:
    for name in ("change", "main"):
        if name == "change":
            scene.branch()
        scene.git("switch", "-q", name)
        (scene.folder / "README").write_text(f"{name}\n")
        scene.values((USER if name == "main" else PASSWORD, name))
    scene.ready()
    done = scene.merge("--check", code=1)
    assert "a person has to resolve: README\n" in done.err


@pytest.mark.parametrize("file", [MAIN, "production/new.sops.yaml"])
def test_a_manifest_that_one_side_removed_or_both_added(scene: Scene, file: str) -> None:
    scene.conflicting()
    for name in ("change", "main"):
        scene.git("switch", "-q", name)
        if file != MAIN:
            scene.tree.write(file, {"secrets": {"new": {"value": name}}})
        elif name == "change":
            scene.git("rm", "-q", f"manifests/{MAIN}")
        scene.commit()
    scene.ready()
    done = scene.merge("--check", code=1)
    assert "a person has to resolve: " in done.err
    assert f"manifests/{file}\n" in done.err


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"state": "closed"}, "pull request 7 is closed"),
        ({"state": "closed", "merged_at": "2026-01-01T00:00:00Z"}, "pull request 7 is merged"),
        ({"base": {"ref": "release", "sha": "b" * 40}}, "into release, and not into main"),
        ({"number": 8}, "there is no pull request 7"),
    ],
)
def test_a_pull_request_that_is_not_open_into_main(
    scene: Scene, more: dict[str, object], told: str
) -> None:
    scene.conflicting()
    scene.ready(**more)
    assert told in scene.merge(code=64).err


def test_only_a_job_of_main_merges(scene: Scene) -> None:
    scene.conflicting()
    scene.ready()
    done = scene.merge(code=64, GITHUB_REF="refs/heads/change")
    assert "this job is not of main" in done.err


def test_a_shallow_clone_says_what_it_lacks(scene: Scene) -> None:
    scene.conflicting()
    scene.opened()
    scene.fetched()
    head = scene.git("rev-parse", "main")
    (scene.clone / ".git" / "shallow").write_text(head)
    assert "check out with fetch-depth: 0" in scene.merge(code=64).err


def test_an_old_git_is_told_of(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.conflicting()
    scene.ready()
    folder = tmp_path / "old"
    folder.mkdir()
    script = '#!/bin/sh\ncase "$*" in *version) echo git version 2.34.1;; '
    (folder / "git").write_text(script + '*) exec /usr/bin/git "$@";; esac\n')
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    assert (
        "this takes git 2.38 or newer, and here is git version 2.34.1" in scene.merge(code=64).err
    )


def test_without_the_key_every_file_is_named(scene: Scene) -> None:
    scene.branch()
    scene.set('["secrets"]["db"]["value"]', "one", STAGING)
    scene.values((USER, "one"))
    scene.git("switch", "-q", "main")
    scene.tree.write(STAGING, {"secrets": {"db": {"value": "s"}, "other": {"value": "s"}}})
    scene.commit()
    scene.git("tag", "-f", "base")
    scene.git("branch", "-D", "change")
    scene.branch()
    scene.set('["secrets"]["db"]["value"]', "one", STAGING)
    scene.values((USER, "one"))
    scene.git("switch", "-q", "main")
    scene.set('["secrets"]["other"]["value"]', "two", STAGING)
    scene.values((PASSWORD, "two"))
    scene.ready()
    assert scene.merge("--check").out == "production\nstaging\n"
    done = scene.merge(code=1, SOPS_AGE_KEY_FILE=None, HOME="/nonexistent")
    for file in (MAIN, STAGING):
        assert f"manifests/{file}: error[no-key]" in done.err
    # With the keys of both it is one commit; an environment without a lock gets none.
    scene.merge()
    assert scene.decrypted(STAGING)["secrets"]["other"]["value"] == "two"
    assert "staging/fingerprints.lock" not in scene.git("ls-tree", "-r", "--name-only", "change")


def test_a_branch_that_moves_meanwhile_is_refused(scene: Scene) -> None:
    scene.conflicting()
    scene.ready()
    scene.git("switch", "-q", "change")
    moved = scene.commit("meanwhile")
    # Before the job has read it, and where GitHub says it only of the reference.
    assert "has moved since" in scene.merge(code=3).err
    scene.opened()
    assert "has moved since" in scene.merge(code=3).err
    assert scene.head() == moved
    assert scene.job.state["comments"] == []


def test_a_branch_set_back_to_an_ancestor_is_refused(scene: Scene) -> None:
    """Which would be a fast-forward."""
    scene.conflicting()
    scene.ready()
    scene.git("branch", "-f", "change", "base")
    assert "has moved since" in scene.merge(code=3).err
    assert scene.head() == scene.git("rev-parse", "base").strip()


def test_a_branch_that_is_gone_is_not_made_again(scene: Scene) -> None:
    scene.conflicting()
    scene.ready()
    scene.git("branch", "-D", "change")
    assert "has moved since" in scene.merge(code=3).err
    assert "refs/heads/change" not in scene.git("for-each-ref")


def test_a_branch_that_moves_in_the_last_moment_is_refused(scene: Scene) -> None:
    scene.conflicting()
    scene.ready()
    scene.git("switch", "-q", "-c", "meanwhile", "change")
    moved = scene.commit("meanwhile")
    scene.job.state["faults"] = [
        {
            "method": "PATCH",
            "path": "/git/refs/",
            "first": ["update-ref", "refs/heads/change", moved],
        }
    ]
    assert "has moved since" in scene.merge(code=3).err
    assert scene.head() == moved


def test_a_push_that_github_refuses_in_the_last_moment(scene: Scene) -> None:
    scene.conflicting()
    scene.ready()
    scene.job.state["faults"] = [
        {"method": "PATCH", "path": "/git/refs/", "status": 422, "body": {"message": "no"}}
    ]
    done = scene.merge(code=1)
    assert "HTTP 422): no" in done.err


def test_what_github_makes_has_to_be_what_was_sent(scene: Scene) -> None:
    scene.conflicting()
    scene.ready()
    before = scene.head()
    scene.job.state["faults"] = [
        {"method": "POST", "path": "/git/trees", "status": 201, "body": {"sha": "0" * 40}}
    ]
    assert "GitHub made something else" in scene.merge(code=1).err
    assert scene.head() == before


def test_a_token_that_may_not_write(scene: Scene) -> None:
    scene.conflicting()
    scene.ready()
    scene.job.state["permissions"]["contents"] = "read"
    assert "permissions: {contents: write}" in scene.merge(code=1).err


def test_files_that_only_main_has_come_along(scene: Scene) -> None:
    """Added, removed, renamed and executable ones, and lines of both in one file."""
    scene.git("switch", "-q", "main")
    for name in ("gone", "old name", "shared", "unwanted"):
        (scene.folder / name).write_text(f"{name}\n" + "line\n" * 20)
    scene.commit()
    scene.git("tag", "-f", "base")
    scene.branch()
    (scene.folder / "shared").write_text("branch\n" + "line\n" * 20)
    (scene.folder / "branch only").write_text("b")
    scene.git("rm", "-q", "unwanted")
    scene.values((USER, "from the branch"))
    scene.git("switch", "-q", "main")
    scene.git("rm", "-q", "gone")
    scene.git("mv", "old name", "new näme")
    (scene.folder / "shared").write_text("shared\n" + "line\n" * 20 + "main\n")
    (scene.folder / "tool").write_text("#!/bin/sh\n")
    (scene.folder / "tool").chmod(0o755)
    scene.values((PASSWORD, "from main"))
    scene.ready()
    scene.merge()
    listed = scene.git("ls-tree", "-z", "--name-only", "change").split("\0")
    assert {"new näme", "branch only", "shared", "tool"} <= set(listed)
    assert not {"gone", "old name", "unwanted"} & set(listed)
    assert scene.git("show", "change:shared") == "branch\n" + "line\n" * 20 + "main\n"
    assert scene.git("ls-tree", "change", "tool").startswith("100755")


def test_fingerprint_keys_that_main_changed_are_those_of_the_locks(scene: Scene) -> None:
    scene.branch()
    scene.values((USER, "from the branch"))
    scene.git("switch", "-q", "main")
    scene.set('["fingerprint_keys"][0]', "7b" * 32, ENVIRONMENT)
    scene.values((PASSWORD, "from main"))
    scene.ready()
    scene.merge()
    assert_locked(scene)


def test_a_file_that_main_renamed_is_merged_under_its_new_name(scene: Scene) -> None:
    scene.branch()
    scene.values((USER, "from the branch"))
    scene.git("switch", "-q", "main")
    new = "production/logins.sops.yaml"
    scene.git("mv", f"manifests/{MAIN}", f"manifests/{new}")
    scene.set(PASSWORD, "from main", new)
    scene.lock()
    scene.commit()
    scene.ready()
    scene.merge()
    value = scene.decrypted(new)["secrets"]["db"]["value"]
    assert (value["user"], value["password"]) == ("from the branch", "from main")
    assert MAIN not in scene.git("ls-tree", "-r", "--name-only", "change")
    assert_locked(scene)


def test_a_branch_with_the_lock_of_before(scene: Scene) -> None:
    """Main has one for each manifest since."""
    scene.git("switch", "-q", "main")
    write_earlier(scene.tree, macs=True)
    scene.commit()
    scene.git("tag", "-f", "base")
    scene.branch()
    scene.set(USER, "from the branch")
    write_earlier(scene.tree, macs=True)
    scene.commit()
    scene.main_has((PASSWORD, "from main"))
    scene.ready()
    scene.merge()
    assert_locked(scene)


def test_what_only_kms_decrypts_is_refused_before_anybody_is_asked(scene: Scene) -> None:
    """The job has no identity in AWS: an approval would be for nothing."""

    def edit(*changes: tuple[str, str]) -> None:
        text = file.read_text()
        for old, new in changes:
            text, count = re.subn(old, new, text, count=1, flags=re.DOTALL)
            assert count, old
        file.write_text(text)
        scene.commit()

    file = scene.tree.path(MAIN)
    arn = "arn:aws:kms:us-west-2:123456789012:alias/app"
    made = 'created_at: "2026-01-01T00:00:00Z"\n          enc: AQ==\n          aws_profile: ""'
    edit((r"    age:\n.*?\n    lastmodified", f"    kms:\n        - arn: {arn}\n          {made}\n"
          "    lastmodified"))  # fmt: skip
    scene.git("switch", "-q", "-c", "change")
    edit((r"user: ENC\[AES256_GCM,data:", "user: ENC[AES256_GCM,data:AAAA"), ("mac: E", "mac:  E"))
    scene.git("switch", "-q", "main")
    edit((r"password: ENC\[AES256_GCM,data:", "password: ENC[AES256_GCM,data:BBBB"))
    scene.ready()
    assert scene.merge("--check").out == "production\n"  # a job of your own may have an identity
    said = scene.merge("--check", "--no-kms", code=1).err
    assert f"{MAIN}: error[conflict]: only KMS decrypts it" in said
    assert "reconciler merge-driver --install" in said
