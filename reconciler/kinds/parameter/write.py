"""How parameters are written: as a whole, with a stamp, and never blindly a second time."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from typing import Any

from reconciler.aws.client import Aws, require
from reconciler.core.digest import content_digest
from reconciler.core.errors import AwsError, ConflictError
from reconciler.core.model import JSON, Action
from reconciler.kinds import field, tags
from reconciler.kinds.kind import Job, Record
from reconciler.kinds.parameter import stamp, tagged
from reconciler.kinds.parameter.field import Sent
from reconciler.kinds.parameter.fields import FIELDS, RECORDED
from reconciler.kinds.parameter.observe import find
from reconciler.kinds.parameter.terms import SERVICE

AFTER_DELETE = (
    30.0  # seconds: "wait for at least 30 seconds to create a parameter with the same name"
)
TRIES = 8  # of a write whose answer was lost and that was then seen not to have been done
PAUSE = 0.2  # seconds before the second try, twice as many before each further one


def create(aws: Aws, job: Job) -> str | None:
    """Create the parameter with its value, stamp and tags: one call.

    Raises ConflictError where a parameter of this name has come into being meanwhile.
    """
    field.changed(FIELDS, job.change.fields)
    declared = _tags(job)
    request = _request(job, None, version=1)
    request["Tags"] = tags.to_list({**declared, **_marks(job, declared)})
    return _put(aws, job, request, version=1)


def update(aws: Aws, job: Job) -> str | None:
    """Write value and metadata again with the stamp of the version that this makes.

    The live KeyId, Tier, Description, AllowedPattern and DataType are sent again where they are
    not declared. Raises ConflictError where another version came between.
    """
    changed = {row.name for row, _ in field.changed(FIELDS, job.change.fields)}
    name = job.change.key.name
    if job.record is None:
        raise ConflictError(f"{name} has been deleted meanwhile", hint="plan again")
    version = int(job.change.precondition["version"]) + 1  # type: ignore[arg-type]
    # The stamp says that the tags are set, so they are set before it: "Tags" and "Overwrite"
    # cannot go together.
    if "tags" in changed or _outside(job):
        _update_tags(aws, job)
    request = _request(job, job.record.data, version=version)
    request["Overwrite"] = True
    return _put(aws, job, request, version=version)


def delete(aws: Aws, job: Job) -> None:
    """Delete the parameter; AWS keeps nothing of it.

    Where it is created again at once (a replace), AWS asks to wait: "After deleting a parameter,
    wait for at least 30 seconds to create a parameter with the same name."
    """
    field.changed(FIELDS, job.change.fields)  # before it is too late
    try:
        aws.call(SERVICE, "delete_parameter", Name=job.change.key.name)
    except AwsError as error:
        if error.aws_code != "ParameterNotFound":
            raise
    if job.change.action is Action.REPLACE:
        time.sleep(AFTER_DELETE)


def _outside(job: Job) -> bool:
    return job.live is None or job.live.fields.get("fingerprint_key") is None


def _tags(job: Job) -> dict[str, str]:
    declared = job.declared.get("tags")
    return {k: str(v) for k, v in declared.items()} if isinstance(declared, Mapping) else {}


def _marks(job: Job, declared: Mapping[str, str]) -> dict[str, str]:
    marks = {tags.OWNER: job.scope.owner_id}
    if declared:
        marks[tags.KEYS] = tags.encode_keys(declared)
    return marks


def _update_tags(aws: Aws, job: Job) -> None:
    """Remove what we set before and set what is declared: only now are the live tags read, and
    nothing is written where they say that it is somebody else's.

    In this order: the mark that lists our tags is set last.
    """
    name = job.change.key.name
    which: dict[str, Any] = {"ResourceType": "Parameter", "ResourceId": name}
    live = tagged.of(aws, name)
    owner = tagged.other_owner(live, job.scope)
    if owner is None and job.change.action is Action.ADOPT:
        owner = tagged.stack(live)
    if owner is not None:
        raise ConflictError(
            f"{name} belongs to {owner} now", hint="nothing was overwritten; plan again"
        )
    declared = _tags(job)
    managed = "tags" in job.declared
    wanted = {**declared, **_marks(job, declared)}
    differing = {key: value for key, value in wanted.items() if live.get(key) != value}
    gone = sorted(set(tags.managed(live, ())) - set(declared)) if managed else []
    if managed and not declared and tags.KEYS in live:
        gone.append(tags.KEYS)
    if gone:
        aws.call(SERVICE, "remove_tags_from_resource", **which, TagKeys=gone)
    if differing:
        aws.call(SERVICE, "add_tags_to_resource", **which, Tags=tags.to_list(differing))


def _request(job: Job, live: Mapping[str, Any] | None, *, version: int) -> dict[str, Any]:
    """The whole of a PutParameter, from what is declared and, where it is not, from live."""
    name = job.change.key.name
    resource, sealed = job.resource, job.sealed
    if resource is None or sealed is None or sealed.content is None:
        raise ConflictError(f"{name} has no value in the manifest any more", hint="plan again")
    fields = resource.fields
    live = live or {}
    type_ = str(fields["type"])
    fingerprint = job.fingerprinter.parameter_fingerprints(name, type_, sealed.content)[0]  # type: ignore[arg-type]
    spec = content_digest(fields.get(RECORDED))
    mark = stamp.make(name, type_, fingerprint, spec, version, job.fingerprinter)
    description = fields.get("description", stamp.split(live.get("Description"))[0])
    request: dict[str, Any] = {
        "Name": name,
        "Value": sealed.content,
        "Description": stamp.join(None if description is None else str(description), mark),
    }
    return request | parts(fields, live)


def parts(fields: Mapping[str, JSON], live: Mapping[str, Any]) -> dict[str, Any]:
    """All of a PutParameter but name, value and description: the declared ``fields``, and the live
    ones where they are not declared. The type is always given."""
    request: dict[str, Any] = {}
    for row in FIELDS:
        if isinstance(row.write, Sent):
            request |= row.write.request(fields, live)
    return request


def _put(aws: Aws, job: Job, request: Mapping[str, Any], *, version: int) -> str:
    """Put, and after a lost answer look before putting again: a blind repeat would make one more
    version, under the stamp of the one before."""
    name = job.change.key.name
    failure: AwsError | None = None
    for tried in range(TRIES):
        if tried:
            time.sleep(random.random() * PAUSE * 2**tried)  # noqa: S311
        try:
            answer = aws.call_once(SERVICE, "put_parameter", **request)
            written = require(answer, "Version", "put_parameter")
        except AwsError as error:
            if not (error.uncertain or error.aws_code in _MAYBE_OURS):
                raise
            failure = error
        else:
            if written != version:
                raise ConflictError(
                    f"{name}: somebody else wrote version {written - 1} in the same moment;"
                    f" version {written}, from the manifest, is live",
                    hint="version " + str(written - 1) + " is in the parameter's history;"
                    " run again to mend the stamp",
                )
            return str(written)
        record = find(aws, [name], job.scope, job.fingerprinter)[name]
        live = 0 if record is None else int(record.data["Version"])
        if record is not None and record.data.get("Description") == request["Description"]:
            return str(version)  # done: only the answer was lost
        if live != version - 1:
            raise ConflictError(
                f"{name}: {_meanwhile(record)}", hint="nothing was overwritten; plan again"
            ) from None
    if failure is None:
        raise AssertionError("unreachable")
    raise failure


_MAYBE_OURS = frozenset({"ParameterAlreadyExists", "TooManyUpdates"})


def _meanwhile(record: Record | None) -> str:
    if record is None:
        return "it was deleted meanwhile"
    who = record.data.get("LastModifiedUser")
    return f"version {record.data['Version']} was written meanwhile{f' by {who}' if who else ''}"
