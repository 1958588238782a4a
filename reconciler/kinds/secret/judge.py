"""What reading a secret's value shows: whether its version id was made for it."""

from __future__ import annotations

from reconciler.core.model import Origin
from reconciler.kinds.judging import judged
from reconciler.kinds.kind import Target
from reconciler.kinds.reading import Read, Verdict
from reconciler.values.sensitive import Fingerprinter, parse_token


def judge(target: Target, answer: Read) -> Verdict:
    """Whether the value is the declared one, and the one that its version id says."""
    value = None if target.live is None else target.live.value
    git = value is not None and value.origin is Origin.GIT
    bound = git and parse_token(answer.version) is None
    false = _false(target.key.name, answer, target.fingerprinter)
    return judged(target, answer, false=false, bound=bound)


def _false(name: str, answer: Read, trust: Fingerprinter) -> bool:
    token = parse_token(answer.version)
    if token is None or token.generated or token.kid not in trust.kids:
        return False
    tokens = trust.secret_tokens(name, answer.content)
    return tokens[trust.kids.index(token.kid)] != answer.version
