"""Who calls AWS, and at what time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from reconciler.access.doctor.check import Check, fails, ok, warning
from reconciler.aws.client import Aws
from reconciler.core.errors import AwsError, CredentialsError
from reconciler.core.model import Scope
from reconciler.operations import planning

# AWS refuses a request whose signature is older, or younger, than that.
REFUSED = timedelta(minutes=5)
WORTH_TELLING = timedelta(minutes=1)


def look(aws: Aws, scope: Scope) -> tuple[str | None, list[Check]]:
    """The caller's ARN, or None where it is nobody's that can do anything here."""
    principal = None
    try:
        principal = planning.check_account(aws, scope)
    except (CredentialsError, AwsError) as error:
        found = [fails("identity", error.message, error.hint)]
    else:
        found = [ok("identity", f"{principal}, in account {scope.account}")]
    return principal, [*found, *clock(aws.ahead)]


def clock(ahead: timedelta | None) -> Iterator[Check]:
    """AWS says the time with every answer, with a refusal too: by how much it is ahead, None where
    it gave no answer."""
    if ahead is None:
        yield warning("clock", "AWS has not answered, so its time is not known", "see above")
        return
    off = abs(ahead)
    seconds = round(off.total_seconds())
    which = "behind" if ahead > timedelta() else "ahead of"
    if off >= REFUSED:
        yield fails("clock", f"this machine is {seconds} s {which} AWS, which refuses signatures"
                    " that are five minutes off", "set the clock, best by NTP")  # fmt: skip
    elif off >= WORTH_TELLING:
        yield warning("clock", f"this machine is {seconds} s {which} AWS; at five minutes its"
                      " signatures are refused", "set the clock, best by NTP")  # fmt: skip
    else:
        yield ok("clock", f"within {max(1, seconds)} s of AWS's")
