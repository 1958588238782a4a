"""What is wrong with a file's encryption is found before sops runs, or told in our words after."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.core.errors import ManifestError
from reconciler.manifest import load, read
from tests.age_key import new_age_key
from tests.canary import CANARY, assert_holds_no_canary
from tests.manifest.conftest import Refused
from tests.trees import Tree, creation_rules

MAIN = "production/main.sops.yaml"


def test_a_file_that_is_not_encrypted(
    refused: Callable[..., Refused], add: Callable[..., Path]
) -> None:
    add({"secrets": {"x": {"value": CANARY}}}, encrypt=False)
    result = refused()
    assert result.codes() == ["not-encrypted", "not-encrypted"]
    assert str(result.problems[0].place) == "manifests/production/more.sops.yaml:1:1"
    assert "sops" in (result.problems[0].hint or "")
    assert "has no `sops` block" in result.problems[0].message


def test_one_value_that_is_not_encrypted(tree: Tree, refused: Callable[..., Refused]) -> None:
    text = tree.read(MAIN)
    tree.path(MAIN).write_text(re.sub(r"user: ENC\[.*\]", f"user: {CANARY}", text))
    problem = refused().only()
    assert problem.code == "not-encrypted"
    assert str(problem.place) == f"manifests/{MAIN}:4:13"
    assert "it has leaked" in (problem.hint or "")


def test_a_wrong_key_is_told_once_for_all_files(tree: Tree, add: Callable[..., Path]) -> None:
    add({"secrets": {"x": {"value": CANARY}}})
    tree.key_file.write_text(new_age_key().identity + "\n")
    with pytest.raises(ManifestError) as caught:
        load(tree.manifests, "production", tree.sops)
    (problem,) = caught.value.problems
    assert problem.code == "no-key"
    assert problem.place.path == "manifests/production/environment.sops.yaml"
    assert "or 2 others" in problem.message
    assert "SOPS_AGE_KEY_FILE" in (problem.hint or "")


def test_a_mac_that_does_not_match(tree: Tree, refused: Callable[..., Refused]) -> None:
    lines = tree.read(MAIN).splitlines(keepends=True)
    user, password = (
        next(i for i, x in enumerate(lines) if f"{n}: ENC" in x) for n in ("user", "password")
    )
    # A removed value changes no other ciphertext, only what the MAC covers.
    del lines[max(user, password)]
    tree.path(MAIN).write_text("".join(lines))
    problem = refused().only()
    assert problem.code == "mac-mismatch"
    assert problem.place.path == f"manifests/{MAIN}"
    assert problem.place.line == next(
        i for i, x in enumerate(tree.read(MAIN).splitlines(), 1) if x.strip().startswith("mac:")
    )
    assert "restore the file" in (problem.hint or "")


def test_a_value_moved_to_another_place(tree: Tree, refused: Callable[..., Refused]) -> None:
    text = tree.read(MAIN)
    user, password = re.findall(r"ENC\[[^\]]*\]", text)[:2]
    swapped = text.replace(user, "@").replace(password, user).replace("@", password)
    tree.path(MAIN).write_text(swapped)
    assert refused().only().code == "tampered"


def test_damaged_ciphertext(tree: Tree, refused: Callable[..., Refused]) -> None:
    tree.edit(MAIN, "ENC[AES256_GCM,data:", "ENC[AES256_GCM,data:!")
    problem = refused(key=False).only()
    assert problem.code == "tampered"
    assert str(problem.place) == f"manifests/{MAIN}:4:13"


@pytest.mark.parametrize(
    "type_", ["int", "float", "bool", "bytes", "comment", "time", "", "STR", "x y"]
)
def test_a_type_that_was_tampered_with(
    type_: str, tree: Tree, refused: Callable[..., Refused]
) -> None:
    """With type:int sops's error message prints the value; it may not even be started."""
    tree.edit(MAIN, "type:str", f"type:{type_}")
    problem = refused(key=False).only()
    assert problem.code == "not-a-string"
    assert str(problem.place) == f"manifests/{MAIN}:4:13"
    assert "'{\"port\": 5432}'" in (problem.hint or "")


