"""Filters of ListSecrets and BatchGetSecretValue, over entries as ListSecrets shows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.secretsmanager.list_secrets.filters import _match_pattern

from .refusal import invalid_parameter

Entry = dict[str, Any]
Test = Callable[[Entry], bool]

_SORT_KEYS = {
    "created-date": "CreatedDate",
    "last-accessed-date": "LastAccessedDate",
    "last-changed-date": "LastChangedDate",
    "name": "Name",
}


def compile_filters(filters: list[dict[str, Any]]) -> Test:
    """One test for all filters: an entry must pass each of them, and passes a filter when any of
    its values matches. Filters are independent: a tag-key and a tag-value filter need not be met
    by the same tag.
    """
    tests = []
    for condition in filters:
        key, values = condition.get("Key"), condition.get("Values")
        if key is None:
            raise invalid_parameter("Invalid filter key")
        if not values:
            raise invalid_parameter(f"Invalid filter values for key: {key}")
        tests.append(_one(key, values))
    if len(tests) == 1:
        return tests[0]
    return lambda entry: all(test(entry) for test in tests)


def sort_key(sort_by: str | None) -> Callable[[tuple[int, Entry]], tuple[Any, int]]:
    """ "If not specified, secrets are listed by CreatedDate." """
    field = _SORT_KEYS[sort_by or "created-date"]
    if field == "Name":
        return lambda item: (item[1]["Name"], item[0])
    return lambda item: (item[1].get(field) or 0.0, item[0])


def _one(key: str, values: list[str]) -> Test:
    wanted = tuple(value for value in values if not value.startswith("!"))
    unwanted = tuple(value[1:] for value in values if value.startswith("!"))
    matches = _MATCHERS[key]

    def test(entry: Entry) -> bool:
        if wanted and matches(entry, wanted):
            return True
        return any(not matches(entry, (value,)) for value in unwanted)

    return test


def _prefix(field: str) -> Callable[[Entry, tuple[str, ...]], bool]:
    # "name: Prefix match, case-sensitive."
    return lambda entry, values: (entry.get(field) or "").startswith(values)


def _described(entry: Entry, values: tuple[str, ...]) -> bool:
    return _words(entry.get("Description") or "", values)


def _tag(part: str) -> Callable[[Entry, tuple[str, ...]], bool]:
    # "tag-key: Prefix match, case-sensitive."
    return lambda entry, values: any(tag[part].startswith(values) for tag in entry.get("Tags", []))


def _all(entry: Entry, values: tuple[str, ...]) -> bool:
    texts = [entry["Name"], entry.get("Description") or ""]
    texts += [text for tag in entry.get("Tags", []) for text in (tag["Key"], tag["Value"])]
    return any(_words(text, values) for text in texts)


def _words(text: str, values: tuple[str, ...]) -> bool:
    # Recorded on AWS, whatever the documentation says of a prefix: every word of the filter begins
    # a word of the text, and moto knows how AWS splits them.
    return any(_match_pattern(value, text, False, case_sensitive=False) for value in values)


_MATCHERS: dict[str, Callable[[Entry, tuple[str, ...]], bool]] = {
    "name": _prefix("Name"),
    "description": _described,
    "tag-key": _tag("Key"),
    "tag-value": _tag("Value"),
    "primary-region": _prefix("PrimaryRegion"),
    "owning-service": _prefix("OwningService"),
    "all": _all,
}
