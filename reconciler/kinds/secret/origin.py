"""Whose the live value of a secret is, told by its version id and its marks, without reading it.

The form of a version id proves nothing: who writes a version, a rotation for one, chooses its id.
It is git's where it is the fingerprint of what git declares, or where a mark under a fingerprint
key says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.aws.recogniser import Recogniser
from reconciler.core.model import LiveValue, Origin, Resource, Rotation
from reconciler.kinds import tags
from reconciler.kinds.kind import Record
from reconciler.kinds.secret import mark
from reconciler.kinds.secret.labels import CURRENT, PENDING, PREVIOUS, STAGED, stages, version_at
from reconciler.values.sensitive import parse_token, public


def live_value(
    record: Record,
    resource: Resource | None,
    rotation: Rotation,
    live_tags: Mapping[str, str],
    trust: Recogniser,
) -> LiveValue | None:
    """What is known of the version at AWSCURRENT; None where there is none."""
    version = version_at(record, CURRENT)
    if version is None:
        return None
    earlier = frozenset(
        public(other)
        for other, labels in stages(record).items()
        # A version that is only staged, or only begun, has never served: nothing returns to it.
        if other != version and parse_token(other) and not {*labels} <= {STAGED, PENDING}
    )
    begun = version_at(record, STAGED)
    staged = None if begun in (None, version) else public(str(begun))
    declared = () if resource is None or resource.value is None else resource.value.fingerprints
    token = parse_token(version)
    binding = trust.binding(record.name, version, live_tags.get(tags.BOUND, ""))
    bound = binding and next((f for f in declared if f.startswith(binding[0])), None)
    if binding and bound:
        return LiveValue(version, Origin.GIT, bound, binding[1], earlier, staged)
    kid = token.kid if token else None
    git = LiveValue(version, Origin.GIT, public(version), kid, earlier, staged)
    if git.fingerprint in declared:
        return git
    outside = LiveValue(version, Origin.OUTSIDE, earlier=earlier, staged=staged)
    vouched = mark.read(record, trust).vouches(version, version_at(record, PREVIOUS))
    if vouched is False:
        return outside
    if binding and token and not token.generated:
        # A key that has retired wrote it, and the manifest has another value, or none.
        return replace(git, fingerprint=None, kid=binding[1])
    generated = replace(outside, origin=Origin.GENERATED, kid=kid)
    if binding and binding[0] == public(version)[:32]:
        return replace(generated, kid=binding[1])
    if vouched:
        return generated if token and token.generated else git
    unmarked = _unmarked(record, version, rotation, trust)
    return replace(unmarked, earlier=earlier, staged=staged)


def _unmarked(record: Record, version: str, rotation: Rotation, trust: Recogniser) -> LiveValue:
    """What is known of a version of which no mark says anything, as version 0.1 left them all.

    Where rotation was ever in play, it is taken for rotation's.
    """
    token = parse_token(version)
    outside = LiveValue(version, Origin.OUTSIDE)
    if token is None or token.kid not in trust.kids or rotation.last is not None:
        return outside
    if trust.is_generated(record.name, version):
        return replace(outside, origin=Origin.GENERATED, kid=token.kid)
    if token.generated or (rotation.configured and not rotation.enabled):
        return outside
    return replace(outside, origin=Origin.UNKNOWN, fingerprint=public(version))