@pytest.mark.parametrize(
    ("written", "meaning"),
    [
        ("012", "a number"),
        ("1.10", "a number"),
        ("2024-01-31", "a date"),
        ("yes: 1", None),
        ("true", "true or false"),
    ],
)
def test_a_value_without_quotes(
    written: str, meaning: str | None, add: Callable[..., Path], refused: Callable[..., Refused]
) -> None:
    add(
        f"secrets:\n  x:\n    value:\n      a: {written}\n"
        if meaning
        else f"secrets:\n  x: {{value: {{{written}}}}}\n"
    )
    problem = refused(key=False).only()
    assert problem.code == "not-a-string"
    assert str(problem.place) == "manifests/production/more.sops.yaml:4:13"
    assert (meaning or "a number") in problem.message
    assert "in quotes" in (problem.hint or "")


def test_an_empty_value(add: Callable[..., Path], refused: Callable[..., Refused]) -> None:
    add(
        'secrets:\n  a: {value: ""}\n  b: {value: }\n  c: {value: {}}\n'
        '  d: {value: {k: "", l: x}}\n'
    )
    result = refused(key=False)
    assert result.codes() == ["empty-value"] * 3
    assert [p.place.line for p in result.problems] == [3, 5, 7]


def test_an_empty_string_inside_a_mapping_is_a_value(tree: Tree, add: Callable[..., Path]) -> None:
    add({"secrets": {"x": {"value": {"a": "", "b": ["c", {"d": "e"}]}}}})
    desired = load(tree.manifests, "production", tree.sops)
    sealed = next(v for k, v in desired.values.items() if k.name.endswith("/x"))
    assert sealed.content is not None
    assert sealed.content.reveal() == '{"a":"","b":["c",{"d":"e"}]}'


def test_a_single_line_that_ends_in_a_newline(
    add: Callable[..., Path], refused: Callable[..., Refused]
) -> None:
    add(
        f"secrets:\n  x:\n    value: |\n      {CANARY}\n"
        "  y:\n    value: |\n      two\n      lines\n"
    )
    problem = refused().only()
    assert problem.code == "trailing-newline"
    assert str(problem.place) == "manifests/production/more.sops.yaml:3:9"


def test_encrypted_text_where_cleartext_is_read(
    tree: Tree, refused: Callable[..., Refused]
) -> None:
    tree.edit(
        MAIN, 'plaintext: "5432"', "plaintext: ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]"
    )
    problem = refused(key=False).only()
    assert problem.code == "misplaced-ciphertext"
    assert str(problem.place).startswith(f"manifests/{MAIN}:")


@pytest.mark.parametrize(
    "manifest",
    [
        "secrets:\n  value: {external: true}\n",
        "secrets:\n  x: {external: true, tags: {value: a}}\n",
    ],
)
def test_reserved_names(
    manifest: str, add: Callable[..., Path], refused: Callable[..., Refused]
) -> None:
    add(manifest)
    problem = refused(key=False).problems[0]
    assert problem.code == "reserved-name"
    assert "choose another name" in (problem.hint or "")


# --- the `sops:` block -------------------------------------------------------------------------

