"""What is wrong with a declaration: each flaw by its code and field, and never with the value."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from reconciler.core.model import Key, Place, Source
from reconciler.kinds import sections
from reconciler.kinds.kind import Content, Flaw, Parsed, Section, Settings
from reconciler.kinds.schedule import Schedule
from reconciler.values.sensitive import Sensitive, public
from tests.core.build import KEYS, POLICY, SCOPE, fingerprinter

SECTION: dict[str, Section] = {section.NAME: section for section in sections().values()}
LAMBDA = "arn:aws:lambda:us-west-2:123456789012:function:rotate"
MONTHLY = Schedule.model_validate({"schedule": "rate(30 days)", "lambda": LAMBDA})
SETTINGS = Settings(SCOPE, POLICY, schedules={"monthly": MONTHLY})
TRUST = fingerprinter(*KEYS)
PLACE = Place("a.yaml", 1, 1)


def parse(
    kind: str,
    declared: dict[str, Any],
    text: str | None = None,
    *,
    name: str = "/app/production/x",
    mapping: bool = False,
    settings: Settings = SETTINGS,
    trust: Any = TRUST,
) -> Parsed:
    """A declaration through its model, its check and its parse; all flaws of the last two."""
    section = SECTION[kind]
    model = section.Declaration.model_validate(declared)
    flaws = tuple(section.check(model, has_value=text is not None))
    content = None if text is None else Content(Sensitive(text), mapping)
    parsed = section.parse(name, model, content, settings, trust, PLACE)
    return Parsed(parsed.resources, parsed.sealed, flaws + parsed.flaws)


def codes(*args: Any, **more: Any) -> list[tuple[str, str]]:
    """Each flaw's code, and the field that it is at."""
    flaws = parse(*args, **more).flaws
    assert all(isinstance(flaw, Flaw) and flaw.message for flaw in flaws)
    return [(flaw.code, ".".join(map(str, flaw.field))) for flaw in flaws]


# --- secrets --------------------------------------------------------------------------------------

POLICY_TEXT = {"Version": "2012-10-17"}
SECRET_OK: dict[str, tuple[dict[str, Any], str | None]] = {
    "a value": ({}, "v"),
    "generated": ({"generate": {}}, None),
    "external": ({"external": True}, None),
    "rotation and nothing else": ({"rotation": "monthly"}, None),
    "rotation inline": ({"rotation": {"schedule": "rate(4 hours)", "lambda": LAMBDA}}, "v"),
    "rotation with a window": (
        {"rotation": {"schedule": "rate(1 day)", "window": "3h", "lambda": LAMBDA}},
        "v",
    ),
    "managed by a service of AWS": (
        {"external": True, "rotation": {"schedule": "rate(1 day)"}},
        None,
    ),
    "no rotation, and git takes over": ({"rotation": "none", "take": "git"}, "v"),
    "unset rotation, and git takes over": ({"take": "git"}, "v"),
    "at once": ({"rotation": "monthly", "rotate_on_enable": True}, "v"),
    "removals": ({"description": "none", "resource_policy": "none", "replicas": []}, "v"),
    "policy": ({"resource_policy": POLICY_TEXT}, "v"),
    "longest description": ({"description": "x" * 2048}, "v"),
    "largest value": ({}, "x" * 65_536),
    "binary": ({"binary": True}, base64.b64encode(b"\x00\xff").decode()),
    "largest binary": ({"binary": True}, base64.b64encode(bytes(65_536)).decode()),
    "replicas": ({"replicas": [{"region": "eu-west-1"}, {"region": "us-east-1"}]}, "v"),
    "braces are for parameters": ({}, "{{x}}"),
}


@pytest.mark.parametrize(("declared", "text"), SECRET_OK.values(), ids=SECRET_OK)
def test_a_secret_that_aws_accepts_has_no_flaw(declared, text):
    assert codes("secret", declared, text) == []


