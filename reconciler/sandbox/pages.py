"""One page of a list, and the NextToken of what follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from .call import Answer, Call
from .refusal import Refusal

Row = TypeVar("Row")

_NO_TOKEN = ("InvalidNextTokenException", "The NextToken value is invalid.")


def numbered(rows: Sequence[Row]) -> Callable[[int | None], Iterable[tuple[int, Row]]]:
    """Rows that are all there, each in the place of its number."""
    return lambda last: enumerate(rows[last or 0 :], (last or 0) + 1)


def page(
    call: Call,
    rows: Callable[[Any], Iterable[tuple[Any, Row | None]]],
    size: int,
    scope: list[Any],
    *,
    looked_at: int | None = None,
    refused: tuple[str, str] = _NO_TOKEN,
) -> tuple[list[Row], Answer]:
    """Up to `size` rows, and `NextToken` where more follow.

    `rows` yields (place, row) of what is behind a former place, None: from the beginning; a row of
    None is only looked at, and after `looked_at` of either kind the page ends. `scope` is what a
    token belongs to besides operation and Region, and `refused` what is answered to any other.
    """
    tokens, token = call.sandbox.tokens, call.body.get("NextToken")
    scope = [call.operation, call.region, *scope]
    try:
        last = None if token is None else tokens.open(token, scope)
    except ValueError:
        raise Refusal(*refused) from None
    found: list[Row] = []
    for looked, (place, row) in enumerate(rows(last)):
        if len(found) == size or looked == looked_at:
            return found, {"NextToken": tokens.seal(last, scope)}
        last = place
        if row is not None:
            found.append(row)
    return found, {}
