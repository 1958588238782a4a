"""A wildcard in a manifest becomes a wildcard in a policy, and allows what nobody declared.

`kms_key: "*"` printed `key/*`; a recipient's `role: "*"` printed `sts:AssumeRole` on `*`. Each
text in manifests is replaced here by patterns: that is refused, or no policy holds it.
"""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from reconciler import manifest
from reconciler.access import iam, revoke
from reconciler.access.iam import Role
from reconciler.core.errors import ReconcilerError
from tests.access.iam.declare import FUNCTION, KEY, POLICY
from tests.cli.run import cli
from tests.trees import Tree, make_tree

ROLE = "arn:aws:iam::123456789012:role/decrypts"
PAYLOADS = ["*", "?", "${aws:username}", "zz*zz", "zz?zz", "zz${aws:username}zz", "{same}*",
            "{same}?", "{same}${{*}}"]  # fmt: skip
SCHEDULE = {"lambda": FUNCTION, "schedule": "rate(30 days)", "window": "3h"}
SECRETS: dict[str, Any] = {
    "db/login": {
        "description": "d", "rotation": "weekly", "kms_key": KEY, "tags": {"team": "web"},
        "value": {"host": "h", "password": "p"}, "git_keys": ["host"],
        "replicas": [{"region": "eu-west-1", "kms_key": KEY.replace("us-west-2", "eu-west-1")}],
        "resource_policy": POLICY, "recovery_window": "7 days", "ignore": {"same-value": "so"},
    },
    "made": {"generate": {"length": 20, "exclude_characters": "x"}, "kms_key": "alias/own",
             "max_age": "90 days"},
    "inline": {"value": "v", "rotation": SCHEDULE, "name": "elsewhere", "env": "INLINE"},
    "theirs": {"external": True, "name": "theirs"},
}  # fmt: skip
PARAMETERS: dict[str, Any] = {
    "host": {"plaintext": "db.internal", "allowed_pattern": ".*", "type": "String",
             "data_type": "text", "name": "/other/host"},
    "pool": {"value": "v", "tier": "Advanced", "kms_key": "alias/pool", "tags": {"a": "b"},
             "parameter_policies": [{"Type": "Expiration", "Version": "1.0", "Attributes":
                                     {"Timestamp": "2030-01-01T00:00:00.000Z"}}]},
}  # fmt: skip
SETTINGS = {
    "kms_key": KEY, "prune": True, "tags": {"stage": "p"}, "schedules": {"weekly": SCHEDULE},
    "recovery_window": "30 days",
}  # fmt: skip
MAIN = "production/main.sops.yaml"
OWN = "production/environment.sops.yaml"

Where = tuple[str | int, ...]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """An environment that has every field, of whose manifests a key in KMS is a recipient too."""
    folder = tmp_path_factory.mktemp("wildcards")
    environment = {"secrets": SECRETS, "parameters": PARAMETERS, "settings": SETTINGS}
    made = make_tree(folder, {"production": environment})
    for name in (MAIN, OWN):
        content = _load(made, name)
        content["sops"]["kms"] = [
            {"arn": KEY, "role": ROLE, "created_at": "2026-01-01T00:00:00Z", "enc": "AQ=="},
            {"arn": KEY, "created_at": "2026-01-01T00:00:00Z", "enc": "AQ=="},
        ]
        _save(made, name, content)
    rules = _load(made, ".sops.yaml")
    rule = rules["creation_rules"][0]
    age = rule.pop("age")
    rule["key_groups"] = [{"age": [age], "kms": [{"arn": KEY, "role": ROLE}, {"arn": KEY}]}]
    _save(made, ".sops.yaml", rules)
    return made


def _load(tree: Tree, name: str) -> Any:
    return YAML(typ="safe", pure=True).load(tree.read(name))


def _save(tree: Tree, name: str, content: Any) -> None:
    tree.path(name).write_text(json.dumps(content, indent=2))  # JSON is YAML


def _texts(node: Any, path: Where = ()) -> Iterator[tuple[Where, str, bool]]:
    """Every text, and every name of a field, with whether it is a name."""
    if isinstance(node, dict):
        for name, inner in node.items():
            yield (*path, name), name, True
            yield from _texts(inner, (*path, name))
    elif isinstance(node, list):
        for index, inner in enumerate(node):
            yield from _texts(inner, (*path, index))
    elif isinstance(node, str) and not node.startswith(("ENC[", "-----BEGIN")):
        yield path, node, False


def _changed(content: Any, path: Where, text: str, *, name: bool) -> Any:
    made = copy.deepcopy(content)
    node = made
    for part in path[:-1]:
        node = node[part]
    if name:
        node[text] = node.pop(path[-1])
    else:
        node[path[-1]] = text
    return made


