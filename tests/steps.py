"""How much work something is, whatever the machine does besides: the calls of functions."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def steps(act: Callable[[], Any]) -> int:
    """How many functions are called, of Python and of C, in this thread."""
    count = 0

    def called(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    former = sys.getprofile()
    sys.setprofile(called)
    try:
        act()
    finally:
        sys.setprofile(former)
    return count
