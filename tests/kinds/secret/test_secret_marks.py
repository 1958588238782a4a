"""What is remembered of a secret when it is written is what the next plan finds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.core.diff import diff
from reconciler.core.model import Action, Change, Key, Live, LiveValue, Origin, Write
from reconciler.kinds import secret, tags
from reconciler.kinds.kind import Job, Record
from reconciler.kinds.secret import observe
from reconciler.values.sensitive import Sealed, Sensitive, public
from tests.core.build import KEYS, NAME, POLICY, SCOPE, fingerprinter, value
from tests.core.build import secret as declared

TRUST = fingerprinter(*KEYS)
TOKENS = {text: TRUST.secret_tokens(NAME, Sensitive(text)) for text in ("one", "two", "three")}
KEY = Key("secret", NAME)


class Store:
    """An AWS that holds one secret, as far as creating one needs it."""

    def __init__(self) -> None:
        self.entry: dict[str, Any] = {}

    def made(self, service: str, name: str) -> None:
        """It is known at once."""

    def call(self, service: str, operation: str, **request: Any) -> Mapping[str, Any]:
        if operation == "create_secret":
            token = request["ClientRequestToken"]
            self.entry = {
                "Name": request["Name"],
                "Tags": request["Tags"],
                "SecretVersionsToStages": {token: ["AWSCURRENT"]},
            }
        elif operation == "tag_resource":
            merged = tags.from_list(self.entry["Tags"]) | tags.from_list(request["Tags"])
            self.entry["Tags"] = tags.to_list(merged)
        else:
            assert operation == "put_resource_policy"
        return {}


@pytest.mark.parametrize("replicas", [None, [], [{"region": "eu-west-1"}]])
@pytest.mark.parametrize("policy", ["unset", None, {"Statement": []}])
def test_nothing_is_left_to_do_after_a_create(policy, replicas):
    fields: dict[str, Any] = {"tags": {"team name": "x"}, "recovery_window": 7}
    if policy != "unset":
        fields["resource_policy"] = policy
    if replicas is not None:
        fields["replicas"] = replicas
    prints = tuple(map(public, TOKENS["one"]))
    resource = declared(value=value(*prints), **fields)
    (create,) = diff({KEY: resource}, {}, SCOPE, POLICY).changes
    store = Store()
    job = Job(create, resource, None, None, Sealed(Sensitive("one")), SCOPE, POLICY, TRUST)
    assert secret.create(store, job) == TOKENS["one"][0]
    live = secret.shape(Record(NAME, store.entry), resource, TRUST, SCOPE)
    assert diff({KEY: resource}, {KEY: live}, SCOPE, POLICY).changes == ()


def shaped(stages: Mapping[str, list[str]], *, bound: str = "") -> LiveValue | None:
    entry = {
        "Name": NAME,
        "SecretVersionsToStages": stages,
        "Tags": [{"Key": tags.BOUND, "Value": bound}],
    }
    resource = declared(value=value(*map(public, TOKENS["one"])))
    live = secret.shape(Record(NAME, entry), resource, TRUST, SCOPE)
    assert isinstance(live, Live)
    return live.value


def test_an_earlier_version_is_one_that_has_served():
    one, two, three = (TOKENS[text][0] for text in ("one", "two", "three"))
    found = shaped(
        {
            one: ["AWSCURRENT", "RECONCILER_STAGED"],
            two: ["AWSPREVIOUS"],
            three: ["mine"],
        }
    )
    assert found.earlier == {public(two), public(three)}
    assert (found.version, found.origin, found.fingerprint) == (one, Origin.GIT, public(one))


def test_a_version_that_was_staged_and_never_served_is_not_returned_to():
    one, two = (TOKENS[text][0] for text in ("one", "two"))
    found = shaped({two: ["AWSCURRENT"], one: ["RECONCILER_STAGED"]})
    assert found.earlier == frozenset()
    resource = declared(value=value(public(one)))
    live = Live(KEY, {}, observe.Ownership.OURS, value=found)
    (change,) = diff({KEY: resource}, {KEY: live}, SCOPE, POLICY).changes
    assert isinstance(change, Change)
    assert change.action is Action.UPDATE
    assert change.value.write is Write.CHANGED


def test_a_version_that_a_rotation_has_begun_is_not_earlier():
    one, two = (TOKENS[text][0] for text in ("one", "two"))
    assert shaped({one: ["AWSCURRENT"], two: ["AWSPENDING"]}).earlier == frozenset()
    served = shaped({one: ["AWSCURRENT"], two: ["AWSPREVIOUS", "RECONCILER_STAGED"]})
    assert served.earlier == {public(two)}


def test_a_version_that_we_did_not_write_is_known_by_its_binding():
    fingerprint = public(TOKENS["one"][0])
    found = shaped({"v1": ["AWSCURRENT"]}, bound=TRUST.bound(NAME, "v1", fingerprint))
    assert found == LiveValue("v1", Origin.GIT, fingerprint, TRUST.kid)


def test_a_binding_of_another_value_leaves_it_outside():
    found = shaped({"v1": ["AWSCURRENT"]}, bound=TRUST.bound(NAME, "v1", public("other")))
    assert found == LiveValue("v1", Origin.OUTSIDE)


def test_a_secret_without_a_current_version_has_no_value():
    assert shaped({}) is None
    assert shaped({TOKENS["one"][0]: ["AWSPENDING"]}) is None


# --- a fingerprint key that has retired -----------------------------------------------------------

RETIRED = fingerprinter(KEYS[0]).secret_tokens(NAME, Sensitive("one"))[0]
SUCCESSOR = fingerprinter(KEYS[1])


def after_retirement(declared_value: str | None, tag: str, **state: Any) -> Live:
    """The secret as it is once only the second key is left; ``tag`` was set before."""
    entry = {
        "Name": NAME,
        "SecretVersionsToStages": {RETIRED: ["AWSCURRENT"]},
        "Tags": [
            {"Key": tags.OWNER, "Value": SCOPE.owner_id},
            {"Key": tags.PROOF, "Value": SUCCESSOR.proof(NAME)},
            {"Key": tags.BOUND, "Value": tag},
        ],
        **state,
    }
    prints = SUCCESSOR.secret_tokens(NAME, Sensitive(declared_value or ""))
    given = None if declared_value is None else value(*map(public, prints), rotation="declared")
    live = secret.shape(Record(NAME, entry), declared(value=given), SUCCESSOR, SCOPE)
    assert isinstance(live, Live)
    return live


def rebound(declared_value: str | None) -> str:
    """The tag that putting the second key first sets."""
    both = fingerprinter(KEYS[1], KEYS[0])
    first = declared(value=value(public(RETIRED)))
    store = Store()
    (create,) = diff({KEY: first}, {}, SCOPE, POLICY).changes
    before = fingerprinter(KEYS[0])
    secret.create(
        store, Job(create, first, None, None, Sealed(Sensitive("one")), SCOPE, POLICY, before)
    )
    entry = store.entry
    given = None
    if declared_value is not None:
        prints = both.secret_tokens(NAME, Sensitive(declared_value))
        given = value(*map(public, prints))
    resource = declared(value=given, fingerprint_key=both.kid)
    live = secret.shape(Record(NAME, entry), resource, both, SCOPE)
    (update,) = diff({KEY: resource}, {KEY: live}, SCOPE, POLICY).changes
    assert [field.name for field in update.fields] == ["fingerprint_key"]
    record = Record(NAME, dict(entry))
    secret.update(store, Job(update, resource, live, record, None, SCOPE, POLICY, both))
    return tags.from_list(store.entry["Tags"])[tags.BOUND]


def test_what_a_retired_key_wrote_stays_ours_when_git_changes_the_value():
    found = after_retirement("two", rebound("one")).value
    assert found == LiveValue(RETIRED, Origin.GIT, kid=SUCCESSOR.kid)


def test_what_a_retired_key_wrote_and_git_did_not_declare_then_stays_ours():
    found = after_retirement("two", rebound(None)).value
    assert found == LiveValue(RETIRED, Origin.GIT, kid=SUCCESSOR.kid)


def test_an_edited_seed_is_refused_although_its_key_has_retired():
    """It was taken for a rotated value, and the edit was passed over in silence."""
    live = after_retirement("two", rebound("one"), RotationEnabled=True)
    prints = SUCCESSOR.secret_tokens(NAME, Sensitive("two"))
    resource = declared(value=value(*map(public, prints), rotation="declared"))
    (change,) = diff({KEY: resource}, {KEY: live}, SCOPE, POLICY).changes
    assert (change.action, change.code) == (Action.REFUSE, "seed-changed")


def test_the_declared_value_is_still_known_when_its_key_has_retired():
    prints = SUCCESSOR.secret_tokens(NAME, Sensitive("one"))
    found = after_retirement("one", rebound("one")).value
    assert found == LiveValue(RETIRED, Origin.GIT, public(prints[0]), SUCCESSOR.kid)


@pytest.mark.parametrize("said", [{}, {"Tags": []}, {"Tags": [], "SecretVersionsToStages": {}}])
def test_what_aws_leaves_out_is_as_what_is_empty(said: dict[str, Any]) -> None:
    """Recorded on AWS: no Tags where there never was one, no versions where there is no value."""
    live = secret.shape(Record(NAME, {"Name": NAME, **said}), declared(), TRUST, SCOPE)
    assert live == secret.shape(Record(NAME, {"Name": NAME}), declared(), TRUST, SCOPE)
    assert isinstance(live, Live)
    assert (live.value, live.ownership) == (None, observe.Ownership.FOREIGN)
    assert (live.fields["tags"], live.fields["description"]) == ({}, None)
    assert (live.rotation.enabled, live.rotation.ever, live.changed) == (False, False, None)