def _patterns(tree: Tree) -> set[tuple[str, bool, str]]:
    """Every word with a wildcard or a variable that a policy of any role holds, with the kind of
    statement that holds it, and whether that asks for a key's alias, as one on any key has to."""
    declared = manifest.read(tree.manifests, "production")
    documents: list[Any] = [
        iam.document(iam.statements(declared, role, deep=role is Role.DRIFT)) for role in Role
    ]
    documents.append(revoke.policy(declared))
    return {
        (statement["Sid"].rstrip("0123456789"), "ResourceAliases" in str(statement), text)
        for document in documents
        for statement in document["Statement"]
        for _, text, _ in _texts(json.loads(json.dumps(statement)))
        if set("*?$") & set(text)
    }


def _tried(tree: Tree, usual: set[tuple[str, bool, str]]) -> tuple[set[tuple[str, bool, str]], int]:
    """What policies hold now that they did not; and 1 where the manifests were refused."""
    try:
        return _patterns(tree) - usual, 0
    except ReconcilerError:
        return set(), 1


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("file", [MAIN, OWN])
def test_no_text_of_a_manifest_becomes_a_pattern(
    tree: Tree, tmp_path: Path, file: str, payload: str
) -> None:
    """Each text is tried with each character, and alone, within and behind another: three of the
    nine."""
    which = PAYLOADS.index(payload)
    _try_texts(tree, tmp_path, file, payload, lambda n: (n + which + which // 3) % 3 == 0)


@pytest.mark.long
@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("file", [MAIN, OWN])
def test_no_text_of_a_manifest_becomes_any_pattern(
    tree: Tree, tmp_path: Path, file: str, payload: str
) -> None:
    _try_texts(tree, tmp_path, file, payload, lambda _: True)


def _try_texts(
    tree: Tree, tmp_path: Path, file: str, payload: str, which: Callable[[int], bool]
) -> None:
    """Put a pattern in the place of each text of a file, by its number."""
    usual = _patterns(tree)
    assert usual
    mine = Tree(tmp_path / "manifests", tree.key, tree.key_file)
    shutil.copytree(tree.manifests, mine.manifests)
    content, rules = _load(mine, file), _load(mine, ".sops.yaml")
    tried = refused = 0
    for number, (path, text, name) in enumerate(_texts(content)):
        if not which(number):
            continue
        new = payload.replace("{same}", text).replace("{{", "{").replace("}}", "}")
        _save(mine, file, _changed(content, path, new, name=name))
        # A recipient is changed in the rules too, or the two would only differ.
        changed = rules
        for where, same, is_name in _texts(rules):
            if path[0] == "sops" and same == text and not is_name and not name:
                changed = _changed(changed, where, new, name=False)
        _save(mine, ".sops.yaml", changed)
        more, no = _tried(mine, usual)
        assert more == set(), (path, new)
        tried, refused = tried + 1, refused + no
    assert tried > refused > 3  # texts for people may hold anything


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (f'"kms_key": "{KEY}"', '"kms_key": "*"', "kms-key"),
        (KEY, "arn:aws:kms:*:*:key/*", "kms-key"),
        ("alias/pool", "alias/*", "kms-key"),
        ("alias/own", "alias/$", "kms-key"),
        ("alias/own", "own", "kms-key"),
    ],
)
def test_a_key_is_named_by_one_name(
    tree: Tree, tmp_path: Path, old: str, new: str, code: str
) -> None:
    mine = Tree(tmp_path / "manifests", tree.key, tree.key_file)
    shutil.copytree(tree.manifests, mine.manifests)
    text = mine.read(MAIN)
    for form in (old, old.replace(": ", ":")):
        text = text.replace(form, new, 1)
    assert text != mine.read(MAIN)
    mine.path(MAIN).write_text(text)
    done = cli("validate", "-C", str(mine.manifests), "-o", "json")
    codes = {p["code"] for e in json.loads(done.stdout)["environments"] for p in e["problems"]}
    assert code in codes


def test_a_function_of_the_newest_version_is_named_as_such(tree: Tree, tmp_path: Path) -> None:
    """`$LATEST` is a name of AWS's, and a policy writes its `$` as `${$}`."""
    mine = Tree(tmp_path / "manifests", tree.key, tree.key_file)
    shutil.copytree(tree.manifests, mine.manifests)
    mine.path(OWN).write_text(mine.read(OWN).replace(FUNCTION, f"{FUNCTION}:$LATEST"))
    more = _patterns(mine) - _patterns(tree)
    latest = f"{FUNCTION}:${{$}}LATEST"
    assert more == {("Rotate", False, latest), ("RotateWith", False, latest)}
