"""Environments: which there are, what they say of themselves, what they include."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.core.errors import Exit, ManifestError, UsageError
from reconciler.manifest import environments, load, read
from tests.age_key import new_age_key
from tests.canary import CANARY
from tests.manifest.conftest import Refused
from tests.trees import FINGERPRINT_KEY, Tree, creation_rules, default_settings, make_tree

ENVIRONMENT = "production/environment.sops.yaml"


def rewrite(tree: Tree, **settings: Any) -> None:
    """Replace settings of production; None leaves one out."""
    merged = {**default_settings("production"), **settings}
    tree.write(ENVIRONMENT, {name: value for name, value in merged.items() if value is not None})


def test_the_environments_of_a_folder(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, {"staging": {}, "production": {}})
    tree.path("common").mkdir()
    assert environments(tree.manifests) == ["production", "staging"]


def test_an_unknown_environment(tree: Tree) -> None:
    with pytest.raises(UsageError) as caught:
        read(tree.manifests, "prodction")
    assert caught.value.code == "unknown-environment"
    assert caught.value.hint == "did you mean `production`?"
    assert caught.value.exit_code is Exit.USAGE
    with pytest.raises(UsageError) as caught:
        read(tree.manifests, "qa")
    assert caught.value.hint == "there are: production"


@pytest.mark.parametrize("name", ["..", ".", "../production", "production/", ""])
def test_a_path_is_no_environment(name: str, tree: Tree) -> None:
    with pytest.raises(UsageError):
        read(tree.manifests, name)


def test_no_folder_of_manifests(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path / "missing", "production")
    assert caught.value.code == "no-manifests"


def test_an_empty_environment(tree: Tree, refused: Callable[..., Refused]) -> None:
    tree.path("production/main.sops.yaml").unlink()
    problem = refused(key=False).only()
    assert problem.code == "empty-environment"
    assert problem.place.path == f"manifests/{ENVIRONMENT}"
    assert ".sops.yaml" in (problem.hint or "")


@pytest.mark.parametrize(
    ("ours", "theirs", "overlap"),
    [
        ("/a/b", "/a/b", True),
        ("/a/b", "/a", True),
        ("/a", "/a/b/c", True),
        ("/a/b", "/a/bc", False),
        ("/a/bc", "/a/b", False),
        ("/a/b", "/a/c", False),
    ],
)
def test_prefixes_that_overlap(
    ours: str, theirs: str, overlap: bool, tree: Tree, refused: Callable[..., Refused]
) -> None:
    rewrite(tree, prefix=ours)
    tree.write("staging/environment.sops.yaml", default_settings("staging") | {"prefix": theirs})
    if not overlap:
        assert read(tree.manifests, "production")
        return
    problem = refused(key=False).only()
    assert problem.code == "prefix-overlap"
    assert str(problem.place).startswith(f"manifests/{ENVIRONMENT}:")
    assert "staging" in problem.message
    assert "manifests/staging/environment.sops.yaml:" in (problem.hint or "")


def test_the_same_prefix_in_another_account(tree: Tree) -> None:
    other = {"prefix": "/test/production", "account": "210987654321"}
    tree.write("staging/environment.sops.yaml", default_settings("staging") | other)
    assert read(tree.manifests, "production")


def test_a_broken_neighbour_is_a_warning(tree: Tree) -> None:
    tree.write("staging/environment.sops.yaml", "nonsense: [", encrypt=False)
    (warning,) = read(tree.manifests, "production").warnings
    assert warning.code == "not-compared"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("environment", "staging", "environment-name"),
        ("account", 123456789012, "wrong-type"),
        ("account", "12345", "invalid-field"),
        ("account", None, "missing-field"),
        ("region", "mars", "invalid-field"),
        ("prefix", "lagomo", "prefix"),
        ("prefix", "/", "prefix"),
        ("prefix", "/a/", "prefix"),
        ("prefix", "/a//b", "prefix"),
        ("prefix", "/aws/x", "prefix"),
        ("prefix", "/a" * 14, "prefix"),
        ("owner", "a/b", "invalid-field"),
        ("owner", None, "missing-field"),
        ("recovery_window", "3 days", "recovery-window"),
        ("recovery_window", "soon", "days"),
        ("recovery_window", 31, "invalid-field"),
        ("guards", {"max_change_ratio": 2}, "invalid-field"),
        ("guards", {"max_prune": 2}, "unknown-field"),
        ("prune", "sometimes", "wrong-type"),
        ("tags", {"aws:x": "y"}, "tag"),
        ("tags", {"a": 1}, "wrong-type"),
        ("schedules", {"none": {"schedule": "rate(1 days)"}}, "schedule-name"),
        ("schedules", {"x": {"schedule": "rate(1 hours)"}}, "schedule"),
        ("schedules", {"x": {"schedule": "cron(5 4 1 * ? *)"}}, "schedule"),
        ("schedules", {"x": {"schedule": "cron(0 22 1 * ? *)", "window": "3h"}}, "window"),
        ("schedules", {"x": {"schedule": "rate(1 days)", "window": "3 hours"}}, "window"),
        ("schedules", {"x": {"schedule": "rate(1 days)", "lambda": "f"}}, "lambda"),
        ("schedules", {"x": {}}, "missing-field"),
        ("fingerprint_keys", None, "missing-field"),
        ("fingerprint_keys", [], "fingerprint-keys"),
        ("fingerprint_keys", FINGERPRINT_KEY, "fingerprint-keys"),
        ("secrets", {"x": {"external": True}}, "unknown-field"),
        ("include", ["/etc/*.yaml"], "include"),
        ("include", ["../../*.yaml"], "include"),
        ("include", ["../nothing/*.yaml"], "include"),
        ("include", ["../common/../../x.yaml"], "include"),
    ],
)
def test_settings_that_are_refused(
    field: str, value: Any, code: str, tree: Tree, refused: Callable[..., Refused]
) -> None:
    rewrite(tree, **{field: value})
    problem = refused(key=False).problems[0]
    assert problem.code == code
    assert problem.place.path == f"manifests/{ENVIRONMENT}"
    if value is not None:
        assert field in "".join(tree.read(ENVIRONMENT).splitlines()[: problem.place.line])


@pytest.mark.parametrize(
    "keys", [["5f"], ["zz" * 32], [FINGERPRINT_KEY, FINGERPRINT_KEY], ["AB" * 32, "ab" * 32]]
)
def test_fingerprint_keys_that_are_none(
    keys: list[str], tree: Tree, refused: Callable[..., Refused]
) -> None:
    rewrite(tree, fingerprint_keys=keys)
    problem = refused().only()
    assert problem.code == "fingerprint-keys"
    assert all(key not in problem.message for key in keys)


def test_settings_arrive(tree: Tree) -> None:
    rewrite(
        tree,
        tags={"team": "platform"},
        prune=True,
        recovery_window="7 days",
        guards={"max_prunes": 3, "max_change_ratio": 1},
        schedules={"db": {"schedule": "rate(30 days)"}},
        fingerprint_keys=["AB" * 32, FINGERPRINT_KEY],
    )
    desired = load(tree.manifests, "production", tree.sops)
    assert desired.scope.owner_id == "test/production"
    assert desired.scope.prefix == "/test/production"
    policy = desired.policy
    assert (policy.prune, policy.recovery_window, policy.max_prunes) == (True, 7, 3)
    assert len(desired.fingerprinter.kids) == 2
    assert desired.settings.tags == {"team": "platform"}
    assert list(desired.settings.schedules) == ["db"]


# --- include ------------------------------------------------------------------------------------


def with_common(tmp_path: Path, common: str, main: Any) -> Tree:
    return make_tree(tmp_path, {"production": main, "staging": {}}, common={"db.yaml": common})


def test_a_resource_from_two_files(tmp_path: Path) -> None:
    common = "secrets:\n  db:\n    description: the login\n    max_age: 9 days\n"
    tree = with_common(tmp_path, common, {"secrets": {"db": {"value": "x"}}})
    desired = load(tree.manifests, "production", tree.sops)
    (resource,) = desired.resources.values()
    assert resource.fields["description"] == "the login"
    assert resource.max_age == 9
    assert resource.place is not None
    assert resource.place.path.endswith("production/main.sops.yaml")


def test_the_same_field_in_two_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    common = "secrets:\n  db:\n    description: one\n"
    entry = {"secrets": {"db": {"value": CANARY, "description": "two"}}}
    tree = with_common(tmp_path, common, entry)
    with pytest.raises(ManifestError) as caught:
        read(tree.manifests, "production")
    (problem,) = caught.value.problems
    assert problem.code == "declared-twice"
    assert str(problem.place) == "manifests/production/main.sops.yaml:4:9"
    assert "manifests/common/db.yaml:3:5" in (problem.hint or "")


@pytest.mark.parametrize(
    "common",
    [
        "secrets:\n  db:\n    description: the login\n",
        "secrets:\n  db:\n    rotation: {schedule: rate(9 days),"
        " lambda: 'arn:aws:lambda:us-west-2:123456789012:function:f'}\n",
        "parameters:\n  db:\n    description: the address\n",
    ],
)
def test_a_value_that_an_environment_lacks(
    common: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tree = with_common(tmp_path, common, {"secrets": {"other": {"external": True}}})
    with pytest.raises(ManifestError) as caught:
        read(tree.manifests, "production")
    (problem,) = caught.value.problems
    assert problem.code == "no-value"
    assert str(problem.place) == "manifests/common/db.yaml:2:3"
    assert "in production" in problem.message
    assert "db: value:" in (problem.hint or "")


def test_an_included_file_holds_no_value(tmp_path: Path) -> None:
    common = f"secrets:\n  db:\n    value: {CANARY}\n"
    tree = with_common(tmp_path, common, {"secrets": {"other": {"external": True}}})
    with pytest.raises(ManifestError) as caught:
        read(tree.manifests, "production")
    problem = caught.value.problems[0]
    assert problem.code == "value-in-include"
    assert problem.place.line == 3
    assert CANARY not in str([(p.message, p.hint) for p in caught.value.problems])


def test_an_included_file_is_not_encrypted(tree: Tree, refused: Callable[..., Refused]) -> None:
    tree.write("common/x.sops.yaml", {"secrets": {"x": {"external": True}}})
    rewrite(tree, include=["../common/*.yaml"])
    assert refused(key=False).only().code == "include"


# --- .sops.yaml ---------------------------------------------------------------------------------


def test_no_rules(tree: Tree, refused: Callable[..., Refused]) -> None:
    tree.path(".sops.yaml").unlink()
    problem = refused(key=False).only()
    assert problem.code == "no-rules"
    assert problem.place.path == "manifests/.sops.yaml"


@pytest.mark.parametrize("rules", ["stores: {}\n", "creation_rules: []\n", "[]\n", "a: [\n", ""])
def test_a_file_without_rules(rules: str, tree: Tree, refused: Callable[..., Refused]) -> None:
    tree.path(".sops.yaml").write_text(rules)
    problem = refused(key=False).only()
    assert problem.code in ("sops-rules", "yaml", "empty-file")
    assert problem.place.path == "manifests/.sops.yaml"


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (r"path_regex: \.sops\.yaml$", "path_regex: (", "path_regex"),
        (r"path_regex: \.sops\.yaml$", "path_regex: (?=x)", "path_regex"),
        (r"path_regex: \.sops\.yaml$", "path_regex: a{1001}", "path_regex"),
        (r"path_regex: \.sops\.yaml$", "path_regex: [x]", "path_regex"),
        ("    encrypted_regex: ^(value|fingerprint_keys)$\n", "", "path_regex"),
        ("encrypted_regex: ^(value", "encrypted_regex: ^(v", "encrypted_regex"),
        ("mac_only_encrypted: true", "mac_only_encrypted: false", "mac_only_encrypted"),
        ("    age: ", "    plugins: []\n    age: ", "plugins"),
        ("    age: ", "    shamir_threshold: x\n    age: ", "shamir_threshold"),
        ("    age: ", "    age: 3\n    pgp: ", "path_regex"),
        ("    age: ", "    unencrypted_suffix: _x\n    age: ", "unencrypted_suffix"),
    ],
)
def test_rules_that_are_not_understood(
    old: str, new: str, field: str, tree: Tree, refused: Callable[..., Refused]
) -> None:
    tree.edit(".sops.yaml", old, new)
    problem = next(p for p in refused(key=False).problems)
    assert problem.code == "sops-rules"
    assert problem.place.path == "manifests/.sops.yaml"
    assert field in tree.read(".sops.yaml").splitlines()[problem.place.line - 1]


def test_no_rule_for_a_file(tree: Tree, refused: Callable[..., Refused]) -> None:
    tree.edit(".sops.yaml", r"\.sops\.yaml$", r"^production/main\.sops\.yaml$")
    problem = refused(key=False).only()
    assert problem.code == "no-rule"
    assert problem.place.path == f"manifests/{ENVIRONMENT}"


def test_the_first_rule_that_matches_counts(tree: Tree, refused: Callable[..., Refused]) -> None:
    ours = tree.read(".sops.yaml").removeprefix("creation_rules:\n")
    tree.path(".sops.yaml").write_text(creation_rules(new_age_key().recipient) + ours)
    assert set(refused(key=False).codes()) == {"foreign-recipient"}


def test_rules_may_use_anchors(tree: Tree) -> None:
    recipient = tree.key.recipient
    rules = tree.read(".sops.yaml").replace(f"age: {recipient}", "key_groups:\n      - age: [*us]")
    tree.path(".sops.yaml").write_text(f"keys:\n  - &us {recipient}\n{rules}")
    assert read(tree.manifests, "production").warnings == ()
