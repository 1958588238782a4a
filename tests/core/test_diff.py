"""What a plan holds for each way in which declared and live can differ."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.core.model import (
    Action,
    Change,
    FieldChange,
    Key,
    Note,
    Ownership,
    Place,
    Recorded,
    Resource,
    ValueChange,
    Write,
)
from reconciler.core.reasons import Notable, Reason, Why
from tests.core.build import (
    BEGUN,
    LAST,
    NAME,
    POLICY,
    PRUNING,
    SCOPE,
    change,
    changes,
    foreign,
    generated,
    held,
    live,
    made,
    parameter,
    plan,
    recorded,
    schedule,
    secret,
    value,
)

# --- create ---------------------------------------------------------------------------------------


def test_what_is_declared_and_not_live_is_created_with_all_that_is_declared():
    resource = replace(
        secret(value=value("fp-a"), tags={"team": "x"}, description="login"), settings={"s": 1}
    )
    found = change(resource)
    assert found.action is Action.CREATE
    assert found.fields == (
        FieldChange("description", None, "login"),
        FieldChange("tags", None, {"team": "x"}),
    )
    assert found.value == ValueChange(Write.FIRST, "fp-a")
    assert found.settings == {"s": 1}
    assert found.precondition == {"exists": False}
    assert found.why is None


def test_a_create_leaves_out_what_is_declared_absent():
    assert change(secret(value=value(), description=None)).fields == ()


def test_a_create_does_not_show_the_fingerprint_key_that_every_secret_has():
    assert change(secret(value=value(), fingerprint_key="kid-1")).fields == ()


def test_an_empty_list_is_declared_and_is_not_absence():
    assert change(secret(value=value(), replicas=[])).fields == (FieldChange("replicas", None, []),)


def test_the_plan_says_that_a_seed_is_written_once():
    found = change(secret(value=value("fp-a", rotation="declared")))
    assert found.value.write is Write.SEED
    assert found.why is None


def test_keys_are_created_by_the_call_that_creates_their_secret():
    keys = Resource(Key("keys", NAME), {}, value("fp-k"), requires=Key("secret", NAME))
    assert [c.key.kind for c in changes(secret(value=value("fp-a")), keys)] == ["secret"]


def test_a_seed_says_which_keys_stay_git_s():
    shared = replace(value("fp-a", rotation="declared"), shared=("host", "port"))
    found = change(secret(value=shared))
    assert found.why == Why(Reason.GIT_KEYS, names=("host", "port"))
    without_rotation = replace(shared, rotation="unset")
    assert change(secret(value=without_rotation)).why is None


@pytest.mark.parametrize("rule", ["none", "unset"])
def test_without_a_declared_rotation_the_first_value_is_no_seed(rule):
    found = change(secret(value=value("fp-a", rotation=rule)))
    assert (found.value.write, found.why) == (Write.FIRST, None)


def test_a_generated_value_has_no_fingerprint_before_it_is_made():
    assert change(secret(value=generated())).value == ValueChange(Write.GENERATED, None)


def test_a_value_without_any_key_is_created_without_a_fingerprint():
    keyless = replace(value(plaintext="shown"), fingerprints=())
    assert change(parameter(value=keyless)).value == ValueChange(Write.FIRST, None, "shown")


def test_what_cannot_be_created_is_refused_and_says_what_is_missing():
    found = change(secret(uncreatable=Reason.EXTERNAL, description="x"))
    assert (found.action, found.why) == (Action.REFUSE, Why(Reason.EXTERNAL))
    assert found.fields == (FieldChange("description", None, "x"),)
    assert found.value is None


def test_a_copy_that_cannot_be_created_names_what_it_is_a_copy_of():
    copy = replace(secret(uncreatable=Reason.NOT_CREATABLE), copies=Key("secret", "/old/db"))
    assert change(copy).why == Why(Reason.NOT_CREATABLE, "/old/db")


def test_what_cannot_be_created_is_managed_once_it_exists():
    found = change(
        secret(uncreatable=Reason.EXTERNAL, description="new"), live(foreign(), description="old")
    )
    assert found.action is Action.UPDATE


def test_a_schedule_that_is_declared_off_is_not_created():
    assert changes(schedule(enabled=False)) == ()


def test_a_resource_of_which_nothing_is_declared_is_not_created():
    assert changes(secret()) == ()


# --- fields ---------------------------------------------------------------------------------------


def test_what_is_as_declared_gives_no_change():
    assert changes(secret(value=value(), description="x"), live(held(), description="x")) == ()


def test_a_mark_that_a_run_did_not_come_to_is_written():
    place = Place("a.yaml", 3, 1)
    declared = replace(secret(value=value("fp-a"), description="x"), settings={"s": 1}, place=place)
    current = replace(live(held("fp-a"), description="x"), unremembered=("description",))
    found = change(declared, current)
    assert found == Change(
        declared.key,
        Action.UPDATE,
        settings={"s": 1},
        why=Why(Reason.MARK, names=("description",)),
    )
    assert found.place == place


def test_what_is_unset_is_not_managed():
    assert changes(secret(value=value()), live(held(), description="x", tags={"a": "b"})) == ()


def test_a_field_declared_absent_is_removed():
    found = change(secret(value=value(), description=None), live(held(), description="x"))
    assert found.fields == (FieldChange("description", "x", None),)


def test_a_field_declared_absent_that_is_absent_gives_no_change():
    assert changes(secret(value=value(), description=None), live(held(), description=None)) == ()
    assert changes(secret(value=value(), description=None), live(held())) == ()


def test_a_schedule_that_is_declared_off_and_is_off_gives_no_change():
    assert changes(schedule(enabled=False), live(kind="rotation", enabled=False)) == ()


def test_a_schedule_that_is_declared_off_and_is_on_is_turned_off():
    found = change(schedule(enabled=False), live(kind="rotation", enabled=True, lambda_="arn"))
    assert found.action is Action.UPDATE
    assert found.fields == (FieldChange("enabled", True, False),)


def test_only_the_declared_rule_of_a_schedule_is_compared():
    current = live(kind="rotation", enabled=True, schedule="rate(30 days)", window="3h")
    assert changes(schedule(schedule="rate(30 days)"), current) == ()


def test_a_schedule_says_with_every_change_whether_to_rotate_at_once():
    current = live(kind="rotation", enabled=True, schedule="rate(9 days)")
    found = change(schedule(schedule="rate(30 days)", at_once=True), current)
    assert found.settings == {"rotate_immediately": True}
    assert found.precondition == {}


def test_settings_alone_are_no_difference():
    assert changes(schedule(at_once=True), live(kind="rotation", enabled=True)) == ()


def test_each_differing_field_is_named_once_and_in_order():
    found = change(
        secret(value=value(), tags={"a": "2"}, description="new", kms_key="alias/x"),
        live(held(), tags={"a": "1"}, description="old", kms_key="alias/x"),
    )
    assert [f.name for f in found.fields] == ["description", "tags"]
    assert found.fields[0] == FieldChange("description", "old", "new")
    assert found.value is None
    assert found.precondition == {}
    assert found.why is None


def test_a_metadata_change_of_a_secret_is_bound_to_no_version():
    found = change(secret(value=value(), description="new"), live(held(), description="old"))
    assert "version" not in found.precondition


def test_a_recorded_field_is_as_declared_when_its_digest_is():
    policy = {"Version": "2012-10-17", "Statement": []}
    current = live(held(), resource_policy=recorded(dict(reversed(policy.items()))))
    assert changes(secret(value=value(), resource_policy=policy), current) == ()


def test_a_recorded_field_that_differs_shows_the_old_digest_as_a_digest():
    mark = recorded({"old": 1})
    found = change(secret(value=value(), resource_policy={}), live(held(), resource_policy=mark))
    assert found.fields == (FieldChange("resource_policy", mark.digest, {}, known=False),)


def test_a_recorded_field_that_was_read_as_well_shows_its_old_content():
    mark = replace(recorded([1]), content=[{"region": "eu-west-1"}], known=True)
    found = change(secret(value=value(), replicas=[]), live(held(), replicas=mark))
    assert found.fields == (FieldChange("replicas", [{"region": "eu-west-1"}], []),)


def test_what_was_never_recorded_is_not_taken_for_absent():
    found = change(secret(value=value(), replicas=[]), live(held(), replicas=Recorded(None)))
    assert found.fields == (FieldChange("replicas", None, [], known=False),)


def test_a_recorded_absence_is_remembered():
    current = live(held(), resource_policy=recorded(None))
    assert changes(secret(value=value(), resource_policy=None), current) == ()


def test_an_unchanged_secret_is_bound_to_the_first_fingerprint_key_by_its_tag_only():
    found = change(
        secret(value=value("fp-new", "fp-old"), fingerprint_key="kid-new"),
        live(held("fp-old"), fingerprint_key="kid-old"),
    )
    assert found.action is Action.UPDATE
    assert found.fields == (FieldChange("fingerprint_key", "kid-old", "kid-new"),)
    assert found.value is None


# --- parameters are written as a whole ------------------------------------------------------------


def test_a_parameter_s_metadata_change_writes_the_same_value_again():
    found = change(
        parameter(value=value("fp-a", "fp-old", plaintext="x"), description="new"),
        live(held("fp-a", version="7"), kind="parameter", description="old"),
    )
    assert found.value == ValueChange(Write.SAME, "fp-a", "x")
    assert found.precondition == {"version": "7"}


def test_a_parameter_without_key_writes_a_value_without_fingerprint():
    keyless = replace(value(), fingerprints=())
    current = live(held("fp-a"), kind="parameter", description="old")
    found = change(parameter(value=keyless, description="new"), current)
    assert found.value == ValueChange(Write.CHANGED, None)


def test_a_parameter_whose_value_differs_is_not_called_the_same():
    current = live(held("fp-b"), kind="parameter", description="old")
    found = change(parameter(value=value("fp-a"), description="new"), current)
    assert found.value.write is Write.CHANGED


def test_an_unchanged_parameter_is_not_written():
    assert changes(parameter(value=value()), live(held(), kind="parameter")) == ()


def test_a_whole_resource_without_a_value_of_ours_writes_none():
    found = change(parameter(description="n"), live(held(), kind="parameter", description="o"))
    assert found.value is None


# --- replace --------------------------------------------------------------------------------------

STRING_TO_SECURE = {
    "kind": "parameter",
    "type": "String",
    "description": "x",
    "fingerprint_key": "k",
    "fixed": ("type", "tier"),
}


def test_what_aws_cannot_change_in_place_is_refused():
    found = change(
        parameter(value=value(), type="SecureString", description="x"),
        live(held(), **STRING_TO_SECURE),
    )
    assert found.action is Action.REFUSE
    assert found.why == Why(Reason.NEEDS_REPLACE, names=("type",))
    assert found.fields == (FieldChange("type", "String", "SecureString"),)
    assert found.value is None


def test_replace_deletes_and_creates_with_every_declared_field():
    found = change(
        parameter(
            value=value("fp-a"),
            replace=True,
            type="SecureString",
            description="x",
            fingerprint_key="k",
        ),
        live(held("fp-a", version="7"), **STRING_TO_SECURE),
    )
    assert found.action is Action.REPLACE
    assert found.fields == (
        FieldChange("description", "x", "x"),
        FieldChange("type", "String", "SecureString"),
    )
    assert found.value == ValueChange(Write.SAME, "fp-a")
    assert found.precondition == {"version": "7"}
    assert found.why == Why(Reason.FIXED, names=("type",))


def test_a_replace_of_what_has_no_value_is_bound_to_having_none():
    found = change(parameter(replace=True, type="SecureString"), live(**STRING_TO_SECURE))
    assert found.action is Action.REPLACE
    assert found.precondition == {"version": None}


def test_replace_is_not_done_where_an_update_is_enough():
    found = change(
        parameter(value=value(), replace=True, type="String", description="new"),
        live(held(), **STRING_TO_SECURE),
    )
    assert found.action is Action.UPDATE


def test_each_reason_for_a_replace_is_given():
    found = change(
        parameter(value=value(), type="String", tier="Standard"),
        live(
            held(), kind="parameter", type="SecureString", tier="Advanced", fixed=("type", "tier")
        ),
    )
    assert found.why == Why(Reason.NEEDS_REPLACE, names=("tier", "type"))


def test_a_field_that_its_kind_refuses_to_change_is_refused_with_its_reason():
    why = Why(Reason.PARTNER, "Salesforce")
    current = replace(live(held("fp-a"), description="x", tags={}), refuses={"tags": why})
    assert changes(secret(value=value("fp-a"), description="y"), current)[0].code is None
    found = change(secret(value=value("fp-b"), description="y", tags={"a": "b"}), current)
    assert (found.action, found.why) == (Action.REFUSE, why)
    assert [f.name for f in found.fields] == ["description", "tags"]


@pytest.mark.parametrize("allowed", [False, True])
def test_a_field_that_is_made_anew_is_replaced_only_where_that_is_allowed(allowed):
    current = replace(live(held("fp-a"), kind="parameter", type="String"), anew=("type",))
    found = change(parameter(value=value("fp-a"), replace=allowed, type="SecureString"), current)
    assert found.precondition == {"version": "v1"}
    if allowed:
        assert (found.action, found.why) == (Action.REPLACE, Why(Reason.ANEW, names=("type",)))
    else:
        assert (found.action, found.why) == (Action.UPDATE, None)


def test_a_replacement_is_bound_to_the_version_even_where_no_value_is_written():
    current = replace(live(held("fp-a"), description="x"), anew=("description",))
    found = change(replace(secret(description="y"), replace=True), current)
    assert (found.action, found.value) == (Action.REPLACE, None)
    assert found.precondition == {"version": "v1"}


def test_a_barred_field_leaves_the_note_that_rotation_owns_the_value():
    current = live(foreign(), rotation=replace(live().rotation, enabled=True), a=1, fixed=("a",))
    found = plan(secret(value=value(rotation="declared"), a=2), current)
    assert [note.code for note in found.notes] == ["rotated"]


# --- restore --------------------------------------------------------------------------------------


def test_what_is_pending_deletion_and_declared_is_restored():
    found = change(secret(value=value()), live(held(), deleted=True))
    assert found.action is Action.RESTORE
    assert found.fields == ()
    assert found.value is None
    assert found.precondition == {"deleted": True}
    assert found.why is None


def test_a_restore_brings_value_and_fields_up_to_date():
    found = change(
        secret(value=value("fp-a"), description="new"),
        live(held("fp-b"), description="old", deleted=True),
    )
    assert found.action is Action.RESTORE
    assert found.value.write is Write.CHANGED
    assert found.precondition == {"version": "v1", "deleted": True}
    assert found.fields == (FieldChange("description", "old", "new"),)


def test_a_schedule_is_restored_with_its_secret_and_not_by_itself():
    found = changes(
        secret(value=value()),
        schedule(schedule="rate(30 days)"),
        live(held(), deleted=True),
        live(kind="rotation", enabled=True, schedule="rate(30 days)", deleted=True),
    )
    assert [(c.key.kind, c.action) for c in found] == [("secret", Action.RESTORE)]


def test_a_schedule_that_differs_is_updated_after_its_secret_is_restored():
    found = change(
        schedule(schedule="rate(30 days)"), live(kind="rotation", enabled=False, deleted=True)
    )
    assert found.action is Action.UPDATE
    assert found.precondition == {"deleted": True}


# --- whose it is ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ownership", "code"),
    [
        (Ownership.FOREIGN, "not-managed"),
        (Ownership.OTHER_OWNER, "other-owner"),
        (Ownership.SERVICE, "service-owned"),
        (Ownership.REPLICA, "replica"),
    ],
)
def test_what_is_not_ours_is_refused(ownership, code):
    current = live(held("fp-b"), ownership=ownership, owner="them", description="old")
    found = change(secret(value=value("fp-a"), description="new", fingerprint_key="k"), current)
    assert (found.action, found.code) == (Action.REFUSE, code)
    assert found.value is None
    assert found.precondition == {}
    assert found.fields == (FieldChange("description", "old", "new"),)


def test_what_is_not_ours_is_refused_even_where_nothing_differs():
    current = live(held("fp-a"), ownership=Ownership.FOREIGN)
    assert change(secret(value=value("fp-a")), current).code == "not-managed"


def test_a_schedule_is_refused_with_its_secret_once():
    found = changes(
        secret(value=value()),
        schedule(schedule="rate(30 days)"),
        live(held(), ownership=Ownership.FOREIGN),
        live(kind="rotation", enabled=True, schedule="rate(30 days)", ownership=Ownership.FOREIGN),
    )
    assert [c.key.kind for c in found] == ["secret"]


def test_a_schedule_that_differs_is_refused_with_its_secret():
    found = change(schedule(), live(kind="rotation", enabled=False, ownership=Ownership.FOREIGN))
    assert (found.key.kind, found.code) == ("rotation", "not-managed")


# --- what nothing declares ------------------------------------------------------------------------


def test_what_is_ours_and_undeclared_is_kept_by_default():
    found = plan(live(held()))
    assert found.changes == ()
    assert [(note.key.name, note.code) for note in found.notes] == [(NAME, "kept")]
    assert found.notes[0].code is Notable.KEPT


def test_what_is_ours_and_undeclared_is_pruned_where_the_policy_says_so():
    current = live(
        held(),
        description="x",
        kms_key=None,
        tags={},
        fingerprint_key="k",
        resource_policy=recorded({}),
        replicas=Recorded(None, ["eu"], known=True),
    )
    found = plan(current, policy=PRUNING)
    assert found.notes == ()
    (pruned,) = found.changes
    assert pruned.action is Action.PRUNE
    assert pruned.fields == (FieldChange("description", "x", None),)
    assert pruned.value is None
    assert pruned.precondition == {"version": "v1"}


def test_a_prune_while_rotation_is_on_is_bound_to_no_version():
    current = live(foreign(), rotation=replace(live().rotation, enabled=True))
    assert change(current, policy=PRUNING).precondition == {}


def test_a_prune_of_what_has_no_value_is_bound_to_no_version():
    assert change(live(), policy=PRUNING).precondition == {}


@pytest.mark.parametrize(
    "current",
    [
        live(held(), ownership=Ownership.FOREIGN),
        live(held(), ownership=Ownership.OTHER_OWNER, owner="them/production"),
        live(held(), ownership=Ownership.SERVICE, owner="rds"),
        live(held(), ownership=Ownership.REPLICA, owner="eu-west-1"),
        live(held(), deleted=True),
        live(held(), name="/app/production2/db"),
        live(held(), name="prod-db-password"),
    ],
    ids=["foreign", "other owner", "service", "replica", "deleted", "beside", "outside"],
)
@pytest.mark.parametrize("policy", [POLICY, PRUNING])
def test_what_is_not_ours_or_not_under_the_prefix_is_neither_pruned_nor_kept(current, policy):
    found = plan(current, policy=policy)
    assert (found.changes, found.notes) == ((), ())


# --- what one resource needs of another -----------------------------------------------------------


def test_a_schedule_of_a_secret_that_is_refused_and_not_there_is_refused():
    found = changes(secret(uncreatable=Reason.NOT_CREATABLE), schedule(schedule="rate(9 days)"))
    assert [(c.key.kind, c.action, c.code) for c in found] == [
        ("rotation", Action.REFUSE, "requires"),
        ("secret", Action.REFUSE, "not-creatable"),
    ]
    assert found[0].why == Why(Reason.REQUIRES, "secret")
    assert [f.name for f in found[0].fields] == ["enabled", "schedule"]


def test_a_schedule_that_is_refused_itself_keeps_its_own_reason():
    barred = replace(schedule(schedule="rate(9 days)"), uncreatable=Reason.EXTERNAL)
    found = changes(secret(uncreatable=Reason.NOT_CREATABLE), barred)
    assert [c.code for c in found] == [Reason.EXTERNAL, Reason.NOT_CREATABLE]


def test_a_schedule_of_a_secret_that_stays_pending_deletion_is_refused():
    found = changes(
        secret(value=value("fp-b", rotation="declared")),
        schedule(schedule="rate(9 days)"),
        live(held(), deleted=True, rotation=BEGUN),
        live(kind="rotation", enabled=True, schedule="rate(30 days)", deleted=True),
    )
    assert [(c.key.kind, c.action, c.code) for c in found] == [
        ("rotation", Action.REFUSE, "requires"),
        ("secret", Action.REFUSE, "seed-changed"),
    ]


def test_a_schedule_of_a_secret_that_is_created_is_created():
    found = changes(secret(value=value(rotation="declared")), schedule())
    assert [c.action for c in found] == [Action.CREATE, Action.CREATE]


def test_a_schedule_changes_even_where_a_value_of_its_live_secret_is_refused():
    rotating = replace(live().rotation, enabled=True, last=LAST)
    found = changes(
        secret(value=value("fp-a", rotation="declared")),
        schedule(schedule="rate(9 days)"),
        live(held("fp-b"), rotation=rotating),
        live(kind="rotation", enabled=True, schedule="rate(30 days)"),
    )
    assert [(c.key.kind, c.action) for c in found] == [
        ("rotation", Action.UPDATE),
        ("secret", Action.REFUSE),
    ]


def test_only_the_secret_of_the_same_name_decides_about_a_schedule():
    found = changes(
        secret(value=value()),
        schedule(),
        secret("/app/production/other", uncreatable=Reason.NOT_CREATABLE),
    )
    assert {(c.key.kind, c.key.name, c.action) for c in found} == {
        ("secret", NAME, Action.CREATE),
        ("rotation", NAME, Action.CREATE),
        ("secret", "/app/production/other", Action.REFUSE),
    }


# --- the plan -------------------------------------------------------------------------------------


def test_changes_are_sorted_by_kind_and_name():
    names = ["/app/production/b", "/app/production/a"]
    found = changes(*(make(name, value=value()) for name in names for make in (secret, parameter)))
    assert [c.key for c in found] == sorted(c.key for c in found)
    assert len(found) == 4


def test_what_is_ours_is_counted_and_nothing_else():
    found = plan(
        secret(value=value()),
        live(made(), name="/app/production/a"),
        live(held(), name="/app/production/b", deleted=True),
        live(held(), name="/app/production/c", ownership=Ownership.FOREIGN),
    )
    assert found.owned == 2


def test_a_plan_says_what_it_was_computed_under():
    found = plan(policy=PRUNING)
    assert (found.scope, found.policy, found.changes) == (SCOPE, PRUNING, ())


def test_every_change_says_where_its_resource_is_declared():
    place = Place("production/db.sops.yaml", 3, 5)
    things = [
        (secret(value=value()), None),
        (secret(uncreatable=Reason.EXTERNAL), None),
        (secret(value=value("fp-a")), live(held("fp-b"))),
        (secret(value=value()), live(held(), ownership=Ownership.FOREIGN)),
    ]
    for resource, current in things:
        placed = replace(resource, place=place)
        assert change(placed, *([current] if current else [])).place == place


def test_a_note_is_of_its_resource():
    (note,) = plan(live(made())).notes
    assert isinstance(note, Note)
    assert note.key == Key("secret", NAME)
