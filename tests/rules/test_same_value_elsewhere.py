"""same-value-elsewhere: equal values in two environments."""

from __future__ import annotations

from pathlib import Path

from reconciler.rules import same_value_elsewhere
from tests.canary import CANARY
from tests.rules.look import look, of, secrets, told
from tests.trees import make_tree

LONG = f"{CANARY}-0123456789"


def test_a_value_in_two_environments(tmp_path: Path) -> None:
    tree = make_tree(
        tmp_path,
        {
            "production": secrets(a={"value": LONG}, own={"value": "production's own"}),
            "staging": secrets(a={"value": LONG}, own={"value": {"token": LONG}}),
            "development": secrets(a={"value": "development's"}, own={"value": "this one's"}),
        },
    )
    found = of(look(tree, same_value_elsewhere), tree)
    assert found == [
        "production/main.sops.yaml:4:9 same-value-elsewhere: the value of a is the same as in"
        " staging"
    ]
    found = of(look(tree, same_value_elsewhere, environment="staging"), tree)
    assert [line.partition(" ")[2] for line in found] == [
        "same-value-elsewhere: the value of a is the same as in production",
    ]


def test_an_equal_mapping_in_two_environments_is_told_once(tmp_path: Path) -> None:
    whole = {"a": {"value": {"user": "u", "password": LONG}}}
    declared = {"production": secrets(**whole), "staging": secrets(**whole)}
    found = told(tmp_path, declared, same_value_elsewhere)
    assert [line.partition(" ")[2] for line in found] == [
        "same-value-elsewhere: the value of a is the same as in staging"
    ]


def test_without_a_key_nothing_is_known_of_values(tmp_path: Path) -> None:
    declared = secrets(a={"value": LONG})
    tree = make_tree(tmp_path, {"production": declared, "staging": declared})
    assert look(tree, same_value_elsewhere, key=False) == []
