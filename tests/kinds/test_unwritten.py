"""A changed field that nothing writes is never reported as done."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler import kinds
from reconciler.core.model import Action, Change, FieldChange, Key, Resource
from reconciler.kinds.field import UnwrittenFieldError
from reconciler.kinds.kind import Job, Kind, Record
from reconciler.values.sensitive import Sealed, Sensitive
from tests.core.build import KEYS, NAME, POLICY, SCOPE, fingerprinter


class Untouched:
    """An AWS that nobody may call."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was asked for")


@pytest.mark.parametrize("action", ["create", "update"])
@pytest.mark.parametrize("kind", kinds.all_of_them().values(), ids=lambda kind: kind.NAME)
def test_it_is_an_error_before_the_first_call(kind: Kind, action: str) -> None:
    if (kind.NAME, action) == ("keys", "create"):
        pytest.skip("the call that creates their secret writes them")
    change = Change(
        Key(kind.NAME, NAME),
        Action(action),
        (FieldChange("description", None, "d"), FieldChange("unknown", "old", "new")),
    )
    resource = Resource(change.key, {"description": "d", "unknown": "new"})
    record = Record(NAME, {"Name": NAME, "Version": 1}, fresh=True)
    sealed = Sealed(Sensitive("v"))
    job = Job(change, resource, None, record, sealed, SCOPE, POLICY, fingerprinter(*KEYS))
    with pytest.raises(UnwrittenFieldError, match=r"nothing writes the field .*unknown"):
        getattr(kind, action)(Untouched(), job)