SECRET_BAD: dict[str, tuple[dict[str, Any], str | None, list[tuple[str, str]]]] = {
    "nothing to hold": ({}, None, [("no-value", "")]),
    "nothing to hold, rotation none": ({"rotation": "none"}, None, [("no-value", "")]),
    "two of them": ({"generate": {}}, "v", [("two-values", "generate")]),
    "two others": ({"external": True}, "v", [("two-values", "external")]),
    "generated and external": (
        {"generate": {}, "external": True},
        None,
        [("two-values", "external")],
    ),
    "binary of nothing": ({"binary": True, "generate": {}}, None, [("binary", "binary")]),
    "not base64": ({"binary": True}, "%%%", [("binary", "value")]),
    "empty binary": ({"binary": True}, "", [("too-long", "value")]),
    "value too large": ({}, "x" * 65_537, [("too-long", "value")]),
    "value too large in bytes": ({}, "é" * 32_769, [("too-long", "value")]),
    "binary too large": (
        {"binary": True},
        base64.b64encode(bytes(65_537)).decode(),
        [("too-long", "value")],
    ),
    "description too long": ({"description": "x" * 2049}, "v", [("too-long", "description")]),
    "take with a rotation": (
        {"rotation": "monthly", "take": "git"},
        "v",
        [("take-with-rotation", "take")],
    ),
    "at once without rotation": (
        {"rotate_on_enable": True},
        "v",
        [("no-rotation", "rotate_on_enable")],
    ),
    "at once with `none`": (
        {"rotate_on_enable": True, "rotation": "none"},
        "v",
        [("no-rotation", "rotate_on_enable")],
    ),
    "unknown schedule": ({"rotation": "yearly"}, "v", [("unknown-schedule", "rotation")]),
    "window too long for its rate": (
        {"rotation": {"schedule": "rate(4 hours)", "window": "5h", "lambda": LAMBDA}},
        "v",
        [("window", "rotation.window")],
    ),
    "window across the day": (
        {"rotation": {"schedule": "cron(0 23 1 * ? *)", "window": "2h", "lambda": LAMBDA}},
        "v",
        [("window", "rotation.window")],
    ),
    "no function for a value of git's": (
        {"rotation": {"schedule": "rate(30 days)"}},
        "v",
        [("no-function", "rotation")],
    ),
    "no function for a generated one": (
        {"generate": {}, "rotation": {"schedule": "rate(30 days)"}},
        None,
        [("no-function", "rotation")],
    ),
    "policy as text": ({"resource_policy": "x"}, "v", [("policy", "resource_policy")]),
    "empty policy": ({"resource_policy": {}}, "v", [("policy", "resource_policy")]),
    "policy too long": (
        {"resource_policy": {"a": "x" * 20_480}},
        "v",
        [("too-long", "resource_policy")],
    ),
    "the same replica twice": (
        {"replicas": [{"region": "eu-west-1"}, {"region": "eu-west-1"}]},
        "v",
        [("replicas", "replicas")],
    ),
    "a replica where the secret is": (
        {"replicas": [{"region": "us-west-2"}]},
        "v",
        [("replicas", "replicas")],
    ),
    "nothing to generate from": (
        {"generate": {"exclude": ["lowercase", "uppercase", "digits", "punctuation"]}},
        None,
        [("generate", "generate")],
    ),
    "nothing left to generate from": (
        {
            "generate": {
                "exclude": ["lowercase", "uppercase", "punctuation"],
                "exclude_characters": "0123456789",
            }
        },
        None,
        [("generate", "generate")],
    ),
    "tags of AWS": ({"tags": {"aws:x": "y"}}, "v", [("tag", "tags.aws:x")] * 2),
}


@pytest.mark.parametrize(("declared", "text", "expected"), SECRET_BAD.values(), ids=SECRET_BAD)
def test_a_secret_s_flaw_has_a_code_and_a_field(declared, text, expected):
    assert codes("secret", declared, text) == expected


@pytest.mark.parametrize(
    "name",
    ["", "a b", "naïve", "/app/x:y", "x" * 513, "x\n"],
)
def test_a_secret_s_name_that_aws_refuses_is_a_flaw(name):
    assert codes("secret", {}, "v", name=name) == [("name", "")]


@pytest.mark.parametrize(
    "name",
    ["a", "x" * 512, "/a_b+c=d.e@f-g", "db-abcde", "db-abcdefg", "client-secret", "a-/bcde="],
)
def test_a_secret_s_name_that_aws_accepts_is_none(name):
    assert codes("secret", {}, "v", name=name) == []


# --- parameters -----------------------------------------------------------------------------------

PARAMETER_OK: dict[str, tuple[dict[str, Any], str | None]] = {
    "a value": ({}, "v"),
    "plaintext": ({"plaintext": "v"}, None),
    "a list": ({"plaintext": ["a", "b"]}, None),
    "largest standard": ({}, "x" * 4096),
    "largest advanced": ({"tier": "Advanced"}, "x" * 8192),
    "largest tiering": ({"tier": "Intelligent-Tiering"}, "x" * 8192),
    "largest plaintext": ({"plaintext": "x" * 4096}, None),
    "key": ({"kms_key": "alias/x"}, "v"),
    "policies": ({"tier": "Advanced", "parameter_policies": [{"Type": "NoChange"}]}, "v"),
    "no policies": ({"parameter_policies": []}, "v"),
    "single braces": ({}, "{x} }} {{"),
    "encrypted in git, String in AWS": ({"type": "String"}, "v"),
    "removals": ({"description": "none", "allowed_pattern": "none"}, "v"),
}


