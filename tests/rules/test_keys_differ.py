"""keys-differ: files that are not encrypted for whom `.sops.yaml` names."""

from __future__ import annotations

from pathlib import Path

from reconciler import manifest, rules
from reconciler.rules import keys_differ
from tests.age_key import new_age_key
from tests.rules.look import look, of
from tests.trees import creation_rules, make_tree


def test_a_recipient_that_a_file_lacks_is_ignored_by_the_environment(tmp_path: Path) -> None:
    tree = make_tree(
        tmp_path, {"production": {"secrets": {"a": {"value": "v", "max_age": "9 days"}}}}
    )
    ours = tree.key.recipient
    tree.write(".sops.yaml", creation_rules(ours, new_age_key().recipient), encrypt=False)
    assert [line.split(" ")[1] for line in of(look(tree, keys_differ), tree)] == [
        "keys-differ:"
    ] * 2
    text = tree.read("production/environment.sops.yaml")
    ignore = "ignore:\n    keys-differ: to be added on Monday\n"
    tree.path("production/environment.sops.yaml").write_text(ignore + text)
    assert look(tree, keys_differ) == []
    declared = manifest.read(tree.manifests, "production")
    assert [problem.code for problem in declared.warnings] == ["keys-differ"] * 2
    assert rules.warnings(declared) == []
