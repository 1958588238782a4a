"""Whose a live resource is decides what may be done with it."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from reconciler.core.model import Ownership, Policy
from reconciler.core.ownership import Refusal, is_kept, may_adopt, may_apply, may_handle, may_prune
from reconciler.core.reasons import Reason, Why
from tests.core.build import NAME, PRUNING, SCOPE, held, live

OUTSIDE = ["/app/production", "/app/productions/db", "/app/staging/db", "db", "x" + NAME]


def test_what_is_ours_may_be_applied():
    assert may_apply(live()) is None


@pytest.mark.parametrize(
    ("ownership", "owner", "refusal"),
    [
        (
            Ownership.SERVICE,
            "rds",
            Reason.SERVICE_OWNED,
        ),
        (
            Ownership.REPLICA,
            "eu-west-1",
            Reason.REPLICA,
        ),
        (
            Ownership.PARTNER,
            "SalesforceClientSecret",
            Reason.PARTNER,
        ),
        (
            Ownership.ELSEWHERE,
            "arn:aws:secretsmanager:us-west-2:210987654321:secret:db-AbCdEf",
            Reason.OTHER_ACCOUNT,
        ),
        (
            Ownership.OTHER_OWNER,
            "them/production",
            Reason.OTHER_OWNER,
        ),
        (
            Ownership.FOREIGN,
            None,
            Reason.NOT_MANAGED,
        ),
        (
            Ownership.FOREIGN,
            "CloudFormation stack web",
            Reason.NOT_MANAGED,
        ),
    ],
)
def test_what_is_not_ours_is_refused_and_names_the_owner(ownership, owner, refusal):
    assert may_apply(live(ownership=ownership, owner=owner)) == Why(refusal, owner)


def test_what_another_fingerprint_key_marked_says_so():
    lost = replace(live(ownership=Ownership.FOREIGN), lost_key=True)
    assert may_apply(lost) == Why(Reason.OTHER_KEY, None)


def test_what_is_ours_and_there_is_rotated_and_rolled_back():
    assert may_handle(live()) is None


@pytest.mark.parametrize("ownership", [o for o in Ownership if o is not Ownership.OURS])
@pytest.mark.parametrize(("owner", "says"), [(None, ""), ("them", ": them does")])
def test_what_is_not_ours_is_neither_rotated_nor_rolled_back(ownership, owner, says):
    assert may_handle(live(ownership=ownership, owner=owner, deleted=True)) == Refusal(
        "not-ours", f"this environment does not own it{says}", "adopt it first"
    )


def test_what_is_pending_deletion_is_restored_first():
    assert may_handle(replace(live(deleted=True), restore="aws restore it")) == Refusal(
        "pending-deletion",
        "it is pending deletion",
        "restore it first: aws restore it",
    )


@pytest.mark.parametrize("ownership", [o for o in Ownership if o is not Ownership.FOREIGN])
@pytest.mark.parametrize("deleted", [False, True])
def test_what_is_somebodys_is_adopted_no_more_than_it_is_applied(ownership, deleted):
    current = live(ownership=ownership, owner="them", deleted=deleted)
    assert may_adopt(current) == may_apply(current)


def test_what_is_nobodys_may_be_adopted():
    assert may_adopt(live(ownership=Ownership.FOREIGN)) is None


@pytest.mark.parametrize("deleted", [False, True])
def test_what_a_stack_holds_is_not_adopted(deleted):
    current = live(ownership=Ownership.FOREIGN, owner="CloudFormation stack web", deleted=deleted)
    assert may_adopt(current) == Why(Reason.HELD_ELSEWHERE, "CloudFormation stack web")


def test_what_is_pending_deletion_is_restored_before_it_is_adopted():
    assert may_adopt(
        replace(live(ownership=Ownership.FOREIGN, deleted=True), restore="aws restore it")
    ) == Why(Reason.PENDING_DELETION, "aws restore it")


@pytest.mark.parametrize(
    ("ownership", "deleted", "name", "prune"),
    list(product(Ownership, (False, True), [NAME, *OUTSIDE], (False, True))),
)
def test_a_prune_needs_all_of_it(ownership, deleted, name, prune):
    current = live(held(), name=name, ownership=ownership, deleted=deleted)
    ours = ownership is Ownership.OURS and not deleted and name == NAME
    assert is_kept(current, SCOPE) is ours
    assert may_prune(current, SCOPE, Policy(prune=prune)) is (ours and prune)


def test_a_prefix_with_and_without_its_slash_is_the_same():
    slashed = replace(SCOPE, prefix=SCOPE.prefix + "/")
    assert slashed.under == SCOPE.under == "/app/production/"
    assert may_prune(live(), slashed, PRUNING)