@pytest.mark.parametrize(("declared", "text"), PARAMETER_OK.values(), ids=PARAMETER_OK)
def test_a_parameter_that_aws_accepts_has_no_flaw(declared, text):
    assert codes("parameter", declared, text) == []


PARAMETER_BAD: dict[str, tuple[dict[str, Any], str | None, list[tuple[str, str]]]] = {
    "no value": ({}, None, [("no-value", "")]),
    "two values": ({"plaintext": "p"}, "v", [("two-values", "plaintext")]),
    "secure and in clear": (
        {"plaintext": "p", "type": "SecureString"},
        None,
        [("secure-plaintext", "type")],
    ),
    "a list that is a String": ({"plaintext": ["a"], "type": "String"}, None, [("type", "type")]),
    "comma in an item": ({"plaintext": ["a,b"]}, None, [("value", "plaintext")]),
    "empty item": ({"plaintext": ["a", ""]}, None, [("value", "plaintext")]),
    "no items": ({"plaintext": []}, None, [("empty-value", "plaintext")]),
    "empty plaintext": ({"plaintext": ""}, None, [("empty-value", "plaintext")]),
    "empty value": ({}, "", [("empty-value", "value")]),
    "key of a String": ({"plaintext": "p", "kms_key": "alias/x"}, None, [("kms-key", "kms_key")]),
    "over 4 KB": ({}, "x" * 4097, [("too-long", "value")]),
    "over 4 KB in bytes": ({}, "é" * 2049, [("too-long", "value")]),
    "over 4 KB, declared standard": ({"tier": "Standard"}, "x" * 4097, [("too-long", "value")]),
    "over 4 KB in clear": ({"plaintext": "x" * 4097}, None, [("too-long", "plaintext")]),
    "over 8 KB": ({"tier": "Advanced"}, "x" * 8193, [("too-long", "value")]),
    "a reference": ({}, "a{{ssm:x}}b", [("reference", "value")]),
    "a reference across lines": ({}, "{{\n}}", [("reference", "value")]),
    "a reference in clear": ({"plaintext": "{{x}}"}, None, [("reference", "plaintext")]),
    "policies of a standard one": (
        {"parameter_policies": [{"Type": "NoChange"}]},
        "v",
        [("policies", "parameter_policies")],
    ),
    "description too long": ({"description": "x" * 895}, "v", [("too-long", "description")]),
}


@pytest.mark.parametrize(
    ("declared", "text", "expected"), PARAMETER_BAD.values(), ids=PARAMETER_BAD
)
def test_a_parameter_s_flaw_has_a_code_and_a_field(declared, text, expected):
    assert codes("parameter", declared, text) == expected


def test_the_hint_of_a_long_value_names_the_tier_where_none_is_declared():
    assert "Advanced" in parse("parameter", {}, "x" * 4097).flaws[0].message
    assert "Advanced" not in parse("parameter", {"tier": "Standard"}, "x" * 4097).flaws[0].message


@pytest.mark.parametrize(
    "name",
    ["", "/", "/a//b", "/a/", "a/b", "/a b", "/é", "/a+b", "/aws/x", "/AWSx", "aws-x", "/ssm/x",
     "ssmx", "/" + "/".join("x" * 16), "/" + "x" * 1011, "/x\n"],
)  # fmt: skip
def test_a_parameter_s_name_that_aws_refuses_is_a_flaw(name):
    assert codes("parameter", {}, "v", name=name) == [("name", "")]


ARN = len("arn:aws:ssm:us-west-2:123456789012:parameter/")


@pytest.mark.parametrize(
    "name", ["a", "/a", "/a/b_c.d-e", "/x/aws", "/" + "/".join("x" * 15), "/" + "x" * (1011 - ARN)]
)
def test_a_parameter_s_name_that_aws_accepts_is_none(name):
    assert codes("parameter", {}, "v", name=name) == []