OURS = "arn:aws:kms:us-west-2:123456789012:key/ours"
FOREIGN: dict[str, tuple[str, dict[str, Any]]] = {
    "age": ("age", {"recipient": new_age_key().recipient}),
    "PGP key": ("pgp", {"fp": "ABCDEF0123"}),
    "KMS key": ("kms", {"arn": "arn:aws:kms:us-east-1:999999999999:key/theirs"}),
    "role": ("kms", {"arn": OURS, "role": "arn:aws:iam::999999999999:role/theirs"}),
    "profile": ("kms", {"arn": OURS, "aws_profile": "theirs"}),
    "context": ("kms", {"arn": OURS, "context": {"a": "b"}}),
    "Vault address": (
        "hc_vault",
        {"vault_address": "https://vault.example.net", "engine_path": "t", "key_name": "k"},
    ),
    "Azure": ("azure_kv", {"vault_url": "https://v.example.net", "name": "k", "version": "v"}),
    "GCP": ("gcp_kms", {"resource_id": "projects/p/locations/global/keyRings/r/cryptoKeys/k"}),
    "Huawei Cloud": ("hckms", {"key_id": "tr-west-1:x"}),
    "group": ("key_groups", {"age": [{"recipient": new_age_key().recipient, "enc": "x"}]}),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_a_recipient_that_the_rules_do_not_name(
    what: str, tree: Tree, refused: Callable[..., Refused]
) -> None:
    tree.path(".sops.yaml").write_text(creation_rules(tree.key.recipient) + f"    kms: {OURS}\n")
    type_, fields = FOREIGN[what]
    entry = json.dumps({**fields, "created_at": "2024-01-01T00:00:00Z", "enc": "x"})
    if type_ == "age":
        tree.edit(MAIN, "    age:\n", f"    age:\n        - {entry}\n")
    else:
        tree.edit(MAIN, "sops:\n", f"sops:\n    {type_}: [{entry}]\n")
    problem = refused(key=False).only()
    assert problem.code == "foreign-recipient"
    line = tree.read(MAIN).splitlines()[problem.place.line - 1]
    assert entry in line or type_ == "key_groups"
    assert problem.place.path == f"manifests/{MAIN}"
    assert "sops --config manifests/.sops.yaml updatekeys" in (problem.hint or "")


@pytest.mark.parametrize("regex", [r"[[:alpha:]]+\.sops\.yaml$", r"^\pL.*\z", "^[[pa]"])
def test_a_rule_is_read_as_sops_reads_it(tree: Tree, regex: str) -> None:
    """Python's own expressions read none of these, or another thing."""
    rules = creation_rules(tree.key.recipient).replace(r"\.sops\.yaml$", json.dumps(regex))
    tree.path(".sops.yaml").write_text(rules)
    assert load(tree.manifests, "production", tree.sops).resources
    tree.write("production/more.sops.yaml", {"secrets": {"more": {"value": "by sops"}}})


@pytest.mark.parametrize("regex", ["[", "(?=x)", "a++", "a{1001}", r"x\Z", r"(a)\1"])
def test_a_rule_that_sops_does_not_read(
    tree: Tree, refused: Callable[..., Refused], regex: str
) -> None:
    rules = creation_rules(tree.key.recipient).replace(r"\.sops\.yaml$", json.dumps(regex))
    tree.path(".sops.yaml").write_text(rules)
    assert "this `path_regex` is not understood" in refused().shown


def test_a_recipient_that_the_rules_name(tree: Tree) -> None:
    tree.path(".sops.yaml").write_text(
        creation_rules(tree.key.recipient)
        + f"    kms: {OURS}+arn:aws:iam::123456789012:role/ours, {OURS}\n"
        + "    hc_vault_transit_uri: https://vault.example.net/v1/t/keys/k\n"
        + "    azure_keyvault: https://v.example.net/keys/k\n"
    )
    kms = json.dumps([{"arn": OURS, "role": "arn:aws:iam::123456789012:role/ours"}, {"arn": OURS}])
    vault = json.dumps([FOREIGN["Vault address"][1]])
    azure = json.dumps([FOREIGN["Azure"][1]])
    for name in (MAIN, "production/environment.sops.yaml"):
        extra = f"    kms: {kms}\n    hc_vault: {vault}\n    azure_kv: {azure}\n"
        tree.edit(name, "sops:\n", f"sops:\n{extra}")
    assert read(tree.manifests, "production").warnings == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("encrypted_regex: ^(value|fingerprint_keys)$", "encrypted_regex: ^value$"),
        ("encrypted_regex: ^(value|fingerprint_keys)$", "unencrypted_suffix: _x"),
        ("    mac_only_encrypted: true\n", ""),
        ("    version:", "    plugins: []\n    version:"),
    ],
)
def test_other_options_than_the_rules_demand(
    old: str, new: str, tree: Tree, refused: Callable[..., Refused]
) -> None:
    tree.edit(MAIN, old, new)
    result = refused(key=False)
    assert set(result.codes()) == {"sops-block"}
    assert all(p.place.path == f"manifests/{MAIN}" for p in result.problems)


def test_a_file_that_is_encrypted_for_fewer_keys_is_a_warning(tree: Tree) -> None:
    other = new_age_key().recipient
    tree.path(".sops.yaml").write_text(creation_rules(tree.key.recipient, other))
    warnings = read(tree.manifests, "production").warnings
    assert {w.code for w in warnings} == {"keys-differ"}
    assert other in warnings[0].message


def test_no_error_of_sops_shows_a_value(tree: Tree) -> None:
    """Even where the checks before it would let such a file through."""
    raw = tree.path(MAIN).read_bytes().replace(b"type:str", b"type:int", 1)
    with pytest.raises(Exception) as caught:  # noqa: PT011
        tree.sops.decrypt(raw)
    assert_holds_no_canary(caught.value)
    assert CANARY not in repr(caught.value)
