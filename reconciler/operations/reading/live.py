"""Live values, read and judged: only for `drift --read-values`, which says that it reads.

Marks in AWS tell which version is whose. What they cannot tell is a value that somebody else put
under a version id, or into a parameter that they made anew, before we could.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.aws.client import Aws
from reconciler.core.model import FieldChange, Key, Live, Origin, Ownership, Resource, Source
from reconciler.kinds.keys import NAME as KEYS
from reconciler.kinds.keys import members
from reconciler.kinds.parameter import values as parameters
from reconciler.kinds.reading import Read, Unread
from reconciler.kinds.secret import values as secrets
from reconciler.operations.adopt.compare import equal
from reconciler.operations.planning import Planned
from reconciler.operations.reading.keynames import differing
from reconciler.values.sensitive import Fingerprinter, Sealed, Sensitive, parse_token, public


@dataclass(frozen=True)
class Verdict:
    """What reading a value has shown.

    ``same``: it is the declared one, or holds the declared keys where git owns only those; None
    where git declares none. ``keys`` name where two JSON
    values differ. ``false``: its version says that we wrote another value than it holds.
    ``unread`` is AWS's word for why it was not handed out.
    """

    same: bool | None = None
    keys: tuple[FieldChange, ...] = ()
    false: bool = False
    unread: str | None = None


def suspects(planned: Planned, *, everything: bool) -> list[Key]:
    """What to read: of what is declared, ours and live, the values that are not known to be the
    declared ones and that no rotation owns; or every one there is. What a rotation did to the keys
    that git owns no list tells, so those are always read."""
    return [
        key
        for key, resource in sorted(planned.desired.resources.items())
        if (live := planned.live.get(key)) is not None
        and _readable(live)
        and (
            key.kind == KEYS
            or (resource.requires is None and (everything or _differs(resource, live)))
        )
    ]


def _readable(live: Live) -> bool:
    return live.value is not None and not live.deleted and live.ownership is Ownership.OURS


def _differs(resource: Resource, live: Live) -> bool:
    want, have, rotation = resource.value, live.value, live.rotation
    if want is None or have is None or want.source is Source.GENERATED:
        return False
    if rotation.enabled or rotation.last is not None:
        return False
    return have.fingerprint not in want.fingerprints


def judge(planned: Planned, aws: Aws, *, everything: bool) -> Mapping[Key, Verdict]:
    """Read the suspects, 20 secrets or 10 parameters a call, and say what each is.

    Raises AwsError where a call fails as a whole.
    """
    wanted = suspects(planned, everything=everything)
    of_parameters = [key.name for key in wanted if key.kind == "parameter"]
    of_secrets = [key.name for key in wanted if key.kind != "parameter"]
    in_parameters = parameters.read(aws, of_parameters)
    in_secrets = secrets.read(aws, of_secrets)  # each once, whatever of it is judged
    return {
        key: _judged(
            planned, key, (in_parameters if key.kind == "parameter" else in_secrets)[key.name]
        )
        for key in wanted
    }


def _judged(planned: Planned, key: Key, answer: Read | Unread) -> Verdict:
    if isinstance(answer, Unread):
        return Verdict(unread=answer.aws_code)
    sealed = planned.desired.values.get(key)
    if key.kind == KEYS:
        return _keys(sealed, answer)
    trust, live = planned.desired.fingerprinter, planned.live[key]
    false = _false(key, answer, live, trust)
    if sealed is None or sealed.content is None:
        return Verdict(false=false)
    if equal(sealed, answer.content):
        return Verdict(same=True, false=false)
    if _bound(live, answer):
        false = live.value is not None and live.value.fingerprint in _declared(planned, key)
    return Verdict(False, differing(answer.content, sealed.content) or (), false)


def _keys(sealed: Sealed | None, answer: Read) -> Verdict:
    """Whether a rotated value holds what git owns of it; what else it holds is rotation's."""
    content = answer.content
    if sealed is None or sealed.content is None or not isinstance(sealed.content.reveal(), str):
        return Verdict()
    declared: Sensitive[str] = sealed.content  # type: ignore[assignment]
    live: Sensitive[str] | None = None
    if isinstance(content.reveal(), str):
        text: Sensitive[str] = content  # type: ignore[assignment]
        live = members.select(text, members.names(declared) or ())
    if live is None:
        return Verdict(False)
    return Verdict(True) if equal(sealed, live) else Verdict(False, differing(live, declared) or ())


def _false(key: Key, answer: Read, live: Live, trust: Fingerprinter) -> bool:
    """Whether the mark that says whose value this is, was made for another value."""
    content = answer.content
    if key.kind == "secret":
        token = parse_token(answer.version)
        if token is None or token.generated or token.kid not in trust.kids:
            return False
        tokens = trust.secret_tokens(key.name, content)
        return tokens[trust.kids.index(token.kid)] != answer.version
    value = live.value
    if value is None or value.origin is not Origin.GIT or value.version != answer.version:
        return False
    if value.kid not in trust.kids or not isinstance(content.reveal(), str):
        return False
    text: Sensitive[str] = content  # type: ignore[assignment]
    prints = trust.parameter_fingerprints(key.name, str(live.fields.get("type")), text)
    return public(prints[trust.kids.index(value.kid)]) != value.fingerprint


def _bound(live: Live, answer: Read) -> bool:
    """Whether a tag, and not the version id, says what the value is."""
    return (
        live.value is not None
        and live.value.origin is Origin.GIT
        and (parse_token(answer.version) is None and live.key.kind == "secret")
    )


def _declared(planned: Planned, key: Key) -> tuple[str, ...]:
    value = planned.desired.resources[key].value
    return () if value is None else value.fingerprints