# --- the models -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "declared"),
    [
        ("secret", {"unknown": 1}),
        ("secret", {"description": ""}),
        ("secret", {"description": 1}),
        ("secret", {"take": "aws"}),
        ("secret", {"external": "yes"}),
        ("secret", {"max_age": "90"}),
        ("secret", {"max_age": "0 days"}),
        ("secret", {"recovery_window": "6 days"}),
        ("secret", {"recovery_window": "31 days"}),
        ("secret", {"generate": {"length": 7}}),
        ("secret", {"generate": {"exclude": "letters"}}),
        ("secret", {"replicas": [{"region": "here"}]}),
        ("secret", {"tags": {"a": 1}}),
        ("secret", {"rotation": {"schedule": "rate(1 hour)"}}),
        ("secret", {"rotation": {"schedule": "cron(0 */2 * * ? *)"}}),
        ("secret", {"rotation": {"schedule": "cron(0 1,3 1 * ? *)"}}),
        ("secret", {"rotation": {"schedule": "cron(0 1,22 * * ? *)"}}),
        ("secret", {"rotation": {"schedule": "rate(1 day)", "window": "3"}}),
        ("secret", {"rotation": {"schedule": "rate(1 day)", "lambda": "rotate"}}),
        ("secret", {"rotation": {"window": "3h"}}),
        ("parameter", {"unknown": 1}),
        ("parameter", {"type": "Secure"}),
        ("parameter", {"tier": "advanced"}),
        ("parameter", {"plaintext": 12}),
        ("parameter", {"allowed_pattern": "x" * 1025}),
        ("parameter", {"data_type": "number"}),
        ("parameter", {"replace": "true"}),
    ],
)
def test_a_field_of_another_form_is_refused(kind, declared):
    with pytest.raises(ValidationError) as caught:
        SECTION[kind].Declaration.model_validate(declared)
    assert "input_value" not in str(caught.value)


@pytest.mark.parametrize("window", ["7 days", "30 days"])
def test_a_recovery_window_is_7_to_30_days(window):
    parsed = parse("secret", {"recovery_window": window}, "v")
    assert parsed.resources[0].fields["recovery_window"] == int(window.split()[0])


# --- no flaw holds the value ----------------------------------------------------------------------

canaries = st.text(alphabet="0123456789abcdefghijklmnopqrstuvwxyz", min_size=16, max_size=16)
EDGES = st.sampled_from(["", "{{", "}}", "%", "\n", "=", "é", "x" * 5000, "y" * 66_000])
SECRETS = st.sampled_from(
    [{}, {"binary": True}, {"generate": {}}, {"external": True}, {"rotation": "yearly"}]
)
PARAMETERS = st.sampled_from(
    [{}, {"tier": "Advanced"}, {"type": "String"}, {"plaintext": "p"}, {"kms_key": "alias/k"}]
)


@given(
    canaries,
    EDGES,
    EDGES,
    st.just("secret").flatmap(lambda k: st.tuples(st.just(k), SECRETS))
    | st.just("parameter").flatmap(lambda k: st.tuples(st.just(k), PARAMETERS)),
    st.booleans(),
)
def test_no_flaw_and_no_resource_holds_the_value(canary, before, after, kind, mapping):
    text = f"{before}{canary}{after}"
    parsed = parse(*kind, text, mapping=mapping)
    assert canary not in repr(parsed)
    assert canary not in json.dumps([repr(r) for r in parsed.resources])


# --- what they become -----------------------------------------------------------------------------


def test_a_secret_with_a_value_becomes_its_fingerprints_and_a_sealed_value():
    parsed = parse("secret", {"description": "login", "max_age": "90 days"}, "v")
    (resource,) = parsed.resources
    assert resource.key == Key("secret", "/app/production/x")
    assert resource.fields == {"description": "login", "fingerprint_key": TRUST.kid}
    tokens = TRUST.secret_tokens(resource.key.name, Sensitive("v"))
    assert resource.value.fingerprints == tuple(map(public, tokens))
    assert (resource.max_age, resource.place) == (90, PLACE)
    assert parsed.sealed[resource.key].content.reveal() == "v"


@pytest.mark.parametrize(
    ("rotation", "rule"),
    [({}, "unset"), ({"rotation": "none"}, "none"), ({"rotation": "monthly"}, "declared")],
)
def test_what_the_manifest_says_of_rotation_goes_with_the_value(rotation, rule):
    resources = parse("secret", rotation, "v").resources
    assert resources[0].value.rotation == rule
    assert [r.key.kind for r in resources[1:]] == (["rotation"] if rule != "unset" else [])


def test_a_schedule_is_declared_with_its_secret():
    inline = {"schedule": "rate(9 days)", "window": "3h", "lambda": LAMBDA}
    _, rule = parse("secret", {"rotation": inline, "rotate_on_enable": True}, "v").resources
    assert rule.fields == {"enabled": True, **inline}
    assert rule.settings == {"rotate_immediately": True}
    assert rule.requires == Key("secret", "/app/production/x")


def test_a_schedule_does_not_rotate_at_once_unless_told_to():
    _, rule = parse("secret", {"rotation": "monthly"}, "v").resources
    assert rule.settings == {"rotate_immediately": False}


