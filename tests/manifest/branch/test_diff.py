"""What a branch changes, seen from git alone."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from reconciler.values.sensitive import Sensitive
from tests.age_key import new_age_key
from tests.cli.run import cli
from tests.manifest.branch.build import (
    ENVIRONMENT,
    MAIN,
    PARAMETERS,
    SCHEDULES,
    SECRETS,
    Branch,
    make_branch,
)
from tests.trees import creation_rules, default_settings


@pytest.fixture
def branch(tmp_path: Path) -> Branch:
    folder = tmp_path / "repository"
    folder.mkdir()
    return make_branch(folder)


def test_nothing_differs(branch: Branch) -> None:
    assert "No manifest differs." in branch.diff()
    assert branch.findings() == []
    done = cli("diff", "--base", "base", "--detailed-exitcode", cwd=branch.folder)
    assert done.returncode == 0


# --- first of all ---------------------------------------------------------------------------------


def test_a_recipient_more_in_rules_and_file(branch: Branch) -> None:
    other = new_age_key().recipient
    rules = creation_rules(branch.tree.key.recipient, other)
    branch.tree.write(".sops.yaml", rules, encrypt=False)
    branch.tree.write(MAIN, {"secrets": SECRETS, "parameters": PARAMETERS})
    found = [f for f in branch.findings() if f["code"] == "recipient-added"]
    assert {(f["subject"], f["after"]) for f in found} == {
        (".sops.yaml, rule \\.sops\\.yaml$", f"age {other}"),
        (f"file {MAIN}", f"age {other}"),
    }
    assert branch.diff().index("Access: who can decrypt") < branch.diff().index(other)


def test_a_recipient_smuggled_into_a_file_alone(branch: Branch) -> None:
    other = new_age_key().recipient
    text = branch.tree.read(MAIN)
    item = text[text.index("- recipient:") : text.index("lastmodified")].rstrip()
    twin = item.replace(branch.tree.key.recipient, other)
    branch.tree.edit(MAIN, item, f"{item}\n        {twin}")
    assert (
        "access", "recipient-added", f"file {MAIN}",
    ) in branch.told()  # fmt: skip


def test_a_recipient_less(branch: Branch) -> None:
    other = new_age_key().recipient
    both = creation_rules(branch.tree.key.recipient, other)
    one = branch.tree.read(".sops.yaml")
    branch.tree.write(".sops.yaml", both, encrypt=False)
    branch.main()
    branch.commit()
    branch.git("tag", "-f", "base")
    branch.tree.write(".sops.yaml", one, encrypt=False)
    branch.main()
    removed = [f for f in branch.findings() if f["code"] == "recipient-removed"]
    assert len(removed) == 2
    assert {f["before"] for f in removed} == {f"age {other}"}


def test_a_new_file_is_held_against_the_rules_of_the_base(branch: Branch) -> None:
    branch.tree.write("production/more.sops.yaml", {"secrets": {"new": {"value": "v"}}})
    assert not [f for f in branch.findings() if f["group"] == "destructive"]
    other = new_age_key().recipient
    branch.tree.write(".sops.yaml", creation_rules(other), encrypt=False)
    branch.tree.write("production/more.sops.yaml", {"secrets": {"new": {"value": "v"}}})
    found = [f for f in branch.findings() if f["subject"] == "file production/more.sops.yaml"]
    assert [f["after"] for f in found if f["code"] == "recipient-added"] == [f"age {other}"]


def test_rules(branch: Branch) -> None:
    text = branch.tree.read(".sops.yaml")
    branch.tree.write(".sops.yaml", text.replace("|fingerprint_keys", ""), encrypt=False)
    assert {code for _, code, _ in branch.told()} == {"rule-changed"}
    first = creation_rules(new_age_key().recipient).replace("\\.sops", "production/")
    second = text.partition("creation_rules:\n")[2]
    branch.tree.write(".sops.yaml", first + second, encrypt=False)
    assert {code for _, code, _ in branch.told()} == {"rule-added", "recipient-added"}
    branch.commit()
    branch.git("tag", "-f", "base")
    branch.tree.write(
        ".sops.yaml", "creation_rules:\n" + second + first.partition("\n")[2], encrypt=False
    )
    assert {code for _, code, _ in branch.told()} == {"rules-reordered"}


CHANGES = {
    "owner": "other",
    "account": "210987654321",
    "region": "eu-west-1",
    "prefix": "/elsewhere",
    "guards": {"max_prunes": 100, "max_change_ratio": 1.0},
    "schedules": {"weekly": {**SCHEDULES["weekly"], "schedule": "rate(1 day)"}},
    "prune": True,
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_run_may_do_comes_first(branch: Branch, name: str) -> None:
    text = branch.tree.read(ENVIRONMENT)
    plain = default_settings("production") | {
        "schedules": SCHEDULES,
        "include": ["../common/*.yaml"],
    }
    branch.tree.write(ENVIRONMENT, plain | {name: CHANGES[name]})
    assert branch.tree.read(ENVIRONMENT) != text
    (found,) = [f for f in branch.findings() if f["code"] == "setting-changed"]
    assert (found["group"], found["subject"]) == ("destructive", name)
    assert found["after"] == CHANGES[name]
    shown = branch.diff()
    assert f"production: {name}:" in shown


def test_other_settings_come_after(branch: Branch) -> None:
    branch.tree.edit(ENVIRONMENT, "owner: test", "owner: test\ntags:\n    a: b")
    (found,) = branch.findings()
    assert (found["group"], found["subject"]) == ("setting", "tags")


def test_fingerprint_keys(branch: Branch) -> None:
    branch.set('["fingerprint_keys"][0]', "7b" * 32, ENVIRONMENT)
    assert branch.told() == {("destructive", "fingerprint-keys-changed", "fingerprint_keys")}


def test_environments_come_and_go(branch: Branch) -> None:
    for path in branch.tree.path("staging").iterdir():
        path.unlink()
    assert ("destructive", "environment-removed", "environment staging") in branch.told()
    branch.tree.write("new/environment.sops.yaml", default_settings("new"))
    assert ("destructive", "environment-added", "environment new") in branch.told()


def test_symlinks_and_what_is_no_yaml(branch: Branch) -> None:
    branch.tree.path("production/link.sops.yaml").symlink_to("main.sops.yaml")
    branch.tree.path("production/bad.sops.yaml").write_text("a: [\n")
    told = branch.told()
    assert ("destructive", "not-a-file", "file production/link.sops.yaml") in told
    assert ("destructive", "unreadable", "file production/bad.sops.yaml") in told
    head = branch.commit()
    assert branch.told() == {
        (f["group"], f["code"], f["subject"]) for f in branch.findings("--head", head)
    }


def test_a_file_that_is_not_encrypted(branch: Branch) -> None:
    branch.tree.write("production/bare.sops.yaml", {"secrets": {}}, encrypt=False)
    assert ("destructive", "not-encrypted", "file production/bare.sops.yaml") in branch.told()


# --- resources ------------------------------------------------------------------------------------


def test_a_changed_value_is_told_by_the_names_of_its_keys(branch: Branch) -> None:
    branch.set('["secrets"]["db"]["value"]["password"]', "another-value")
    branch.set('["secrets"]["db"]["value"]["tls"]', "on")
    (found,) = branch.findings()
    assert (found["code"], found["subject"]) == ("value-changed", "secret db")
    assert found["keys"] == [
        {"mark": "~", "name": "password"},
        {"mark": "+", "name": "tls"},
    ]
    shown = branch.diff()
    assert "~ production: secret db: value changed" in shown
    assert "another-value" not in shown


def test_a_whole_value(branch: Branch) -> None:
    branch.set('["secrets"]["jwt"]["value"]', "another")
    (found,) = branch.findings()
    assert (found["code"], found["subject"], found["keys"]) == ("value-changed", "secret jwt", [])


def test_fields_without_the_key(branch: Branch) -> None:
    branch.tree.edit(MAIN, "description: Login", "description: Database login")
    branch.tree.edit(MAIN, "db.internal", "db.other")
    shown = branch.diff()
    assert 'description: "Login" -> "Database login"' in shown
    assert 'plaintext: "db.internal" -> "db.other"' in shown
    assert branch.told() == {
        ("resource", "resource-changed", "secret db"),
        ("resource", "resource-changed", "parameter host"),
    }


def test_what_is_shared_changes_in_each_environment(branch: Branch) -> None:
    branch.tree.edit("common/shared.yaml", '"5432"', '"6432"')
    assert {(f["environment"], f["subject"]) for f in branch.findings()} == {
        ("production", "parameter port"),
        ("staging", "parameter port"),
    }


def test_resources_come_and_go(branch: Branch) -> None:
    branch.main({**SECRETS, "new": {"value": {"a": "b"}}, "legacy": {"external": True}}, {
        "other": {"plaintext": "x"}
    })  # fmt: skip
    told = branch.told()
    assert ("resource", "resource-added", "secret new") in told
    assert ("resource", "resource-added", "parameter other") in told
    assert ("resource", "resource-removed", "parameter host") in told
    assert "+ a" in branch.diff()


# --- files ----------------------------------------------------------------------------------------


def test_files_come_go_and_are_renamed(branch: Branch) -> None:
    branch.git("mv", f"manifests/{MAIN}", "manifests/production/renamed.sops.yaml")
    (found,) = branch.findings()
    assert (found["code"], found["before"]) == ("file-renamed", MAIN)
    branch.tree.edit("production/renamed.sops.yaml", "Login", "Renamed and edited")
    assert branch.told() == {
        ("file", "file-renamed", "file production/renamed.sops.yaml"),
        ("resource", "resource-changed", "secret db"),
    }
    branch.tree.write("production/more.sops.yaml", {"secrets": {"x": {"value": "v"}}})
    branch.tree.path("production/renamed.sops.yaml").unlink()
    told = branch.told()
    assert ("file", "file-added", "file production/more.sops.yaml") in told
    assert ("file", "file-removed", f"file {MAIN}") in told


def test_a_file_encrypted_anew_says_nothing_of_its_values(branch: Branch) -> None:
    branch.main()
    assert branch.told() == {("file", "file-re-encrypted", f"file {MAIN}")}
    assert "only the key can tell" in branch.diff()
    changed = {**SECRETS, "db": {"description": "Login", "value": {"user": "x", "new": "y"}}}
    branch.main(changed)
    assert branch.told() == {
        ("file", "file-re-encrypted", f"file {MAIN}"),
        ("resource", "value-changed", "secret db"),
    }


def test_new_recipients_of_the_same_data_key_are_no_new_encryption(branch: Branch) -> None:
    """`sops updatekeys`: the values stay as they are encrypted."""
    text = branch.tree.read(MAIN)
    enc = text[text.index("-----BEGIN AGE") : text.index("-----END AGE")]
    branch.tree.edit(MAIN, enc, enc.replace("A", "B"))
    assert branch.told() == {("file", "file-changed", f"file {MAIN}")}


# --- git ------------------------------------------------------------------------------------------


def test_it_compares_with_where_the_branch_left(branch: Branch) -> None:
    branch.git("switch", "-q", "-c", "feature")
    branch.tree.edit(MAIN, "description: Login", "description: Branch")
    head = branch.commit()
    branch.git("switch", "-q", "main")
    branch.tree.edit(ENVIRONMENT, "owner: test", "owner: somebody")
    branch.commit()
    # Neither what main did meanwhile nor what is checked out matters.
    shown = branch.diff("--head", head, base="main")
    assert "Branch" in shown
    assert "somebody" not in shown


def test_a_fork_without_common_history_is_compared_as_it_is(branch: Branch) -> None:
    branch.git("checkout", "-q", "--orphan", "other")
    branch.tree.edit(MAIN, "description: Login", "description: Other")
    branch.commit()
    done = cli("diff", "--base", "base", cwd=branch.folder)
    assert "compared with base itself" in done.stderr
    assert "Other" in done.stdout


@pytest.mark.parametrize("revision", ["nonsense", "--upload-pack=x", "-h", "base:manifests"])
def test_a_revision_that_is_none(branch: Branch, revision: str) -> None:
    done = cli("diff", f"--base={revision}", cwd=branch.folder)
    assert done.returncode == 64
    assert "error[unknown-revision]" in done.stderr


def test_outside_git(tmp_path: Path, branch: Branch) -> None:
    import shutil

    shutil.copytree(branch.tree.manifests, tmp_path / "bare" / "manifests")
    done = cli("diff", "--base", "HEAD", cwd=tmp_path / "bare")
    assert done.returncode == 64
    assert "error[no-git]" in done.stderr


def test_no_driver_filter_or_pager_of_git_runs(branch: Branch, tmp_path: Path) -> None:
    """Programs that a repository's configuration names are for git's own commands."""
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\necho ran >> {tmp_path}/ran\ncat\n")
    trap.chmod(trap.stat().st_mode | stat.S_IXUSR)
    (branch.folder / ".gitattributes").write_text("*.sops.yaml diff=sops filter=sops\n")
    for name in ("diff.sops.textconv", "diff.sops.command", "filter.sops.smudge",
                 "filter.sops.clean", "core.pager", "diff.external"):  # fmt: skip
        branch.git("config", name, str(trap))
    branch.git("config", "core.fsmonitor", str(trap))
    branch.set('["secrets"]["jwt"]["value"]', "another")
    assert branch.told() == {("resource", "value-changed", "secret jwt")}
    assert not (tmp_path / "ran").exists()


def test_neither_key_nor_credentials_nor_sops(branch: Branch) -> None:
    branch.set('["secrets"]["jwt"]["value"]', "another")
    done = cli(
        "diff", "--base", "base", "--sops", "/nonexistent", cwd=branch.folder,
        environment={"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert done.returncode == 0
    assert "secret jwt: value changed" in done.stdout


# --- forms ----------------------------------------------------------------------------------------


def test_markdown_is_a_diff_and_holds_no_more_than_a_comment(branch: Branch) -> None:
    many = {f"secret-{n:04}": {"description": "d" * 200, "external": True} for n in range(400)}
    branch.main({**SECRETS, **many})
    shown = branch.diff("-o", "markdown")
    assert len(shown) <= 60_000
    assert "left out" in shown
    assert "\n+ production: secret secret-0000: added" in shown
    assert "file-re-encrypted" not in shown


def test_what_a_fork_writes_is_shown_and_obeyed_by_nothing(branch: Branch) -> None:
    evil = "::error::x\u202e`</details>@everyone"
    branch.tree.edit(MAIN, "description: Login", "description: " + json.dumps(evil))
    branch.tree.edit(MAIN, "\n    jwt:", '\n    "::set-output name=a::b":')
    branch.tree.path("production/\u202e```x.sops.yaml").write_text("a: [\n")
    for form in ("text", "markdown", "json"):
        shown = branch.diff("-o", form)
        assert "\u202e" not in shown
        assert not [line for line in shown.splitlines() if line.lstrip().startswith("::")]
    lines = branch.diff("-o", "markdown").splitlines()
    fences = [index for index, line in enumerate(lines) if line.startswith("```")]
    outside = [
        line
        for index, line in enumerate(lines)
        if sum(1 for f in fences if f <= index) % 2 == 0 and not line.startswith("```")
    ]
    assert not [line for line in outside if "@everyone" in line]


def test_a_value_that_is_not_encrypted_is_not_shown_either(branch: Branch) -> None:
    text = branch.tree.read(MAIN)
    start = text.index("ENC[AES256_GCM")
    end = text.index("]", start) + 1
    path = branch.tree.path(MAIN)
    path.write_text(text[:start] + "oops-in-clear" + text[end:])
    for form in ("text", "markdown", "json"):
        shown = branch.diff("-o", form)
        assert "value" in shown
        assert "oops-in-clear" not in shown


def test_its_own_words_hold_no_ciphertext(branch: Branch) -> None:
    branch.main()
    branch.set('["secrets"]["jwt"]["value"]', "another")
    for form in ("text", "markdown", "json"):
        assert "ENC[" not in branch.diff("-o", form)


def test_encryption_is_of_the_tree(branch: Branch) -> None:
    """The twin: what these tests compare is really encrypted."""
    decrypted = branch.tree.sops.decrypt(branch.tree.path(MAIN).read_bytes())
    assert isinstance(decrypted, Sensitive)
