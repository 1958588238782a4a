"""The values of an environment: as the manifests declare them, or as AWS holds them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from reconciler.aws.client import Aws
from reconciler.core.model import Key
from reconciler.kinds.reading import Read
from reconciler.manifest import Desired
from reconciler.operations import live_values
from reconciler.values.sensitive import Sensitive

Content = Sensitive[str] | Sensitive[bytes]


@dataclass
class Collected:
    """Values by resource, and why others have none. ``seeds`` are those of which git has only
    the first: rotation owns them."""

    values: dict[Key, Content] = field(default_factory=dict)
    missing: dict[Key, str] = field(default_factory=dict)
    seeds: set[Key] = field(default_factory=set)


def from_manifests(desired: Desired, wanted: Collection[Key]) -> Collected:
    """What git declares. Generated and external values are not in git."""
    found = Collected()
    for key in sorted(wanted):
        sealed = desired.values.get(key)
        if sealed is not None and sealed.content is not None:
            found.values[key] = sealed.content
            value = desired.resources[key].value
            if value is not None and value.rotation == "declared":
                found.seeds.add(key)
        else:
            found.missing[key] = "git does not have its value; --from aws reads it"
    return found


def from_aws(aws: Aws, wanted: Collection[Key]) -> Collected:
    """What is live, 20 secrets or 10 parameters a call. Raises AwsError."""
    found = Collected()
    for key, answer in sorted(live_values.read(aws, wanted).items(), key=lambda pair: pair[0]):
        if isinstance(answer, Read):
            found.values[key] = answer.content
        else:
            found.missing[key] = f"AWS does not return its value ({answer.aws_code})"
    return found
