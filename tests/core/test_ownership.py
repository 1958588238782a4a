"""Whose a live resource is decides what may be done with it."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from reconciler.core.model import Ownership, Policy
from reconciler.core.ownership import Refusal, is_kept, may_adopt, may_apply, may_prune
from tests.core.build import NAME, PRUNING, SCOPE, held, live

OUTSIDE = ["/app/production", "/app/productions/db", "/app/staging/db", "db", "x" + NAME]


def test_what_is_ours_may_be_applied():
    assert may_apply(live(), SCOPE) is None


@pytest.mark.parametrize(
    ("ownership", "owner", "refusal"),
    [
        (
            Ownership.SERVICE,
            "rds",
            Refusal(
                "service-owned",
                "the AWS service rds owns it, and AWS refuses writes by anybody else",
                "take it out of the manifest, or declare it where that service is configured",
            ),
        ),
        (
            Ownership.REPLICA,
            "eu-west-1",
            Refusal(
                "replica",
                "it is a replica of the secret in eu-west-1, and AWS refuses writes to it",
                "declare `replicas` on the secret in eu-west-1",
            ),
        ),
        (
            Ownership.OTHER_OWNER,
            "them/production",
            Refusal(
                "other-owner",
                "it is owned by them/production, not by app-secrets/production",
                "one of the two has to release it",
            ),
        ),
        (
            Ownership.FOREIGN,
            None,
            Refusal(
                "not-managed",
                "it exists and is not managed: adopt it",
                "nothing of it was changed; choose another name, or adopt it",
            ),
        ),
        (
            Ownership.FOREIGN,
            "CloudFormation stack web",
            Refusal(
                "not-managed",
                "it exists and is not managed (CloudFormation stack web): adopt it",
                "nothing of it was changed; choose another name, or adopt it",
            ),
        ),
    ],
)
def test_what_is_not_ours_is_refused_and_names_the_owner(ownership, owner, refusal):
    assert may_apply(live(ownership=ownership, owner=owner), SCOPE) == refusal


@pytest.mark.parametrize("ownership", [o for o in Ownership if o is not Ownership.FOREIGN])
@pytest.mark.parametrize("deleted", [False, True])
def test_what_is_somebodys_is_adopted_no_more_than_it_is_applied(ownership, deleted):
    current = live(ownership=ownership, owner="them", deleted=deleted)
    assert may_adopt(current, SCOPE) == may_apply(current, SCOPE)


def test_what_is_nobodys_may_be_adopted():
    assert may_adopt(live(ownership=Ownership.FOREIGN), SCOPE) is None


@pytest.mark.parametrize("deleted", [False, True])
def test_what_a_stack_holds_is_not_adopted(deleted):
    current = live(ownership=Ownership.FOREIGN, owner="CloudFormation stack web", deleted=deleted)
    assert may_adopt(current, SCOPE) == Refusal(
        "held-elsewhere",
        "the CloudFormation stack web holds it, and would write it again",
        "take it out of the stack with `DeletionPolicy: Retain`, then adopt it",
    )


def test_what_is_pending_deletion_is_restored_before_it_is_adopted():
    assert may_adopt(live(ownership=Ownership.FOREIGN, deleted=True), SCOPE) == Refusal(
        "pending-deletion",
        "it is pending deletion",
        f"restore it first: aws secretsmanager restore-secret --secret-id {NAME}",
    )


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
