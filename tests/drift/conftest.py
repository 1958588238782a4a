"""The account of the tests of faults."""

from __future__ import annotations

from tests.faults.conftest import account

__all__ = ["account"]
