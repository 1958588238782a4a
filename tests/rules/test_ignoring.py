"""`ignore`: what it covers, and that no exception outlives what it was written for."""

from __future__ import annotations

from pathlib import Path

from reconciler import manifest
from reconciler.manifest.codes import CODES
from reconciler.rules import (
    REASONS,
    RULES,
    Examination,
    foreign_lambda,
    missing_elsewhere,
    never_rotated,
    past_max_age,
    same_value,
    same_value_elsewhere,
)
from tests.rules.look import look, told
from tests.trees import make_tree

SOME = (
    same_value, same_value_elsewhere, never_rotated, past_max_age, missing_elsewhere,
    foreign_lambda,
)  # fmt: skip
PLACE = "production/main.sops.yaml"


def test_a_declaration_ignores_for_itself_alone(tmp_path: Path) -> None:
    ignore = {"never-rotated": "a public key"}
    declared = {"a": {"value": "v", "ignore": ignore}, "b": {"value": "w"}}
    lines = told(tmp_path, {"production": {"secrets": declared}}, *SOME)
    assert [line.split(" ")[1:5] for line in lines] == [
        ["never-rotated:", "nothing", "rotates", "b:"]
    ]


def test_an_environment_ignores_for_all_of_it(tmp_path: Path) -> None:
    settings = {"ignore": {"never-rotated": "nothing here is worth it"}}
    declared = {"a": {"value": "v"}, "b": {"value": "w"}}
    production = {"settings": settings, "secrets": declared}
    assert told(tmp_path, {"production": production}, *SOME) == []


def test_an_exception_without_effect_is_told(tmp_path: Path) -> None:
    settings = {"ignore": {"foreign-lambda": "ours, too"}}
    ignore = {"never-rotated": "  ", "same-value": "a pair", "never-rotatd": "a public key"}
    lines = told(
        tmp_path,
        {"production": {"settings": settings, "secrets": {"a": {"value": "v", "ignore": ignore}}}},
        *SOME,
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
    assert look(tree, *SOME, key=False, others=False) == []
    unused = {problem.message.split(" ")[0] for problem in look(tree, *SOME)}
    assert unused == ignore.keys() - {"past-max-age"}  # AWS was not asked
    assert {problem.code for problem in look(tree, *SOME)} == {"ignore-unused"}


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
    examined = Examination(SOME, ["production", "staging"])
    here = manifest.read(tree.manifests, "production")
    examined.add(here, here.decrypt(tree.sops).values)
    examined.add(manifest.read(tree.manifests, "staging"))
    assert examined.problems("production") == []


def test_each_rule_has_a_code_of_its_own_and_a_reason_in_one_line() -> None:
    codes = [rule.CODE for rule in RULES]
    assert len(codes) == len(set(codes))
    # Only this one passes on what reading the manifests has found.
    assert CODES.keys() & REASONS.keys() == {"keys-differ"}
    assert all(reason and "\n" not in reason for reason in REASONS.values())
