"""Tags of parameters."""

from __future__ import annotations

from .call import Answer, Call, Passed
from .parameter_store import of_region
from .refusal import Refusal, invalid

MAX_TAGS = 50


def list_tags_for_resource(call: Call) -> Answer:
    tags = _tags(call)
    return {"TagList": [{"Key": key, "Value": value} for key, value in tags.items()]}


def add_tags_to_resource(call: Call) -> Answer:
    merged = merge(_tags(call), call.body["Tags"])
    of_region(call.region).tags(call.body["ResourceId"]).update(merged)
    return {}


def remove_tags_from_resource(call: Call) -> Answer:
    tags = _tags(call)
    for key in call.body["TagKeys"]:
        tags.pop(key, None)
    return {}


def _tags(call: Call) -> dict[str, str]:
    if call.body["ResourceType"] != "Parameter":
        raise Passed
    name, kept = call.body["ResourceId"], of_region(call.region)
    if not kept.versions(name):
        raise Refusal("InvalidResourceId", "The resource ID isn't valid.")
    return kept.known_tags(name) or {}


def merge(old: dict[str, str], new: list[dict[str, str]]) -> dict[str, str]:
    """A known key gets its new value. Raises what AWS raises for tags that it does not take."""
    merged = dict(old)
    for tag in new:
        if tag["Key"].lower().startswith("aws:"):
            raise invalid("Tag keys that start with aws: are reserved for AWS use.")
        merged[tag["Key"]] = tag["Value"]
    if len({tag["Key"] for tag in new}) != len(new):
        raise invalid("Tag keys can't be repeated in a request.")
    if len(merged) > MAX_TAGS:
        raise Refusal("TooManyTagsError", f"A parameter can't have more than {MAX_TAGS} tags.")
    return merged