def test_rotation_none_turns_it_off():
    _, rule = parse("secret", {"rotation": "none"}, "v").resources
    assert (rule.fields, rule.settings) == ({"enabled": False}, {})


def test_git_takes_a_value_over_only_where_it_says_so():
    assert parse("secret", {"take": "git"}, "v").resources[0].value.take
    assert not parse("secret", {}, "v").resources[0].value.take


def test_a_generated_secret_has_a_rule_and_no_fingerprint():
    parsed = parse("secret", {"generate": {"length": 64, "exclude": "punctuation"}})
    (resource,) = parsed.resources
    assert (resource.value.source, resource.value.fingerprints) == (Source.GENERATED, ())
    sealed = parsed.sealed[resource.key]
    assert (sealed.content, sealed.generate.length) == (None, 64)
    assert sealed.generate.exclude == ("punctuation",)


@pytest.mark.parametrize("declared", [{"external": True}, {"rotation": "monthly"}])
def test_a_secret_without_a_value_is_managed_and_not_creatable(declared):
    parsed = parse("secret", declared)
    assert parsed.resources[0].value is None
    assert parsed.resources[0].uncreatable
    assert parsed.sealed == {}


def test_a_secret_with_a_value_is_creatable():
    assert parse("secret", {}, "v").resources[0].uncreatable is None


def test_removals_are_declared_absent():
    declared = {"description": "none", "resource_policy": "none", "replicas": []}
    fields = dict(parse("secret", declared, "v").resources[0].fields)
    fields.pop("fingerprint_key")
    assert fields == {"description": None, "resource_policy": None, "replicas": []}


def test_unset_fields_are_not_in_the_resource():
    assert set(parse("secret", {}, "v").resources[0].fields) == {"fingerprint_key"}
    assert set(parse("parameter", {}, "v").resources[0].fields) == {"fingerprint_key", "type"}


def test_the_environment_gives_key_and_tags_where_they_are_not_declared():
    settings = Settings(SCOPE, POLICY, kms_key="alias/env", tags={"team": "x", "tier": "env"})
    declared = {"tags": {"tier": "own"}}
    for kind in ("secret", "parameter"):
        fields = parse(kind, declared, "v", settings=settings).resources[0].fields
        assert fields["kms_key"] == "alias/env"
        assert fields["tags"] == {"team": "x", "tier": "own"}
        own = parse(kind, {"kms_key": "alias/own"}, "v", settings=settings).resources[0].fields
        assert own["kms_key"] == "alias/own"


def test_a_parameter_in_clear_takes_no_key_of_the_environment():
    settings = Settings(SCOPE, POLICY, kms_key="alias/env")
    fields = parse("parameter", {"plaintext": "p"}, settings=settings).resources[0].fields
    assert "kms_key" not in fields


@pytest.mark.parametrize(
    ("declared", "text", "type_", "shown"),
    [
        ({}, "v", "SecureString", None),
        ({"type": "String"}, "v", "String", None),
        ({"plaintext": "p"}, None, "String", "p"),
        ({"plaintext": ["a", "b"]}, None, "StringList", "a,b"),
    ],
)
def test_a_parameter_has_the_type_of_its_value(declared, text, type_, shown):
    parsed = parse("parameter", declared, text)
    (resource,) = parsed.resources
    assert resource.whole
    assert resource.fields["type"] == type_
    assert resource.value.plaintext == shown
    content = Sensitive(text or shown)
    prints = TRUST.parameter_fingerprints(resource.key.name, type_, content)
    assert resource.value.fingerprints == tuple(map(public, prints))
    assert parsed.sealed[resource.key].content.reveal() == (text or shown)


def test_the_order_of_replicas_and_policies_does_not_matter():
    regions = [{"region": "us-east-1"}, {"region": "eu-west-1", "kms_key": "alias/k"}]
    one, two = (parse("secret", {"replicas": r}, "v") for r in (regions, regions[::-1]))
    assert one.resources == two.resources
    rules = [{"Type": "NoChange"}, {"Type": "Expiration"}]
    one, two = (
        parse("parameter", {"tier": "Advanced", "parameter_policies": r}, "v")
        for r in (rules, rules[::-1])
    )
    assert one.resources == two.resources


@pytest.mark.parametrize(("kind", "declared"), [("secret", {}), ("parameter", {})])
def test_without_a_key_there_is_no_fingerprint(kind, declared):
    (resource,) = parse(kind, declared, "v", trust=None).resources
    assert resource.value.fingerprints == ()
    assert "fingerprint_key" not in resource.fields
