"""A value that tests plant, and that may show nowhere."""

from __future__ import annotations

import traceback

CANARY = "canary-3f9a"  # part of every planted value


def assert_holds_no_canary(error: BaseException) -> None:
    """Neither an error's text nor its causes nor the locals of its frames show a value."""
    with_locals = traceback.TracebackException.from_exception(error, capture_locals=True)
    for entry in with_locals.stack:
        # A test's own frames hold what the test planted.
        if "reconciler" in entry.filename and "tests" not in entry.filename:
            assert CANARY not in "\n".join((entry.locals or {}).values()), entry
    assert CANARY not in "".join(with_locals.format_exception_only())
    for inner in (error.__cause__, error.__context__):
        if inner is not None:
            assert CANARY not in str(inner)
