"""Live values, read and judged: only for `drift --read-values`, which says that it reads.

Marks in AWS tell which version is whose. What they cannot tell is a value that somebody else put
under a version id, or into a parameter that they made again, before we could.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler import kinds
from reconciler.aws.client import Aws
from reconciler.core.model import Key, Live, Ownership
from reconciler.kinds.reading import Read, Unread, Verdict
from reconciler.operations import live_values, observe
from reconciler.operations.planning import Planned


def suspects(planned: Planned, *, everything: bool) -> list[Key]:
    """What to read: of what is declared, owned and live, the values that are not known to be the
    declared ones and that no rotation owns; or every one there is."""
    return [
        key
        for key, resource in sorted(planned.desired.resources.items())
        if (live := planned.live.get(key)) is not None
        and _readable(live)
        and kinds.of(key.kind).suspect(resource, live, everything=everything)
    ]


def _readable(live: Live) -> bool:
    return live.value is not None and not live.deleted and live.ownership is Ownership.OURS


def judge(planned: Planned, aws: Aws, *, everything: bool) -> Mapping[Key, Verdict]:
    """Read the suspects, each value once, and say what each is.

    Raises AwsError where a call fails as a whole.
    """
    answers = live_values.read(aws, suspects(planned, everything=everything))
    return {key: _judged(planned, key, answer) for key, answer in answers.items()}


def _judged(planned: Planned, key: Key, answer: Read | Unread) -> Verdict:
    if isinstance(answer, Unread):
        return Verdict(unread=answer.aws_code)
    target = observe.target(planned.desired, planned.records, planned.live, key)
    return kinds.of(key.kind).judge(target, answer)
