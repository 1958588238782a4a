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
    return lambda item: (item[1].get(field) or 0.0, item[0])


def _one(key: str, values: list[str]) -> Test:
    wanted = tuple(value for value in values if not value.startswith("!"))
    unwanted = tuple(value[1:] for value in values if value.startswith("!"))
    texts_of, fits = _TEXTS[key], _words if key in ("description", "all") else str.startswith

    def test(entry: Entry) -> bool:
        texts = texts_of(entry)
        for text in texts:  # no generator: it costs more than a prefix, for each of thousands
            if fits(text, wanted):
                return True
        if not unwanted:
            return False
        return any(not any(fits(text, (value,)) for text in texts) for value in unwanted)

    return test


def _words(text: str, values: tuple[str, ...]) -> bool:
    # Recorded on AWS, whatever the documentation says of a prefix: every word of the filter begins
    # a word of the text, and moto knows how AWS splits them.
    return any(_match_pattern(value, text, False, case_sensitive=False) for value in values)


def _tagged(entry: Entry, part: str) -> list[str]:
    return [tag[part] for tag in entry.get("Tags", [])]


def _all(entry: Entry) -> list[str]:
    texts = [entry["Name"], entry.get("Description", "")]
    return texts + _tagged(entry, "Key") + _tagged(entry, "Value")


# "Prefix match, case-sensitive", but for the two that match words.
_TEXTS: dict[str, Callable[[Entry], list[str]]] = {
    "name": lambda entry: [entry["Name"]],
    "description": lambda entry: [entry.get("Description", "")],
    "tag-key": lambda entry: _tagged(entry, "Key"),
    "tag-value": lambda entry: _tagged(entry, "Value"),
    "primary-region": lambda entry: [entry.get("PrimaryRegion", "")],
    "owning-service": lambda entry: [entry.get("OwningService", "")],
    "all": _all,
}
