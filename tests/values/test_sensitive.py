"""A value cannot be shown, copied, compared or serialised by accident."""

from __future__ import annotations

import copy
import io
import json
import logging
import operator
import pickle
import pprint
import traceback
from dataclasses import asdict, dataclass

import pytest

from reconciler.values.sensitive import MASK, Sensitive

CANARY = "canary-6f1d"
TEXT = Sensitive(CANARY)
DATA = Sensitive(CANARY.encode())
BOTH = pytest.mark.parametrize("value", [TEXT, DATA], ids=["text", "bytes"])

SHOWN = {
    "repr": repr,
    "str": str,
    "ascii": ascii,
    "format": format,
    "format with a width": lambda value: format(value, ">40"),
    "f-string": lambda value: f"{value}",
    "f-string with repr": lambda value: f"{value!r:>30}",
    "str.format": "{0} {0!r} {0!s}".format,
    "percent s": lambda value: operator.mod("%s", value),
    "percent r": lambda value: operator.mod("%r", value),
    "in a list": lambda value: str([value]),
    "in a mapping": lambda value: f"{ {'value': value} }",
    "pprint": pprint.pformat,
    "in an exception": lambda value: repr(ValueError(value)),
}


@BOTH
@pytest.mark.parametrize("show", SHOWN.values(), ids=SHOWN)
def test_showing_it_gives_a_mask(value, show):
    shown = show(value)
    assert CANARY not in shown
    assert MASK in shown


REFUSED = {
    **{
        f"pickle {protocol}": lambda value, protocol=protocol: pickle.dumps(value, protocol)
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    },
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "deepcopy of a list": lambda value: copy.deepcopy([value]),
    "json": json.dumps,
    "json of a mapping": lambda value: json.dumps({"value": value}),
    "equal": lambda value: value == CANARY,
    "equal to itself": lambda value: value == value,
    "not equal": lambda value: value != CANARY,
    "in a list": lambda value: "x" in [value],
    "less": lambda value: value < CANARY,
    "hash": hash,
    "a key": lambda value: {value: 1},
    "len": len,
    "truth": bool,
    "iter": iter,
    "list": list,
    "contains": lambda value: "c" in value,
    "index": lambda value: value[0],
    "bytes": bytes,
    "int": int,
    "join": lambda value: "".join([value]),
    "concatenation": lambda value: "" + value,
    "percent d": lambda value: operator.mod("%d", value),
    "vars": vars,
    "state": lambda value: value.__getstate__(),
    "reduce": lambda value: value.__reduce__(),
    "reduce_ex": lambda value: value.__reduce_ex__(4),
}


@BOTH
@pytest.mark.parametrize("use", REFUSED.values(), ids=REFUSED)
def test_anything_else_is_a_type_error_that_does_not_quote_it(value, use):
    with pytest.raises(TypeError) as caught:
        use(value)
    assert CANARY not in "".join(traceback.format_exception(caught.value))


@BOTH
def test_it_has_no_dict_and_takes_no_attributes(value):
    assert not hasattr(value, "__dict__")
    with pytest.raises(AttributeError):
        value.extra = 1
    with pytest.raises(AttributeError):
        _ = value.content


def test_reveal_is_the_way_to_it():
    assert TEXT.reveal() == CANARY
    assert DATA.reveal() == CANARY.encode()


@BOTH
def test_a_dataclass_that_holds_it_cannot_be_turned_into_a_mapping(value):
    @dataclass
    class Holder:
        content: object

    assert CANARY not in repr(Holder(value))
    with pytest.raises(TypeError):
        asdict(Holder(value))


@BOTH
def test_a_traceback_with_locals_does_not_show_it(value):
    def inner(held: object, boxed: list[object]) -> None:
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError) as caught:
        inner(value, [value])
    shown = "".join(
        traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
    )
    assert "held" in shown
    assert CANARY not in shown


@BOTH
def test_a_log_line_does_not_show_it(value):
    stream = io.StringIO()
    logger = logging.getLogger("tests.sensitive")
    logger.addHandler(logging.StreamHandler(stream))
    logger.warning("%s %r %s", value, value, {"value": [value]})
    assert stream.getvalue().count(MASK) == 3
    assert CANARY not in stream.getvalue()
