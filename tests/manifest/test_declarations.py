"""Declarations of secrets and parameters that are refused, each with its place and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.manifest import load
from tests.canary import CANARY
from tests.manifest.conftest import Refused
from tests.trees import Tree
from tests.world import FUNCTION as LAMBDA

MORE = "manifests/production/more.sops.yaml"


@pytest.mark.parametrize(
    ("text", "code", "line", "hint"),
    [
        ("secrets:\n  x:\n    external: true\n    descr: y\n", "unknown-field", 4, "`description`"),
        ("secrets:\n  x:\n    external: true\n    zzz: y\n", "unknown-field", 4, "there are: "),
        ("secret:\n  x: {external: true}\n", "unknown-field", 1, "`secrets`"),
        ("secrets:\n  x: text\n", "wrong-type", 2, "fields below"),
        ("secrets: [x]\n", "wrong-type", 1, None),
        ('secrets:\n  x:\n    external: "yes"\n', "wrong-type", 3, None),
        ("secrets:\n  x:\n    generate: {len: 3}\n", "unknown-field", 4, "`length`"),
        ("secrets:\n  x:\n    generate: {length: 3}\n", "invalid-field", 4, None),
        ("secrets:\n  x:\n    generate: {exclude: vowels}\n", "wrong-type", 4, None),
        ("secrets:\n  x:\n    description: d\n", "no-value", 2, "x: value:"),
        ("secrets:\n  x:\n    external: true\n    generate: {}\n", "two-values", 3, None),
        ("secrets:\n  x:\n    external: true\n    max_age: soon\n", "days", 4, None),
        (
            "secrets:\n  x:\n    external: true\n    recovery_window: 3 days\n",
            "recovery-window",
            4,
            None,
        ),
        ("secrets:\n  x:\n    rotation: weekly\n", "unknown-schedule", 3, None),
        ("secrets:\n  x:\n    rotation: {schedule: rate(1 hours)}\n", "schedule", 4, None),
        ("secrets:\n  x:\n    rotation: {schedule: rate(5 weeks)}\n", "schedule", 4, None),
        ("secrets:\n  x:\n    rotation: {schedule: 'cron(5 4 1 * ? *)'}\n", "schedule", 4, None),
        ("secrets:\n  x:\n    rotation: {schedule: 'cron(0 4 1 * 1 *)'}\n", "schedule", 4, None),
        ("secrets:\n  x:\n    rotation: {schedule: 'cron(0 4 1 * ? 2030)'}\n", "schedule", 4, None),
        ("secrets:\n  x:\n    rotation: {schedule: rate(9 days), window: 9m}\n", "window", 5, None),
        (
            "secrets:\n  x:\n    external: true\n"
            "    rotation: {schedule: 'cron(0 22 1 * ? *)', window: 3h}\n",
            "window",
            6,
            None,
        ),
        ("secrets:\n  x:\n    rotation: {lambda: f, schedule: rate(9 days)}\n", "lambda", 4, None),
        ('secrets:\n  x:\n    external: true\n    git_keys: [""]\n', "invalid-field", 5, None),
        (
            "secrets:\n  x:\n    external: true\n    rotation: {schedule: rate(9 days)}\n"
            "    git_keys: [h]\n",
            "git-keys",
            6,
            "of a `value`",
        ),
        ("secrets:\n  x y: {external: true}\n", "name", 2, None),
        ("secrets:\n  é: {external: true}\n", "name", 2, None),
        (f"secrets:\n  {'x' * 500}: {{external: true}}\n", "name", 2, None),
        ("secrets:\n  /x: {external: true}\n", "name", 2, "full name"),
        ("secrets:\n  x//y: {external: true}\n", "name", 2, "full name"),
        ("secrets:\n  x: {external: true, name: a b}\n", "name", 4, None),
        ("parameters:\n  x y: {plaintext: z}\n", "name", 2, None),
        (f"parameters:\n  {'/'.join('x' * 15)}: {{plaintext: z}}\n", "name", 2, None),
        (f"parameters:\n  {'x' * 1000}: {{plaintext: z}}\n", "name", 2, None),
        ("parameters:\n  x: {description: z}\n", "no-value", 2, "x: value:"),
        ('parameters:\n  x: {plaintext: z, value: "z"}\n', "two-values", 3, "encrypted"),
        (
            "parameters:\n  x: {plaintext: z, type: SecureString}\n",
            "secure-plaintext",
            4,
            "encrypt",
        ),
        ("parameters:\n  x: {plaintext: z, type: Text}\n", "wrong-type", 4, None),
        ('parameters:\n  x: {plaintext: [a, "b,c"]}\n', "value", 3, None),
        ('parameters:\n  x: {plaintext: "{{y}}"}\n', "reference", 3, "refuses it"),
        (f"parameters:\n  x: {{plaintext: {'z' * 4097}}}\n", "too-long", 3, None),
    ],
)
def test_what_cleartext_shows(
    text: str,
    code: str,
    line: int,
    hint: str | None,
    add: Callable[..., Path],
    refused: Callable[..., Refused],
) -> None:
    add(text)
    problem = refused(key=False).only()
    assert (problem.code, str(problem.place.path)) == (code, MORE)
    assert problem.place.line == line
    assert problem.place.column > 1 or line == 1
    if hint is not None:
        assert hint in (problem.hint or "")


def test_git_keys_that_the_value_lacks_need_no_key_to_be_seen(
    add: Callable[..., Path], refused: Callable[..., Refused]
) -> None:
    rotation = {"schedule": "rate(9 days)", "lambda": LAMBDA}
    declared = {"value": {"host": CANARY}, "rotation": rotation, "git_keys": ["host", "prot"]}
    add({"secrets": {"x": declared}})
    problem = refused(key=False).only()
    assert problem.code == "git-keys"
    assert problem.message == "the value has no key `prot`"


BIG = CANARY + "x" * 65_536


@pytest.mark.parametrize(
    ("manifest", "code"),
    [
        ({"secrets": {"x": {"value": BIG}}}, "too-long"),
        ({"secrets": {"x": {"value": {"a": BIG}}}}, "too-long"),
        ({"secrets": {"x": {"value": CANARY + "!", "binary": True}}}, "binary"),
        ({"secrets": {"x": {"value": {"a": CANARY}, "binary": True}}}, "binary"),
        ({"parameters": {"x": {"value": BIG[:4097]}}}, "too-long"),
        ({"parameters": {"x": {"value": BIG[:8193], "tier": "Advanced"}}}, "too-long"),
        ({"parameters": {"x": {"value": CANARY + "{{x}}"}}}, "reference"),
    ],
)
def test_what_only_the_value_shows(
    manifest: Any, code: str, add: Callable[..., Path], refused: Callable[..., Refused]
) -> None:
    add(manifest)
    problem = refused().only()
    assert problem.code == code
    assert problem.place.path == MORE
    assert problem.place.line > 2


def test_values_at_their_limit(tree: Tree, add: Callable[..., Path]) -> None:
    add(
        {
            "secrets": {"s": {"value": "x" * 65_536}},
            "parameters": {
                "standard": {"value": "x" * 4096},
                "advanced": {"value": "x" * 8192, "tier": "Advanced"},
            },
        }
    )
    assert len(load(tree.manifests, "production", tree.sops).values) == 6


def test_two_declarations_of_one_name(
    add: Callable[..., Path], refused: Callable[..., Refused]
) -> None:
    add({"secrets": {"x": {"external": True, "name": "/test/production/db"}}})
    problem = refused(key=False).only()
    assert problem.code == "name-collision"
    assert "/test/production/db" in problem.message
    assert str(problem.place) == f"{MORE}:4:9"
    assert "main.sops.yaml:2:5" in (problem.hint or "")


def test_a_secret_and_a_parameter_may_have_one_name(tree: Tree, add: Callable[..., Path]) -> None:
    add({"parameters": {"db": {"plaintext": "x"}}})
    assert load(tree.manifests, "production", tree.sops)


def test_everything_wrong_is_told_at_once(
    tree: Tree, add: Callable[..., Path], refused: Callable[..., Refused]
) -> None:
    add('secrets:\n  x: {value: 012, foo: 1}\n  y: {value: ""}\nnonsense: {}\n')
    add("secrets: {", "broken.sops.yaml", encrypt=False)
    add({"secrets": {"db": {"description": "d", "descriptoin": "e"}}}, "third.sops.yaml")
    tree.edit("production/environment.sops.yaml", "region: us-west-2", "region: mars")
    result = refused(key=False)
    places = [(p.place.path, p.place.line, p.place.column) for p in result.problems]
    assert places == sorted(places)
    assert result.codes() == [
        "yaml",
        "invalid-field",
        "not-a-string",
        "unknown-field",
        "empty-value",
        "unknown-field",
        "unknown-field",
    ]


def test_values_arrive_exactly(tree: Tree, add: Callable[..., Path]) -> None:
    exact = '{"b":  1, "a": "ü \\u00e9 \\n"}\n\n tail '
    add(
        {
            "secrets": {
                "text": {"value": exact},
                "json": {"value": {"b": "1", "a": "ü", "B": {"d": "e", "c": "<&>\u2028"}}},
                "binary": {"value": "AAEC", "binary": True},
                "made": {"generate": {"length": 40, "exclude": "punctuation"}},
            },
            "parameters": {"list": {"plaintext": ["a", "b"]}, "p": {"value": "  x  "}},
        }
    )
    desired = load(tree.manifests, "production", tree.sops)
    values = {key.name.rpartition("/")[2]: sealed for key, sealed in desired.values.items()}
    contents = {n: s.content.reveal() for n, s in values.items() if s.content is not None}
    assert contents["text"] == exact
    assert contents["json"] == '{"B":{"c":"<&>\u2028","d":"e"},"a":"ü","b":"1"}'
    assert contents["binary"] == b"\x00\x01\x02"
    assert contents["list"] == "a,b"
    assert contents["p"] == "  x  "
    assert values["made"].generate is not None
    assert values["made"].generate.length == 40


def test_a_value_is_known_by_its_fingerprint_only(tree: Tree) -> None:
    desired = load(tree.manifests, "production", tree.sops)
    assert CANARY not in repr(desired)
    fingerprints = [r.value.fingerprints for r in desired.resources.values() if r.value]
    assert all(len(prints) == 1 for prints in fingerprints)
    assert len(set(fingerprints)) == len(fingerprints)


def test_without_a_key_there_are_resources_without_fingerprints(tree: Tree) -> None:
    from reconciler.manifest import read

    bare = read(tree.manifests, "production").resources()
    full = load(tree.manifests, "production", tree.sops).resources
    assert bare.keys() == full.keys()
    assert all(not r.value.fingerprints for r in bare.values() if r.value)
