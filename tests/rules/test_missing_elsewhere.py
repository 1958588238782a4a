"""missing-elsewhere: what one environment declares and another lacks."""

from __future__ import annotations

from pathlib import Path

from reconciler.rules import missing_elsewhere
from tests.rules.look import look, of, secrets
from tests.trees import make_tree


def test_a_structure_that_another_environment_lacks(tmp_path: Path) -> None:
    tree = make_tree(
        tmp_path,
        {
            "production": {
                **secrets(
                    both={"value": {"user": "u", "inner": {"a": "1", "b": "2"}}},
                    only={"value": "v"},
                ),
                "parameters": {"p": {"plaintext": "1"}},
            },
            "staging": secrets(both={"value": {"user": "u", "inner": {"a": "1"}}}),
            "development": secrets(both={"value": "text"}, only={"value": "w"}),
        },
    )
    assert of(look(tree, missing_elsewhere, key=False), tree) == [
        "production/main.sops.yaml:4:9 missing-elsewhere: the value of both has a `inner.b` here"
        " and not in staging",
        "production/main.sops.yaml:9:5 missing-elsewhere: only is declared here and not in staging",
        "production/main.sops.yaml:13:5 missing-elsewhere: p is declared here and not in"
        " development, staging",
    ]
    assert of(look(tree, missing_elsewhere, environment="staging", key=False), tree) == []


def test_what_has_nothing_in_common_is_another_application(tmp_path: Path) -> None:
    tree = make_tree(
        tmp_path,
        {
            "production": secrets(both={"value": "v"}, only={"value": "v"}),
            "staging": secrets(both={"value": "w"}),
            "billing": secrets(bills={"value": "x"}),
        },
    )
    assert of(look(tree, missing_elsewhere, key=False), tree) == [
        "production/main.sops.yaml:5:5 missing-elsewhere: only is declared here and not in staging"
    ]
    assert of(look(tree, missing_elsewhere, environment="billing", key=False), tree) == []
