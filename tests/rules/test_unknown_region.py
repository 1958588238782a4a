"""unknown-region: a Region that AWS does not have."""

from __future__ import annotations

from pathlib import Path

from reconciler.rules import unknown_region
from tests.rules.look import look, of, secrets
from tests.trees import make_tree


def test_a_region_that_is_misspelt(tmp_path: Path) -> None:
    replicas = {"value": "v", "replicas": [{"region": "eu-west-1"}, {"region": "eu-wset-2"}]}
    tree = make_tree(
        tmp_path, {"production": {"settings": {"region": "us-west-22"}, **secrets(a=replicas)}}
    )
    found = look(tree, unknown_region)
    assert [line.partition(" ")[2] for line in of(found, tree)] == [
        "unknown-region: AWS has no Region us-west-22",
        "unknown-region: a replica of a: AWS has no Region eu-wset-2",
    ]
    assert all("did you mean" in str(one.hint) for one in found)


def test_regions_of_all_partitions_are_known(tmp_path: Path) -> None:
    replicas = {"value": "v", "replicas": [{"region": "eu-west-1"}]}
    for name in ("cn-north-1", "us-gov-west-1", "eu-central-1"):
        folder = tmp_path / name
        folder.mkdir()
        tree = make_tree(
            folder, {"production": {"settings": {"region": name}, **secrets(a=replicas)}}
        )
        assert look(tree, unknown_region) == []
