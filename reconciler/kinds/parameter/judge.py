"""What reading a parameter's value shows: whether its stamp was made for it."""

from __future__ import annotations

from reconciler.core.model import Origin
from reconciler.kinds.judging import judged
from reconciler.kinds.kind import Target
from reconciler.kinds.reading import Read, Verdict
from reconciler.values.sensitive import Sensitive, public


def judge(target: Target, answer: Read) -> Verdict:
    """Whether the value is the declared one, and the one that its stamp says."""
    return judged(target, answer, false=_false(target, answer))


def _false(target: Target, answer: Read) -> bool:
    live, content, trust = target.live, answer.content, target.fingerprinter
    value = None if live is None else live.value
    if live is None or value is None or value.origin is not Origin.GIT:
        return False
    if value.version != answer.version or value.kid not in trust.kids:
        return False
    if not isinstance(content.reveal(), str):
        return False
    text: Sensitive[str] = content  # type: ignore[assignment]
    type_ = str(live.fields.get("type"))
    prints = trust.parameter_fingerprints(target.key.name, type_, text)
    return public(prints[trust.kids.index(value.kid)]) != value.fingerprint
