"""same-value: equal values under two names."""

from __future__ import annotations

from pathlib import Path

from reconciler import manifest
from reconciler.rules import same_value
from reconciler.rules.equality import RunKey
from tests.canary import CANARY, assert_holds_no_canary
from tests.rules.look import look, of, secrets, told
from tests.trees import Tree, make_tree

LONG = f"{CANARY}-0123456789"


def test_a_value_under_two_names_is_told_once(tmp_path: Path) -> None:
    assert told(
        tmp_path,
        {"production": secrets(a={"value": LONG}, b={"value": LONG}, c={"value": "other"})},
        same_value,
    ) == [
        "production/main.sops.yaml:4:9 same-value: the value of a is the same as the value of b",
    ]


def test_of_mappings_the_parts_that_are_secret_by_their_name_count(tmp_path: Path) -> None:
    host = "a-long-host-name.internal"
    found = told(
        tmp_path,
        {
            "production": {
                **secrets(
                    a={"value": {"host": host, "password": LONG}},
                    b={"value": {"host": host, "login": {"api_key": LONG}}},
                ),
                "parameters": {"url": {"value": LONG}},
            }
        },
        same_value,
    )
    assert [line.partition(" ")[2] for line in found] == [
        "same-value: `password` of a is the same as the value of url and 1 other",
    ]


def test_an_equal_mapping_is_told_once_and_a_short_value_not_at_all(tmp_path: Path) -> None:
    whole = {"user": "u", "password": LONG}
    short = {"password": "1234567"}
    found = told(
        tmp_path,
        {
            "production": secrets(
                a={"value": whole}, b={"value": whole}, c={"value": {**short, "n": "1"}},
                d={"value": {**short, "n": "2"}},
            )
        },
        same_value,
    )  # fmt: skip
    assert [line.partition(" ")[2] for line in found] == [
        "same-value: the value of a is the same as the value of b",
    ]


def test_of_two_environments_each_is_looked_at_alone(tmp_path: Path) -> None:
    tree = make_tree(
        tmp_path,
        {
            "production": secrets(a={"value": LONG}, own={"value": "production's own"}),
            "staging": secrets(a={"value": LONG}, own={"value": {"token": LONG}}),
            "development": secrets(a={"value": "development's"}, own={"value": "this one's"}),
        },
    )
    assert of(look(tree, same_value), tree) == []
    found = of(look(tree, same_value, environment="staging"), tree)
    assert [line.partition(" ")[2] for line in found] == [
        "same-value: the value of a is the same as `token` of own",
    ]


def test_without_a_key_nothing_is_known_of_values(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, {"production": secrets(a={"value": LONG}, b={"value": LONG})})
    assert look(tree, same_value, key=False) == []


def test_what_git_shows_and_what_is_generated_is_no_secret_in_two_places(tmp_path: Path) -> None:
    shown = {"plaintext": "the-same-in-both.example"}
    assert not told(
        tmp_path,
        {
            "production": {
                **secrets(a={"generate": {}}, b={"generate": {}}),
                "parameters": {"x": shown, "y": shown},
            }
        },
        same_value,
    )


def test_no_value_is_in_a_finding_or_in_what_it_was_made_of(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, {"production": secrets(a={"value": LONG}, b={"value": LONG})})
    found = look(tree, same_value)
    assert len(found) == 1
    assert CANARY not in repr(found)
    desired = manifest.load(tree.manifests, "production", tree.sops)
    one, other = RunKey().digests(desired.values), RunKey().digests(desired.values)
    assert CANARY not in repr(one)
    assert all(
        digest.digest.hex() not in repr(digest) for digests in one.values() for digest in digests
    )
    # Made under a key of the run: of two runs nothing can be put side by side.
    digests = [{m.digest for digests in run.values() for m in digests} for run in (one, other)]
    assert digests[0]
    assert digests[0].isdisjoint(digests[1])


def test_damaged_json_is_a_text_like_any_other(tmp_path: Path) -> None:
    tree: Tree = make_tree(
        tmp_path, {"production": secrets(a={"value": f'{{"{LONG}'}, b={"value": f'{{"{LONG}'})}
    )
    found = look(tree, same_value)
    assert [problem.code for problem in found] == ["same-value"]
    assert_holds_no_canary(AssertionError(repr(found)))
