"""`ignore`: what it covers, and that no exception outlives what it was written for."""

from __future__ import annotations

from pathlib import Path

from reconciler import manifest, rules
from reconciler.manifest.codes import CODES
from reconciler.rules import REASONS, RULES, Examination
from tests.age_key import new_age_key
from tests.rules.look import look, of, told
from tests.trees import creation_rules, make_tree

PLACE = "production/main.sops.yaml"


def test_a_declaration_ignores_for_itself_alone(tmp_path: Path) -> None:
    ignore = {"never-rotated": "a public key"}
    declared = {"a": {"value": "v", "ignore": ignore}, "b": {"value": "w"}}
    lines = told(tmp_path, {"production": {"secrets": declared}})
    assert [line.split(" ")[1:5] for line in lines] == [
        ["never-rotated:", "nothing", "rotates", "b:"]
    ]


def test_an_environment_ignores_for_all_of_it(tmp_path: Path) -> None:
    settings = {"ignore": {"never-rotated": "nothing here is worth it"}}
    declared = {"a": {"value": "v"}, "b": {"value": "w"}}
    assert told(tmp_path, {"production": {"settings": settings, "secrets": declared}}) == []


def test_an_exception_without_effect_is_told(tmp_path: Path) -> None:
    settings = {"ignore": {"foreign-lambda": "ours, too"}}
    ignore = {"never-rotated": "  ", "same-value": "a pair", "never-rotatd": "a public key"}
    lines = told(
        tmp_path,
        {"production": {"settings": settings, "secrets": {"a": {"value": "v", "ignore": ignore}}}},
    )
    assert lines == [
        "production/environment.sops.yaml:9:5 ignore-unused: foreign-lambda is ignored here and"
        " finds nothing",
        f"{PLACE}:2:5 never-rotated: nothing rotates a: it has neither a rotation nor a `max_age`",
        f"{PLACE}:5:13 ignore-reason: never-rotated is not ignored: the reason is missing",
        f"{PLACE}:6:13 ignore-unused: same-value is ignored here and finds nothing",
        f"{PLACE}:7:13 ignore-unknown: there is no rule never-rotatd",
    ]


def test_what_could_not_be_looked_at_is_not_told_to_find_nothing(tmp_path: Path) -> None:
    ignore = dict.fromkeys(
        ("same-value", "same-value-elsewhere", "past-max-age", "missing-elsewhere"), "for now"
    )
    secret = {"db": {"value": "v", "max_age": "9 days", "ignore": ignore}}
    there = {"secrets": {"db": {"value": "w", "max_age": "9 days"}}}
    tree = make_tree(tmp_path, {"production": {"secrets": secret}, "staging": there})
    assert look(tree, key=False, others=False) == []
    unused = {problem.message.split(" ")[0] for problem in look(tree)}
    assert unused == ignore.keys() - {"past-max-age"}  # AWS was not asked
    assert {problem.code for problem in look(tree)} == {"ignore-unused"}


def test_values_of_one_environment_do_not_tell_what_another_has(tmp_path: Path) -> None:
    ignore = {"same-value-elsewhere": "for now"}
    aged = {"value": "v", "max_age": "9 days"}
    tree = make_tree(
        tmp_path,
        {
            "production": {"secrets": {"db": {**aged, "ignore": ignore}}},
            "staging": {"secrets": {"db": aged}},
        },
    )
    examined = Examination(RULES, ["production", "staging"])
    here = manifest.read(tree.manifests, "production")
    examined.add(here, here.decrypt(tree.sops).values)
    examined.add(manifest.read(tree.manifests, "staging"))
    assert examined.problems("production") == []


def test_a_recipient_that_a_file_lacks_is_ignored_by_the_environment(tmp_path: Path) -> None:
    tree = make_tree(
        tmp_path, {"production": {"secrets": {"a": {"value": "v", "max_age": "9 days"}}}}
    )
    ours = tree.key.recipient
    tree.write(".sops.yaml", creation_rules(ours, new_age_key().recipient), encrypt=False)
    assert [line.split(" ")[1] for line in of(look(tree), tree)] == ["keys-differ:"] * 2
    text = tree.read("production/environment.sops.yaml")
    ignore = "ignore:\n    keys-differ: to be added on Monday\n"
    tree.path("production/environment.sops.yaml").write_text(ignore + text)
    assert look(tree) == []
    declared = manifest.read(tree.manifests, "production")
    assert [problem.code for problem in declared.warnings] == ["keys-differ"] * 2
    assert rules.warnings(declared) == []


def test_each_rule_has_a_code_of_its_own_and_a_reason_in_one_line() -> None:
    codes = [rule.CODE for rule in RULES]
    assert len(codes) == len(set(codes))
    # Only this one passes on what reading the manifests has found.
    assert CODES.keys() & REASONS.keys() == {"keys-differ"}
    assert all(reason and "\n" not in reason for reason in REASONS.values())
